"""Who hears whom when actions are proposed. Acting is off until the person switches it on, and then for this run of
the program alone."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.acting.run import ActingRun
from app.capture.screens import current_screens
from app.domain.acting import ActingView
from app.domain.screen import WindowRef
from app.guide.sentences import NO_WINDOW
from app.guide.walk import Walk
from app.look import Look
from app.overlay.pointer import ScreenPointer
from app.session import ChatSession
from app.ui.acting_card import ActingCard
from app.ui.guide_place import available_on
from app.ui.main_window import MainWindow
from engine.protocol import ImageBudget


class WiringActing(QObject):
    """Connects its parts, which live as long as it does. `find` tells where a window is now,
    `budget` how closely pictures are looked at."""

    def __init__(
        self,
        window: MainWindow,
        session: ChatSession,
        run: ActingRun,
        walk: Walk,
        card: ActingCard,
        pointer: ScreenPointer,
        find: Callable[[WindowRef], WindowRef | None],
        budget: Callable[[], ImageBudget],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._window, self._session, self._run, self._walk = window, session, run, walk
        self._card, self._pointer, self._find, self._budget = card, pointer, find, budget
        window.header.acting_switched.connect(window.page.set_acting)
        window.page.act_wanted.connect(self._offer)
        run.view_changed.connect(self._show)
        run.ended.connect(card.hide)
        card.allowed.connect(run.allow)
        card.rehearsal_wanted.connect(run.rehearse)
        card.confirmed.connect(run.confirm)
        card.skipped.connect(run.skip)
        card.go_on_wanted.connect(run.go_on)
        card.other_allowed.connect(run.allow_other)
        card.stop_wanted.connect(run.stop)
        window.closing.connect(run.stop)

    def set_look(self, look: Look) -> None:
        """Colours and sizes from now on."""
        self._card.set_look(look)

    def _offer(self, turn_id: str) -> None:
        conversation = self._session.conversation
        turn = None if conversation is None else conversation.turn(turn_id)
        now = None if turn is None or turn.window is None else self._find(turn.window)
        if turn is None or now is None:
            self._window.show_note(NO_WINDOW)
            return
        self._walk.stop()
        self._window.lower()
        self._run.offer(turn.question, now, self._budget())

    def _show(self, view: ActingView) -> None:
        self._card.show_view(view)
        self._card.keep_away(available_on(current_screens()[0]), self._pointer.areas())

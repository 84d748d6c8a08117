"""Who hears whom in a walk-through."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.capture.screens import current_screens
from app.domain.geometry import screen_at_physical, to_logical
from app.domain.guide import GuideView
from app.domain.screen import WindowRef
from app.guide.sentences import NO_WINDOW
from app.guide.walk import Walk
from app.look import Look
from app.overlay.pointer import ScreenPointer
from app.session import ChatSession
from app.ui.guide_card import GuideCard
from app.ui.guide_place import available_on, rect_of
from app.ui.main_window import MainWindow
from engine.protocol import ImageBudget


class WiringGuide(QObject):
    """Connects its parts, which live as long as it does. `find` tells where a window is now,
    `budget` how closely pictures are looked at."""

    def __init__(
        self,
        window: MainWindow,
        session: ChatSession,
        walk: Walk,
        card: GuideCard,
        pointer: ScreenPointer,
        find: Callable[[WindowRef], WindowRef | None],
        budget: Callable[[], ImageBudget],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._window, self._session, self._walk, self._card = window, session, walk, card
        self._pointer, self._find, self._budget = pointer, find, budget
        window.page.walk_wanted.connect(self._begin)
        walk.view_changed.connect(self._show)
        walk.ended.connect(self._end)
        card.back_wanted.connect(walk.back)
        card.skip_wanted.connect(walk.skip)
        card.again_wanted.connect(walk.again)
        card.stop_wanted.connect(walk.stop)
        window.closing.connect(walk.stop)

    def set_look(self, look: Look) -> None:
        """Colours and sizes from now on."""
        self._card.set_look(look)

    def _begin(self, turn_id: str) -> None:
        conversation = self._session.conversation
        turn = None if conversation is None else conversation.turn(turn_id)
        now = None if turn is None or turn.window is None else self._find(turn.window)
        if turn is None or now is None:
            self._window.show_note(NO_WINDOW)
            return
        # It stays where it is, behind: one click on any corner of it brings it back.
        self._window.lower()
        self._walk.begin(turn.question, now, self._budget())

    def _show(self, view: GuideView) -> None:
        self._card.show_view(view)
        screens = current_screens()
        target = self._walk.target
        screen = screens[0] if target is None else screen_at_physical(*target.centre, screens)
        areas = list(self._pointer.areas())
        if target is not None:
            areas.append(rect_of(to_logical(target, screen)))
        self._card.keep_away(available_on(screen), areas)

    def _end(self) -> None:
        self._card.hide()

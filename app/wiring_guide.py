"""Who hears whom in a walk-through."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QRect
from PySide6.QtGui import QGuiApplication

from app.capture.screens import current_screens
from app.domain.conversation import Attachment, Conversation, Turn
from app.domain.geometry import Rect, Screen, screen_at_physical, to_logical
from app.domain.guide import GuideView
from app.domain.screen import WindowRef
from app.guide.walk import Walk
from app.look import Look
from app.overlay.pointer import ScreenPointer
from app.session import ChatSession
from app.ui.guide_card import GuideCard
from app.ui.main_window import MainWindow

NO_WINDOW = "The window that this picture shows is not known any more. Take a new picture of it, and ask again."


class WiringGuide(QObject):
    """Connects its parts, which live as long as it does. `find` tells where a window is now."""

    def __init__(
        self,
        window: MainWindow,
        session: ChatSession,
        walk: Walk,
        card: GuideCard,
        pointer: ScreenPointer,
        find: Callable[[WindowRef], WindowRef | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._window, self._session, self._walk, self._card = window, session, walk, card
        self._pointer, self._find = pointer, find
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
        turn = turn_of(self._session.conversation, turn_id)
        picture = None if turn is None else pictured_window(turn)
        now = None if picture is None or picture.window is None else self._find(picture.window)
        if turn is None or now is None:
            self._window.show_note(NO_WINDOW)
            return
        # It stays where it is, behind: one click on any corner of it brings it back.
        self._window.lower()
        self._walk.begin(turn.question, now, self._session.detail)

    def _show(self, view: GuideView) -> None:
        self._card.show_view(view)
        screens = current_screens()
        target = self._walk.target
        screen = screens[0] if target is None else screen_at_physical(*target.centre, screens)
        areas = list(self._pointer.areas())
        if target is not None:
            areas.append(_rect(to_logical(target, screen)))
        self._card.keep_away(available_on(screen), areas)

    def _end(self) -> None:
        self._card.hide()


def turn_of(conversation: Conversation | None, turn_id: str) -> Turn | None:
    """The turn of that id on the path that is shown."""
    turns = () if conversation is None else conversation.turns
    return next((turn for turn in turns if turn.id == turn_id), None)


def pictured_window(turn: Turn) -> Attachment | None:
    """The last picture of the question that shows a window which is known."""
    return next((picture for picture in reversed(turn.attachments) if picture.window is not None), None)


def available_on(screen: Screen) -> QRect:
    """What of a monitor no bar of the desktop covers, in Qt's coordinates."""
    for each in QGuiApplication.screens():
        if each.name() == screen.name:
            return each.availableGeometry()
    return _rect(screen.logical)


def _rect(area: Rect) -> QRect:
    out = area.rounded_out()
    return QRect(int(out.x), int(out.y), int(out.width), int(out.height))

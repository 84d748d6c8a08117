"""Who hears whom when something is pointed at on the live screen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.capture.screens import current_screens
from app.domain.conversation import Attachment, Conversation
from app.domain.geometry import Rect
from app.domain.screen import WindowRef
from app.look import Look
from app.marking.marked_pictures import MarkedPictures
from app.overlay.pointer import ScreenPointer
from app.pointing.on_screen import NotOnScreenError, OnScreen, covers, on_screen
from app.session import ChatSession
from app.session.answering import pages_of
from app.ui.main_window import MainWindow
from engine.protocol import Mark

SHOWN_SECONDS = 20.0
"""How long the finger points: long enough to reach for the mouse, and gone by itself when it was only a look."""
_ENDS = {
    "moved": "The window has moved, so nothing is pointed at any more. Press Show on screen once more.",
    "closed": "The window was closed or hidden, so nothing is pointed at any more.",
    "changed": "The window looks different now, so nothing is pointed at any more. Take a new picture of it.",
}
"""What is said of an end that the person did not bring about."""


class WiringPointing(QObject):
    """Connects its parts, which live as long as it does. `find` tells where a window is now."""

    def __init__(
        self,
        window: MainWindow,
        session: ChatSession,
        pointer: ScreenPointer,
        marked: MarkedPictures,
        find: Callable[[WindowRef], WindowRef | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._window, self._session, self._pointer, self._find = window, session, pointer, find
        self._marked = marked
        self._points = False
        """Whether it is us that point, and not a walk-through."""
        window.page.mark_show_wanted.connect(self._show_mark)
        # The arm belongs to the answer that is read.
        session.conversation_opened.connect(self._hide)
        pointer.hidden.connect(self._tell_end)
        window.page.copy_marked_wanted.connect(marked.copy)
        window.viewer.copy_marked_wanted.connect(marked.copy)
        window.viewer.save_marked_wanted.connect(marked.save)
        marked.told.connect(window.show_note)
        marked.failed.connect(window.show_problem)

    def set_look(self, look: Look) -> None:
        """Colours and sizes from now on."""
        self._pointer.set_look(look)
        self._marked.set_look(look)

    def _show_mark(self, turn: str, number: int) -> None:
        found = _mark_of(self._session.conversation, turn, number)
        if found is None:
            return
        if obstacle := self._pointer.obstacle():
            self._window.show_note(obstacle)
            return
        mark, picture = found
        try:
            target = on_screen(mark, picture, self._find)
        except NotOnScreenError as error:
            self._window.show_note(str(error))
            return
        self._point(target)

    def _point(self, target: OnScreen) -> None:
        frame = self._window.frameGeometry()
        own = Rect(frame.x(), frame.y(), frame.width(), frame.height())
        if self._window.isVisible() and covers(own, target.mark.area, current_screens()):
            # Behind the others, and not minimised: a click on any corner of it brings it back.
            self._window.lower()
        if target.note:
            self._window.show_note(target.note)
        self._points = True
        self._pointer.point((target.mark,), target.window, SHOWN_SECONDS, screen=target.screen)

    def _hide(self) -> None:
        self._pointer.hide()

    def _tell_end(self, reason: str) -> None:
        points, self._points = self._points, False
        if points and reason in _ENDS:
            self._window.show_note(_ENDS[reason])


def _mark_of(conversation: Conversation | None, turn: str, number: int) -> tuple[Mark, Attachment] | None:
    """The mark of an answer that is shown, and the picture it is on."""
    turns = () if conversation is None else conversation.turns
    pictures = {picture.id: picture for each in turns for picture in each.attachments}
    pictures |= {page.id: page for each in turns for document in each.documents for page in pages_of(document)}
    marks = (mark for each in turns if each.id == turn for mark in each.answer.marks if mark.number == number)
    return next(((mark, pictures[mark.attachment]) for mark in marks if mark.attachment in pictures), None)

"""What the viewer asks for: pictures and text of pages in sight and one screen around it, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, QTimer, Signal

_PAUSE_MS = 30
"""Between two looks at what is in sight while it moves."""
_ZOOM_PAUSE_MS = 140


class PageRequests(QObject):
    """Looks again when it is told to, soon but not at once; what scrolls by quickly is never asked for."""

    due = Signal()
    """Say now what is wanted, with `want_pictures` and `want_texts`."""
    picture_wanted = Signal(int, int)
    """Page and width in pixels."""
    text_wanted = Signal(int)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._pictures: dict[int, int] = {}
        self._texts: set[int] = set()
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.due)

    def soon(self) -> None:
        """Something moved."""
        if not self._timer.isActive():
            self._timer.start(_PAUSE_MS)

    def later(self) -> None:
        """Sizes change, and will again in a moment."""
        self._timer.start(_ZOOM_PAUSE_MS)

    def wants(self, page: int, width: int) -> bool:
        """Whether a picture that was asked for is still of use."""
        return self._pictures.get(page) == width

    def want_pictures(self, wanted: Iterable[tuple[int, int]]) -> None:
        """Ask for these, most needed first; what was asked for before and is not among them is of no use any more."""
        before, self._pictures = self._pictures, dict(wanted)
        for page, width in self._pictures.items():
            if before.get(page) != width:
                self.picture_wanted.emit(page, width)

    def want_texts(self, wanted: Iterable[int]) -> None:
        """Ask for the text of these pages."""
        before, self._texts = self._texts, set(wanted)
        for page in sorted(self._texts - before):
            self.text_wanted.emit(page)

    def forget_text(self, page: int) -> None:
        """The text of a page is not kept any longer."""
        self._texts.discard(page)

    def forget(self) -> None:
        """Another document, or another state of it: everything is asked for anew."""
        self._pictures.clear()
        self._texts.clear()

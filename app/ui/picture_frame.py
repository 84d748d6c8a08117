"""A picture of a question in its frame, with what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.domain.conversation import Attachment
from app.look import Look
from app.ui.buttons import Button
from app.ui.icons import Icons
from app.ui.painting import Card
from app.ui.picture_view import PictureView
from app.ui.text import ElidedLabel
from app.ui.thumbnails import Thumbnails
from app.ui.words import picture_line, title_of
from engine.protocol import Mark


class PictureFrame(Card):
    """The picture with a strip under it: what it is, how the model sees it, Enlarge; and where there are marks, Copy,
    and Show on screen for what was taken from it."""

    enlarge_wanted = Signal(object)
    """The `Attachment`."""
    marks_opened = Signal(object, object, int)
    """The `Attachment`, its marks, and the number of the one to go to; 0 for all of it."""
    copy_wanted = Signal(object, object)
    """The `Attachment` and its marks."""
    show_wanted = Signal(int)
    """The number of the mark to point at on the screen."""
    mark_pointed = Signal(int)
    """The number of the mark under the pointer; 0 when it is there no longer."""

    def __init__(
        self, look: Look, icons: Icons, attachment: Attachment, thumbnails: Thumbnails, parent: QWidget | None = None
    ) -> None:
        super().__init__(look, look.sizes.radius_m, parent)
        self.attachment = attachment
        self._marks: tuple[Mark, ...] = ()
        self._marked = 0
        sizes = look.sizes
        self.picture = PictureView(look, icons, attachment, thumbnails)
        self.picture.setAccessibleName(title_of(attachment))
        self._line = ElidedLabel(picture_line(attachment), "caption")
        name = title_of(attachment)
        self.copy = _button(look, "Copy", f"Copy {name} with its marks")
        enlarge = _button(look, "Enlarge", f"Enlarge {name}")
        self.show_on_screen = Button(look, "Show on screen", "primary")
        self.show_on_screen.describe(f"Point at it on the screen that {name} was taken from")
        strip = QHBoxLayout()
        strip.setContentsMargins(sizes.space_3, sizes.space_2, sizes.space_3, sizes.space_2)
        strip.setSpacing(sizes.space_2)
        strip.addWidget(self._line, 1)
        for button in (self.copy, enlarge, self.show_on_screen):
            strip.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(1)
        column.addWidget(self.picture)
        column.addLayout(strip)
        # In the layout by now: what has no parent would be shown as a window.
        self.copy.hide()
        self.show_on_screen.hide()
        self.picture.clicked.connect(self._enlarge)
        self.picture.mark_clicked.connect(self.open_mark)
        self.picture.mark_pointed.connect(self.mark_pointed)
        enlarge.clicked.connect(self._enlarge)
        self.copy.clicked.connect(lambda: self.copy_wanted.emit(attachment, self._marks))
        self.show_on_screen.clicked.connect(lambda: self.show_wanted.emit(self._shown_first()))

    def set_tokens(self, tokens: int) -> None:
        """Say as how many tokens the model sees it; 0 where that is not known."""
        self._line.set_whole(picture_line(self.attachment, tokens))

    def set_marks(self, marks: Sequence[Mark]) -> None:
        """Show those of `marks` that are on this picture. The frame keeps its height."""
        mine = tuple(mark for mark in marks if mark.attachment == self.attachment.id)
        if mine != self._marks:
            self._marks = mine
            self.picture.set_marks(mine)
            self.copy.setVisible(bool(mine))
            self.show_on_screen.setVisible(bool(mine) and self.attachment.place is not None)

    def light(self, number: int) -> None:
        """Bring out one mark; 0 for none. Show on screen keeps to the one that was brought out last."""
        self._marked = number or self._marked
        self.picture.light(number)

    def has_mark(self, number: int) -> bool:
        """Whether that mark is on this picture."""
        return any(mark.number == number for mark in self._marks)

    def open_mark(self, number: int) -> None:
        """Show the picture large at a mark."""
        self.marks_opened.emit(self.attachment, self._marks, number)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: D102
        super().paintEvent(event)
        below = self.picture.geometry().bottom() + 1
        QPainter(self).fillRect(1, below, self.width() - 2, 1, QColor(self._look.palette.line))

    def _shown_first(self) -> int:
        return self._marked if self.has_mark(self._marked) else self._marks[0].number

    def _enlarge(self) -> None:
        if self._marks:
            self.open_mark(0)
        else:
            self.enlarge_wanted.emit(self.attachment)


def _button(look: Look, words: str, name: str) -> Button:
    made = Button(look, words, "plain")
    made.describe(name)
    return made

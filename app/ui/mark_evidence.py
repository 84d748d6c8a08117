"""Under an answer: how sure it is of what it points at, in small type."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.look import Look
from app.marking.words import confirmed_lines, doubt_line, mark_line
from app.render.signs import paint_chip
from app.render.typography import Typography
from app.ui.buttons import Button
from app.ui.text import label
from app.ui.themed import Themed
from engine.protocol import Mark

_AT_ONCE = 4
_AROUND = 2
"""Room for the ring of a chip that is lit."""


class MarkChip(QWidget, Themed):
    """The number as it stands in the answer. A click, Enter or Space opens the mark."""

    opened = Signal(int)
    pointed = Signal(int)
    """Its number while the pointer or the keyboard is on it, 0 when neither is."""

    def __init__(self, look: Look, mark: Mark) -> None:
        super().__init__()
        self._look = look
        self.mark = mark
        self._lit = False
        side = look.sizes.mark_chip + _AROUND
        self.setFixedSize(side, side)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"Mark {mark.number}, {mark_line(mark)}")
        self.setAccessibleDescription("Enter shows it on the picture")

    def light(self, *, lit: bool) -> None:
        """Bring it out."""
        if lit != self._lit:
            self._lit = lit
            self.update()

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._look = look
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        typography = Typography(self._look, QFont(self.font()))
        area = QRectF(self.rect()).adjusted(_AROUND, _AROUND, -_AROUND, -_AROUND)
        lit = self._lit or self.hasFocus()
        paint_chip(painter, area, self.mark.number, typography, confirmed=self.mark.confirmed, lit=lit)

    def enterEvent(self, _event: QEnterEvent) -> None:  # noqa: D102
        self.pointed.emit(self.mark.number)

    def leaveEvent(self, _event: QEvent) -> None:  # noqa: D102
        self.pointed.emit(0)

    def focusInEvent(self, event: QEvent) -> None:  # noqa: D102
        del event
        self.pointed.emit(self.mark.number)
        self.update()

    def focusOutEvent(self, event: QEvent) -> None:  # noqa: D102
        del event
        self.pointed.emit(0)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        if event.button() == Qt.MouseButton.LeftButton and QRectF(self.rect()).contains(QPointF(event.position())):
            self.opened.emit(self.mark.number)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.opened.emit(self.mark.number)
        else:
            super().keyPressEvent(event)


class _Line(QWidget):
    """Chips and what is said of them."""

    def __init__(self, look: Look, marks: Sequence[Mark], words: str, kind: str) -> None:
        super().__init__()
        sizes = look.sizes
        self.words = words
        self.chips = [MarkChip(look, mark) for mark in marks]
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(sizes.space_1)
        for chip in self.chips:
            row.addWidget(chip, 0, Qt.AlignmentFlag.AlignTop)
        row.addSpacing(sizes.space_1 // 2)
        row.addWidget(label(words, kind, wrap=True), 1)


class MarkEvidence(QWidget):
    """One line for all marks that the same things confirm, and one for each that is not or of which there is more to
    say. Many are folded."""

    mark_opened = Signal(int)
    mark_pointed = Signal(int)
    """The number of a mark under the pointer or the keyboard, 0 for none."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._marks: tuple[Mark, ...] = ()
        self._lines: list[_Line] = []
        self._unfolded = False
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(look.sizes.space_1 + look.sizes.space_1 // 2)
        self._more = Button(look, "Show all marks", "link")
        self._column.addWidget(self._more, 0, Qt.AlignmentFlag.AlignLeft)
        self._more.clicked.connect(self._unfold)
        self.hide()

    def set_marks(self, marks: Sequence[Mark]) -> None:
        """Say it of these."""
        if tuple(marks) == self._marks:
            return
        self._marks = tuple(marks)
        for line in self._lines:
            self._column.removeWidget(line)
            line.hide()
            line.deleteLater()
        sure = [_Line(self._look, group, words, "caption") for group, words in confirmed_lines(marks)]
        told = [(mark, doubt_line(mark)) for mark in marks]
        unsure = [_Line(self._look, (mark,), words, "caption") for mark, words in told if words]
        self._lines = [*sure, *unsure]
        for place, line in enumerate(self._lines):
            self._column.insertWidget(place, line)
            for chip in line.chips:
                chip.opened.connect(self.mark_opened)
                chip.pointed.connect(self.mark_pointed)
        self._fold()
        self.setVisible(bool(self._lines))

    def set_look(self, look: Look) -> None:
        """Make new lines with `look` from now on."""
        self._look = look

    def light(self, number: int) -> None:
        """Bring out the chips of one mark; 0 for none."""
        for line in self._lines:
            for chip in line.chips:
                chip.light(lit=chip.mark.number == number)

    def sentences(self) -> list[str]:
        """What is in sight, without the numbers."""
        return [line.words for line in self._lines if not line.isHidden()]

    def _fold(self) -> None:
        # One line more than the limit is shown rather than a button that would stand in its place.
        most = len(self._lines) if self._unfolded or len(self._lines) <= _AT_ONCE + 1 else _AT_ONCE
        for place, line in enumerate(self._lines):
            line.setVisible(place < most)
        self._more.set_words(f"Show all {len(self._marks)} marks")
        self._more.setVisible(most < len(self._lines))

    def _unfold(self) -> None:
        self._unfolded = True
        self._fold()

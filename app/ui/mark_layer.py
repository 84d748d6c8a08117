"""The marks over a picture that is shown in a widget."""

from __future__ import annotations

import html
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from app.look import Look
from app.marking.drawn import drawn_on
from app.marking.painter import MarkDrawing
from app.marking.words import mark_line
from engine.protocol import Mark


class MarkLayer:
    """Knows the marks, which one is lit, and what was worked out for the place where the picture was painted last."""

    def __init__(self) -> None:
        self.marks: tuple[Mark, ...] = ()
        self.lit = 0
        self._drawing: MarkDrawing | None = None
        self._made_for: tuple[Look, QRectF, QRectF] | None = None

    def set_marks(self, marks: Sequence[Mark]) -> bool:
        """True when they are other ones."""
        if tuple(marks) == self.marks:
            return False
        self.marks = tuple(marks)
        self._drawing = None
        return True

    def light(self, number: int) -> bool:
        """Bring out one, 0 for none. True when that changes anything."""
        if number == self.lit:
            return False
        self.lit = number
        return True

    def mark(self, number: int) -> Mark | None:
        """The one with that number."""
        return next((mark for mark in self.marks if mark.number == number), None)

    def paint(self, painter: QPainter, look: Look, shown: QRectF, bounds: QRectF) -> None:
        """Paint them over the picture at `shown`, with the arms inside `bounds`."""
        if self.marks:
            drawing = self.drawing(look, shown, bounds)
            drawing.light(self.lit if self.mark(self.lit) is not None else 0)
            drawing.paint(painter)

    def at(self, look: Look, shown: QRectF, bounds: QRectF, point: QPointF) -> int:
        """The number of the mark under `point`, 0 for none."""
        return self.drawing(look, shown, bounds).at(point) if self.marks else 0

    def drawing(self, look: Look, shown: QRectF, bounds: QRectF) -> MarkDrawing:
        """Worked out once for a place."""
        key = (look, QRectF(shown), QRectF(bounds))
        if self._drawing is None or key != self._made_for:
            self._drawing = MarkDrawing(look, [drawn_on(mark, shown) for mark in self.marks], bounds)
            self._made_for = key
        return self._drawing

    def tool_tip(self, number: int) -> str:
        """What is said of a mark; ``""`` where there is none."""
        mark = self.mark(number)
        return f"<p>{html.escape(mark_line(mark))}</p>" if mark is not None else ""

    def description(self) -> str:
        """All of them, to be read aloud."""
        return ". ".join(f"Mark {mark.number}, {mark_line(mark)}" for mark in self.marks)

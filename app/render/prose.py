"""Paragraphs and headings."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from app.render.blocks import Prose
from app.render.sheet import Link, Press, Range, Sheet

_ORIGIN = QPointF(0, 0)


class ProseSheet(Sheet):
    """Running text."""

    def __init__(self, press: Press, prose: Prose) -> None:
        self._press = press
        self._prose = prose
        typography = press.typography
        self._style = typography.heading(prose.heading) if prose.heading else typography.body
        self._flow = press.flow(prose.spans, self._style)

    @property
    def length(self) -> int:
        """One position a character."""
        return self._flow.length

    def arrange(self, column: QRectF) -> int:
        """Wrap the text."""
        return math.ceil(self._flow.wrap(column.width()))

    def paint(self, painter: QPainter, clip: QRectF, selection: Range) -> None:
        """Paint the lines."""
        self._flow.draw(painter, _ORIGIN, clip, selection)

    def position_at(self, point: QPointF) -> int:
        """The position nearest to a point."""
        return self._flow.position_at(point)

    def copied(self, start: int, end: int) -> str:
        """The text, with formulas as they were written."""
        return self._flow.copied(start, end)

    def word_at(self, position: int) -> Range:
        """The word around a position."""
        return self._flow.word_at(position)

    def link_at(self, point: QPointF) -> str:
        """The target of the link under a point."""
        return self._flow.link_at(point)

    def links(self) -> list[Link]:
        """The links, in order."""
        return [Link(*link) for link in self._flow.links()]

    def box(self, link: Link) -> QRectF:
        """Where a link stands."""
        return self._flow.box(link.start, link.end)

    def formulas_came(self) -> bool:
        """Set the text anew if it showed TeX."""
        if not self._flow.pending:
            return False
        self._flow = self._press.flow(self._prose.spans, self._style)
        return True


class RuleSheet(Sheet):
    """A thin line across the column."""

    def __init__(self, press: Press) -> None:
        self._colour = press.typography.line_strong
        self._width = 0.0

    @property
    def length(self) -> int:
        """Nothing to select."""
        return 0

    def arrange(self, column: QRectF) -> int:
        """One pixel."""
        self._width = column.width()
        return 1

    def paint(self, painter: QPainter, clip: QRectF, selection: Range) -> None:
        """Paint the line."""
        painter.fillRect(QRectF(0, 0, self._width, 1), self._colour)

    def position_at(self, point: QPointF) -> int:
        """The only position."""
        return 0

    def copied(self, start: int, end: int) -> str:
        """Three dashes."""
        return "---"

    def word_at(self, position: int) -> Range:
        """No word."""
        return 0, 0

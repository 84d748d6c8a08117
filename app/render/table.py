"""Tables: columns as wide as their text asks, thin lines between the rows; too wide ones scroll sideways."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter

from app.render.blocks import Align, Spans, Table
from app.render.flow import TextFlow
from app.render.sheet import Link, Press, Range, Sheet
from app.render.sideways import BAR, Sideways

_ALIGN = {
    "left": Qt.AlignmentFlag.AlignLeft,
    "center": Qt.AlignmentFlag.AlignHCenter,
    "right": Qt.AlignmentFlag.AlignRight,
}
_NARROWEST = 40
_STRETCH = 3.5
"""A small table does not cross the whole page, where the eye would lose the row."""
_READABLE = 120
"""Pixels below which a column of longer text is not squeezed: it scrolls instead."""


class TableSheet(Sheet):
    """A grid of `TextFlow`. The text's positions run through the cells row by row, one position between two cells."""

    def __init__(self, press: Press, table: Table) -> None:
        sizes = press.typography.look.sizes
        self._press = press
        self._pad_x, self._pad_y = sizes.space_2, (sizes.space_1 + sizes.space_2) // 2
        self._sideways = Sideways(press.host, press.typography)
        self._column = QRectF()
        self._cells: list[list[TextFlow]] = []
        self._aligns: tuple[Align, ...] = ()
        self._naturals: list[float] = []
        self._words: list[float] = []
        self._lefts: list[float] = [0.0]
        self._tops: list[int] = [0]
        self._starts: list[int] = [0]
        self._table = table
        self.take(table)

    def take(self, table: Table) -> None:
        """Show another table; cells that are the same are kept."""
        rows = (table.head, *table.rows)
        self._cells = [
            [self._cell(row, column, spans) for column, spans in enumerate(cells)] for row, cells in enumerate(rows)
        ]
        self._table, self._aligns = table, table.aligns
        self._measure()

    def _cell(self, row: int, column: int, spans: Spans) -> TextFlow:
        if row < len(self._cells) and column < len(self._cells[row]):
            kept = self._cells[row][column]
            if kept.spans == spans and not kept.pending:
                return kept
        typography = self._press.typography
        return self._press.flow(spans, typography.cell if row else typography.cell_head)

    def _measure(self) -> None:
        columns = list(zip(*self._cells, strict=True))
        self._naturals = [max(cell.natural_width for cell in cells) for cells in columns]
        self._words = [max(cell.word_width for cell in cells) for cells in columns]
        self._starts = list(accumulate((cell.length + 1 for row in self._cells for cell in row), initial=0))

    @property
    def length(self) -> int:
        """Behind the last cell."""
        return self._starts[-1] - 1

    def arrange(self, column: QRectF) -> int:
        """Find the columns, then the rows."""
        self._column = column
        widths = column_widths(self._naturals, self._words, column.width() - 2 * self._pad_x * len(self._naturals))
        self._lefts = list(accumulate((width + 2 * self._pad_x for width in widths), initial=0.0))
        self._tops = [0]
        for row in self._cells:
            heights = [
                cell.wrap(width, _ALIGN[align]) for cell, width, align in zip(row, widths, self._aligns, strict=True)
            ]
            self._tops.append(self._tops[-1] + round(max(heights)) + 2 * self._pad_y + 1)
        view = QRect(round(column.left()), round(column.top()), round(column.width()), self._tops[-1])
        self._sideways.arrange(self._lefts[-1], view)
        return self._tops[-1] + (BAR if self._lefts[-1] > column.width() + 1 else 0)

    def paint(self, painter: QPainter, clip: QRectF, selection: Range) -> None:
        """Paint the rows in view."""
        painter.save()
        painter.setClipRect(QRectF(0, 0, self._column.width(), self._tops[-1]), Qt.ClipOperation.IntersectClip)
        offset = self._sideways.offset
        columns = len(self._aligns)
        for row, cells in enumerate(self._cells):
            top, bottom = self._tops[row], self._tops[row + 1]
            if bottom < clip.top() or top > clip.bottom():
                continue
            for column, cell in enumerate(cells):
                start = self._starts[row * columns + column]
                chosen = max(0, selection[0] - start), min(cell.length, selection[1] - start)
                cell.draw(painter, QPointF(self._left(column) - offset, top + self._pad_y), clip, chosen)
            typography = self._press.typography
            colour = typography.line if row else typography.line_strong
            painter.fillRect(QRectF(-offset, bottom - 1, self._lefts[-1], 1), colour)
        painter.restore()

    def _left(self, column: int) -> float:
        return self._lefts[column] + self._pad_x

    def position_at(self, point: QPointF) -> int:
        """The position nearest to a point, in the cell under it."""
        if point.y() < 0:
            return 0
        if point.y() >= self._tops[-1]:
            return self.length
        row, column, inside = self._locate(point)
        return self._starts[row * len(self._aligns) + column] + self._cells[row][column].position_at(inside)

    def _locate(self, point: QPointF) -> tuple[int, int, QPointF]:
        x = point.x() + self._sideways.offset
        row = min(max(0, bisect_right(self._tops, point.y()) - 1), len(self._cells) - 1)
        column = min(max(0, bisect_right(self._lefts, x) - 1), len(self._aligns) - 1)
        return row, column, QPointF(x - self._left(column), point.y() - self._tops[row] - self._pad_y)

    def _flat(self) -> list[TextFlow]:
        return [cell for row in self._cells for cell in row]

    def copied(self, start: int, end: int) -> str:
        """Cells with tabs between them, as spreadsheets take them."""
        columns = len(self._aligns)
        parts = []
        for index, cell in enumerate(self._flat()):
            at = self._starts[index]
            if start <= at + cell.length and end >= at:
                parts.append(cell.copied(max(0, start - at), min(cell.length, end - at)).replace("\n", " "))
                if end > at + cell.length:
                    parts.append("\n" if (index + 1) % columns == 0 else "\t")
        return "".join(parts)

    def word_at(self, position: int) -> Range:
        """The word around a position, inside its cell."""
        index = min(bisect_right(self._starts, position) - 1, len(self._starts) - 2)
        start, end = self._flat()[index].word_at(position - self._starts[index])
        return self._starts[index] + start, self._starts[index] + end

    def link_at(self, point: QPointF) -> str:
        """The target of the link under a point."""
        if not 0 <= point.y() < self._tops[-1]:
            return ""
        row, column, inside = self._locate(point)
        return self._cells[row][column].link_at(inside)

    def links(self) -> list[Link]:
        """The links of all cells, row by row."""
        return [
            Link(at + start, at + end, target)
            for at, cell in zip(self._starts, self._flat(), strict=False)
            for start, end, target in cell.links()
        ]

    def box(self, link: Link) -> QRectF:
        """Where a link stands, as far as it is scrolled."""
        index = bisect_right(self._starts, link.start) - 1
        row, column = divmod(index, len(self._aligns))
        at = self._starts[index]
        corner = QPointF(self._left(column) - self._sideways.offset, self._tops[row] + self._pad_y)
        return self._flat()[index].box(link.start - at, link.end - at).translated(corner)

    def formulas_came(self) -> bool:
        """Set the cells anew that showed TeX."""
        if not any(cell.pending for cell in self._flat()):
            return False
        self.take(self._table)
        return True

    def scroll_sideways(self, pixels: int) -> bool:
        """Scroll the columns."""
        return self._sideways.scroll(pixels)

    def close(self) -> None:
        """Remove the bar."""
        self._sideways.close()


def column_widths(naturals: list[float], words: list[float], width: float) -> list[float]:
    """Widths of the columns in a page of `width` pixels, much as a browser would find them: the unwrapped widths,
    stretched towards the page, where they fit; else squeezed towards the longest word, but never so far that reading
    suffers."""
    wanted = [max(natural + 1, _NARROWEST) for natural in naturals]
    total = sum(wanted)
    if total <= width:
        stretch = min(width / total, _STRETCH)
        return [natural * stretch for natural in wanted]
    least = [min(natural, max(word + 1, _READABLE)) for natural, word in zip(wanted, words, strict=True)]
    if sum(least) >= width:
        return least
    share = (width - sum(least)) / (total - sum(least))
    return [low + (natural - low) * share for low, natural in zip(least, wanted, strict=True)]

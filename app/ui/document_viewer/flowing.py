"""Pages of files that have no places: laid out from their text, with headings, notes and tables."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetricsF, QPainter, QTextLayout, QTextOption

from app.look import Look
from app.ui.document_viewer.content import PageContent, Range
from engine.protocol import PageShown, SpanShown

_CELL_BORDER = " | "
_LINE = 1.5
_HEADING_SCALES = (1.6, 1.35, 1.15)
_MEASURED_ROWS = 200
_NARROWEST = 36.0
_WIDEST = 320.0
_SHORTEST_OVERLAP = 24
"""Letters that the end of a paragraph and the beginning of a passage must share to be the same place."""


class FlowingContent(PageContent):
    """Positions count the letters of all spans, with one between two. Rows of a table are one line each, cut where a
    cell is too narrow; a selection takes whole cells."""

    def __init__(self, shown: PageShown, look: Look, font: QFont) -> None:
        self._look = look
        self._font = font
        self._tables = shown.tables
        self._pieces = [_Piece(span) for span in shown.spans if span.text.strip()]
        self._starts = list(accumulate((len(piece.text) + 1 for piece in self._pieces), initial=0))
        self._tops: list[float] = []
        self._laid_out: tuple[float, float] = (0.0, 0.0)
        self._height = 0.0
        self._edge = 0.0

    @property
    def length(self) -> int:  # noqa: D102
        return max(0, self._starts[-1] - 1)

    @property
    def tables(self) -> int:  # noqa: D102
        return self._tables

    def arrange(self, width: float, height: float, zoom: float) -> float:  # noqa: D102
        del height
        if (width, zoom) == self._laid_out:
            return self._height
        self._laid_out = width, zoom
        self._edge = self._look.sizes.space_6 * zoom
        room = max(1.0, width - 2 * self._edge)
        y, self._tops = self._edge, []
        for group in _groups(self._pieces):
            font = self._font_of(group[0], zoom)
            metrics = QFontMetricsF(font)
            if group[0].is_row:
                self._fit_columns(group, room, zoom, metrics)
            for piece in group:
                y += self._gap(piece, zoom) if self._tops else 0.0
                self._tops.append(y)
                y += piece.arrange(room, font, metrics)
        self._height = max(y + self._edge, width * 0.3)
        return self._height

    def paint(self, painter: QPainter, top: float, bottom: float) -> None:
        """Paint what lies between two heights."""
        colours = self._look.palette
        for index in self._seen(top, bottom):
            piece = self._pieces[index]
            ink = colours.page_ink_2 if piece.span.kind in ("note", "caption") else colours.page_ink
            piece.paint(painter, QPointF(self._edge, self._tops[index]), QColor(ink), QColor(colours.page_line))

    def position_at(self, point: QPointF) -> int:  # noqa: D102
        if not self._pieces:
            return 0
        index = max(0, bisect_right(self._tops, point.y()) - 1)
        return self._starts[index] + self._pieces[index].position_at(point - QPointF(self._edge, self._tops[index]))

    def between(self, first: int, second: int) -> Range:  # noqa: D102
        return min(first, second), max(first, second)

    def word_at(self, position: int) -> Range:  # noqa: D102
        index = self._index_of(position)
        text, at = self._pieces[index].text, position - self._starts[index]
        for match in re.finditer(r"\w+|[^\w\s]", text):
            if match.start() <= at <= match.end():
                return self._starts[index] + match.start(), self._starts[index] + match.end()
        return position, position

    def boxes(self, chosen: Range) -> list[QRectF]:  # noqa: D102
        boxes = []
        for index, begin, end in self._shares(chosen):
            corner = QPointF(self._edge, self._tops[index])
            boxes += [box.translated(corner) for box in self._pieces[index].boxes(begin, end)]
        return boxes

    def text(self, chosen: Range) -> str:  # noqa: D102
        return "\n".join(self._pieces[index].text[begin:end] for index, begin, end in self._shares(chosen))

    def ranges_of(self, passage: str) -> list[Range]:  # noqa: D102
        whole = _plain(passage)
        found = [_overlap(piece.text, whole) for piece in self._pieces]
        runs: list[list[int]] = []
        for index, share in enumerate(found):
            if share is None:
                continue
            if runs and runs[-1][-1] == index - 1:
                runs[-1].append(index)
            else:
                runs.append([index])
        # A short line, as "Total", may stand elsewhere too: the passage is where most of it is, no longer than it is.
        best = max(runs, key=lambda run: sum(len(self._pieces[index].text) for index in run), default=[])
        chosen: list[Range] = []
        taken = 0
        for index in best:
            share = found[index]
            if share is not None and (taken < len(whole) or not chosen):
                chosen.append((self._starts[index] + share[0], self._starts[index] + share[1]))
                taken += share[1] - share[0]
        return chosen

    def _seen(self, top: float, bottom: float) -> range:
        first = max(0, bisect_right(self._tops, top) - 1)
        return range(first, min(bisect_right(self._tops, bottom), len(self._pieces)))

    def _shares(self, chosen: Range) -> list[tuple[int, int, int]]:
        start, end = chosen
        shares = []
        for index in range(self._index_of(start), min(self._index_of(end) + 1, len(self._pieces))):
            begin, stop = (
                max(0, start - self._starts[index]),
                min(len(self._pieces[index].text), end - self._starts[index]),
            )
            if begin < stop:
                shares.append((index, begin, stop))
        return shares

    def _index_of(self, position: int) -> int:
        return min(max(0, bisect_right(self._starts, position) - 1), max(0, len(self._pieces) - 1))

    def _gap(self, piece: _Piece, zoom: float) -> float:
        sizes = self._look.sizes
        if piece.is_row or piece.span.kind == "code":
            return 0.0
        return zoom * (sizes.space_4 if piece.span.kind == "heading" else sizes.space_2)

    def _font_of(self, piece: _Piece, zoom: float) -> QFont:
        sizes, span = self._look.sizes, piece.span
        font = QFont(self._font)
        scale = 1.0
        if span.kind == "heading":
            scale = _HEADING_SCALES[min(max(span.level, 1), len(_HEADING_SCALES)) - 1]
            font.setWeight(QFont.Weight.DemiBold)
        elif span.kind == "code":
            font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        small = span.kind in ("table", "code", "note", "caption")
        font.setPixelSize(max(1, round(zoom * scale * (sizes.font_s if small else sizes.font_m))))
        return font

    def _fit_columns(self, rows: Sequence[_Piece], room: float, zoom: float, metrics: QFontMetricsF) -> None:
        """Columns as wide as their cells, squeezed evenly where the page is too narrow."""
        pad = 2 * self._look.sizes.space_2 * zoom
        widths: list[float] = []
        for row in rows[:_MEASURED_ROWS]:
            for column, cell in enumerate(row.cells):
                width = min(_WIDEST * zoom, metrics.horizontalAdvance(cell) + pad)
                if column == len(widths):
                    widths.append(_NARROWEST * zoom)
                widths[column] = max(widths[column], width)
        total = sum(widths)
        if total > room:
            widths = [width * room / total for width in widths]
        lefts = list(accumulate(widths, initial=0.0))
        for row in rows:
            row.lefts = lefts


class _Piece:
    """One span. Positions are letters of `text`; cells of a row are apart by tabs in it."""

    def __init__(self, span: SpanShown) -> None:
        self.span = span
        self.is_row = span.kind == "table" and _CELL_BORDER in span.text
        self.cells = span.text.replace("\n", " ").split(_CELL_BORDER) if self.is_row else []
        self.text = "\t".join(self.cells) if self.is_row else span.text
        self.lefts: list[float] = [0.0]
        self._cell_starts = list(accumulate((len(cell) + 1 for cell in self.cells), initial=0))
        self._layout: QTextLayout | None = None
        self._font = QFont()
        self._height = 0.0

    def arrange(self, room: float, font: QFont, metrics: QFontMetricsF) -> float:
        """Lay out at that width; returns the height."""
        self._font = font
        if self.is_row:
            self._height = round(metrics.height() * _LINE) + 1
            return self._height
        # A character that Qt counts as two would shift every position behind it.
        shown = "".join(sign if ord(sign) < 0x10000 else "\ufffd" for sign in self.text).replace("\n", "\u2028")
        layout = QTextLayout(shown, font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        y, step = 0.0, metrics.height() * (_LINE - 0.2)
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(room)
            line.setPosition(QPointF(0, y))
            y += step
        layout.endLayout()
        self._layout, self._height = layout, y
        return y

    def paint(self, painter: QPainter, at: QPointF, ink: QColor, line: QColor) -> None:
        """Paint with the left upper corner at `at`."""
        painter.setPen(ink)
        if self._layout is not None:
            self._layout.draw(painter, at)
            return
        painter.setFont(self._font)
        metrics = QFontMetricsF(self._font)
        inset = metrics.averageCharWidth()
        baseline = at.y() + (self._height - metrics.height()) / 2 + metrics.ascent()
        for column, cell in enumerate(self.cells[: len(self.lefts) - 1]):
            left, right = self.lefts[column], self.lefts[column + 1]
            room = right - left - 2 * inset
            fits = metrics.horizontalAdvance(cell) <= room
            shown = cell if fits else metrics.elidedText(cell, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QPointF(at.x() + left + inset, baseline), shown)
        painter.fillRect(QRectF(at.x(), at.y() + self._height - 1, self.lefts[-1], 1), line)

    def position_at(self, point: QPointF) -> int:
        """The position nearest to a point."""
        if self._layout is None:
            column = min(max(0, bisect_right(self.lefts, point.x()) - 1), len(self.cells) - 1)
            middle = (self.lefts[column] + self.lefts[min(column + 1, len(self.lefts) - 1)]) / 2
            start = self._cell_starts[column]
            return start if point.x() < middle else start + len(self.cells[column])
        for number in range(self._layout.lineCount()):
            line = self._layout.lineAt(number)
            if point.y() < line.y() + line.height() or number == self._layout.lineCount() - 1:
                return int(line.xToCursor(point.x()))
        return 0

    def boxes(self, begin: int, end: int) -> list[QRectF]:
        """Rectangles over a range: parts of lines, or whole cells."""
        if self._layout is None:
            first = max(0, bisect_right(self._cell_starts, begin) - 1)
            last = max(first, bisect_right(self._cell_starts, end - 1) - 1)
            edges = self.lefts[min(first, len(self.lefts) - 1)], self.lefts[min(last + 1, len(self.lefts) - 1)]
            return [QRectF(edges[0], 0, edges[1] - edges[0], self._height - 1)]
        boxes = []
        for number in range(self._layout.lineCount()):
            line = self._layout.lineAt(number)
            start, stop = max(begin, line.textStart()), min(end, line.textStart() + line.textLength())
            if start < stop:
                left, right = _x_of(line, start), _x_of(line, stop)
                boxes.append(QRectF(min(left, right), line.y(), abs(right - left), line.height()))
        return boxes


def _x_of(line: object, position: int) -> float:
    x = line.cursorToX(position)  # type: ignore[attr-defined]  # QTextLine: a pair, whatever its stub says
    return float(x[0])


def _groups(pieces: Sequence[_Piece]) -> list[list[_Piece]]:
    """Rows of one table together, everything else alone."""
    groups: list[list[_Piece]] = []
    for piece in pieces:
        if piece.is_row and groups and groups[-1][0].is_row:
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return groups


def _plain(text: str) -> str:
    return " ".join(text.replace(_CELL_BORDER, " ").split())


def _overlap(text: str, passage: str) -> Range | None:
    """What of `text` belongs to `passage`, which is plain: all of it, a part in it, or the end that it begins with."""
    plain = _plain(text.replace("\t", " "))
    if not plain:
        return None
    if plain in passage:
        return 0, len(text)
    if passage in plain:
        words = r"\s+".join(re.escape(word) for word in passage.split())
        match = re.search(words, text)
        return (match.start(), match.end()) if match else (0, len(text))
    at = passage.find(plain[-_SHORTEST_OVERLAP:])
    if at >= 0 and plain.endswith(passage[: (size := at + _SHORTEST_OVERLAP)]):
        return max(0, len(text) - size), len(text)
    at = passage.rfind(plain[:_SHORTEST_OVERLAP])
    if at >= 0 and plain.startswith(passage[at:]):
        return 0, min(len(text), len(passage) - at)
    return None

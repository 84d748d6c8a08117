"""Words of a PDF page -> headings, paragraphs and tables in the order in which a person reads them.

Lines are cut where there is much white space; rows that have white space in common are columns or a table, and
columns are read one after the other. Paragraphs end where the next line is set off from the last.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np
from numpy.typing import NDArray

from engine.documents.document import Span, Table, Word
from engine.documents.pdf.grids import Grid
from engine.documents.pdf.segments import Band, Row, Segment, bands_of, column_of, columns_of, rows_of, segments_of
from engine.documents.pdf.view import Side
from engine.documents.pdf.words import Words
from engine.protocol import Box, SpanKind

_DEEPEST = 3
_LEAST_FILLED = 0.3
"""Of the cells of a ruled table; a chart or a form has more lines than text."""
_MARKER = re.compile(r"^(?:[•◦▪‣●○■□–—*·-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,4})[.)])$")
_CAPTION = re.compile(r"^(?:Figure|Fig\.|Table|Abbildung|Abb\.|Tabelle|Tab\.|Tableau|Figura|Tabla|Tabella)\s*\d", re.I)
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")


@dataclass(frozen=True, slots=True)
class Laid:
    """What a page says, in reading order."""

    spans: list[Span]
    tables: list[Table]


@dataclass(slots=True)
class _Line:
    """Words of one column that stand on one line, or a table (`table` is its number)."""

    words: list[int]
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    table: int = -1


def lay_out(words: Words, grids: list[Grid], width: float, height: float) -> Laid:
    """The words of a page of `width` x `height` points as spans and tables."""
    return _Layout(words, width, height).run(grids)


class _Layout:
    def __init__(self, words: Words, width: float, height: float) -> None:
        self._words, self._width, self._height = words, max(width, 1.0), max(height, 1.0)
        self._made = self._make_words()
        self._right_to_left = bool(_RIGHT_TO_LEFT.search("".join(words.texts)))
        self._body = _usual_size(words)
        self._tables: list[list[list[list[int]]]] = []
        """Rows of cells of word numbers."""
        self._boxes: list[Side] = []

    def run(self, grids: list[Grid]) -> Laid:
        free = np.ones(len(self._words.texts), np.bool_)
        placed = [self._rule(grid, free) for grid in grids]
        segments = segments_of(self._words, free) + [segment for segment in placed if segment is not None]
        lines = self._read(segments, _DEEPEST)
        spans: list[Span] = []
        for is_table, group in groupby(lines, key=lambda line: line.table >= 0):
            if is_table:
                spans += [span for line in group for span in self._table_spans(line.table)]
            else:
                spans += self._paragraphs(list(group))
        spans += self._turned(free)
        order = [line.table for line in lines if line.table >= 0]
        return Laid(spans, [self._table(number) for number in order])

    # --- Reading order

    def _read(self, segments: list[Segment], depth: int) -> list[_Line]:
        lines: list[_Line] = []
        pending: list[Row] = []

        def flush() -> None:
            lines.extend(line for row in pending for line in self._lines(row))
            pending.clear()

        for band in bands_of(rows_of(segments)):
            use = self._use_of(band, depth)
            if use == "lines":
                pending += band.rows
                continue
            flush()
            if use == "table":
                lines.append(self._aligned(band))
            else:
                for column in columns_of(band):
                    lines += self._read(column, depth - 1)
        flush()
        return lines

    def _use_of(self, band: Band, depth: int) -> str:
        """What the white space in a band means: columns of prose, a table, or nothing."""
        several = sum(len({column_of(segment, band.gutters) for segment in row}) > 1 for row in band.rows)
        if not band.gutters or several < 2:
            return "lines"
        columns = columns_of(band)
        if any(segment.table >= 0 for column in columns for segment in column):
            return "columns" if depth else "lines"
        if all(self._is_prose(column) for column in columns):
            return "columns" if depth else "lines"
        if self._is_list(columns[0]) and len(columns) == 2:
            return "lines"
        rows = len(band.rows)
        return "table" if 2 * several >= rows and (rows >= 3 or len(columns) >= 3) else "lines"

    def _is_prose(self, column: list[Segment]) -> bool:
        """Lines that are long, or of several words and fill the width of their column."""
        wide = max(segment.x1 for segment in column) - min(segment.x0 for segment in column)
        filled = float(np.median([(segment.x1 - segment.x0) / max(wide, 1.0) for segment in column]))
        letters = float(np.mean([self._letters(segment.words) for segment in column]))
        return len(column) >= 3 and (letters >= 20 or (letters >= 15 and filled >= 0.7))

    def _is_list(self, column: list[Segment]) -> bool:
        return all(len(segment.words) == 1 and self._letters(segment.words) <= 5 for segment in column)

    def _letters(self, words: list[int]) -> int:
        return sum(len(self._words.texts[word]) for word in words)

    def _lines(self, row: Row) -> list[_Line]:
        """A row of one column: one line, or several with a table between."""
        lines = []
        for is_table, group in groupby(row, key=lambda segment: segment.table >= 0):
            parts = list(group)
            if is_table:
                lines += [_Line([], part.x0, part.y0, part.x1, part.y1, part.size, part.table) for part in parts]
                continue
            if self._reads_left([word for part in parts for word in part.words]):
                parts.reverse()
            lines.append(
                _Line(
                    [word for part in parts for word in part.words],
                    min(part.x0 for part in parts),
                    min(part.y0 for part in parts),
                    max(part.x1 for part in parts),
                    max(part.y1 for part in parts),
                    max(part.size for part in parts),
                )
            )
        return lines

    def _reads_left(self, words: list[int]) -> bool:
        if not self._right_to_left:
            return False
        return 2 * sum(bool(_RIGHT_TO_LEFT.search(self._words.texts[word])) for word in words) > len(words)

    # --- Tables

    def _rule(self, grid: Grid, free: NDArray[np.bool_]) -> Segment | None:
        """Take the words of a ruled table, and put a segment in their place."""
        cells = grid.cells_of(self._words.boxes)
        cells[~free] = -1
        inside = np.flatnonzero(cells >= 0)
        columns, rows = len(grid.xs) - 1, len(grid.ys) - 1
        owners = len(np.unique(grid.owner))
        filled = len(np.unique(cells[inside]))
        if filled < 2 or owners < 3 or filled < _LEAST_FILLED * owners:
            return None
        table: list[list[list[int]]] = [[[] for _ in range(columns)] for _ in range(rows)]
        for word in inside.tolist():
            table[cells[word] // columns][cells[word] % columns].append(word)
        free[inside] = False
        x0, y0, x1, y1 = grid.box
        self._tables.append([[self._sorted(cell) for cell in row] for row in table])
        self._boxes.append(grid.box)
        return Segment(x0, y0, x1, y1, [], 10.0, len(self._tables) - 1)

    def _sorted(self, cell: list[int]) -> list[int]:
        """The words of a cell line by line; where the file has them in order, nothing changes."""
        if len(cell) < 2:
            return cell
        free = np.zeros(len(self._words.texts), np.bool_)
        free[cell] = True
        lines = [line for row in rows_of(segments_of(self._words, free)) for line in self._lines(row)]
        upright = [word for line in lines for word in line.words]
        return upright + [word for word in cell if self._words.sizes[word] <= 0]

    def _aligned(self, band: Band) -> _Line:
        """A band as a table: a row for each of its rows."""
        table: list[list[list[int]]] = []
        for row in band.rows:
            cells: list[list[int]] = [[] for _ in range(len(band.gutters) + 1)]
            for segment in row:
                cells[column_of(segment, band.gutters)] += segment.words
            table.append(cells)
        segments = [segment for row in band.rows for segment in row]
        box = (
            min(segment.x0 for segment in segments),
            min(segment.y0 for segment in segments),
            max(segment.x1 for segment in segments),
            max(segment.y1 for segment in segments),
        )
        self._tables.append(table)
        self._boxes.append(box)
        return _Line([], *box, segments[0].size, len(self._tables) - 1)

    def _table(self, number: int) -> Table:
        rows = tuple(tuple(self._text(cell) for cell in row) for row in self._tables[number])
        return Table(rows, self._box(self._boxes[number]))

    def _table_spans(self, number: int) -> list[Span]:
        spans = []
        for row in self._tables[number]:
            words = [word for cell in row for word in cell]
            if words:
                text = " | ".join(self._text(cell) for cell in row)
                spans.append(self._span(text, words, "table"))
        return spans

    # --- Paragraphs

    def _paragraphs(self, lines: list[_Line]) -> list[Span]:
        if not lines:
            return []
        pitches = [after.y1 - before.y1 for before, after in pairwise(lines) if after.y1 > before.y1]
        pitch = float(np.median(pitches)) if pitches else 0.0
        groups = [[lines[0]]]
        left, right = _margins(lines)
        for line in lines[1:]:
            if self._starts(groups[-1][-1], line, pitch, left, right):
                groups.append([line])
            else:
                groups[-1].append(line)
        spans = []
        for group in groups:
            words = [word for line in group for word in line.words]
            text = self._text(words)
            if text:
                kind, level = self._kind(text, words, group)
                spans.append(self._span(text, words, kind, level))
        return spans

    def _starts(self, last: _Line, line: _Line, pitch: float, left: float, right: float) -> bool:
        """Whether a paragraph begins with `line`."""
        texts, size = self._words.texts, max(line.size, 1.0)
        if self._words.divided[last.words[-1]]:
            return False
        step = line.y1 - last.y1
        if step <= 0 or step > 1.2 * min(pitch, 3 * size) + 0.3 * size or abs(line.size - last.size) > 0.12 * size:
            return True
        if self._words.bold[line.words[0]] != self._words.bold[last.words[0]] and self._one_weight(last, line):
            return True
        first = texts[line.words[0]]
        if _MARKER.match(first):
            return True
        if self._reads_left(line.words):
            return False
        if line.x0 > left + 0.9 * size and last.x0 < left + 0.4 * size:
            return True
        room = self._words.boxes[line.words[0]]
        fits = last.x1 + 0.3 * size + (room[2] - room[0]) < right - size
        ended = texts[last.words[-1]][-1:] in ".!?:;。！？" or not first[:1].islower()
        return bool(fits and ended)

    def _one_weight(self, *lines: _Line) -> bool:
        return all(len(set(self._words.bold[line.words].tolist())) == 1 for line in lines)

    def _kind(self, text: str, words: list[int], lines: list[_Line]) -> tuple[SpanKind, int]:
        if _CAPTION.match(text) and len(text) < 400:
            return "caption", 0
        size = max(line.size for line in lines)
        if len(lines) <= 3 and len(text) <= 200 and any(letter.isalpha() for letter in text):
            if size >= 1.15 * self._body:
                return "heading", 1 if size >= 1.7 * self._body else 2 if size >= 1.35 * self._body else 3
            bold = self._words.bold
            if len(lines) == 1 and len(text) <= 100 and bold[words].all() and not bold.all() and text[-1] not in ".,;":
                return "heading", 4
        return "text", 0

    def _turned(self, free: NDArray[np.bool_]) -> list[Span]:
        """Text that stands or lies on its side, after all other."""
        index = np.flatnonzero(free & (self._words.sizes <= 0)).tolist()
        groups: list[list[int]] = []
        for word in index:
            if groups and groups[-1][-1] == word - 1 and not self._words.breaks[word - 1]:
                groups[-1].append(word)
            else:
                groups.append([word])
        return [self._span(text, group, "text") for group in groups if (text := self._text(group))]

    # --- Spans

    def _make_words(self) -> list[Word]:
        scale = np.array([self._width, self._height, self._width, self._height])
        boxes = np.clip(self._words.boxes / scale, 0.0, 1.0).round(5).tolist()
        return [Word(text, Box(*box)) for text, box in zip(self._words.texts, boxes, strict=True)]

    def _text(self, words: list[int]) -> str:
        """Words with what belongs between them. A hyphen that only divides a word is left out, and one that comes
        before a capital, a number or nothing is kept."""
        pieces = []
        source = self._words
        for word, following in zip(words, (*words[1:], -1), strict=False):
            pieces.append(source.texts[word])
            if source.divided[word]:
                if following < 0 or not source.texts[following][:1].islower():
                    pieces.append("-")
            elif following >= 0 and not (source.glued[word] and following == word + 1):
                pieces.append(" ")
        return "".join(pieces).strip()

    def _span(self, text: str, words: list[int], kind: SpanKind, level: int = 0) -> Span:
        boxes = self._words.boxes[words]
        low, high = boxes.min(0).tolist(), boxes.max(0).tolist()
        made = self._made
        return Span(
            text, kind, level, self._box((low[0], low[1], high[2], high[3])), tuple([made[word] for word in words])
        )

    def _box(self, side: Side) -> Box:
        def within(value: float, whole: float) -> float:
            return round(min(max(value / whole, 0.0), 1.0), 5)

        x0, y0, x1, y1 = side
        return Box(within(x0, self._width), within(y0, self._height), within(x1, self._width), within(y1, self._height))


def _usual_size(words: Words) -> float:
    """The size of most letters."""
    upright = words.sizes > 0
    if not upright.any():
        return 10.0
    lengths = np.array([len(text) for text in words.texts])[upright]
    sizes, index = np.unique(words.sizes[upright].round(1), return_inverse=True)
    return float(sizes[np.argmax(np.bincount(index, lengths))])


def _margins(lines: list[_Line]) -> tuple[float, float]:
    """Where most lines begin, and where the longest ends."""
    return float(np.percentile([line.x0 for line in lines], 20)), max(line.x1 for line in lines)

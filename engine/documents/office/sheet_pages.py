"""From the cells of a sheet to its page: tables where cells are, and what is computed how."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

from engine.documents.document import Page, Span, Table
from engine.documents.job import Job
from engine.documents.office.formulas import Formula, column_name, together
from engine.documents.text.flow import Block, page_of

MOST_CELLS = 2_000_000
"""Cells that are read of a file."""
_MOST_FORMULAS = 500
_MOST_COMPARED = 100_000
_LONGEST_CELL = 40_000


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell shows; `column` counts from 1, `formula` has its sign of equality."""

    column: int
    text: str
    formula: str = ""


Row = tuple[int, list[Cell]]
"""The number of a row, from 1, and the cells in it that hold anything, from left to right."""


@dataclass(slots=True)
class Sheets:
    """Makes the pages of one file, within what is read of a file. `notes` say what was left out."""

    job: Job
    notes: list[str] = field(default_factory=list)
    _cells: int = 0

    def page(self, number: int, name: str, hidden: bool, rows: Iterable[Row], extra: Iterable[Block] = ()) -> Page:
        """Page `number` of a sheet; `extra` are the blocks that lie over its cells."""
        kept = self._kept(name, rows)
        blocks: list[Block] = []
        for group in _groups(kept):
            blocks.append(_table(name, group))
        formulas = (Formula(row, cell.column, cell.formula) for row, cells in kept for cell in cells if cell.formula)
        lines = together(islice(formulas, _MOST_COMPARED), _MOST_FORMULAS)
        if lines:
            blocks.append(Span("Formulas\n" + "\n".join(lines), "note"))
        return page_of(number, [*blocks, *extra], f"{name} (hidden)" if hidden else name)

    def _kept(self, name: str, rows: Iterable[Row]) -> list[Row]:
        limits = self.job.limits
        kept: list[Row] = []
        widest = 0
        for count, (number, cells) in enumerate(rows):
            if count % 1_000 == 0:
                self.job.checkpoint()
            found = [cell for cell in cells if cell.text.strip() or cell.formula]
            if not found:
                continue
            if len(kept) >= limits.rows or self._cells + len(found) > MOST_CELLS:
                self.notes.append(f"Only the first {number - 1:,} rows of the sheet {name} were read.")
                break
            widest = max(widest, found[-1].column)
            found = [cell for cell in found if cell.column <= limits.columns]
            self._cells += len(found)
            kept.append((number, found))
        if widest > limits.columns:
            self.notes.append(f"Only the first {limits.columns:,} columns of the sheet {name} were read.")
        return [row for row in kept if row[1]]


def _groups(rows: list[Row]) -> list[list[Row]]:
    """Rows that hang together. A blank row ends a table, unless what follows it has the same columns."""
    groups: list[list[Row]] = []
    for row in rows:
        if groups and (row[0] - groups[-1][-1][0] == 1 or _edges(row) == _edges(groups[-1][-1])):
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _edges(row: Row) -> tuple[int, int]:
    return row[1][0].column, row[1][-1].column


def _table(name: str, rows: list[Row]) -> Block:
    first = min(cells[0].column for _, cells in rows)
    last = max(cells[-1].column for _, cells in rows)
    if len(rows) == 1 and first == last:
        return Span(rows[0][1][0].text)
    width = last - first + 1
    texts, formulas = [], []
    computed = any(cell.formula for _, cells in rows for cell in cells)
    for _, cells in rows:
        texts.append(_filled([(cell.column - first, cell.text[:_LONGEST_CELL]) for cell in cells], width))
        if computed:
            formulas.append(_filled([(cell.column - first, cell.formula) for cell in cells], width))
    place = f"{column_name(first)}{rows[0][0]}:{column_name(last)}{rows[-1][0]}"
    return Table(tuple(texts), caption=f"{name}, {place}", formulas=tuple(formulas))


def _filled(cells: list[tuple[int, str]], width: int) -> tuple[str, ...]:
    row = [""] * width
    for column, text in cells:
        row[column] = text
    return tuple(row)

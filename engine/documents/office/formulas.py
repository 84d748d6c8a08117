"""Formulas of a sheet: moved from one cell to another, and told together where they are the same down a column."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

_LAST_COLUMN = 16_384
# Text and names of sheets in quotes are left alone, and so are names and functions that look like cells.
_PARTS = re.compile(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'|(?<![\w.$])(\$?)([A-Z]{1,3})(\$?)(\d{1,7})(?![\w(.!])')


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula with its sign of equality, in the cell of this row and column, both from 1."""

    row: int
    column: int
    text: str


def column_name(column: int) -> str:
    """A for 1, AA for 27."""
    name = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


@lru_cache(maxsize=1_024)
def column_number(name: str) -> int:
    """The inverse of `column_name`. Raises ValueError for what is none."""
    if not (name.isascii() and name.isupper() and len(name) <= 3):
        raise ValueError(f"{name} is no column")
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def moved(text: str, down: int, right: int) -> str:
    """`text` as it reads when its cell is copied so far: what is not fixed with $ moves along."""

    def place(fixed_column: str, column: int, fixed_row: str, row: int) -> str:
        column += 0 if fixed_column else right
        row += 0 if fixed_row else down
        if not 0 < column <= _LAST_COLUMN or row < 1:
            return "#REF!"
        return f"{fixed_column}{column_name(column)}{fixed_row}{row}"

    return _replaced(text, place)


def together(formulas: Iterable[Formula], most: int) -> list[str]:
    """Lines such as ``D2:D40: =B2*C2``, the first of which stands for those that do the same a row further down."""
    open_runs: dict[int, tuple[str, Formula, int]] = {}
    runs: list[tuple[Formula, int]] = []
    for formula in formulas:
        pattern = _relative(formula)
        run = open_runs.get(formula.column)
        if run and run[0] == pattern and run[2] == formula.row - 1:
            open_runs[formula.column] = (pattern, run[1], formula.row)
            continue
        if run:
            runs.append((run[1], run[2]))
        open_runs[formula.column] = (pattern, formula, formula.row)
    runs += [(first, last) for _, first, last in open_runs.values()]
    runs.sort(key=lambda run: (run[0].row, run[0].column))
    lines = []
    for first, last in runs[:most]:
        name = column_name(first.column)
        place = f"{name}{first.row}" if last == first.row else f"{name}{first.row}:{name}{last}"
        lines.append(f"{place}: {first.text}")
    return lines


def _relative(formula: Formula) -> str:
    """The same for formulas that do the same, each seen from its own cell."""

    def place(fixed_column: str, column: int, fixed_row: str, row: int) -> str:
        across = f"C{column}" if fixed_column else f"C[{column - formula.column}]"
        return across + (f"R{row}" if fixed_row else f"R[{row - formula.row}]")

    return _replaced(formula.text, place)


def _replaced(text: str, place: Callable[[str, int, str, int], str]) -> str:
    def replace(found: re.Match[str]) -> str:
        fixed_column, column, fixed_row, row = found.groups()
        if column is None:
            return found.group()
        return place(fixed_column, column_number(column), fixed_row, int(row))

    return _PARTS.sub(replace, text)

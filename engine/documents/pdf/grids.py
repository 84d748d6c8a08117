"""Tables that are ruled: from the lines on a page to rows and cells, with the words in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.documents.pdf.shapes import Shapes
from engine.documents.pdf.view import Boxes, Side

SNAP = 3.0
"""Points between lines that are meant to be one, or to meet."""
_MOST_LINES = 3_000
_MOST_CELLS = 20_000


@dataclass(frozen=True, slots=True)
class Grid:
    """A ruled table: the places of its lines, and for each cell the cell that its text belongs to (its own number, or
    where cells are joined that of the first of them), row by row."""

    xs: NDArray[np.float64]
    ys: NDArray[np.float64]
    owner: NDArray[np.int64]

    @property
    def box(self) -> Side:
        """Left, top, right, bottom in points."""
        return float(self.xs[0]), float(self.ys[0]), float(self.xs[-1]), float(self.ys[-1])

    def cells_of(self, boxes: Boxes) -> NDArray[np.int64]:
        """[n] the cell that the middle of each of [n, 4] boxes is in, -1 where it is outside."""
        x, y = boxes[:, [0, 2]].mean(1), boxes[:, [1, 3]].mean(1)
        column = np.searchsorted(self.xs, x) - 1
        row = np.searchsorted(self.ys, y) - 1
        columns, rows = len(self.xs) - 1, len(self.ys) - 1
        inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
        cell = np.where(inside, row * columns + column, 0)
        return np.where(inside, self.owner[cell], -1)


def find_grids(shapes: Shapes) -> list[Grid]:
    """Tables of two rows and two columns or more, largest first. Drawings with thousands of lines are no tables."""
    across, down = np.array(shapes.across).reshape(-1, 4), np.array(shapes.down).reshape(-1, 4)
    if len(across) < 2 or not 0 < len(down) <= _MOST_LINES or len(across) > _MOST_LINES:
        return []
    groups = _connected(_meet(across, down))
    grids = [_grid(across[rows], down[columns]) for rows, columns in groups]
    found = [grid for grid in grids if grid is not None]
    return sorted(found, key=lambda grid: -(grid.box[2] - grid.box[0]) * (grid.box[3] - grid.box[1]))


def _meet(across: Boxes, down: Boxes) -> NDArray[np.bool_]:
    """[lines across, lines down]: whether two meet."""
    x, y = down[:, [0, 2]].mean(1), across[:, [1, 3]].mean(1)[:, None]
    in_x = (across[:, 0, None] - SNAP <= x) & (x <= across[:, 2, None] + SNAP)
    in_y = (down[:, 1] - SNAP <= y) & (y <= down[:, 3] + SNAP)
    return np.asarray(in_x & in_y)


def _connected(meet: NDArray[np.bool_]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Groups of lines that hang together, as indices of those across and those down."""
    groups = []
    left = np.ones(len(meet), np.bool_)
    while left.any():
        rows = np.zeros(len(meet), np.bool_)
        rows[np.argmax(left)] = True
        columns = meet[rows].any(0)
        while (grown := meet[:, columns].any(1) | rows).sum() > rows.sum():
            rows, columns = grown, meet[grown].any(0)
        left &= ~rows
        if columns.any():
            groups.append((np.flatnonzero(rows), np.flatnonzero(columns)))
    return groups


def _grid(across: Boxes, down: Boxes) -> Grid | None:
    # A table may be open at its sides: then the ends of its lines stand for them.
    xs = _clusters(np.concatenate([down[:, [0, 2]].mean(1), [across[:, 0].min(), across[:, 2].max()]]))
    ys = _clusters(np.concatenate([across[:, [1, 3]].mean(1), [down[:, 1].min(), down[:, 3].max()]]))
    columns, rows = len(xs) - 1, len(ys) - 1
    if columns < 2 or rows < 2 or rows * columns > _MOST_CELLS:
        return None
    middle_x, middle_y = (xs[1:] + xs[:-1]) / 2, (ys[1:] + ys[:-1]) / 2
    # [rows, columns - 1] and [rows - 1, columns]: whether a line parts neighbours.
    beside = _covered(xs[1:-1], middle_y, down[:, [0, 2]].mean(1), down[:, 1], down[:, 3]).T
    below = _covered(ys[1:-1], middle_x, across[:, [1, 3]].mean(1), across[:, 0], across[:, 2])
    owner = np.arange(rows * columns)
    for row in range(rows):
        for column in range(columns):
            cell = row * columns + column
            if column and not beside[row, column - 1]:
                owner[cell] = owner[cell - 1]
            elif row and not below[row - 1, column]:
                owner[cell] = owner[cell - columns]
    return Grid(xs, ys, owner)


def _covered(
    lines: NDArray[np.float64],
    middles: NDArray[np.float64],
    at: NDArray[np.float64],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """[lines, middles]: whether any piece (`at`, from `start` to `end`) lies on a line where it passes a middle."""
    on_line = np.abs(lines[:, None] - at) <= SNAP
    passes = (start <= middles[:, None]) & (middles[:, None] <= end)
    return np.asarray((on_line[:, None, :] & passes[None]).any(2))


def _clusters(values: NDArray[np.float64]) -> NDArray[np.float64]:
    values = np.sort(values)
    parts = np.split(values, np.flatnonzero(np.diff(values) > SNAP) + 1)
    return np.array([part.mean() for part in parts])

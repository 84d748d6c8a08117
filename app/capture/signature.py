"""A picture in a few hundred grey cells: enough to tell that a dialog has opened, too little to tell what it says."""

from __future__ import annotations

import math

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage

from app.domain.geometry import Rect

_MOST_COLUMNS, _MOST_ROWS = 64, 36
_SMALLEST_CELL = 4
"""Pixels across: below that every edge that moves by a hair would be a change."""
_STIRRED = 6
"""Grey levels of 255 by which a cell has changed; a caret that blinks in a whole window stays below."""


def signature_of(image: QImage) -> bytes:
    """The mean grey of each cell, row by row, for `cells_of` its size."""
    columns, rows = cells_of(image.width(), image.height())
    small = image.scaled(
        QSize(columns, rows), Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    ).convertToFormat(QImage.Format.Format_Grayscale8)
    stride, data = small.bytesPerLine(), bytes(small.constBits())
    return b"".join(data[row * stride : row * stride + columns] for row in range(rows))


def cells_of(width: float, height: float) -> tuple[int, int]:
    """How many columns and rows of cells an area of that size in pixels has."""
    columns = min(_MOST_COLUMNS, max(1, int(width) // _SMALLEST_CELL))
    return columns, min(_MOST_ROWS, max(1, int(height) // _SMALLEST_CELL))


def changed_share(one: bytes, other: bytes, whole: Rect, area: Rect | None) -> float:
    """The share of cells that differ between two signatures of `whole`, of those that `area` touches; 0 for none."""
    columns, rows = cells_of(whole.width, whole.height)
    part = whole if area is None else area.intersect(whole)
    if part is None:
        return 0.0
    across, down = columns / whole.width, rows / whole.height
    left, right = math.floor((part.x - whole.x) * across), math.ceil((part.right - whole.x) * across)
    top, bottom = math.floor((part.y - whole.y) * down), math.ceil((part.bottom - whole.y) * down)
    touched = [
        range(row * columns + left, row * columns + min(right, columns)) for row in range(top, min(bottom, rows))
    ]
    cells = [cell for row in touched for cell in row]
    return sum(abs(one[cell] - other[cell]) >= _STIRRED for cell in cells) / len(cells) if cells else 0.0


def stirred_cells(one: bytes, other: bytes) -> set[int]:
    """The cells that differ between two signatures of the same size."""
    return {cell for cell, (a, b) in enumerate(zip(one, other, strict=True)) if abs(a - b) >= _STIRRED}

"""The frames of fields as they are painted: where a field is that only its label tells of."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from engine.protocol import Box

_STEP = 6
"""Grey levels from one pixel to the next that are an edge."""
_WHOLE = 0.85
"""How much of a side must be there: corners may be round."""
_FAR, _CLOSE = 25, 3
"""Line heights from a label to the field right of it, and up to where that comes before one below."""

Pixels = NDArray[np.int16]


def frame_near(grey: Pixels, label: Box) -> Box | None:
    """The frame right of a label or below it on a picture [height, width] of grey levels; None where none is seen."""
    height, width = grey.shape
    x0, x1 = round(label.x0 * width), round(label.x1 * width)
    y0, y1 = round(label.y0 * height), round(label.y1 * height)
    line = y1 - y0
    if line < 4:
        return None
    beside = _right_of(grey, x1, y0, y1)
    if beside is None or beside[0] - x1 > _CLOSE * line:
        beside = _below(grey, x0, y1, line) or beside
    if beside is None:
        return None
    left, top, right, bottom = beside
    return Box(left / width, top / height, right / width, bottom / height)


def _right_of(grey: Pixels, start: int, y0: int, y1: int) -> tuple[int, int, int, int] | None:
    line = y1 - y0
    # Taller than letters are.
    top, bottom = max(0, y0 - line // 4), min(grey.shape[0], y1 + line // 4)
    sides = _uprights(grey[top:bottom, start : start + (_FAR + 60) * line])
    left = next(sides, None)
    if left is None or left > _FAR * line:
        return None
    right = next((side for side in sides if side - left > 1.5 * line), None)
    return None if right is None else (start + left, top, start + right, bottom)


def _below(grey: Pixels, x0: int, y1: int, line: int) -> tuple[int, int, int, int] | None:
    edges = _uprights(grey[y1 : y1 + 6 * line, x0 + line : x0 + 6 * line].T)
    top = next(edges, None)
    if top is None or top > 2.5 * line:
        return None
    bottom = next((edge for edge in edges if edge - top > 1.2 * line), None)
    if bottom is None or bottom - top > 4 * line:
        return None
    first = max(0, x0 - 2 * line)
    inset = (bottom - top) // 4
    band = grey[y1 + top + inset : y1 + bottom - inset, first : first + 120 * line]
    sides = _uprights(band)
    left = next(sides, None)
    if left is None or abs(first + left - x0) > 1.5 * line:
        return None
    right = next((side for side in sides if side - left > 3 * line), None)
    return None if right is None else (first + left, y1 + top, first + right, y1 + bottom)


def _uprights(part: Pixels) -> Iterator[int]:
    """The columns of a part of the picture in which an edge runs from its top to its bottom."""
    if part.shape[0] < 3 or part.shape[1] < 3:
        return
    for column in np.flatnonzero((np.abs(np.diff(part, axis=1)) >= _STEP).mean(axis=0) >= _WHOLE):
        yield int(column)

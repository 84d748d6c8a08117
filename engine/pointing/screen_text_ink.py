"""The ink of a line of writing: which pixels stand out from what is behind it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_FAINT = 14
"""Steps of 255 that ink differs from its ground at the least."""
_OF_FULL = 0.37
"""Of the strongest ink's difference, from which a pixel counts: edges of letters are blended with the ground."""


@dataclass(frozen=True, slots=True)
class Part:
    """Connected ink: its box in pixels, the right and lower ends excluded, and how many pixels of it are ink."""

    x0: int
    y0: int
    x1: int
    y1: int
    area: int

    @property
    def width(self) -> int:
        """Pixels."""
        return self.x1 - self.x0

    @property
    def height(self) -> int:
        """Pixels."""
        return self.y1 - self.y0


def ground_of(line: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The colour behind a line that is mostly its ground: float64 [3]."""
    return np.asarray(np.median(line.reshape(-1, 3), axis=0), np.float64)


def ink_of(line: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which pixels of uint8 [height, width, 3] are ink: bool [height, width]. Most of the line has to be its ground."""
    difference = np.abs(line - ground_of(line)).max(axis=2)
    full = float(np.percentile(difference, 98))
    return np.asarray(difference > max(_FAINT, _OF_FULL * full), np.bool_)


def parts_of(ink: NDArray[np.bool_]) -> tuple[NDArray[np.int32], list[Part]]:
    """Connected ink: which part each pixel belongs to, from 1 and 0 for none, and the parts in that order."""
    count, marked, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    return np.asarray(marked, np.int32), [
        Part(int(x), int(y), int(x + w), int(y + h), int(area)) for x, y, w, h, area in stats[1:count]
    ]


def runs(used: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where a row of bools is true: the first of each run, and the one after its last."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], used, [False])).astype(np.int8)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]

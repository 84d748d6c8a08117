"""From the coordinates inside a PDF to those of the page as it is shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float64]
"""[n, 4]: left, top, right, bottom."""
Side = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class View:
    """What is seen of a page: the box `crop` (left, bottom, right, top in PDF coordinates) turned clockwise by `turn`
    (0, 90, 180 or 270 degrees)."""

    crop: Side
    turn: int

    @property
    def width(self) -> float:
        """Points."""
        left, bottom, right, top = self.crop
        return top - bottom if self.turn in (90, 270) else right - left

    @property
    def height(self) -> float:
        """Points."""
        left, bottom, right, top = self.crop
        return right - left if self.turn in (90, 270) else top - bottom

    def shown(self, boxes: Boxes) -> Boxes:
        """[n, 4] of any two opposite corners in PDF coordinates -> [n, 4] left, top, right, bottom from the top left
        corner of the page as it is shown."""
        left, bottom, right, top = self.crop
        x, y = boxes[:, [0, 2]] - left, top - boxes[:, [1, 3]]
        wide, high = right - left, top - bottom
        if self.turn == 90:
            x, y = high - y, x
        elif self.turn == 180:
            x, y = wide - x, high - y
        elif self.turn == 270:
            x, y = y, wide - x
        return np.stack([x.min(1), y.min(1), x.max(1), y.max(1)], 1)

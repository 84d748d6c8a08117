"""Where lines of writing are on a screenshot, roughly: the detection network at a reduced size."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.pointing.screen_text_models import STRIDE, Networks

_LOOKED_AT = 1_170_000
"""Pixels of the picture that the network sees: 0.75 of the sides of 1920 x 1080. Above it, letters of 9 pixels are
still found."""
_LEAST_SCALE = 0.5
_WRITING = 0.3
_SURE = 0.4
"""How likely a line is on the mean over its middle."""
_GROWN = 1.5
"""The network tells the middle of a line. Its writing reaches beyond that by area / circumference times this
(Liao et al., "Real-time Scene Text Detection with Differentiable Binarization", 2020)."""


@dataclass(frozen=True, slots=True)
class Region:
    """Where a line is in pixels, the right and lower ends excluded."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def width(self) -> int:
        """Pixels."""
        return self.x1 - self.x0

    @property
    def height(self) -> int:
        """Pixels."""
        return self.y1 - self.y0

    @property
    def area(self) -> int:
        """Pixels."""
        return self.width * self.height

    def joined(self, other: Region) -> Region:
        """The box around both."""
        return Region(min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1))

    def grown(self, by: int, width: int, height: int) -> Region:
        """With `by` pixels more on each side, within a picture of that size."""
        return Region(max(0, self.x0 - by), max(0, self.y0 - by), min(width, self.x1 + by), min(height, self.y1 + by))

    def moved(self, x: int, y: int) -> Region:
        """The same box further right and down."""
        return Region(self.x0 + x, self.y0 + y, self.x1 + x, self.y1 + y)

    def touches(self, other: Region) -> bool:
        """Whether they have a pixel in common."""
        return self.x0 < other.x1 and other.x0 < self.x1 and self.y0 < other.y1 and other.y0 < self.y1


def scale_for(width: int, height: int) -> float:
    """How much smaller a picture is looked at."""
    return min(1.0, max(_LEAST_SCALE, math.sqrt(_LOOKED_AT / (height * width))))


def regions(networks: Networks, pixels: NDArray[np.uint8], scale: float) -> list[Region]:
    """Lines of writing on uint8 [height, width, 3], looked at made smaller by `scale`.

    Raises:
        DocumentError: there is not enough memory for it.
    """
    height, width = pixels.shape[:2]
    seen = cv2.resize(pixels, (_rounded(width * scale), _rounded(height * scale)), interpolation=cv2.INTER_AREA)
    likely = networks.writing(np.asarray(seen, np.uint8))
    return _grown(likely, width / likely.shape[1], height / likely.shape[0], width, height)


def _rounded(side: float) -> int:
    return max(1, round(side / STRIDE)) * STRIDE


def _grown(likely: NDArray[np.float32], x_scale: float, y_scale: float, width: int, height: int) -> list[Region]:
    count, marked, stats, _ = cv2.connectedComponentsWithStats((likely > _WRITING).astype(np.uint8), connectivity=8)
    sums = np.bincount(marked.ravel(), likely.ravel(), minlength=count)
    found = []
    for index in range(1, count):
        x, y, w, h, area = (int(value) for value in stats[index])
        if sums[index] < _SURE * area:
            continue
        by = _GROWN * w * h / (2 * (w + h))
        found.append(
            Region(
                max(0, math.floor((x - by) * x_scale)),
                max(0, math.floor((y - by) * y_scale)),
                min(width, math.ceil((x + w + by) * x_scale)),
                min(height, math.ceil((y + h + by) * y_scale)),
            )
        )
    return found

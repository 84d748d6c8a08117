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

    def touches(self, other: Region) -> bool:
        """Whether they have a pixel in common."""
        return self.x0 < other.x1 and other.x0 < self.x1 and self.y0 < other.y1 and other.y0 < self.y1


def regions(networks: Networks, pixels: NDArray[np.uint8]) -> list[Region]:
    """Lines of writing on uint8 [height, width, 3], from top to bottom.

    Raises:
        DocumentError: there is not enough memory for it.
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, max(_LEAST_SCALE, math.sqrt(_LOOKED_AT / (height * width))))
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
    return sorted(found, key=lambda region: (region.y0, region.x0))

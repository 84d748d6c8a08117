"""Which parts of a screen are not as they were a moment ago."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.pointing.screen_text_regions import Region

_TILE = 32
_AROUND = 32
"""Pixels around a change that are looked at with it."""


def changed(before: NDArray[np.uint8], now: NDArray[np.uint8], lines: Iterable[Region]) -> list[Region]:
    """The parts where two pictures uint8 [height, width, 3] of one size differ, none touching another, each with all of
    the `lines` that it touches."""
    height, width = now.shape[:2]
    areas = [area.grown(_AROUND, width, height) for area in _tiles(before, now)]
    return _apart(areas, [line.grown(2, width, height) for line in lines])


def _tiles(before: NDArray[np.uint8], now: NDArray[np.uint8]) -> list[Region]:
    height, width = now.shape[:2]
    down, right = -height % _TILE, -width % _TILE
    whole = np.pad(np.any(before != now, axis=2), ((0, down), (0, right)))
    tiles = np.any(whole.reshape(whole.shape[0] // _TILE, _TILE, whole.shape[1] // _TILE, _TILE), axis=(1, 3))
    count, _, stats, _ = cv2.connectedComponentsWithStats(tiles.astype(np.uint8), connectivity=8)
    return [
        Region(x * _TILE, y * _TILE, min(width, (x + w) * _TILE), min(height, (y + h) * _TILE))
        for x, y, w, h, _ in stats[1:count].tolist()
    ]


def _apart(areas: list[Region], lines: list[Region]) -> list[Region]:
    """The areas joined with the lines and with one another where they touch."""
    found: list[Region] = []
    while areas:
        area = areas.pop()
        others = [one for one in (*areas, *found) if one.touches(area)]
        whole = reduce(Region.joined, (*others, *(line for line in lines if line.touches(area))), area)
        areas, found = ([one for one in kept if one not in others] for kept in (areas, found))
        (found if whole == area else areas).append(whole)
    return found

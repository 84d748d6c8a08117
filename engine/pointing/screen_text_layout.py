"""The lines of a screenshot, cut out; of a screen that has hardly changed, only what has is looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.pointing.screen_text_changes import changed
from engine.pointing.screen_text_cutting import Cut, cut, once
from engine.pointing.screen_text_models import Networks
from engine.pointing.screen_text_regions import Region, regions, scale_for

_HARDLY = 0.4
"""Share of a picture that may have changed for the rest to be left as it was."""


@dataclass(frozen=True, slots=True)
class _Last:
    pixels: NDArray[np.uint8]
    cuts: dict[Region, list[Cut]]
    """By the region that they were cut out of."""


class Layout:
    """Finds lines, and keeps those of the last picture."""

    def __init__(self, networks: Networks) -> None:
        self._networks = networks
        self._last: _Last | None = None

    def lines(self, pixels: NDArray[np.uint8], checkpoint: Callable[[], None]) -> tuple[Cut, ...]:
        """The lines of uint8 [height, width, 3], from top to bottom. `checkpoint` is called between steps.

        Raises:
            DocumentError: there is not enough memory for it.
        """
        height, width = pixels.shape[:2]
        whole = Region(0, 0, width, height)
        kept: dict[Region, list[Cut]] = {}
        areas = [whole]
        last = self._last
        if last is not None and last.pixels.shape == pixels.shape:
            areas = changed(last.pixels, pixels, last.cuts)
            if sum(area.area for area in areas) > _HARDLY * whole.area:
                areas = [whole]
            kept = {
                region: cuts for region, cuts in last.cuts.items() if not any(region.touches(area) for area in areas)
            }
        scale = scale_for(width, height)
        for area in areas:
            checkpoint()
            piece = pixels[area.y0 : area.y1, area.x0 : area.x1]
            for region in regions(self._networks, piece, scale):
                placed = region.moved(area.x0, area.y0)
                kept[placed] = cut(pixels, placed)
        self._last = _Last(pixels, kept)
        return once([one for cuts in kept.values() for one in cuts])

"""Where the places that a program tells lie on the screen: not all programs know where their window is."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.geometry import Rect

_NEAR = 2.0
"""Pixels that rounding and thin borders account for."""
_FINEST_SCALE = 4
"""Desktops scale in quarters."""


@dataclass(frozen=True, slots=True)
class Extents:
    """Turns what is told into device pixels: `told` is put at `real`, times `scale`."""

    told: tuple[float, float] = (0.0, 0.0)
    real: tuple[float, float] = (0.0, 0.0)
    scale: float = 1.0

    def physical(self, area: Rect) -> Rect:
        """An area as told, on the screen."""
        return Rect(
            self.real[0] + (area.x - self.told[0]) * self.scale,
            self.real[1] + (area.y - self.told[1]) * self.scale,
            area.width * self.scale,
            area.height * self.scale,
        )

    def as_told(self, area: Rect) -> Rect:
        """A physical area as the program would tell it: the inverse of `physical`."""
        return Rect(
            self.told[0] + (area.x - self.real[0]) / self.scale,
            self.told[1] + (area.y - self.real[1]) / self.scale,
            area.width / self.scale,
            area.height / self.scale,
        )


def extents_of(told: Rect, frame: Rect, client: Rect | None) -> Extents:
    """How a program tells places whose window says it is at `told`, and is at `frame` with its title bar and at
    `client` without it (physical both; the latter None where the system does not say).

    Told places are the screen's own (GTK 3), begin at the window's corner (GTK 4, and all on Wayland), or are in
    logical pixels, which also the window's own size shows.
    """
    if told.width < 1 or told.height < 1:
        return Extents()
    within = client or frame
    scale = _scale(told, frame, within)
    real = min((frame, within), key=lambda area: abs(area.width - told.width * scale))
    if client is not None and abs(client.width - frame.width) <= _NEAR:  # Only their heights tell them apart.
        real = min((frame, client), key=lambda area: abs(area.height - told.height * scale))
    at_corner = abs(told.x) <= _NEAR and abs(told.y) <= _NEAR
    if scale == 1.0 and not at_corner:
        return Extents()
    return Extents((told.x, told.y), (real.x, real.y), scale)


def _scale(told: Rect, frame: Rect, within: Rect) -> float:
    ratios = (within.width / told.width, frame.width / told.width)
    if any(abs(ratio - 1) <= _NEAR / told.width for ratio in ratios):
        return 1.0
    for ratio in ratios:
        nearest = round(ratio * _FINEST_SCALE) / _FINEST_SCALE
        if nearest > 1 and abs(ratio - nearest) * told.width <= _NEAR * nearest:
            return nearest
    return 1.0

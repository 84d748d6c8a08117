"""The selected part of one monitor, in its device pixels. Pure values: what a drag or a key makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Grip = Literal["nw", "n", "ne", "w", "e", "sw", "s", "se"]
Part = Grip | Literal["inside"]

CORNERS: tuple[Grip, ...] = ("nw", "ne", "sw", "se")
EDGES: tuple[Grip, ...] = ("n", "w", "e", "s")


@dataclass(frozen=True, slots=True)
class Selection:
    """Pixels from `left` and `top` up to, without, `right` and `bottom`; at least one. Bounds are (width, height)."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """In device pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """In device pixels."""
        return self.bottom - self.top

    def grip_at(self, grip: Grip) -> tuple[float, float]:
        """The middle of a grip."""
        x = self.left if "w" in grip else self.right if "e" in grip else (self.left + self.right) / 2
        y = self.top if "n" in grip else self.bottom if "s" in grip else (self.top + self.bottom) / 2
        return x, y

    def part_at(self, x: int, y: int, reach: float) -> Part | None:
        """What a press at this pixel takes hold of: a corner, an edge along its length, the inside, nothing."""
        if not (self.left - reach <= x <= self.right + reach and self.top - reach <= y <= self.bottom + reach):
            return None
        # In a small selection the grips keep to the outer two thirds, so that it can still be moved.
        across, down = min(reach, self.width / 3), min(reach, self.height / 3)
        row = "n" if y < self.top + down else "s" if y >= self.bottom - down else ""
        column = "w" if x < self.left + across else "e" if x >= self.right - across else ""
        found = row + column
        for grip in (*CORNERS, *EDGES):
            if grip == found:
                return grip
        return "inside"

    def moved(self, dx: int, dy: int, bounds: tuple[int, int]) -> Selection:
        """Shifted as a whole, stopping at the monitor's edges."""
        dx = max(-self.left, min(dx, bounds[0] - self.right))
        dy = max(-self.top, min(dy, bounds[1] - self.bottom))
        return Selection(self.left + dx, self.top + dy, self.right + dx, self.bottom + dy)

    def grown(self, dx: int, dy: int, bounds: tuple[int, int]) -> Selection:
        """The right and bottom edges shifted, not beyond the monitor and not below one pixel."""
        right = max(self.left + 1, min(self.right + dx, bounds[0]))
        bottom = max(self.top + 1, min(self.bottom + dy, bounds[1]))
        return Selection(self.left, self.top, right, bottom)

    def pulled(self, grip: Grip, x: int, y: int, bounds: tuple[int, int]) -> Selection:
        """With the grip at this pixel, included. Pulled over the other side, the selection turns over it."""
        x, y = _inside(x, y, bounds)
        left, top, right, bottom = self.left, self.top, self.right, self.bottom
        if "w" in grip:
            left, right = (x, right) if x < right else (right - 1, x + 1)
        elif "e" in grip:
            left, right = (left, x + 1) if x >= left else (x, left + 1)
        if "n" in grip:
            top, bottom = (y, bottom) if y < bottom else (bottom - 1, y + 1)
        elif "s" in grip:
            top, bottom = (top, y + 1) if y >= top else (y, top + 1)
        return Selection(left, top, right, bottom)


def spanned(start: tuple[int, int], end: tuple[int, int], bounds: tuple[int, int]) -> Selection:
    """From one pixel to another, both included: what is under the crosshair at either end is in it."""
    (x0, y0), (x1, y1) = _inside(*start, bounds), _inside(*end, bounds)
    return Selection(min(x0, x1), min(y0, y1), max(x0, x1) + 1, max(y0, y1) + 1)


def whole_of(bounds: tuple[int, int]) -> Selection:
    """The whole monitor."""
    return Selection(0, 0, *bounds)


def middle_of(bounds: tuple[int, int]) -> Selection:
    """Half of it in each direction, in the middle: where choosing by keys alone begins."""
    width, height = bounds
    return Selection(width // 4, height // 4, max(width - width // 4, 1), max(height - height // 4, 1))


def _inside(x: int, y: int, bounds: tuple[int, int]) -> tuple[int, int]:
    return max(0, min(x, bounds[0] - 1)), max(0, min(y, bounds[1] - 1))

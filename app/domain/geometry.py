"""Places on screens and pictures. Every coordinate names its space; nothing else in the program converts them.

Spaces: *logical* (Qt's desktop coordinates, per screen), *physical* (device pixels of the virtual desktop),
*picture* (pixels of one capture), *normalised* (0..1 on one capture).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_ROUNDING = 1e-6
"""What a product of a coordinate and a scale may be off by without meaning a further pixel."""


@dataclass(frozen=True, slots=True)
class Rect:
    """An axis-parallel rectangle: left, top, width, height, in the space its owner names. May have any sign."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The first x beyond it."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The first y beyond it."""
        return self.y + self.height

    @property
    def centre(self) -> tuple[float, float]:
        """The point in its middle."""
        return self.x + self.width / 2, self.y + self.height / 2

    def contains(self, x: float, y: float) -> bool:
        """Whether the point lies inside; the right and bottom edges do not belong to it."""
        return self.x <= x < self.right and self.y <= y < self.bottom

    def intersect(self, other: Rect) -> Rect | None:
        """What both cover, or None when they only touch or lie apart."""
        left, top = max(self.x, other.x), max(self.y, other.y)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Rect(left, top, right - left, bottom - top) if left < right and top < bottom else None

    def rounded_out(self) -> Rect:
        """The smallest rectangle of whole coordinates around it."""
        left, top = math.floor(self.x + _ROUNDING), math.floor(self.y + _ROUNDING)
        right, bottom = math.ceil(self.right - _ROUNDING), math.ceil(self.bottom - _ROUNDING)
        return Rect(left, top, max(right - left, 0), max(bottom - top, 0))

    def distance_to(self, x: float, y: float) -> float:
        """From the point to the nearest edge, 0 inside."""
        return math.hypot(max(self.x - x, 0, x - self.right), max(self.y - y, 0, y - self.bottom))


@dataclass(frozen=True, slots=True)
class Place:
    """Where on the desktop a capture was taken: what is needed to point at the same spot again.

    `area` is physical (device pixels of the virtual desktop, may be negative). `screen` is the system's name of the
    monitor that holds its centre and `scale` that monitor's device pixel ratio.
    """

    screen: str
    area: Rect
    scale: float


@dataclass(frozen=True, slots=True)
class Screen:
    """One monitor. `logical` is Qt's geometry, `physical` the same area in device pixels, `scale` Qt's device pixel
    ratio.

    On X11 and Windows Qt leaves a screen's origin in device pixels and divides only its size, so that the logical
    desktop has gaps and overlaps. Each screen is therefore converted by itself, never the desktop as a whole.
    """

    name: str
    logical: Rect
    physical: Rect
    scale: float


def to_physical(area: Rect, screen: Screen) -> Rect:
    """A logical area of `screen` in device pixels of the virtual desktop, not rounded."""
    return Rect(
        screen.physical.x + (area.x - screen.logical.x) * screen.scale,
        screen.physical.y + (area.y - screen.logical.y) * screen.scale,
        area.width * screen.scale,
        area.height * screen.scale,
    )


def to_logical(area: Rect, screen: Screen) -> Rect:
    """A physical area on `screen` in Qt's coordinates: the inverse of `to_physical`."""
    return Rect(
        screen.logical.x + (area.x - screen.physical.x) / screen.scale,
        screen.logical.y + (area.y - screen.physical.y) / screen.scale,
        area.width / screen.scale,
        area.height / screen.scale,
    )


def screen_at_logical(x: float, y: float, screens: Sequence[Screen]) -> Screen:
    """The screen with a logical point, or the nearest; of two that overlap the first. `screens` must not be empty."""
    return min(screens, key=lambda screen: (not screen.logical.contains(x, y), screen.logical.distance_to(x, y)))


def screen_at_physical(x: float, y: float, screens: Sequence[Screen]) -> Screen:
    """The screen with a physical point, or the nearest. `screens` must not be empty."""
    return min(screens, key=lambda screen: (not screen.physical.contains(x, y), screen.physical.distance_to(x, y)))


def crop_of(selection: Rect, screen: Screen, picture: tuple[int, int]) -> Rect:
    """A logical selection in pixels of a picture (width, height) of the whole `screen`: whole pixels, rounded outwards,
    inside the picture and at least one pixel wide and high.

    The picture may be larger than the screen's device pixels: a Wayland desktop gives all screens at the largest scale.
    """
    area = to_physical(selection, screen)
    width, height = picture
    across, down = width / screen.physical.width, height / screen.physical.height
    wanted = Rect(
        (area.x - screen.physical.x) * across,
        (area.y - screen.physical.y) * down,
        area.width * across,
        area.height * down,
    ).rounded_out()
    left = min(max(wanted.x, 0), width - 1)
    top = min(max(wanted.y, 0), height - 1)
    right = min(max(wanted.right, left + 1), width)
    bottom = min(max(wanted.bottom, top + 1), height)
    return Rect(left, top, right - left, bottom - top)


def place_of(selection: Rect, screen: Screen) -> Place:
    """Where a logical selection on `screen` lies: whole device pixels, rounded outwards, cut at the screen's edges."""
    area = to_physical(selection, screen).rounded_out()
    return Place(screen.name, area.intersect(screen.physical) or area, screen.scale)


def place_at(area: Rect, screens: Sequence[Screen]) -> Place:
    """The place of a physical area that may span several screens, a window's for example. `screens` is not empty."""
    screen = screen_at_physical(*area.centre, screens)
    return Place(screen.name, area, screen.scale)


def to_normalised(area: Rect, picture: tuple[int, int]) -> Rect:
    """An area in pixels of a picture (width, height) as shares of it."""
    width, height = picture
    return Rect(area.x / width, area.y / height, area.width / width, area.height / height)


def to_picture(area: Rect, picture: tuple[int, int]) -> Rect:
    """A normalised area in pixels of a picture (width, height), not rounded: the inverse of `to_normalised`."""
    width, height = picture
    return Rect(area.x * width, area.y * height, area.width * width, area.height * height)


def to_desktop(area: Rect, place: Place) -> Rect:
    """A normalised area of the capture taken at `place` in device pixels of the virtual desktop."""
    whole = place.area
    return Rect(
        whole.x + area.x * whole.width,
        whole.y + area.y * whole.height,
        area.width * whole.width,
        area.height * whole.height,
    )

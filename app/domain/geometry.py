"""Places on screens and pictures. Every coordinate names its space; nothing else in the program converts them.

Spaces: *logical* (Qt's desktop coordinates, per screen), *physical* (device pixels of the virtual desktop),
*picture* (pixels of one capture), *normalised* (0..1 on one capture).
"""

from __future__ import annotations

from dataclasses import dataclass


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


@dataclass(frozen=True, slots=True)
class Place:
    """Where on the desktop a capture was taken: what is needed to point at the same spot again.

    `area` is physical (device pixels of the virtual desktop, may be negative). `screen` is the system's name of the
    monitor that holds its centre and `scale` that monitor's device pixel ratio.
    """

    screen: str
    area: Rect
    scale: float

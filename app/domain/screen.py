"""What is pointed at on the live screen: windows of other programs, and how they look now. Values without Qt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.domain.geometry import Place, Rect
from engine.protocol import Element, MarkShape


@dataclass(frozen=True, slots=True)
class WindowRef:
    """A window of another program. `handle` is the system's own number of it (X11 window id, HWND, CGWindowID), 0 where
    there is none; `frame` is physical, with its title bar and without its shadow."""

    handle: int
    process: int
    title: str
    frame: Rect


@dataclass(frozen=True, slots=True)
class ScreenLook:
    """How a window looks at one moment: a PNG file at `path` (its sha256 is `id`; sizes in pixels) of what is seen at
    `place`, and the window's elements as shares of that picture."""

    id: str
    path: Path
    width: int
    height: int
    place: Place
    window: WindowRef
    elements: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class ScreenMark:
    """What is pointed at on the live screen. `area` is physical; a ``point`` is its middle. `words` are one or two, on
    the arm beside `number`; `number` 0 shows none."""

    number: int
    words: str
    area: Rect
    confirmed: bool
    shape: MarkShape = "box"

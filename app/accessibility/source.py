"""What every system's accessibility interface offers, and which one this system has."""

from __future__ import annotations

import sys
from typing import Protocol, TypeAlias

from app.domain.geometry import Rect
from app.domain.screen import WindowRef
from engine.protocol import Box, Element

FoundElements: TypeAlias = tuple[tuple[Element, Rect], ...]
"""Elements in the order of the tree, parents first, each with its area in device pixels of the virtual desktop."""
UNPLACED = Box(0.0, 0.0, 0.0, 0.0)
"""The box of an element that has not been put on a picture yet."""
READ_SECONDS = 0.3
MOST_ELEMENTS = 400


class ElementSource(Protocol):
    """All methods but `close` may take long and are called on a job's thread; several may run at once.

    None of them raises: a program that does not answer has no elements. A password is never read nor written.
    """

    def availability(self) -> str:
        """Empty, or one sentence: why little or nothing can be read, and what to do."""

    def enable(self) -> str:
        """Switches on that programs tell of their windows, where the desktop has such a switch and it is off. A change
        of the person's desktop: only after a yes. Empty, or one sentence that says why it did not work."""

    def read(self, window: WindowRef, seconds: float = READ_SECONDS, most: int = MOST_ELEMENTS) -> FoundElements:
        """The window's elements that can be seen, at most `most`, as far as `seconds` reach. Boxes are `UNPLACED`."""

    def press(self, window: WindowRef, element: Element, area: Rect) -> bool:
        """Presses, checks, selects or opens `element`, which was read at `area`, if it is still there. False: not."""

    def set_value(self, window: WindowRef, element: Element, area: Rect, text: str) -> bool:
        """Writes `text` into `element`, which was read at `area`, in the place of what is there. False: could not."""

    def close(self) -> None:
        """Ends what waits. Any thread."""


def pick_elements() -> ElementSource:
    """The source for this system."""
    source: ElementSource
    # Imported here, because one system's libraries are not there on another.
    if sys.platform == "win32":
        from app.accessibility.uia import UiaSource  # noqa: PLC0415

        source = UiaSource()
    elif sys.platform == "darwin":
        from app.accessibility.ax import AxSource  # noqa: PLC0415

        source = AxSource()
    elif sys.platform == "linux":
        from app.accessibility.atspi import AtSpiSource  # noqa: PLC0415

        source = AtSpiSource()
    else:
        from app.accessibility.none import NoElements  # noqa: PLC0415

        source = NoElements()
    return source

"""A system whose accessibility interface is not known here."""

from __future__ import annotations

from app.accessibility.source import MOST_ELEMENTS, READ_SECONDS, FoundElements
from app.domain.geometry import Rect
from app.domain.screen import WindowRef
from engine.protocol import Element

_SENTENCE = "The parts of windows can not be read on this system. Fingerpost points by what the picture shows."


class NoElements:
    """Nothing is read, nothing is pressed. See `ElementSource`."""

    def availability(self) -> str:
        """The sentence that says so."""
        return _SENTENCE

    def enable(self) -> str:
        """There is nothing to switch on."""
        return _SENTENCE

    def read(self, window: WindowRef, seconds: float = READ_SECONDS, most: int = MOST_ELEMENTS) -> FoundElements:
        """None."""
        return ()

    def press(self, window: WindowRef, element: Element, area: Rect) -> bool:
        """Could not."""
        return False

    def set_value(self, window: WindowRef, element: Element, area: Rect, text: str) -> bool:
        """Could not."""
        return False

    def close(self) -> None:
        """Nothing waits."""

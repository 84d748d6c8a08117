"""A line of writing on a screenshot."""

from __future__ import annotations

from dataclasses import dataclass

from engine.protocol.documents import Box


@dataclass(frozen=True, slots=True)
class ScreenLine:
    """A line of writing on a picture: what it says, where its ink is, its words from left to right, and how sure the
    reading is, 0 to 1. Boxes are shares of the picture."""

    text: str
    box: Box
    words: tuple[tuple[str, Box], ...]
    score: float

"""A screen of text and elements for the finder, without a picture to read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PIL import Image

from engine.pointing.find import Picture, Search
from engine.pointing.screen_text_line import ScreenLine
from engine.protocol import Box, Element, Mark


def line(text: str, x: float, y: float, *, gap: float = 0.004) -> ScreenLine:
    """A line whose words are as wide as their letters."""
    words = []
    at = x
    for word in text.split():
        words.append((word, Box(at, y, at + 0.007 * len(word), y + 0.02)))
        at += 0.007 * len(word) + gap
    return ScreenLine(text, Box(x, y, words[-1][1].x1, y + 0.02), tuple(words), 0.99)


def element(role: str, name: str, x: float, y: float, *, width: float = 0.08, **more: object) -> Element:
    return Element(role, name, Box(x, y, x + width, y + 0.03), **more)  # type: ignore[arg-type]


class Text:
    """Gives the lines it was made with, and counts how often all of them were asked for."""

    def __init__(self, lines: Sequence[ScreenLine]) -> None:
        self._lines = tuple(lines)
        self.whole = 0

    def lines(
        self, attachment: str, picture: Callable[[], Image.Image], checkpoint: Callable[[], None]
    ) -> tuple[ScreenLine, ...]:
        checkpoint()
        self.whole += 1
        return self._lines

    def lines_near(
        self,
        attachment: str,
        picture: Callable[[], Image.Image],
        areas: Sequence[Box],
        checkpoint: Callable[[], None],
    ) -> tuple[ScreenLine, ...]:
        checkpoint()
        return tuple(
            line
            for line in self._lines
            if any(
                line.box.x0 <= area.x1 and area.x0 <= line.box.x1 and line.box.y0 <= area.y1 and area.y0 <= line.box.y1
                for area in areas
            )
        )


def search(elements: Sequence[Element] = (), lines: Sequence[ScreenLine] = (), text: Text | None = None) -> Search:
    picture = Picture("a" * 64, lambda: Image.new("RGB", (1000, 600), "white"))
    return Search(picture, elements, text or Text(lines), lambda: None)


def marks(query: str, elements: Sequence[Element] = (), lines: Sequence[ScreenLine] = ()) -> tuple[Mark, ...]:
    return search(elements, lines).find(query, 5).marks

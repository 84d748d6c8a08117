"""How large the pages of a document are on the screen."""

from __future__ import annotations

import math

from app.look import Look
from engine.protocol import PageInfo

_WHOLE = 96 / 72
"""Pixels a point at 100 %."""
SMALLEST, LARGEST = 0.25, 5.0
_MOST_PIXELS = 8_000_000
"""Of a picture of a page: what is larger is stretched."""
_LETTER = 0.5
"""Mean width of a letter, as a share of the type size: only for the height of pages that were not laid out yet."""


class Sizing:
    """Sizes in logical pixels. `zoom` 1.0 is the paper's own size, or the normal size of type; None fits the width."""

    def __init__(self, look: Look) -> None:
        self._sizes = look.sizes
        self._pages: tuple[PageInfo, ...] = ()
        self._widest = 0.0
        self._room = 1.0
        self.zoom: float | None = None

    def set_pages(self, pages: tuple[PageInfo, ...]) -> None:
        """The pages of a document."""
        self._pages = pages
        self._widest = max((page.width for page in pages), default=0.0)

    def set_room(self, width: float) -> None:
        """How wide the view is."""
        self._room = max(1.0, width - 2 * self._sizes.space_5)

    @property
    def factor(self) -> float:
        """The zoom, worked out where it follows from the width."""
        if self.zoom is not None:
            return self.zoom
        return self._room / (self._widest * _WHOLE) if self._widest else 1.0

    @property
    def width(self) -> float:
        """The width of the widest page."""
        placed = self._widest * _WHOLE * self.factor
        flows = any(not page.width for page in self._pages)
        return max(placed, self._flowing_width() if flows else 0.0)

    def size_of(self, page: int) -> tuple[float, float]:
        """Width and height of a page; the height is a guess where it is laid out from text."""
        info = self._pages[page - 1]
        if info.width:
            scale = _WHOLE * self.factor
            return round(info.width * scale), round(info.height * scale)
        width, size = self._flowing_width(), self._sizes.font_m * self.text_zoom
        edge = self._sizes.space_6 * self.text_zoom
        lines = math.ceil(info.characters * size * _LETTER / max(1.0, width - 2 * edge)) + 2
        return width, round(lines * size * 1.6 + 2 * edge)

    @property
    def text_zoom(self) -> float:
        """How much larger than normal type is set on pages without places."""
        return self.zoom if self.zoom is not None else 1.0

    def pixels_of(self, page: int, ratio: float) -> int:
        """How wide a picture of a page should be, in pixels of a screen with `ratio` of them a logical pixel."""
        width, height = self.size_of(page)
        wanted = width * height * ratio * ratio
        shrunk = math.sqrt(_MOST_PIXELS / wanted) if wanted > _MOST_PIXELS else 1.0
        return max(1, round(width * ratio * shrunk))

    def _flowing_width(self) -> float:
        return round(min(self._room, self._sizes.page_width) * max(1.0, self.text_zoom))

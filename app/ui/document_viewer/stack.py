"""Where pages lie in a long column. Without Qt; lengths in pixels, pages count from 1."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate


class PageStack:
    """Pages below each other with `gap` pixels before, between and after them."""

    def __init__(self, heights: Sequence[float], gap: int) -> None:
        self._heights = list(heights)
        self._gap = gap
        self._tops: list[float] = []
        self._sum()

    @property
    def count(self) -> int:
        """How many pages there are."""
        return len(self._heights)

    @property
    def total(self) -> float:
        """The height of all, gaps included."""
        return self._tops[-1]

    def top(self, page: int) -> float:
        """Where a page begins."""
        return self._tops[page - 1]

    def height(self, page: int) -> float:
        """How high a page is."""
        return self._heights[page - 1]

    def set_height(self, page: int, height: float) -> None:
        """A page turned out to be higher or lower than was thought."""
        self._heights[page - 1] = height
        self._sum()

    def at(self, y: float) -> int:
        """The page at `y`; in a gap the one below, beyond the end the last one."""
        page = max(1, bisect_right(self._tops, y, 0, len(self._heights)))
        below = y >= self.top(page) + self.height(page) and page < self.count
        return page + 1 if below else page

    def between(self, top: float, bottom: float) -> range:
        """The pages that show something between two heights, none when there are no pages."""
        if not self._heights:
            return range(1, 1)
        first = self.at(top)
        last = max(first, bisect_right(self._tops, bottom, 0, len(self._heights)))
        return range(first, last + 1)

    def place_of(self, y: float) -> tuple[int, float]:
        """The page at `y` and how far down in it, as a share of its height; negative in the gap above it."""
        page = self.at(y)
        return page, (y - self.top(page)) / max(1.0, self.height(page))

    def y_of(self, place: tuple[int, float]) -> float:
        """The inverse of `place_of`."""
        page, share = place
        return self.top(page) + share * self.height(page)

    def _sum(self) -> None:
        self._tops = list(accumulate((height + self._gap for height in self._heights), initial=float(self._gap)))

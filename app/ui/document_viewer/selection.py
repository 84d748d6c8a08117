"""What is selected across the pages of a document."""

from __future__ import annotations

from app.ui.document_viewer.content import PageContent, Range

Spot = tuple[int, int]
"""A page and a position on it."""


class TextSelection:
    """From `anchor` to `head`, in the order in which they came."""

    def __init__(self) -> None:
        self._anchor: Spot | None = None
        self._head: Spot | None = None
        self._whole: tuple[int, Range] | None = None

    def begin(self, spot: Spot) -> None:
        """Select nothing, from here."""
        self._anchor, self._head, self._whole = spot, None, None

    def extend(self, spot: Spot) -> None:
        """Select up to here."""
        if self._anchor is not None:
            self._head, self._whole = spot, None

    def take(self, page: int, chosen: Range) -> None:
        """Select a range of one page."""
        self._whole = page, chosen
        self._anchor, self._head = (page, chosen[0]), None

    def clear(self) -> None:
        """Select nothing."""
        self._anchor = self._head = self._whole = None

    @property
    def pages(self) -> range:
        """The pages it goes over."""
        if self._whole is not None:
            return range(self._whole[0], self._whole[0] + 1)
        if self._anchor is None or self._head is None:
            return range(0)
        return range(min(self._anchor, self._head)[0], max(self._anchor, self._head)[0] + 1)

    def on(self, page: int, content: PageContent) -> Range:
        """What of a page is selected, an empty range where nothing is."""
        if page not in self.pages:
            return 0, 0
        if self._whole is not None:
            return self._whole[1]
        assert self._anchor is not None
        assert self._head is not None
        first, last = min(self._anchor, self._head), max(self._anchor, self._head)
        start = first[1] if page == first[0] else 0
        end = last[1] if page == last[0] else content.length
        return content.between(start, end)

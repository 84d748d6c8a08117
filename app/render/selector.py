"""Which text of a column is selected, and which of its links has the keyboard."""

from __future__ import annotations

from app.render.column import START, BlockColumn, Place
from app.render.sheet import Link


class Selector:
    """A selection from `anchor` to `head`, over as many blocks as lie between."""

    def __init__(self, column: BlockColumn) -> None:
        self._column = column
        self._anchor = START
        self._head = START
        self._link: tuple[int, Link] | None = None

    @property
    def text(self) -> str:
        """The selected text; empty when nothing is selected."""
        start, end = self._range()
        return self._column.text_between(start, end) if start < end else ""

    @property
    def link(self) -> str:
        """The target of the link that has the keyboard, or empty."""
        return self._link[1].target if self._link else ""

    def begin(self, place: Place) -> None:
        """Select nothing, from here."""
        self._anchor = self._head = place
        self.apply()

    def extend(self, place: Place) -> None:
        """Select up to here."""
        self._head = place
        self.apply()

    def word(self, place: Place) -> None:
        """Select the word around a place."""
        if self._column.widgets:
            start, end = self._column.widgets[place.block].sheet.word_at(place.position)
            self._anchor, self._head = Place(place.block, start), Place(place.block, end)
            self.apply()

    def block(self, place: Place) -> None:
        """Select the whole block around a place."""
        if self._column.widgets:
            end = self._column.widgets[place.block].sheet.length
            self._anchor, self._head = Place(place.block, 0), Place(place.block, end)
            self.apply()

    def all(self) -> None:
        """Select everything."""
        self._anchor, self._head = START, self._column.end
        self.apply()

    def apply(self) -> None:
        """Show the selection on the blocks, as far as they still reach."""
        end = self._column.end
        self._anchor, self._head = min(self._anchor, end), min(self._head, end)
        first, last = self._range()
        for index, widget in enumerate(self._column.widgets):
            if first.block <= index <= last.block and first < last:
                widget.select(
                    first.position if index == first.block else 0,
                    last.position if index == last.block else widget.sheet.length,
                )
            else:
                widget.select(0, 0)

    def step_link(self, forward: bool) -> bool:
        """Give the keyboard to the next link, or to the first. False when there is no further one."""
        links = [(index, link) for index, widget in enumerate(self._column.widgets) for link in widget.sheet.links()]
        at = links.index(self._link) if self._link in links else (-1 if forward else len(links))
        at += 1 if forward else -1
        self._focus(links[at] if 0 <= at < len(links) else None)
        return self._link is not None

    def drop_link(self) -> None:
        """Take the keyboard from the links."""
        self._focus(None)

    def _focus(self, link: tuple[int, Link] | None) -> None:
        self._link = link
        for index, widget in enumerate(self._column.widgets):
            widget.focus_link(link[1] if link and link[0] == index else None)

    def _range(self) -> tuple[Place, Place]:
        return min(self._anchor, self._head), max(self._anchor, self._head)

"""The text of one page: what can be selected on it, copied and marked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF

from engine.protocol import Box, PageShown

Range = tuple[int, int]
"""Two positions on a page, the second one not before the first."""


class PageContent(ABC):
    """Positions are 0..`length`. Points and rectangles are pixels from the page's left upper corner at the size that
    was last given to `arrange`."""

    @property
    @abstractmethod
    def length(self) -> int:
        """The last position."""

    @property
    @abstractmethod
    def tables(self) -> int:
        """How many tables the page has."""

    @abstractmethod
    def arrange(self, width: float, height: float, zoom: float) -> float:
        """Lay out for a page of that size. Returns the height it has, which may be another one."""

    @abstractmethod
    def position_at(self, point: QPointF) -> int:
        """The position nearest to a point."""

    @abstractmethod
    def between(self, first: int, second: int) -> Range:
        """What is selected from one position to another."""

    @abstractmethod
    def word_at(self, position: int) -> Range:
        """The word around a position."""

    @abstractmethod
    def boxes(self, chosen: Range) -> list[QRectF]:
        """Rectangles over a range."""

    @abstractmethod
    def text(self, chosen: Range) -> str:
        """A range as text."""

    @abstractmethod
    def ranges_of(self, passage: str) -> list[Range]:
        """Where a passage stands on this page, found by its text."""


class PlacedContent(PageContent):
    """A page whose words have places. Positions count words; what is selected are whole words."""

    def __init__(self, shown: PageShown) -> None:
        self._words: list[str] = []
        self._boxes: list[Box] = []
        self._ends: set[int] = set()
        for span in shown.spans:
            self._words.extend(span.words)
            self._boxes.extend(span.boxes)
            self._ends.add(len(self._words))
        self._tables = shown.tables
        self._width = self._height = 1.0

    @property
    def length(self) -> int:  # noqa: D102
        return len(self._words)

    @property
    def tables(self) -> int:  # noqa: D102
        return self._tables

    def arrange(self, width: float, height: float, zoom: float) -> float:  # noqa: D102
        del zoom
        self._width, self._height = width, height
        return height

    def position_at(self, point: QPointF) -> int:  # noqa: D102
        if not self._boxes:
            return 0
        x, y = point.x() / self._width, point.y() / self._height
        # Lines are read across: a word of this line is nearer than one above the pointer.
        return min(range(len(self._boxes)), key=lambda index: _distance(self._boxes[index], x, y))

    def between(self, first: int, second: int) -> Range:  # noqa: D102
        return min(first, second), min(max(first, second) + 1, self.length)

    def word_at(self, position: int) -> Range:  # noqa: D102
        return self.between(position, position)

    def boxes(self, chosen: Range) -> list[QRectF]:  # noqa: D102
        return lines_of([placed(box, self._width, self._height) for box in self._boxes[slice(*chosen)]])

    def text(self, chosen: Range) -> str:  # noqa: D102
        parts = []
        for index in range(*chosen):
            parts.append(self._words[index])
            parts.append("\n" if index + 1 in self._ends else " ")
        return "".join(parts[:-1])

    def ranges_of(self, passage: str) -> list[Range]:  # noqa: D102
        wanted = passage.split()
        for at in range(len(self._words) - len(wanted) + 1):
            if self._words[at : at + len(wanted)] == wanted and wanted:
                return [(at, at + len(wanted))]
        return []


def placed(box: Box, width: float, height: float) -> QRectF:
    """A place on a page of that size, in pixels."""
    return QRectF(box.x0 * width, box.y0 * height, (box.x1 - box.x0) * width, (box.y1 - box.y0) * height)


def lines_of(words: Sequence[QRectF]) -> list[QRectF]:
    """Words that follow each other on a line become one rectangle."""
    lines: list[QRectF] = []
    for word in words:
        last = lines[-1] if lines else None
        same = last is not None and abs(last.center().y() - word.center().y()) < word.height() / 2
        if last is not None and same and word.left() >= last.left() and word.left() - last.right() < 2 * word.height():
            lines[-1] = last.united(word)
        else:
            lines.append(word)
    return lines


def _distance(box: Box, x: float, y: float) -> float:
    across = max(box.x0 - x, 0.0, x - box.x1)
    down = max(box.y0 - y, 0.0, y - box.y1)
    return across + 8 * down

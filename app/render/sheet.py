"""What one block shows, apart from where it stands: `BlockWidget` holds a sheet and gives it a column to draw in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from app.render.blocks import Spans
from app.render.flow import TextFlow
from app.render.marks import Marks
from app.render.maths import MathsSetter
from app.render.typography import TextStyle, Typography

Range = tuple[int, int]
"""Two positions in a text, the second one not before the first."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link in a block: its range and its target."""

    start: int
    end: int
    target: str


@dataclass(frozen=True, slots=True)
class Press:
    """What a sheet is made with. `host` is the widget it is painted on and the parent of its controls; `ratio` are
    the device pixels of a logical pixel."""

    host: QWidget
    typography: Typography
    maths: MathsSetter
    ratio: float
    marks: Marks

    def flow(self, spans: Spans, style: TextStyle) -> TextFlow:
        """Spans ready to be wrapped."""
        return TextFlow(spans, style, self.typography, self.maths, self.ratio, self.marks)


class Sheet(ABC):
    """Lays out and paints one block's content. Positions in its text are 0..`length`; points and rectangles are in the
    column's coordinates."""

    @property
    @abstractmethod
    def length(self) -> int:
        """The last position."""

    @abstractmethod
    def arrange(self, column: QRectF) -> int:
        """Lay out for a column of the host: its left upper corner and width. Returns the height in whole pixels."""

    @abstractmethod
    def paint(self, painter: QPainter, clip: QRectF, selection: Range) -> None:
        """Paint what meets `clip`."""

    @abstractmethod
    def position_at(self, point: QPointF) -> int:
        """The position nearest to a point."""

    @abstractmethod
    def copied(self, start: int, end: int) -> str:
        """A range as text."""

    @abstractmethod
    def word_at(self, position: int) -> Range:
        """The word around a position."""

    def link_at(self, point: QPointF) -> str:
        """The target of the link under a point, or empty."""
        del point
        return ""

    def links(self) -> list[Link]:
        """Every link, in order."""
        return []

    def box(self, link: Link) -> QRectF:
        """Where a link stands."""
        del link
        return QRectF()

    def formulas_came(self) -> bool:
        """Take formulas that were pending. True when the sheet must be laid out again."""
        return False

    def scroll_sideways(self, pixels: int) -> bool:
        """Scroll what is wider than the column. True when it moved."""
        del pixels
        return False

    def close(self) -> None:  # noqa: B027
        """Remove the controls from the host. Most sheets have none."""

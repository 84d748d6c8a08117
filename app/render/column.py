"""A column of blocks of the parent's width and exactly their height."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.look import Look
from app.render.block import BlockWidget
from app.render.blocks import Block
from app.render.marks import Marks
from app.render.maths import MathsSetter
from app.render.rhythm import gap
from app.render.typography import Typography


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in the text of one of the blocks."""

    block: int
    position: int


START = Place(0, 0)


class BlockColumn(QWidget):
    """Block widgets below each other. Only blocks that differ are laid out again, and those below them moved."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.widgets: list[BlockWidget] = []
        self._typography = Typography(look, self.font())
        self._maths = MathsSetter(self)
        self.marks = Marks()
        self._maths.ready.connect(self._take_formulas)
        self._bottoms: list[int] = []
        self._arranged_width = 0

    @property
    def typography(self) -> Typography:
        """The styles that the blocks are set in."""
        return self._typography

    @property
    def end(self) -> Place:
        """Behind the last character."""
        return Place(len(self.widgets) - 1, self.widgets[-1].sheet.length) if self.widgets else START

    def show_blocks(self, blocks: Sequence[Block], first: int = 0) -> None:
        """Bring the widgets from index `first` on in line with `blocks`."""
        for widget in self.widgets[len(blocks) :]:
            widget.hide()
            widget.deleteLater()
        changed = len(blocks)
        del self.widgets[len(blocks) :]
        for index in range(first, len(blocks)):
            if index == len(self.widgets):
                widget = BlockWidget(blocks[index], self._typography, self._maths, self.marks, self)
                widget.show()
                self.widgets.append(widget)
            elif self.widgets[index].block != blocks[index]:
                self.widgets[index].take(blocks[index])
            else:
                continue
            changed = min(changed, index)
        self._arrange(changed)

    def set_look(self, look: Look) -> None:
        """Draw with other colours and sizes."""
        self._typography = Typography(look, self.font())
        self._restyle()

    # Places

    def place_at(self, point: QPointF) -> Place:
        """The place in the text nearest to a point."""
        if not self.widgets:
            return START
        index = min(bisect_right(self._bottoms, point.y()), len(self.widgets) - 1)
        widget = self.widgets[index]
        return Place(index, widget.position_at(point - QPointF(widget.pos())))

    def link_at(self, point: QPointF) -> str:
        """The target of the link under a point, or empty."""
        index = bisect_right(self._bottoms, point.y())
        if index >= len(self.widgets):
            return ""
        return self.widgets[index].link_at(point - QPointF(self.widgets[index].pos()))

    def link_box(self, point: QPointF) -> QRectF:
        """Where the link under a point stands, or nowhere."""
        index = bisect_right(self._bottoms, point.y())
        if index >= len(self.widgets):
            return QRectF()
        corner = QPointF(self.widgets[index].pos())
        return self.widgets[index].link_box(point - corner).translated(corner)

    def text_between(self, start: Place, end: Place) -> str:
        """The text from one place to another as it is read, blocks apart as they were written."""
        parts: list[str] = []
        for index in range(start.block, min(end.block + 1, len(self.widgets))):
            widget = self.widgets[index]
            if parts:
                parts.append("\n" if widget.block.tight else "\n\n")
            first = start.position if index == start.block else 0
            last = end.position if index == end.block else widget.sheet.length
            parts.append(widget.text(first, last))
        return "".join(parts)

    # Layout

    def sizeHint(self) -> QSize:
        """The page's width and the height at the present width."""
        return QSize(self._typography.look.sizes.page_width, self._bottoms[-1] if self._bottoms else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Wrap again when the width is another one."""
        super().resizeEvent(event)
        if event.size().width() != self._arranged_width:
            self._arrange(0)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the application's font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.set_look(self._typography.look)

    def event(self, event: QEvent) -> bool:
        """Set formulas anew for a screen of another resolution."""
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._restyle()
        return super().event(event)

    def _restyle(self) -> None:
        for widget in self.widgets:
            widget.restyle(self._typography)
        self._arrange(0)

    def _arrange(self, first: int) -> None:
        """Lay out the blocks from index `first` on. Before the parent has given a width there is nothing to do."""
        if not self.testAttribute(Qt.WidgetAttribute.WA_Resized):
            return
        width = self.width()
        if width != self._arranged_width:
            # A hidden widget hears of its new width when it is shown.
            self._arranged_width, first = width, 0
        del self._bottoms[first:]
        sizes = self._typography.look.sizes
        top = self._bottoms[-1] if self._bottoms else 0
        before = self.widgets[first - 1].block if first else None
        for widget in self.widgets[first:]:
            height = widget.arrange(width, gap(before, widget.block, sizes), _shared_levels(before, widget.block))
            widget.setGeometry(0, top, width, height)
            top += height
            self._bottoms.append(top)
            before = widget.block
        self.setFixedHeight(top)

    def _take_formulas(self) -> None:
        came = [index for index, widget in enumerate(self.widgets) if widget.sheet.formulas_came()]
        for index in came:
            self.widgets[index].update()
        if came:
            self._arrange(came[0])


def _shared_levels(before: Block | None, block: Block) -> int:
    """How many outer levels two neighbours have in common."""
    shared = 0
    for mine, theirs in zip(block.levels, before.levels if before else (), strict=False):
        if mine != theirs:
            break
        shared += 1
    return shared

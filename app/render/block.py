"""A block on the page: a sheet with its place among lists and quotes."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.render.blocks import Block, Code, Content, Level, Maths, Prose, Rule, Table
from app.render.code import CodeSheet
from app.render.formula import FormulaSheet
from app.render.marks import Marks
from app.render.maths import MathsSetter
from app.render.prose import ProseSheet, RuleSheet
from app.render.rhythm import indent
from app.render.sheet import Link, Press, Range, Sheet
from app.render.table import TableSheet
from app.render.typography import Typography

_QUOTE_BAR = 3
_BULLET = 5
_BOX = 13


class BlockWidget(QWidget):
    """Paints one block and its list markers and quote bars. The mouse is left to the view around it, so that a
    selection can go over many blocks. Points are in this widget's coordinates, positions those of the sheet's text."""

    def __init__(self, block: Block, typography: Typography, maths: MathsSetter, marks: Marks, parent: QWidget) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self._typography = typography
        self._maths = maths
        self._marks = marks
        self._above = 0
        self._continued = 0
        self._left = 0
        self._selection: Range = (0, 0)
        self._focus: Link | None = None
        self.block = block
        self.sheet = self._make(block.content)
        self._describe()

    # Content and layout

    def take(self, block: Block) -> None:
        """Show another block in this place, most likely the same with more at its end."""
        self.block = block
        match self.sheet, block.content:
            case CodeSheet() as sheet, Code() as content:
                sheet.take(content)
            case TableSheet() as sheet, Table() as content:
                sheet.take(content)
            case FormulaSheet() as sheet, Maths() as content:
                sheet.take(content)
            case _:
                self.sheet.close()
                self.sheet = self._make(block.content)
        self._describe()
        self.update()

    def restyle(self, typography: Typography) -> None:
        """Take another look."""
        self._typography = typography
        self.sheet.close()
        self.sheet = self._make(self.block.content)
        self.update()

    def arrange(self, width: int, above: int, continued: int) -> int:
        """Lay out for `width` pixels with `above` pixels of air on top, through which the bars of the first `continued`
        levels run. Returns the height with the air."""
        sizes = self._typography.look.sizes
        self._above, self._continued = above, continued
        self._left = sum(indent(level, sizes) for level in self.block.levels)
        column = QRectF(self._left, above, max(1, width - self._left), 0)
        return above + self.sheet.arrange(column)

    def _make(self, content: Content) -> Sheet:
        press = Press(self, self._typography, self._maths, self.devicePixelRatioF(), self._marks)
        match content:
            case Prose():
                return ProseSheet(press, content)
            case Code():
                return CodeSheet(press, content)
            case Table():
                return TableSheet(press, content)
            case Maths():
                return FormulaSheet(press, content)
            case Rule():
                return RuleSheet(press)

    def _describe(self) -> None:
        """Screen readers get the block's text."""
        self.setAccessibleName(self.text())

    # Text

    def select(self, start: int, end: int) -> None:
        """Mark a range of the text; an empty one marks nothing."""
        if (start, end) != self._selection:
            self._selection = start, end
            self.update()

    def focus_link(self, link: Link | None) -> None:
        """Draw a frame around a link, or around none."""
        if link != self._focus:
            self._focus = link
            self.update()

    def text(self, start: int = 0, end: int | None = None) -> str:
        """A range as text; a list item's marker belongs to its first character."""
        end = self.sheet.length if end is None else end
        marker = "".join(_written(level) for level in self.block.levels[len(self.block.levels) - self.block.fresh :])
        depth = max((level.depth for level in self.block.levels), default=1)
        lead = "    " * (depth - 1) + marker if marker and start == 0 else ""
        return lead + self.sheet.copied(start, end)

    def position_at(self, point: QPointF) -> int:
        """The position nearest to a point."""
        return self.sheet.position_at(self._inside(point))

    def link_at(self, point: QPointF) -> str:
        """The target of the link under a point, or empty."""
        return self.sheet.link_at(self._inside(point))

    def link_box(self, point: QPointF) -> QRectF:
        """Where the link under a point stands, or nowhere."""
        inside = self._inside(point)
        boxes = (self.sheet.box(link) for link in self.sheet.links())
        box = next((box for box in boxes if box.contains(inside)), None)
        return QRectF() if box is None else box.translated(self._left, self._above)

    def _inside(self, point: QPointF) -> QPointF:
        return point - QPointF(self._left, self._above)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Sideways, or with Shift held, the wheel belongs to a block that is wider than the page."""
        delta = event.pixelDelta() if not event.pixelDelta().isNull() else event.angleDelta() / 2
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        pixels = delta.x() or (delta.y() if shift else 0)
        event.setAccepted(abs(pixels) >= abs(delta.y() if not shift else 0) and self.sheet.scroll_sideways(-pixels))

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint bars and markers, then the sheet."""
        painter = QPainter(self)
        self._paint_levels(painter)
        painter.translate(self._left, self._above)
        clip = QRectF(event.rect()).translated(-self._left, -self._above)
        self.sheet.paint(painter, clip, self._selection)
        if self._focus is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self._typography.accent, 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self.sheet.box(self._focus).adjusted(-2, 0, 2, 0), 3, 3)
        painter.end()

    def _paint_levels(self, painter: QPainter) -> None:
        sizes = self._typography.look.sizes
        first_fresh = len(self.block.levels) - self.block.fresh
        x = 0
        for index, level in enumerate(self.block.levels):
            width = indent(level, sizes)
            if level.kind == "quote":
                top = 0 if index < self._continued else self._above
                bar = QRectF(x, top, _QUOTE_BAR, self.height() - top)
                painter.fillRect(bar, self._typography.line_strong)
            elif index >= first_fresh:
                self._paint_marker(painter, level, QRectF(x, self._above, width, self._typography.body.line_height))
            x += width

    def _paint_marker(self, painter: QPainter, level: Level, place: QRectF) -> None:
        typography = self._typography
        font = typography.body.font
        metrics = QFontMetricsF(font)
        baseline = round(place.top() + (place.height() - metrics.height()) / 2 + metrics.ascent())
        middle = baseline - metrics.xHeight() / 2
        right = place.right() - typography.look.sizes.space_2
        painter.save()
        if level.marker.startswith("["):
            _paint_box(
                painter, typography, QRectF(right - _BOX, round(middle - _BOX / 2 - 1), _BOX, _BOX), level.marker
            )
        elif level.marker == "•":
            dot = QRectF(right - _BULLET - 1, middle - _BULLET / 2, _BULLET, _BULLET)
            _paint_bullet(painter, typography.quiet, dot, level.depth)
        else:
            painter.setFont(font)
            painter.setPen(typography.quiet)
            painter.drawText(QPointF(max(0.0, right - metrics.horizontalAdvance(level.marker)), baseline), level.marker)
        painter.restore()


def _paint_bullet(painter: QPainter, colour: QColor, dot: QRectF, depth: int) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if depth % 3 == 2:
        painter.setPen(QPen(colour, 1.2))
        painter.drawEllipse(dot.adjusted(0.2, 0.2, -0.2, -0.2))
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    if depth % 3 == 1:
        painter.drawEllipse(dot)
    else:
        painter.drawRect(dot.adjusted(0.5, 0.5, -0.5, -0.5))


def _paint_box(painter: QPainter, typography: Typography, box: QRectF, marker: str) -> None:
    """The box of a task."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    done = marker == "[x]"
    painter.setPen(QPen(typography.accent if done else typography.faint, 1.2))
    painter.setBrush(typography.accent if done else Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(box.adjusted(0.6, 0.6, -0.6, -0.6), 3, 3)
    if done:
        painter.setPen(QPen(typography.accent_ink, 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        corner = box.topLeft()
        tick = [QPointF(3.4, 6.8), QPointF(5.6, 9.0), QPointF(9.6, 4.4)]
        painter.drawPolyline([corner + point for point in tick])


def _written(level: Level) -> str:
    """A marker as text."""
    if level.kind == "quote":
        return ""
    return (
        f"{level.marker} "
        if level.marker[0] not in "•["
        else "- " + (f"{level.marker} " if level.marker[0] == "[" else "")
    )

"""Formulas on lines of their own."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter

from app.render.blocks import Maths, Words
from app.render.maths import FormulaRequest
from app.render.sheet import Press, Range, Sheet
from app.render.sideways import BAR, Sideways

_SCALE = 1.3
"""Letters of a formula on its own line against those of the text."""


class FormulaSheet(Sheet):
    """A formula in the middle of the column; its TeX while it is being written or when it can not be set."""

    def __init__(self, press: Press, maths: Maths) -> None:
        self._press = press
        self._sideways = Sideways(press.host, press.typography)
        self._pad = press.typography.look.sizes.space_1
        self._column = QRectF()
        self._height = 0.0
        self.take(maths)

    def take(self, maths: Maths) -> None:
        """Show another formula, most likely the same with more at its end."""
        self._maths = maths
        typography = self._press.typography
        style = typography.body
        size = style.font.pixelSize() * _SCALE
        request = FormulaRequest(maths.tex, True, size, style.colour.name(), self._press.ratio)
        self._picture = None if maths.open else self._press.maths.get(request)
        tex = () if self._picture else (Words(maths.tex),)
        self._tex = self._press.flow(tex, typography.tex)

    @property
    def length(self) -> int:
        """A formula is selected whole."""
        return 1

    def arrange(self, column: QRectF) -> int:
        """The picture, or wrapped TeX."""
        self._column = column
        if self._picture is None:
            self._height = self._tex.wrap(column.width()) + 2 * self._pad
            self._sideways.close()
            return round(self._height)
        self._height = self._picture.ascent + self._picture.descent + 2 * self._pad
        view = QRect(round(column.left()), round(column.top()), round(column.width()), round(self._height))
        self._sideways.arrange(self._picture.width, view)
        return round(self._height) + (BAR if self._picture.width > column.width() + 1 else 0)

    def paint(self, painter: QPainter, clip: QRectF, selection: Range) -> None:
        """Paint it in the middle."""
        chosen = selection[0] < selection[1]
        if self._picture is None:
            self._tex.draw(painter, QPointF(0, self._pad), clip, (0, self._tex.length) if chosen else (0, 0))
            return
        painter.save()
        painter.setClipRect(QRectF(0, 0, self._column.width(), self._height), Qt.ClipOperation.IntersectClip)
        left = max(0.0, (self._column.width() - self._picture.width) / 2) - self._sideways.offset
        if chosen:
            painter.fillRect(QRectF(left, 0, self._picture.width, self._height), self._press.typography.selection)
        painter.drawPixmap(QPointF(round(left), self._pad), self._picture.pixmap)
        painter.restore()

    def position_at(self, point: QPointF) -> int:
        """Before the formula or behind it."""
        return 0 if point.y() < self._height / 2 else 1

    def copied(self, start: int, end: int) -> str:
        """The TeX as it was written."""
        return self._maths.source if start < end else ""

    def word_at(self, position: int) -> Range:
        """The whole formula."""
        return 0, 1

    def formulas_came(self) -> bool:
        """Take the picture."""
        if self._picture is not None:
            return False
        self.take(self._maths)
        return self._picture is not None

    def scroll_sideways(self, pixels: int) -> bool:
        """Scroll a formula that is wider than the page."""
        return self._sideways.scroll(pixels)

    def close(self) -> None:
        """Remove the bar."""
        self._sideways.close()

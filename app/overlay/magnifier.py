"""Single device pixels around the pointer, enlarged."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.look import Look

REACH = 7
"""Device pixels to each side of the one under the pointer."""
CELL = 9
"""Logical pixels a device pixel is enlarged to."""


class Magnifier(QWidget):
    """A square window onto the frozen monitor. The crosshair is black and white: it shows on every colour."""

    def __init__(self, image: QImage, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._image = image
        self._look = look
        self._pixel = (0, 0)
        side = (2 * REACH + 1) * CELL
        self.setFixedSize(side, side)

    def look_at(self, x: int, y: int) -> None:
        """Put this device pixel in the middle."""
        if (x, y) != self._pixel:
            self._pixel = (x, y)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Pixels, grid, crosshair, rim."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect())
        shape = QPainterPath()
        shape.addRoundedRect(area.adjusted(2, 2, -2, -2), self._look.sizes.radius_m, self._look.sizes.radius_m)
        painter.setClipPath(shape)
        painter.fillRect(area, QColor(self._look.palette.sunken))
        x, y = self._pixel
        span = 2 * REACH + 1
        # `copy` gives transparent pixels beyond the image; RGB32 would make them black.
        around = self._image.copy(x - REACH, y - REACH, span, span)
        seen = QRect(x - REACH, y - REACH, span, span).intersected(self._image.rect())
        source = seen.translated(REACH - x, REACH - y)
        painter.drawImage(QRect(source.topLeft() * CELL, source.size() * CELL), around, source)
        self._paint_grid(painter, span)
        self._paint_crosshair(painter)
        painter.setClipping(False)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        # The outer line parts it from a light screen, the inner one from a dark one.
        for colour, width in ((self._look.palette.line_strong, 4), (self._look.palette.raised, 2)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawPath(shape)

    def _paint_grid(self, painter: QPainter, span: int) -> None:
        line = QColor(self._look.palette.shadow)
        line.setAlphaF(0.14)
        for step in range(1, span):
            painter.fillRect(step * CELL, 0, 1, self.height(), line)
            painter.fillRect(0, step * CELL, self.width(), 1, line)

    def _paint_crosshair(self, painter: QPainter) -> None:
        middle = REACH * CELL
        light, dark = QColor(self._look.palette.scrim_ink), QColor(Qt.GlobalColor.black)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for colour, alpha, width in ((light, 0.35, CELL - 1), (dark, 0.3, 3)):
            arm = QColor(colour)
            arm.setAlphaF(alpha)
            across = middle + (CELL - width + 1) // 2
            for start, length in ((0, middle), (middle + CELL + 1, middle)):
                painter.fillRect(start, across, length, width, arm)
                painter.fillRect(across, start, width, length, arm)
        for grow, colour in ((0, dark), (1, light), (2, dark)):
            painter.setPen(QPen(colour, 1))
            painter.drawRect(QRect(middle, middle, CELL, CELL).adjusted(-grow, -grow, grow, grow))

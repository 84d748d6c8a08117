"""Wallpapers and photographs of the set, painted from numbers."""

from __future__ import annotations

import math
import random

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPixmap, QPolygonF

HILLS = 4


def landscape(chance: random.Random, width: int, height: int) -> QPixmap:
    picture = QPixmap(width, height)
    painter = QPainter(picture)
    paint_landscape(painter, chance, QRectF(0, 0, width, height))
    painter.end()
    return picture


def paint_landscape(painter: QPainter, chance: random.Random, area: QRectF) -> None:
    """A sky, a sun and hills, each time in other colours."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    hue = chance.random()
    sky = QLinearGradient(area.topLeft(), area.bottomLeft())
    sky.setColorAt(0, QColor.fromHsvF(hue, 0.55, 0.55))
    sky.setColorAt(1, QColor.fromHsvF((hue + 0.08) % 1, 0.25, 0.92))
    painter.fillRect(area, sky)
    side = area.height() * 0.14
    painter.setBrush(QColor.fromHsvF((hue + 0.5) % 1, 0.12, 1.0, 0.8))
    painter.drawEllipse(
        area.topLeft() + QPointF(area.width() * chance.uniform(0.2, 0.8), area.height() * 0.3), side, side
    )
    for hill in range(HILLS):
        base, wave, turn = area.height() * (0.5 + 0.14 * hill), area.height() * 0.07, chance.uniform(0, 6)
        points = [area.bottomLeft()]
        for step in range(65):
            x = area.width() * step / 64
            y = base - wave * math.sin(turn + step / (9 + 3 * hill)) - wave * 0.4 * math.sin(turn * 2 + step / 4)
            points.append(area.topLeft() + QPointF(x, y))
        points.append(area.bottomRight())
        painter.setBrush(QColor.fromHsvF((hue + 0.12 * hill) % 1, 0.45, 0.55 - 0.09 * hill))
        painter.drawPolygon(QPolygonF(points))
    painter.restore()

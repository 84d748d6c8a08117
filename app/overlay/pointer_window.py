"""One small window over the screen, around one mark or several that lie close together."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QBitmap, QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.look import Look
from app.marking.drawn import DrawnMark
from app.marking.painter import paint_marks, reach
from app.overlay.pointer_panes import Pane, PaneMark

_GRID = 4
"""Logical pixels that window corners lie on: whole device pixels at scales of 1.25, 1.5 and 1.75 too, so that what is
painted in the window lies where it would without it."""


class PointerWindow(QWidget):
    """Paints what of `pane` lies in `area`, in the pane's coordinates. Without `blending` it is cut to the shape of
    what is painted, because it would hide the rest."""

    def __init__(self, look: Look, pane: Pane, area: QRect, *, blending: bool) -> None:
        super().__init__()
        self._look, self._pane, self._area = look, pane, area
        self._blending = blending
        self.setWindowTitle("Fingerpost: where to look")
        self.setAccessibleName(", ".join(f"{mark.number} {mark.words}".strip() for mark in pane.marks))
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        if blending:
            self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        else:
            self.setMask(self._shape())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Marks and arms."""
        painter = QPainter(self)
        if not self._blending:
            painter.fillRect(self.rect(), QColor(self._look.palette.mark_halo))
        self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(-self._area.topLeft())
        for marks, arms in _by_arms(self._pane.marks):
            paint_marks(painter, self._look, marks, _bounds(self._pane), arms=arms)

    def _shape(self) -> QBitmap:
        picture = QImage(self._area.size(), QImage.Format.Format_ARGB32_Premultiplied)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        self._paint(painter)
        painter.end()
        return QBitmap.fromImage(picture.createAlphaMask(Qt.ImageConversionFlag.ThresholdDither))


def window_areas(look: Look, pane: Pane) -> list[QRect]:
    """Where windows are needed for `pane`, in its coordinates. They lie apart: what is half transparent must not be
    painted twice."""
    bounds = _bounds(pane)
    whole = bounds.toAlignedRect()
    apart: list[QRect] = []
    for marks, _arms in _by_arms(pane.marks):
        for touched in reach(look, marks, bounds):
            area = _on_grid(touched).intersected(whole)
            while meeting := [other for other in apart if other.intersects(area)]:
                for other in meeting:
                    apart.remove(other)
                    area = area.united(other)
            if not area.isEmpty():
                apart.append(area)
    return apart


def _by_arms(marks: Sequence[PaneMark]) -> list[tuple[list[DrawnMark], bool]]:
    parted = [([_drawn(mark) for mark in marks if mark.armed is arms], arms) for arms in (False, True)]
    return [(drawn, arms) for drawn, arms in parted if drawn]


def _drawn(mark: PaneMark) -> DrawnMark:
    area = QRectF(mark.area.x, mark.area.y, mark.area.width, mark.area.height)
    return DrawnMark(mark.number, mark.words, area, mark.confirmed, mark.shape)


def _bounds(pane: Pane) -> QRectF:
    return QRectF(0, 0, pane.screen.logical.width, pane.screen.logical.height)


def _on_grid(area: QRectF) -> QRect:
    left, top = math.floor(area.left() / _GRID) * _GRID, math.floor(area.top() / _GRID) * _GRID
    right, bottom = math.ceil(area.right() / _GRID) * _GRID, math.ceil(area.bottom() / _GRID) * _GRID
    return QRect(QPoint(left, top), QSize(right - left, bottom - top))

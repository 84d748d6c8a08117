"""Stroke icons in the palette's colours."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

_RATIOS = (1, 2, 3)


class Icons:
    """The drawings of a folder of SVG files whose strokes are ``currentColor``. Main thread only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[tuple[str, str, int, int], QIcon] = {}

    def icon(self, name: str, colour: str, size: int, gap: int = 0) -> QIcon:
        """The drawing `name` in `colour`, sharp at `size` logical pixels on screens of every common scale, with `gap`
        empty pixels on its right.

        Raises:
            OSError: a drawing that ships with the product is missing.
        """
        key = (name, colour, size, gap)
        if key not in self._kept:
            drawing = self._drawing(name, colour)
            icon = QIcon()
            for ratio in _RATIOS:
                pixmap = _render(drawing, size, gap, ratio)
                # The same when disabled: Qt's own greying would leave the palette.
                icon.addPixmap(pixmap, QIcon.Mode.Normal)
                icon.addPixmap(pixmap, QIcon.Mode.Disabled)
            self._kept[key] = icon
        return self._kept[key]

    def paint(self, painter: QPainter, name: str, colour: str, area: QRectF) -> None:
        """Draw `name` into `area`."""
        QSvgRenderer(self._drawing(name, colour)).render(painter, area)

    def _drawing(self, name: str, colour: str) -> QByteArray:
        text = (self._folder / f"{name}.svg").read_text(encoding="utf-8")
        return QByteArray(text.replace("currentColor", colour).encode())


def _render(drawing: QByteArray, size: int, gap: int, ratio: int) -> QPixmap:
    pixmap = QPixmap(QSize(size + gap, size) * ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(drawing).render(painter, QRectF(0, 0, size * ratio, size * ratio))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap

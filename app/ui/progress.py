"""A thin line that shows how far something is."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.look import Look
from app.ui.themed import Themed


class ProgressLine(QWidget, Themed):
    """Filled from the left; an empty track while the end is not known."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._progress: float | None = None
        self.setFixedHeight(look.sizes.progress + 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Progress")

    def set_progress(self, progress: float | None) -> None:
        """`progress` in 0..1, or None."""
        self._progress = None if progress is None else min(1.0, max(0.0, progress))
        self.setAccessibleDescription("" if self._progress is None else f"{self._progress:.0%}")
        self.update()

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._look = look
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        area = QRectF(self.rect())
        radius = area.height() / 2
        painter.setBrush(QColor(self._look.palette.line))
        painter.drawRoundedRect(area, radius, radius)
        if self._progress:
            area.setWidth(max(area.height(), area.width() * self._progress))
            painter.setBrush(QColor(self._look.palette.accent))
            painter.drawRoundedRect(area, radius, radius)

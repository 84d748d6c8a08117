"""Scrolling sideways inside a block that is wider than the page."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QScrollBar, QWidget

from app.render.typography import Typography

BAR = 12
"""Height in pixels that a bar takes."""
_THUMB = 6


class SlimBar(QScrollBar):
    """A horizontal bar that is only a thumb."""

    def __init__(self, typography: Typography, host: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, host)
        self._rest, self._held = typography.line_strong, typography.faint
        self.setAccessibleName("Scroll sideways")
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the thumb alone, centred in the bar."""
        span = self.maximum() + self.pageStep()
        if span <= 0:
            return
        width = max(2 * BAR, self.width() * self.pageStep() / span)
        left = (self.width() - width) * self.value() / max(1, self.maximum())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._held if self.underMouse() or self.isSliderDown() else self._rest)
        top = (self.height() - _THUMB) / 2
        painter.drawRoundedRect(QRectF(left, top, width, _THUMB), _THUMB / 2, _THUMB / 2)
        painter.end()


class Sideways:
    """The bar of one sheet and how far it is scrolled."""

    def __init__(self, host: QWidget, typography: Typography) -> None:
        self._host = host
        self._typography = typography
        self._bar: SlimBar | None = None

    @property
    def offset(self) -> int:
        """Pixels that are scrolled out on the left."""
        return self._bar.value() if self._bar else 0

    def arrange(self, content: float, view: QRect) -> None:
        """Content of `content` pixels is seen through `view`, below which the bar lies, in the host's coordinates."""
        over = int(content) - view.width()
        if over <= 0:
            self.close()
            return
        if self._bar is None:
            self._bar = SlimBar(self._typography, self._host)
            self._bar.valueChanged.connect(self._host.update)
        self._bar.setRange(0, over)
        self._bar.setPageStep(view.width())
        self._bar.setSingleStep(40)
        self._bar.setGeometry(view.left(), view.bottom() + 1, view.width(), BAR)
        self._bar.show()

    def scroll(self, pixels: int) -> bool:
        """Scroll by so many pixels, where there is something to scroll."""
        if self._bar is None:
            return False
        before = self._bar.value()
        self._bar.setValue(before + pixels)
        return self._bar.value() != before

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.hide()
            self._bar.deleteLater()
            self._bar = None

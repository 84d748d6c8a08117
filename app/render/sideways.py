"""Scrolling sideways inside a block that is wider than the page."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QScrollBar, QWidget

from app.render.typography import Typography

BAR = 12
"""Height in pixels that a bar takes."""
_THUMB = 6


class Sideways:
    """The bar of one sheet and how far it is scrolled."""

    def __init__(self, host: QWidget, typography: Typography) -> None:
        self._host = host
        self._typography = typography
        self._bar: QScrollBar | None = None

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
            self._bar = _slim_bar(self._host, self._typography)
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


def _slim_bar(host: QWidget, typography: Typography) -> QScrollBar:
    """A horizontal bar that is only a thumb."""
    bar = QScrollBar(Qt.Orientation.Horizontal, host)
    bar.setAccessibleName("Scroll sideways")
    bar.setCursor(Qt.CursorShape.ArrowCursor)
    bar.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
    margin = (BAR - _THUMB) // 2
    bar.setStyleSheet(
        "QScrollBar, QScrollBar::add-page, QScrollBar::sub-page { background: transparent; border: none; margin: 0; }"
        f"QScrollBar::handle {{ background: {typography.line_strong.name()}; min-width: {2 * BAR}px;"
        f" margin: {margin}px 0; border-radius: {_THUMB // 2}px; }}"
        f"QScrollBar::handle:hover {{ background: {typography.faint.name()}; }}"
        "QScrollBar::add-line, QScrollBar::sub-line { width: 0; }"
    )
    return bar

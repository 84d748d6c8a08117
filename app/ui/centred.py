"""A page of one column in the middle, under the product's mark."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.look import Look
from app.ui.icons import Icons


class _Mark(QWidget):
    """The product's sign."""

    def __init__(self, icons: Icons, size: int) -> None:
        super().__init__()
        self._icons = icons
        self.setFixedSize(QSize(size, size))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._icons.paint(painter, "fingerpost", "", QRectF(self.rect()))


class CentredPage(QScrollArea):
    """Fill its `column`. It stands a little above the centre and scrolls where the window is low."""

    def __init__(self, look: Look, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        sizes = look.sizes
        self.setObjectName("page")
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inner = QWidget()
        inner.setMaximumWidth(sizes.question_width)
        inner.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.column = QVBoxLayout(inner)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(sizes.space_3)
        self.column.addWidget(_Mark(icons, 2 * sizes.space_5))
        self.column.addSpacing(sizes.space_2)
        content = QWidget()
        content.setObjectName("column")
        outer = QVBoxLayout(content)
        outer.setContentsMargins(sizes.space_5, sizes.space_5, sizes.space_5, sizes.space_5)
        outer.addStretch(2)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(inner, 1000)
        middle.addStretch(1)
        outer.addLayout(middle)
        outer.addStretch(3)
        self.setWidget(content)

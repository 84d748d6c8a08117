"""Room for the composer's tiles that does not grow beyond a few rows."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy

from app.look import Look
from app.ui.tiles import TileStrip

_ROWS = 3.4
"""So that a part of the next row says that there is more."""


class TileShelf(QScrollArea):
    """As high as its tiles, then it scrolls. Hidden with them."""

    def __init__(self, look: Look, tiles: TileStrip) -> None:
        super().__init__()
        self._look = look
        self._tiles = tiles
        self.setObjectName("page")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setWidget(tiles)
        # It was switched on by that, and would paint the window's paper on the composer's card.
        tiles.setAutoFillBackground(False)
        tiles.installEventFilter(self)
        tiles.filled.connect(self.setVisible)
        self.hide()

    def hasHeightForWidth(self) -> bool:  # noqa: D102
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: D102
        return min(self._tiles.heightForWidth(width), round(_ROWS * self._look.sizes.tile_height))

    def sizeHint(self) -> QSize:  # noqa: D102
        return QSize(self._look.sizes.tile_width, self.heightForWidth(max(1, self.width())))

    def minimumSizeHint(self) -> QSize:  # noqa: D102
        return QSize(0, 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: D102
        if watched is self._tiles and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)

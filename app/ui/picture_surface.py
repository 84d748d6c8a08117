"""What a picture is painted on, whole or in part."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from app.domain.conversation import Attachment
from app.look import Look
from app.ui.icons import Icons
from app.ui.themed import Themed
from app.ui.thumbnails import Thumbnails


class PictureSurface(QWidget, Themed):
    """Can be clicked, and is painted anew when the pixels of `attachment` arrive."""

    clicked = Signal()

    def __init__(
        self, look: Look, icons: Icons, attachment: Attachment, thumbnails: Thumbnails, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._icons = icons
        self._attachment = attachment
        self._thumbnails = thumbnails
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        thumbnails.changed.connect(self._on_changed)

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._look = look
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def _on_changed(self, attachment: str) -> None:
        if attachment == self._attachment.id:
            self.update()

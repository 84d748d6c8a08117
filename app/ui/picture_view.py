"""A picture of a question, whole, with what the answer points at on it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from app.domain.conversation import Attachment
from app.look import Look
from app.ui.icons import Icons
from app.ui.mark_layer import MarkLayer
from app.ui.painting import rounded
from app.ui.picture_surface import PictureSurface
from app.ui.thumbnails import Thumbnails
from engine.protocol import Mark


class PictureView(PictureSurface):
    """The picture itself, as wide as the column and at most ``picture_height`` high, never enlarged.

    Its height follows from the attachment alone, so nothing moves when the pixels or the marks arrive.
    """

    mark_pointed = Signal(int)
    """The number of the mark under the pointer; 0 when it is there no longer."""
    mark_clicked = Signal(int)

    def __init__(
        self, look: Look, icons: Icons, attachment: Attachment, thumbnails: Thumbnails, parent: QWidget | None = None
    ) -> None:
        super().__init__(look, icons, attachment, thumbnails, parent)
        self._layer = MarkLayer()
        self._pointed = 0
        self.setMouseTracking(True)
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_marks(self, marks: Sequence[Mark]) -> None:
        """Show these marks and no others."""
        if self._layer.set_marks(marks):
            self.setAccessibleDescription(self._layer.description())
            self.update()

    def light(self, number: int) -> None:
        """Bring out one mark; 0 for none."""
        if self._layer.light(number):
            self.update()

    def mark_area(self, number: int) -> QRectF:
        """The line around a mark, in the widget's coordinates."""
        area = QRectF(self.rect())
        return self._layer.drawing(self._look, self._fit(area), area).area(number)

    def hasHeightForWidth(self) -> bool:  # noqa: D102
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: D102
        scale = min(1.0, width / max(1, self._attachment.width))
        height = round(self._attachment.height * scale)
        return max(self._look.sizes.tile_height, min(height, self._look.sizes.picture_height))

    def sizeHint(self) -> QSize:  # noqa: D102
        width = self._look.sizes.page_width
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:  # noqa: D102
        return QSize(0, 0)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        area = QRectF(self.rect())
        # Only the upper corners are round: the strip lies below.
        clip = rounded(area.adjusted(0, 0, 0, self._look.sizes.radius_m), self._look.sizes.radius_m)
        painter.setClipPath(clip)
        painter.fillRect(area, QColor(self._look.palette.sunken))
        shown = self._fit(area)
        ratio = self.devicePixelRatioF()
        image = self._thumbnails.image(self._attachment, (shown.size() * ratio).toSize())
        if image is not None:
            painter.drawImage(shown, image)
            self._layer.paint(painter, self._look, shown, area)
        elif self._thumbnails.is_missing(self._attachment):
            painter.setPen(QPen(QColor(self._look.palette.ink_2)))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, "This picture can no longer be opened.")
        else:
            size = self._look.sizes.space_5
            middle = QRectF(area.center().x() - size / 2, area.center().y() - size / 2, size, size)
            self._icons.paint(painter, "picture", self._look.palette.line_strong, middle)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        self._point(self._mark_under(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:  # noqa: D102
        super().leaveEvent(event)
        self._point(0)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        number = self._mark_under(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and number:
            self.mark_clicked.emit(number)
        else:
            super().mouseReleaseEvent(event)

    def event(self, event: QEvent) -> bool:  # noqa: D102
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self._layer.tool_tip(self._mark_under(event.pos())), self)
            return True
        return super().event(event)

    def _mark_under(self, at: QPoint) -> int:
        area = QRectF(self.rect())
        return self._layer.at(self._look, self._fit(area), area, QPointF(at))

    def _point(self, number: int) -> None:
        if number != self._pointed:
            self._pointed = number
            self.mark_pointed.emit(number)

    def _fit(self, area: QRectF) -> QRectF:
        width, height = max(1, self._attachment.width), max(1, self._attachment.height)
        scale = min(1.0, area.width() / width, area.height() / height)
        shown = QRectF(0, 0, max(1.0, width * scale), max(1.0, height * scale))
        shown.moveCenter(area.center())
        return shown

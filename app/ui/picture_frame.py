"""A picture of a question, whole in its frame."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.domain.conversation import Attachment
from app.look import Look
from app.ui.buttons import Button
from app.ui.icons import Icons
from app.ui.painting import Card, rounded
from app.ui.picture_surface import PictureSurface
from app.ui.text import ElidedLabel
from app.ui.thumbnails import Thumbnails
from app.ui.words import picture_line, title_of


class PictureView(PictureSurface):
    """The picture itself, as wide as the column and at most ``picture_height`` high, never enlarged.

    Its height follows from the attachment alone, so nothing moves when the pixels arrive.
    """

    def __init__(
        self, look: Look, icons: Icons, attachment: Attachment, thumbnails: Thumbnails, parent: QWidget | None = None
    ) -> None:
        super().__init__(look, icons, attachment, thumbnails, parent)
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

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
        elif self._thumbnails.is_missing(self._attachment):
            painter.setPen(QPen(QColor(self._look.palette.ink_2)))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, "This picture can no longer be opened.")
        else:
            size = self._look.sizes.space_5
            middle = QRectF(area.center().x() - size / 2, area.center().y() - size / 2, size, size)
            self._icons.paint(painter, "picture", self._look.palette.line_strong, middle)

    def _fit(self, area: QRectF) -> QRectF:
        width, height = max(1, self._attachment.width), max(1, self._attachment.height)
        scale = min(1.0, area.width() / width, area.height() / height)
        shown = QRectF(0, 0, max(1.0, width * scale), max(1.0, height * scale))
        shown.moveCenter(area.center())
        return shown


class PictureFrame(Card):
    """The picture with a strip under it: what it is, how the model sees it, and Enlarge."""

    enlarge_wanted = Signal(object)
    """The `Attachment`."""

    def __init__(
        self, look: Look, icons: Icons, attachment: Attachment, thumbnails: Thumbnails, parent: QWidget | None = None
    ) -> None:
        super().__init__(look, look.sizes.radius_m, parent)
        self._attachment = attachment
        sizes = look.sizes
        self._picture = PictureView(look, icons, attachment, thumbnails)
        self._picture.setAccessibleName(title_of(attachment))
        self._line = ElidedLabel(picture_line(attachment), "caption")
        enlarge = Button(look, "Enlarge", "plain")
        enlarge.describe(f"Enlarge {title_of(attachment)}")
        strip = QHBoxLayout()
        strip.setContentsMargins(sizes.space_3, sizes.space_2, sizes.space_3, sizes.space_2)
        strip.setSpacing(sizes.space_3)
        strip.addWidget(self._line, 1)
        strip.addWidget(enlarge)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(1)
        column.addWidget(self._picture)
        column.addLayout(strip)
        self._picture.clicked.connect(self._enlarge)
        enlarge.clicked.connect(self._enlarge)

    def set_tokens(self, tokens: int) -> None:
        """Say as how many tokens the model sees it; 0 where that is not known."""
        self._line.set_whole(picture_line(self._attachment, tokens))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: D102
        super().paintEvent(event)
        below = self._picture.geometry().bottom() + 1
        QPainter(self).fillRect(1, below, self.width() - 2, 1, QColor(self._look.palette.line))

    def _enlarge(self) -> None:
        self.enlarge_wanted.emit(self._attachment)

"""A closer look of the model: the part it was shown, and a line that says so."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.domain.conversation import Attachment, CloserLook
from app.look import Look
from app.ui.icons import Icons
from app.ui.painting import rounded
from app.ui.picture_surface import PictureSurface
from app.ui.text import ElidedLabel, label
from app.ui.thumbnails import Thumbnails
from app.ui.words import look_line


class PartView(PictureSurface):
    """The part, cut out of the original. A click or Enter shows where in the picture it lies.

    Its size follows from the look alone, so nothing moves when the pixels arrive.
    """

    def __init__(
        self, look: Look, icons: Icons, closer: CloserLook, thumbnails: Thumbnails, parent: QWidget | None = None
    ) -> None:
        super().__init__(look, icons, closer.picture, thumbnails, parent)
        self._closer = closer
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip("Show where in the picture it is")
        self._shown = self._scaled()
        least = look.sizes.thumb_height
        self.setFixedSize(self._shown.expandedTo(QSize(least, least)))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        colours, sizes = self._look.palette, self._look.sizes
        area = QRectF(self.rect())
        painter.setClipPath(rounded(area, sizes.radius_s))
        painter.fillRect(area, QColor(colours.sunken))
        image = self._thumbnails.image(self._attachment, self._shown * self.devicePixelRatioF(), self._closer.area)
        if image is not None:
            shown = QRectF(0, 0, self._shown.width(), self._shown.height())
            shown.moveCenter(area.center())
            painter.drawImage(shown, image)
        else:
            middle = QRectF(0, 0, sizes.icon, sizes.icon)
            middle.moveCenter(area.center())
            missing = self._thumbnails.is_missing(self._attachment)
            self._icons.paint(painter, "warning" if missing else "picture", colours.ink_3, middle)
        painter.setClipping(False)
        focused = self.hasFocus()
        painter.setPen(QPen(QColor(colours.accent if focused else colours.line_strong), 2 if focused else 1))
        inset = 1.0 if focused else 0.5
        painter.drawRoundedRect(area.adjusted(inset, inset, -inset, -inset), sizes.radius_s, sizes.radius_s)

    def _scaled(self) -> QSize:
        """As high as a tile and at most twice as wide, never enlarged."""
        sizes, closer = self._look.sizes, self._closer
        width = max(1.0, closer.area.width * closer.picture.width)
        height = max(1.0, closer.area.height * closer.picture.height)
        scale = min(1.0, 2 * sizes.tile_width / width, sizes.tile_height / height)
        return QSize(max(1, round(width * scale)), max(1, round(height * scale)))


class LookRow(QWidget):
    """The part with its words beside it. `pictures` are those of the question."""

    closer_look_wanted = Signal(object)
    """The `CloserLook`."""

    def __init__(
        self,
        look: Look,
        icons: Icons,
        closer: CloserLook,
        pictures: Sequence[Attachment],
        thumbnails: Thumbnails,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.closer = closer
        self._pictures = tuple(pictures)
        sizes = look.sizes
        self._part = PartView(look, icons, closer, thumbnails)
        self._line = label("", "caption", wrap=True)
        words = QVBoxLayout()
        words.setSpacing(sizes.space_1 // 2)
        words.addStretch(1)
        words.addWidget(self._line)
        if closer.label:
            # In quotation marks, because these are the model's own words.
            words.addWidget(ElidedLabel(f"“{closer.label}”", "small"))
        words.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(sizes.space_3)
        row.addWidget(self._part)
        row.addLayout(words, 1)
        self._part.clicked.connect(lambda: self.closer_look_wanted.emit(self.closer))
        self.set_live(False)

    def set_live(self, live: bool) -> None:
        """Whether the model still looks, and has said nothing since."""
        line = look_line(self.closer, self._pictures, live=live)
        self._line.setText(line)
        self._part.setAccessibleName(f"{line}: {self.closer.label}" if self.closer.label else line)

    def words(self) -> str:
        """What the row says."""
        return self._line.text()

"""What waits in the composer, as tiles: pictures that can be looked at and put in order, and documents."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QWidget

from app.domain.conversation import Attachment
from app.domain.documents import DocumentAttachment
from app.look import Look
from app.ui.buttons import IconButton
from app.ui.documents.tile import DocumentTile
from app.ui.flow import FlowLayout
from app.ui.icons import Icons
from app.ui.painting import rounded
from app.ui.themed import Themed
from app.ui.thumbnails import Thumbnails, cover
from app.ui.words import source_of, title_of


class Tile(QWidget, Themed):
    """One picture. Click or Enter enlarges, Delete removes, dragging or Alt with an arrow key moves."""

    enlarge_wanted = Signal()
    remove_wanted = Signal()
    shifted = Signal(int)
    """By keyboard: -1 or 1."""
    dragged = Signal(QPoint)
    """Where the pointer is, in the parent's coordinates."""

    def __init__(
        self, look: Look, icons: Icons, attachment: Attachment, thumbnails: Thumbnails, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._icons = icons
        self.attachment = attachment
        self._thumbnails = thumbnails
        self._pressed: QPoint | None = None
        self._dragging = False
        self.setFixedSize(look.sizes.tile_width, look.sizes.tile_height)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"Picture: {title_of(attachment)}")
        self.setAccessibleDescription("Enter enlarges, Delete removes, Alt with an arrow key moves")
        self.setToolTip(f"{title_of(attachment)}, {attachment.width} × {attachment.height}")
        self._remove = IconButton(look, icons, "close", f"Remove {title_of(attachment)}", parent=self)
        self._remove.setProperty("kind", "corner")
        self._remove.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        side = look.sizes.space_4 + look.sizes.space_1
        self._remove.setFixedSize(side, side)
        self._remove.move(self.width() - side - 3, 3)
        self._remove.clicked.connect(self.remove_wanted)
        thumbnails.changed.connect(self._on_changed)

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._look = look
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        colours, sizes = self._look.palette, self._look.sizes
        area = QRectF(self.rect())
        painter.setClipPath(rounded(area, sizes.radius_control))
        painter.fillRect(area, QColor(colours.sunken))
        wanted = cover(self.attachment, self.width(), self.height())
        image = self._thumbnails.image(self.attachment, wanted * self.devicePixelRatioF())
        if image is not None:
            shown = QRectF(0, 0, wanted.width(), wanted.height())
            shown.moveCenter(area.center())
            painter.drawImage(shown, image)
        else:
            missing = self._thumbnails.is_missing(self.attachment)
            middle = QRectF(0, 0, sizes.icon, sizes.icon)
            middle.moveCenter(area.center())
            self._icons.paint(painter, "warning" if missing else "picture", colours.ink_3, middle)
        self._paint_label(painter)
        painter.setClipping(False)
        focused = self.hasFocus()
        painter.setPen(QPen(QColor(colours.accent if focused else colours.line_strong), 2 if focused else 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        inset = 1.0 if focused else 0.5
        painter.drawRoundedRect(area.adjusted(inset, inset, -inset, -inset), sizes.radius_control, sizes.radius_control)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position().toPoint()
            self._dragging = False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        if self._pressed is None:
            return
        moved = (event.position().toPoint() - self._pressed).manhattanLength()
        if self._dragging or moved >= QApplication.startDragDistance():
            self._dragging = True
            self.dragged.emit(self.mapToParent(event.position().toPoint()))

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: D102
        if self._pressed is not None and not self._dragging:
            self.enlarge_wanted.emit()
        self._pressed = None

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.enlarge_wanted.emit()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_wanted.emit()
        elif alt and event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.shifted.emit(-1 if event.key() == Qt.Key.Key_Left else 1)
        else:
            super().keyPressEvent(event)

    def _paint_label(self, painter: QPainter) -> None:
        colours, sizes = self._look.palette, self._look.sizes
        font = QFont(self.font())
        font.setPixelSize(sizes.font_xs)
        painter.setFont(font)
        words = source_of(self.attachment)
        metrics = painter.fontMetrics()
        plate = QRectF(0, 0, metrics.horizontalAdvance(words) + 2 * sizes.space_1 + 2, metrics.height())
        plate.moveBottomLeft(QRectF(self.rect()).bottomLeft() + QPoint(sizes.space_1 + 1, -sizes.space_1 - 1))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.scrim))
        painter.drawRoundedRect(plate, sizes.space_1, sizes.space_1)
        painter.setPen(QColor(colours.scrim_ink))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, words)

    def _on_changed(self, attachment: str) -> None:
        if attachment == self.attachment.id:
            self.update()


class TileStrip(QWidget, Themed):
    """The tiles in order, in as many rows as they need."""

    removed = Signal(str)
    """Attachment id."""
    moved = Signal(str, int)
    """Attachment id and its new place."""
    enlarge_wanted = Signal(object)
    """The `Attachment`."""
    document_removed = Signal(str)
    """Its id, as in the next two."""
    document_opened = Signal(str)
    password_given = Signal(str, str)
    filled = Signal(bool)
    """Whether there is anything in it."""

    def __init__(self, look: Look, icons: Icons, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._icons = icons
        self._thumbnails = thumbnails
        self._tiles: list[Tile] = []
        self._documents: list[DocumentTile] = []
        self._flow = FlowLayout(look.sizes.space_2, self)
        self.hide()

    def set_attachments(self, attachments: Sequence[Attachment]) -> None:
        """Show exactly these. A tile that stays is the same widget, so that it can be dragged on."""
        old = {tile.attachment.id: tile for tile in self._tiles}
        self._tiles = [old.pop(each.id) if each.id in old else self._make(each) for each in attachments]
        self._lay_out(list(old.values()))

    def set_documents(self, documents: Sequence[DocumentAttachment]) -> None:
        """Show exactly these, behind the pictures. A tile that stays is the same widget, with what is typed in it."""
        old = {tile.document.id: tile for tile in self._documents}
        kept = []
        for document in documents:
            if (tile := old.pop(document.id, None)) is None:
                tile = self._make_document(document)
            elif tile.document != document:
                tile.set_document(document)
            kept.append(tile)
        self._documents = kept
        self._lay_out(list(old.values()))

    def _lay_out(self, gone: Sequence[QWidget]) -> None:
        for tile in (*self._tiles, *self._documents):
            self._flow.removeWidget(tile)
        for widget in gone:
            self._flow.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        before: QWidget | None = None
        for tile in (*self._tiles, *self._documents):
            self._flow.addWidget(tile)
            tile.show()
            if before is not None:
                QWidget.setTabOrder(before, tile)
            before = tile
        self.setVisible(bool(self._tiles or self._documents))
        self.filled.emit(bool(self._tiles or self._documents))

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._look = look

    def _make(self, attachment: Attachment) -> Tile:
        tile = Tile(self._look, self._icons, attachment, self._thumbnails, self)
        tile.enlarge_wanted.connect(lambda: self.enlarge_wanted.emit(attachment))
        tile.remove_wanted.connect(lambda: self.removed.emit(attachment.id))
        tile.shifted.connect(lambda by: self._shift(tile, by))
        tile.dragged.connect(lambda at: self._drag(tile, at))
        return tile

    def _make_document(self, document: DocumentAttachment) -> DocumentTile:
        tile = DocumentTile(self._look, self._icons, document, self)
        tile.remove_wanted.connect(lambda: self.document_removed.emit(document.id))
        tile.opened.connect(lambda: self.document_opened.emit(document.id))
        tile.password_given.connect(lambda password: self.password_given.emit(document.id, password))
        return tile

    def _shift(self, tile: Tile, by: int) -> None:
        at = self._tiles.index(tile) + by
        if 0 <= at < len(self._tiles):
            self.moved.emit(tile.attachment.id, at)

    def _drag(self, tile: Tile, at: QPoint) -> None:
        for index, other in enumerate(self._tiles):
            if other is not tile and other.geometry().contains(at):
                self.moved.emit(tile.attachment.id, index)
                return

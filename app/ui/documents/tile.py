"""A document that waits in the composer."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.domain.documents import DocumentAttachment
from app.look import Look
from app.ui.buttons import Button, IconButton
from app.ui.documents.words import icon_of, state_line
from app.ui.icons import Icons
from app.ui.painting import paint_surface
from app.ui.progress import ProgressLine
from app.ui.text import ElidedLabel, EscapableField, label
from app.ui.themed import Themed


class DocumentTile(QWidget, Themed):
    """Its kind, its name, and how far it is. Click or Enter opens it, Delete removes it; an encrypted one has a field
    for its password."""

    opened = Signal()
    remove_wanted = Signal()
    password_given = Signal(str)

    def __init__(self, look: Look, icons: Icons, document: DocumentAttachment, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._icons = icons
        self.document = document
        sizes = look.sizes
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._name = ElidedLabel("", "heading")
        self._line = ElidedLabel("", "small")
        self._sentence: QLabel = label("", "small", wrap=True)
        self._remove = IconButton(look, icons, "close", "", parent=self)
        self._remove.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        side = sizes.space_4 + sizes.space_1
        self._remove.setFixedSize(side, side)
        self._progress = ProgressLine(look)
        self._password = EscapableField()
        self._password.setEchoMode(QLineEdit.EchoMode.Password)
        self._password.setPlaceholderText("Password")
        self._open = Button(look, "Open", "primary")
        self._open.setEnabled(False)
        self._ask = QWidget()
        asking = QHBoxLayout(self._ask)
        asking.setContentsMargins(0, sizes.space_1, 0, 0)
        asking.setSpacing(sizes.space_2)
        asking.addWidget(self._password, 1)
        asking.addWidget(self._open)
        column = QVBoxLayout(self)
        left = sizes.space_3 + sizes.space_5
        column.setContentsMargins(left, sizes.space_2, sizes.space_2 + side, sizes.space_2)
        column.setSpacing(1)
        for widget in (self._name, self._line, self._sentence, self._progress, self._ask):
            column.addWidget(widget)
        self.setFixedWidth(sizes.document_tile_width)
        self._remove.move(self.width() - side - sizes.space_1, sizes.space_1)
        self._remove.clicked.connect(self.remove_wanted)
        self._password.textChanged.connect(lambda text: self._open.setEnabled(bool(text)))
        self._password.returnPressed.connect(self._give)
        self._password.escaped.connect(self._password.clear)
        self._open.clicked.connect(self._give)
        self.set_document(document)

    def set_document(self, document: DocumentAttachment) -> None:
        """Show how far it is now. What is typed for a password stays."""
        self.document = document
        said = state_line(document)
        speaks = document.state in ("failed", "password")
        self._name.set_whole(document.name)
        self._line.set_whole(said)
        self._sentence.setText(said)
        self._line.setVisible(not speaks)
        self._sentence.setVisible(speaks)
        known = document.total > 0 and document.done < document.total
        self._progress.setVisible(document.state == "reading")
        self._progress.set_progress(document.done / document.total if known else None)
        self._ask.setVisible(document.state == "password")
        opens = document.state == "ready"
        self.setCursor(Qt.CursorShape.PointingHandCursor if opens else Qt.CursorShape.ArrowCursor)
        self._password.setAccessibleName(f"Password of {document.name}")
        self._remove.describe(f"Remove {document.name}")
        self.setAccessibleName(f"Document: {document.name}, {said}")
        self.setAccessibleDescription("Enter opens, Delete removes" if opens else "Delete removes")
        self.setToolTip("\n".join((document.name, *document.notes)) if document.notes else "")
        self._fit()
        self.update()

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._look = look
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours, sizes = self._look.palette, self._look.sizes
        area = QRectF(self.rect())
        paint_surface(painter, area, sizes.radius_control, colours.surface, colours.line_strong)
        if self.hasFocus():
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), sizes.radius_control, sizes.radius_control)
        colour = colours.bad if self.document.state == "failed" else colours.ink_2
        side = sizes.icon + sizes.space_1 / 2
        icon = QRectF(sizes.space_3 - 1, sizes.space_3 - 2, side, side)
        self._icons.paint(painter, icon_of(self.document), colour, icon)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        inside = self.rect().contains(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and inside and self.document.state == "ready":
            self.opened.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
        if not self.hasFocus():
            super().keyPressEvent(event)
        elif enter and self.document.state == "ready":
            self.opened.emit()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_wanted.emit()
        else:
            super().keyPressEvent(event)

    def _give(self) -> None:
        if text := self._password.text():
            self._password.clear()
            self.password_given.emit(text)

    def _fit(self) -> None:
        """As high as a picture's tile, and higher where it has more to say."""
        layout = self.layout()
        if layout is not None:
            layout.activate()
            height = layout.heightForWidth(self.width()) if layout.hasHeightForWidth() else layout.sizeHint().height()
            self.setFixedHeight(max(self._look.sizes.tile_height, height))

"""The composer: pictures, words, and the ways to get both in."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QMimeData, Qt, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.domain.conversation import Attachment
from app.domain.documents import DocumentAttachment
from app.look import Look
from app.ui.buttons import Button
from app.ui.icons import Icons
from app.ui.painting import Card
from app.ui.text import GrowingEdit, label
from app.ui.thumbnails import Thumbnails
from app.ui.tile_shelf import TileShelf
from app.ui.tiles import TileStrip
from app.ui.tools import ToolRow

_LINES = 8
_DRAFT_MS = 400
_PLACEHOLDER = "Ask about what you see, or drop a file"
_ABOUT_DOCUMENTS = "Ask about what you have added"


class Composer(Card):
    """Emits what the person wants; keeps the text until `clear` is called, so that nothing typed is lost."""

    submitted = Signal(str)
    """The question; empty when pictures alone are sent."""
    draft_changed = Signal(str)
    """The text, a moment after it stopped changing."""
    pasted = Signal(QMimeData)
    """Pictures or files. Valid during the signal alone."""
    removed = Signal(str)
    """Attachment id."""
    moved = Signal(str, int)
    """Attachment id and its new place."""
    enlarge_wanted = Signal(object)
    """The `Attachment`."""
    document_removed = Signal(str)
    """The sha256 of a document, as in the next two."""
    document_opened = Signal(str)
    password_given = Signal(str, str)
    search_wanted = Signal()
    """Search in the documents that wait, without a question to the model."""

    def __init__(self, look: Look, icons: Icons, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(look, look.sizes.radius_l, parent, strong=True)
        self.tools = ToolRow(look, icons)
        self._tiles = TileStrip(look, icons, thumbnails)
        self._search = Button(look, "Search in documents", "link", icons, "search")
        self._search.hide()
        self._field = GrowingEdit("Question", _LINES)
        self._field.setProperty("kind", "composer")
        self._field.setPlaceholderText(_PLACEHOLDER)
        self._countdown = label("", "countdown")
        self._countdown.hide()
        self._attachments: tuple[Attachment, ...] = ()
        self._busy = False
        self._draft = QTimer(self)
        self._draft.setSingleShot(True)
        self._draft.setInterval(_DRAFT_MS)
        self._draft.timeout.connect(self.flush_draft)
        self._last_draft = ""
        sizes = look.sizes
        column = QVBoxLayout(self)
        column.setContentsMargins(sizes.space_3, sizes.space_3, sizes.space_3, sizes.space_3 - 2)
        column.setSpacing(sizes.space_2)
        column.addWidget(TileShelf(look, self._tiles))
        column.addWidget(self._search, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._countdown)
        column.addWidget(self._field)
        column.addWidget(self.tools)
        self._field.textChanged.connect(self._on_text)
        self._field.submitted.connect(self._submit)
        self._field.pasted.connect(self.pasted)
        self._field.focus_changed.connect(self.set_lit)
        self._tiles.removed.connect(self.removed)
        self._tiles.moved.connect(self.moved)
        self._tiles.enlarge_wanted.connect(self.enlarge_wanted)
        self._tiles.document_removed.connect(self.document_removed)
        self._tiles.document_opened.connect(self.document_opened)
        self._tiles.password_given.connect(self.password_given)
        self._search.clicked.connect(self.search_wanted)
        self.tools.send_wanted.connect(self._submit)

    def text(self) -> str:
        """What is typed."""
        return self._field.toPlainText()

    def set_text(self, text: str) -> None:
        """Replace what is typed, for a draft that was kept."""
        self._last_draft = text
        self._field.setPlainText(text)
        cursor = self._field.textCursor()
        cursor.movePosition(cursor.MoveOperation.End)
        self._field.setTextCursor(cursor)

    def insert(self, text: str) -> None:
        """Put `text` where the cursor is."""
        self._field.insertPlainText(text)
        self.focus()

    def clear(self) -> None:
        """Empty the field: the question has been taken."""
        self._field.clear()
        self.flush_draft()

    def flush_draft(self) -> None:
        """Emit the draft now if it changed since."""
        self._draft.stop()
        if self.text() != self._last_draft:
            self._last_draft = self.text()
            self.draft_changed.emit(self._last_draft)

    def focus(self) -> None:
        """Put the cursor into the field."""
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_attachments(self, attachments: Sequence[Attachment]) -> None:
        """Show the pictures that wait."""
        self._attachments = tuple(attachments)
        self._tiles.set_attachments(self._attachments)
        self._check()

    def set_documents(self, documents: Sequence[DocumentAttachment]) -> None:
        """Show the documents that wait. They are asked about with words."""
        self._tiles.set_documents(documents)
        self._field.setPlaceholderText(_ABOUT_DOCUMENTS if documents else _PLACEHOLDER)
        self._search.setVisible(any(document.state == "ready" for document in documents))

    def set_busy(self, busy: bool) -> None:
        """While an answer is made the round button stops it and Enter sends nothing; typing goes on."""
        self._busy = busy
        self.tools.set_busy(busy)

    def set_countdown(self, seconds: int) -> None:
        """Say how long it is until the picture is taken; 0 takes the line away."""
        unit = "second" if seconds == 1 else "seconds"
        self._countdown.setText(f"The picture is taken in {seconds} {unit}. Esc gives up.")
        self._countdown.setVisible(seconds > 0)

    def _on_text(self) -> None:
        self._draft.start()
        self._check()

    def _check(self) -> None:
        self.tools.set_ready(bool(self.text().strip()) or bool(self._attachments))

    def _submit(self) -> None:
        question = self.text().strip()
        if not self._busy and (question or self._attachments):
            self.submitted.emit(question)

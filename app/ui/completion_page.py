"""The plain page: a text, and a model that continues it."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.look import Look
from app.ui.completion_bar import CompletionBar
from app.ui.failure import FailureCard
from app.ui.icons import Icons
from app.ui.themed import Themed
from app.ui.writing_field import WritingField

_KEEP_MS = 500
_PLACEHOLDER = "Begin a text, and the model goes on"


class CompletionPage(QWidget, Themed):
    """Holds the text, its own or restored, and says what the person wants done with it. Its `bar` belongs in the
    composer's place."""

    continue_wanted = Signal(str)
    """The whole text."""
    stop_wanted = Signal()
    text_changed = Signal(str)
    """The text, at most half a second after a change; also while the model writes."""

    def __init__(self, look: Look, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._busy = False
        self._told = ""
        self._failure: FailureCard | None = None
        self.bar = CompletionBar(look, icons)
        self._field = WritingField(look)
        self._field.setPlaceholderText(_PLACEHOLDER)
        self._keep = QTimer(self)
        self._keep.setSingleShot(True)
        self._keep.setInterval(_KEEP_MS)
        self._keep.timeout.connect(self.flush)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self._field, 1)
        self._below = QVBoxLayout()
        self._column.addLayout(self._below)
        self._field.textChanged.connect(self._on_text)
        self._field.document().undoAvailable.connect(self._show_text_state)
        self.bar.continue_wanted.connect(self._go_on)
        self.bar.stop_wanted.connect(self.stop_wanted)
        self.bar.undo_wanted.connect(self._field.undo)
        self.bar.clear_wanted.connect(self._clear)
        self._show_text_state()

    def text(self) -> str:
        """All that is on the page."""
        return self._field.text()

    def set_text(self, text: str) -> None:
        """Begin with a text that was kept."""
        self._field.set_text(text)
        self._told = text
        self._keep.stop()
        self._show_text_state()

    def insert(self, text: str) -> None:
        """Put `text` where the cursor is, unless the model is writing."""
        if not self._busy:
            self._field.insertPlainText(text)
            self.focus()

    def focus(self) -> None:
        """Put the cursor into the text."""
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)

    def flush(self) -> None:
        """Emit the text now if it changed since."""
        self._keep.stop()
        if self.text() != self._told:
            self._told = self.text()
            self.text_changed.emit(self._told)

    # --- A continuation ---

    def begin(self) -> None:
        """The model goes on from the end."""
        self._busy = True
        self._drop_failure()
        self.bar.set_note("")
        self.bar.set_busy(True)
        self._field.begin_writing()

    def extend(self, text: str) -> None:
        """More text from the model."""
        self._field.write(text)

    def take_back(self) -> None:
        """What the model wrote since `begin` is void."""
        self._field.take_back()

    def note(self, sentence: str) -> None:
        """A sentence about the continuation; it goes with the next one."""
        self.bar.set_note(sentence)

    def end(self, error: str) -> None:
        """The continuation is over, because of `error` where there is one."""
        self._busy = False
        self._field.end_writing()
        self.bar.set_busy(False)
        if error:
            self._failure = FailureCard(self._look, error, ())
            self._failure.retry_wanted.connect(self._go_on)
            self._below.addWidget(self._failure)
            # A layout leaves out what is only about to be shown.
            self._failure.show()
            self._place_failure()
        self.flush()

    def set_covered(self, height: int) -> None:
        """Keep the end of the text clear of something that lies over the page's lower `height` pixels."""
        self._column.setContentsMargins(0, 0, 0, height)

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._look = look

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        super().resizeEvent(event)
        self._place_failure()

    # --- Inside ---

    def _go_on(self) -> None:
        if not self._busy and not self._field.document().isEmpty():
            self.flush()
            self.continue_wanted.emit(self.text())

    def _clear(self) -> None:
        self._drop_failure()
        self.bar.set_note("")
        self._field.take_away()

    def _drop_failure(self) -> None:
        if self._failure is not None:
            self._below.removeWidget(self._failure)
            self._failure.hide()
            self._failure.deleteLater()
            self._failure = None
            self._place_failure()

    def _place_failure(self) -> None:
        """In line with what stands below, and clear of it."""
        sizes = self._look.sizes
        side = max(sizes.shadow_reach, (self.width() - sizes.page_width) // 2)
        self._below.setContentsMargins(side, 0, side, 0 if self._failure is None else sizes.space_2)

    def _on_text(self) -> None:
        if not self._keep.isActive():
            self._keep.start()
        self._show_text_state()

    def _show_text_state(self) -> None:
        document = self._field.document()
        self.bar.set_text_state(has_text=not document.isEmpty(), can_undo=document.isUndoAvailable())

"""What stands in the composer's place while a Base model is loaded."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.look import Look
from app.ui.buttons import Button
from app.ui.icons import Icons
from app.ui.painting import Card
from app.ui.text import label

WHAT_IT_IS = "This is a Base model: it continues your text instead of answering."
READ_ONLY = "A Base model does not answer questions. Choose another model to go on with this conversation."


class CompletionBar(Card):
    """Says what the page is, and holds what can be done with it. Over an old conversation, which a Base model can not
    go on with, it says that instead, with the ways out."""

    continue_wanted = Signal()
    stop_wanted = Signal()
    undo_wanted = Signal()
    clear_wanted = Signal()
    page_wanted = Signal()
    """Back from a conversation."""
    model_wanted = Signal()

    def __init__(self, look: Look, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(look, look.sizes.radius_l, parent, strong=True)
        sizes = look.sizes
        self._reading = self._busy = self._can_undo = self._has_text = False
        self._note = label("", "notice", wrap=True)
        self._note.hide()
        self._sentence = label(WHAT_IT_IS, "caption", wrap=True)
        self._clear = Button(look, "Clear", "word")
        self._clear.setToolTip("Empty the page; Undo brings it back")
        self._undo = Button(look, "Undo", "word")
        self._undo.describe("Take back the last continuation or change", "Ctrl+Z")
        self._continue = Button(look, "Continue", "primary")
        self._continue.describe("Continue the text", "Ctrl+Enter")
        self._stop = Button(look, "Stop", "primary", icons, "stop")
        self._stop.describe("Stop", "Esc")
        self._page = Button(look, "Back to the page", "word")
        self._model = Button(look, "Choose a model…", "primary")
        self._buttons = QWidget()
        row = QHBoxLayout(self._buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(sizes.space_2)
        row.addStretch(1)
        for button in (self._clear, self._undo, self._continue, self._stop, self._page, self._model):
            row.addWidget(button)
        self._row = QHBoxLayout()
        self._row.setSpacing(sizes.space_3)
        self._row.addWidget(self._sentence, 1)
        self._row.addWidget(self._buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(sizes.space_4, sizes.space_3, sizes.space_3, sizes.space_3)
        column.setSpacing(sizes.space_2)
        column.addWidget(self._note)
        column.addLayout(self._row)
        self._continue.clicked.connect(self.continue_wanted)
        self._stop.clicked.connect(self.stop_wanted)
        self._undo.clicked.connect(self.undo_wanted)
        self._clear.clicked.connect(self.clear_wanted)
        self._page.clicked.connect(self.page_wanted)
        self._model.clicked.connect(self.model_wanted)
        for key in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(key), self).activated.connect(self._on_key)
        self._show()

    def set_reading(self, reading: bool) -> None:
        """Whether a conversation is open instead of the page."""
        self._reading = reading
        self._show()

    def set_busy(self, busy: bool) -> None:
        """Whether the model continues the text."""
        self._busy = busy
        self._show()

    def set_text_state(self, *, has_text: bool, can_undo: bool) -> None:
        """What there is to continue, clear or undo."""
        self._has_text, self._can_undo = has_text, can_undo
        self._show()

    def set_note(self, sentence: str) -> None:
        """Something about the last continuation; nothing takes the line away."""
        self._note.setText(sentence)
        self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        super().resizeEvent(event)
        self._fold()

    def _show(self) -> None:
        reading, idle = self._reading, not self._busy
        self._sentence.setText(READ_ONLY if reading else WHAT_IT_IS)
        self._note.setVisible(bool(self._note.text()) and not reading)
        for button, shown in (
            (self._clear, not reading and idle and self._has_text),
            (self._undo, not reading and idle and self._can_undo),
            (self._continue, not reading and idle),
            (self._stop, not reading and self._busy),
            (self._page, reading),
            (self._model, reading),
        ):
            button.setVisible(shown)
        self._continue.setEnabled(self._has_text)
        # Continue and Stop take turns in one place.
        width = max(self._continue.sizeHint().width(), self._stop.sizeHint().width())
        for button in (self._continue, self._stop):
            button.setMinimumWidth(width)
        self._fold()

    def _fold(self) -> None:
        """The sentence above the buttons where both do not fit side by side."""
        margins = self.contentsMargins()
        needed = self._sentence.fontMetrics().horizontalAdvance(self._sentence.text()) + self._row.spacing()
        needed += self._buttons.sizeHint().width() + margins.left() + margins.right()
        folded = needed > self.width()
        direction = QBoxLayout.Direction.TopToBottom if folded else QBoxLayout.Direction.LeftToRight
        if direction != self._row.direction():
            self._row.setDirection(direction)

    def _on_key(self) -> None:
        if self._continue.isEnabled() and not self._continue.isHidden():
            self.continue_wanted.emit()

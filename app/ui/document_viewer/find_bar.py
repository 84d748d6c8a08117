"""Finding words in the open document."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.look import Look
from app.ui.buttons import Button, IconButton
from app.ui.icons import Icons
from app.ui.text import EscapableField, label
from app.ui.themed import Themed
from engine.protocol import TextPlace

_TYPING_MS = 180


class _Field(EscapableField):
    """Enter goes to the next place, Shift+Enter to the one before."""

    stepped = Signal(int)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.stepped.emit(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.stepped.emit(1 if event.key() == Qt.Key.Key_Down else -1)
        else:
            super().keyPressEvent(event)


class FindBar(QWidget, Themed):
    """Asks while it is typed, and walks through the places that were found."""

    find_wanted = Signal(str)
    similar_wanted = Signal(str)
    """Passages about these words, whatever words they use."""
    found_changed = Signal(object, object)
    """All places (tuple of `TextPlace`) and the one to show, or None."""
    closed = Signal()

    def __init__(self, look: Look, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._places: tuple[TextPlace, ...] = ()
        self._more = False
        self._at = 0
        self._asked = ""
        self._from = 1
        sizes = look.sizes
        self._field = _Field()
        self._field.setProperty("kind", "search")
        self._field.setFixedHeight(sizes.field)
        self._field.setPlaceholderText("Find in the document")
        self._field.setAccessibleName("Find in the document")
        self._said = label("", "small")
        self._similar = Button(look, "Similar passages", "word")
        self._similar.setToolTip("Passages about it, in other words too")
        earlier = IconButton(look, icons, "left", "Previous place", "Shift+Enter")
        later = IconButton(look, icons, "right", "Next place", "Enter")
        close = IconButton(look, icons, "close", "Stop finding", "Esc")
        row = QHBoxLayout(self)
        row.setContentsMargins(sizes.space_3, sizes.space_2, sizes.space_2, sizes.space_2)
        row.setSpacing(sizes.space_1)
        row.addWidget(self._field, 1)
        row.addSpacing(sizes.space_1)
        for widget in (self._said, earlier, later, self._similar, close):
            row.addWidget(widget)
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._typing.timeout.connect(self._ask)
        self._field.textChanged.connect(self._on_text)
        self._field.stepped.connect(self._step)
        self._field.escaped.connect(self.close_bar)
        earlier.clicked.connect(lambda: self._step(-1))
        later.clicked.connect(lambda: self._step(1))
        close.clicked.connect(self.close_bar)
        self._similar.clicked.connect(lambda: self.similar_wanted.emit(self._field.text().strip()))
        self._similar.setEnabled(False)
        self.hide()

    def open_bar(self, page: int, text: str = "") -> None:
        """Begin to find, from `page` on, with `text` where there is any."""
        self._from = max(1, page)
        self.show()
        if text and "\n" not in text:
            self._field.setText(text)
        self._field.selectAll()
        self._field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close_bar(self) -> None:
        """Find nothing any more."""
        if not self.isHidden():
            self._typing.stop()
            self.hide()
            self._asked = ""
            self._take((), more=False)
            self.closed.emit()

    def clear(self) -> None:
        """Another document: ask again there."""
        self._asked = ""
        self._from = 1
        self._take((), more=False)
        if not self.isHidden():
            self._ask()

    def set_found(self, text: str, places: Sequence[TextPlace], *, more: bool) -> None:
        """What was found for `text`; an answer that comes too late is left alone."""
        if text != self._asked:
            return
        self._at = next((index for index, place in enumerate(places) if place.page >= self._from), 0)
        self._take(tuple(places), more=more)

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._look = look
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._look.palette.sunken))
        painter.fillRect(QRect(0, self.height() - 1, self.width(), 1), QColor(self._look.palette.line))

    def _on_text(self) -> None:
        self._similar.setEnabled(bool(self._field.text().strip()))
        self._typing.start()

    def _ask(self) -> None:
        text = self._field.text().strip()
        if text == self._asked:
            return
        self._asked = text
        if text:
            self.find_wanted.emit(text)
        else:
            self._take((), more=False)

    def _step(self, by: int) -> None:
        if self._typing.isActive():
            self._typing.stop()
            self._ask()
        elif self._places:
            self._at = (self._at + by) % len(self._places)
            self._tell()

    def _take(self, places: tuple[TextPlace, ...], *, more: bool) -> None:
        self._places, self._more = places, more
        self._tell()

    def _tell(self) -> None:
        count = f"{len(self._places):,}{'+' if self._more else ''}"
        if self._places:
            self._said.setText(f"{self._at + 1:,} of {count}")
        else:
            self._said.setText("Not found" if self._asked else "")
        self.found_changed.emit(self._places, self._places[self._at] if self._places else None)

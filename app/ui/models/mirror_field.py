"""Where Hugging Face is reached: its own address, or that of a mirror."""

from __future__ import annotations

from PySide6.QtCore import QUrl, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.look import Look
from app.ui.buttons import Button
from app.ui.icons import Icons
from app.ui.text import label

_FOLD = "Use a mirror of Hugging Face"
_WRONG = "This is no web address. Write it with https:// at the front, or leave the field empty."


class MirrorField(QWidget):
    """Folded away unless a mirror is in use."""

    given = Signal(str)
    """The address, empty for Hugging Face itself."""

    def __init__(self, look: Look, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        sizes = look.sizes
        self._address = ""
        self._fold = Button(look, _FOLD, "word", icons, "right")
        self._fold.setCheckable(True)
        self._fold.toggled.connect(self._unfold)
        self._field = QLineEdit()
        self._field.setPlaceholderText("https://huggingface.co")
        self._field.setAccessibleName("Address of a mirror of Hugging Face")
        self._field.returnPressed.connect(self._take)
        self._keep = Button(look, "Keep", "plain")
        self._keep.describe("Keep the address of the mirror")
        self._keep.clicked.connect(self._take)
        self._said = label("", "small", wrap=True)
        self._inner = QWidget()
        line = QHBoxLayout()
        line.setSpacing(sizes.space_2)
        line.addWidget(self._field, 1)
        line.addWidget(self._keep)
        inner = QVBoxLayout(self._inner)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(sizes.space_1)
        inner.addLayout(line)
        inner.addWidget(self._said)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(sizes.space_1)
        column.addWidget(self._fold)
        column.addWidget(self._inner)
        self._unfold(False)
        self._say()

    def set_address(self, address: str) -> None:
        """What is in use now. What is being typed stays."""
        if address == self._address and address:
            return
        self._address = address
        if not self._field.hasFocus():
            self._field.setText(address)
        self._fold.setChecked(bool(address) or self._fold.isChecked())
        self._say()

    def _take(self) -> None:
        address = self._field.text().strip().rstrip("/")
        url = QUrl(address, QUrl.ParsingMode.StrictMode)
        if address and not (url.isValid() and url.scheme() in ("https", "http") and url.host()):
            self._said.setText(_WRONG)
            return
        self._field.setText(address)
        self._address = address
        self._say()
        self.given.emit(address)

    def _say(self) -> None:
        host = QUrl(self._address).host()
        self._said.setText(
            f"Models of Hugging Face come from {host}."
            if host
            else "Models come from Hugging Face or ModelScope itself."
        )

    def _unfold(self, opened: bool) -> None:
        self._fold.set_drawing("down" if opened else "right")
        self._inner.setVisible(opened)

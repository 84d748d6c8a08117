"""Where Hugging Face is reached: its own address, or that of a mirror."""

from __future__ import annotations

from PySide6.QtCore import QUrl, Signal

from app.look import Look
from app.ui.icons import Icons
from app.ui.models.folded_field import FoldedField

_FOLD = "Use a mirror of Hugging Face"
_NAME = "Address of a mirror of Hugging Face"
_ITSELF = "Models come from Hugging Face or ModelScope itself."
_WRONG = "This is no web address. Write it with https:// at the front, or leave the field empty."


class MirrorField(FoldedField):
    """Folded away unless a mirror is in use."""

    given = Signal(str)
    """The address, empty for Hugging Face itself."""

    def __init__(self, look: Look, icons: Icons) -> None:
        super().__init__(look, icons, _FOLD, "https://huggingface.co", _NAME, "Keep", _ITSELF)
        self._address = ""
        self.button.describe("Keep the address of the mirror")
        self.entered.connect(self._take)

    def set_address(self, address: str) -> None:
        """What is in use now. What is being typed stays."""
        if address == self._address and address:
            return
        self._address = address
        if not self.field.hasFocus():
            self.field.setText(address)
        self.fold.setChecked(bool(address) or self.fold.isChecked())
        self._say()

    def _take(self) -> None:
        address = self.field.text().strip().rstrip("/")
        url = QUrl(address, QUrl.ParsingMode.StrictMode)
        if address and not (url.isValid() and url.scheme() in ("https", "http") and url.host()):
            self.said.setText(_WRONG)
            return
        self.field.setText(address)
        self._address = address
        self._say()
        self.given.emit(address)

    def _say(self) -> None:
        host = QUrl(self._address).host()
        self.said.setText(f"Models of Hugging Face come from {host}." if host else _ITSELF)

"""A model that the list does not have, by the name of its repository."""

from __future__ import annotations

import re

from PySide6.QtCore import QUrl, Signal

from app.look import Look
from app.ui.icons import Icons
from app.ui.models.folded_field import FoldedField

_FOLD = "Get a model that is not on this list"
_ANY = "Any Qwen3.5 model as safetensors files, from Hugging Face or ModelScope."
_WRONG = "This is not the name of a repository. Write it as OWNER/NAME, or paste the address of its page."
_NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*", re.ASCII)


class RepositoryField(FoldedField):
    """Asks for ``OWNER/NAME``, or for the address of its page."""

    given = Signal(str)
    """``OWNER/NAME``."""

    def __init__(self, look: Look, icons: Icons) -> None:
        super().__init__(look, icons, _FOLD, "OWNER/NAME", "Repository of a model", "Get", _ANY)
        self.button.describe("Get the model of this repository")
        self.entered.connect(self._take)

    def _take(self) -> None:
        name = repository_of(self.field.text())
        self.said.setText(_ANY if name else _WRONG)
        if name:
            self.field.clear()
            self.given.emit(name)


def repository_of(text: str) -> str:
    """The repository that a person means by a name or by the address of its page, empty for none."""
    named = text.strip()
    if "://" in named:
        parts = QUrl(named).path().strip("/").removeprefix("models/").split("/")
        named = "/".join(parts[:2])
    return named if _NAME.fullmatch(named) else ""

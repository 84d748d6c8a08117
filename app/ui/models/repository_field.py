"""A model that the list does not have, by the name of its repository."""

from __future__ import annotations

import re

from PySide6.QtCore import QUrl, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.look import Look
from app.ui.buttons import Button
from app.ui.icons import Icons
from app.ui.text import label

_FOLD = "Get a model that is not on this list"
_ANY = "Any Qwen3.5 model as safetensors files, from Hugging Face or ModelScope."
_WRONG = "This is not the name of a repository. Write it as OWNER/NAME, or paste the address of its page."
_NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*", re.ASCII)


class RepositoryField(QWidget):
    """Folded away until it is wanted."""

    given = Signal(str)
    """``OWNER/NAME``."""

    def __init__(self, look: Look, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        sizes = look.sizes
        self._fold = Button(look, _FOLD, "word", icons, "right")
        self._fold.setCheckable(True)
        self._fold.toggled.connect(self._unfold)
        self._field = QLineEdit()
        self._field.setPlaceholderText("OWNER/NAME")
        self._field.setAccessibleName("Repository of a model")
        self._field.returnPressed.connect(self._take)
        get = Button(look, "Get", "plain")
        get.describe("Get the model of this repository")
        get.clicked.connect(self._take)
        self._said = label(_ANY, "small", wrap=True)
        self._inner = QWidget()
        line = QHBoxLayout()
        line.setSpacing(sizes.space_2)
        line.addWidget(self._field, 1)
        line.addWidget(get)
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

    def _take(self) -> None:
        name = repository_of(self._field.text())
        self._said.setText(_ANY if name else _WRONG)
        if name:
            self._field.clear()
            self.given.emit(name)

    def _unfold(self, opened: bool) -> None:
        self._fold.set_drawing("down" if opened else "right")
        self._inner.setVisible(opened)


def repository_of(text: str) -> str:
    """The repository that a person means by a name or by the address of its page, empty for none."""
    named = text.strip()
    if "://" in named:
        parts = QUrl(named).path().strip("/").removeprefix("models/").split("/")
        named = "/".join(parts[:2])
    return named if _NAME.fullmatch(named) else ""

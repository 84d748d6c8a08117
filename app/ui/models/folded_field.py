"""A field that is folded away until it is wanted."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.look import Look
from app.ui.buttons import Button
from app.ui.icons import Icons
from app.ui.text import label


class FoldedField(QWidget):
    """A line to unfold, and under it the field, its button, and a sentence. Who makes one checks what is given."""

    entered = Signal()
    """Enter, or the button."""

    def __init__(self, look: Look, icons: Icons, fold: str, hint: str, name: str, button: str, said: str) -> None:
        super().__init__()
        sizes = look.sizes
        self.fold = Button(look, fold, "word", icons, "right")
        self.fold.setCheckable(True)
        self.fold.toggled.connect(self._unfold)
        self.field = QLineEdit()
        self.field.setPlaceholderText(hint)
        self.field.setAccessibleName(name)
        self.field.returnPressed.connect(self.entered)
        self.button = Button(look, button, "plain")
        self.button.clicked.connect(self.entered)
        self.said = label(said, "small", wrap=True)
        self._inner = QWidget()
        line = QHBoxLayout()
        line.setSpacing(sizes.space_2)
        line.addWidget(self.field, 1)
        line.addWidget(self.button)
        inner = QVBoxLayout(self._inner)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(sizes.space_1)
        inner.addLayout(line)
        inner.addWidget(self.said)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(sizes.space_1)
        column.addWidget(self.fold)
        column.addWidget(self._inner)
        self._unfold(False)

    def _unfold(self, opened: bool) -> None:
        self.fold.set_drawing("down" if opened else "right")
        self._inner.setVisible(opened)

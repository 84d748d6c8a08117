"""What can be done with a selection, for people who use the mouse alone."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from app.look import Look, style_sheet

_STYLE = """
QFrame#actionBar { background: $raised; border: 1px solid $line; border-radius: ${radius_m}px; }
QFrame#actionBar QPushButton {
    border: none; border-radius: ${radius_s}px; padding: 0 ${space_3}px; min-height: ${control}px;
    font-size: ${font_m}px; color: $ink; background: transparent;
}
QFrame#actionBar QPushButton:hover { background: $sunken; }
QFrame#actionBar QPushButton#take { background: $accent; color: $accent_ink; font-weight: 600; }
QFrame#actionBar QPushButton#take:hover { background: $accent_strong; }
"""


class ActionBar(QFrame):
    """Two buttons. They never take the keyboard, which stays with the picker."""

    taken = Signal()
    cancelled = Signal()

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("actionBar")
        self.setStyleSheet(style_sheet(look, _STYLE))
        self.setCursor(Qt.CursorShape.ArrowCursor)
        take, cancel = self._button("take", "Take it  ↵"), self._button("cancel", "Cancel  Esc")
        take.clicked.connect(self.taken)
        cancel.clicked.connect(self.cancelled)
        layout = QHBoxLayout(self)
        margin = look.sizes.space_1
        layout.setContentsMargins(margin, margin, margin, margin)
        layout.setSpacing(margin)
        layout.addWidget(cancel)
        layout.addWidget(take)
        self.adjustSize()

    def _button(self, name: str, text: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(name)
        button.setAccessibleName(text.split("  ", maxsplit=1)[0])
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return button

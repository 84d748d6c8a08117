"""The ways to a first picture, as cards."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.look import Look
from app.ui.buttons import Button
from app.ui.flow import FlowLayout
from app.ui.icons import Icons


class Tries(QWidget):
    """A region, a window, a file."""

    region_wanted = Signal()
    window_wanted = Signal()
    files_wanted = Signal()

    def __init__(self, look: Look, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = FlowLayout(look.sizes.space_2, self)
        for icon, words, signal in (
            ("region", "Grab a region", self.region_wanted),
            ("window", "Look at a window", self.window_wanted),
            ("picture", "Choose or drop a file", self.files_wanted),
        ):
            card = Button(look, words, "card", icons, icon)
            card.clicked.connect(signal)
            row.addWidget(card)

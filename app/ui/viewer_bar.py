"""The buttons under a large picture."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.look import Look
from app.ui.buttons import Button, IconButton
from app.ui.icons import Icons
from app.ui.painting import paint_surface
from app.ui.text import ElidedLabel
from app.ui.themed import Themed


class ViewerBar(QWidget, Themed):
    """On a surface of its own: what is shown, what can be done with its marks, and the ways to zoom."""

    zoomed = Signal(bool)
    """Closer or not."""
    fit_wanted = Signal()
    real_wanted = Signal()
    close_wanted = Signal()
    copy_wanted = Signal()
    save_wanted = Signal()
    marks_hidden = Signal(bool)

    def __init__(self, look: Look, icons: Icons) -> None:
        super().__init__()
        self._look = look
        sizes = look.sizes
        self._caption = ElidedLabel("", "caption")
        self.hiding = Button(look, "Hide marks", "plain")
        self.hiding.setCheckable(True)
        self.hiding.describe("Hide the marks", "M")
        copy = Button(look, "Copy marked picture", "plain")
        save = Button(look, "Save marked picture…", "plain")
        self._of_marks = (self.hiding, copy, save)
        fit = Button(look, "Fit", "plain")
        fit.describe("Fit the picture into the window", "0")
        real = Button(look, "100 %", "plain")
        real.describe("Show the picture at its real size", "1")
        out = IconButton(look, icons, "out", "Zoom out", "-")
        closer = IconButton(look, icons, "in", "Zoom in", "+")
        close = IconButton(look, icons, "close", "Close", "Esc")
        row = QHBoxLayout(self)
        row.setContentsMargins(sizes.space_3, sizes.space_2, sizes.space_2, sizes.space_2)
        row.setSpacing(sizes.space_2)
        row.addWidget(self._caption, 1)
        for button in (*self._of_marks, out, closer, fit, real, close):
            row.addWidget(button)
        self.hiding.toggled.connect(self._on_hiding)
        copy.clicked.connect(self.copy_wanted)
        save.clicked.connect(self.save_wanted)
        fit.clicked.connect(self.fit_wanted)
        real.clicked.connect(self.real_wanted)
        out.clicked.connect(lambda: self.zoomed.emit(False))
        closer.clicked.connect(lambda: self.zoomed.emit(True))
        close.clicked.connect(self.close_wanted)

    def show_for(self, words: str, *, marked: bool) -> None:
        """Say what is shown, and offer what there is for marks."""
        self._caption.set_whole(words)
        self.hiding.setChecked(False)
        for button in self._of_marks:
            button.setVisible(marked)

    def ends(self, *, forward: bool) -> bool:
        """Whether the last button that Tab comes to has the keyboard; the first one when it goes backwards."""
        seen = [button for button in self.findChildren(Button) if button.isVisible()]
        return bool(seen) and seen[-1 if forward else 0].hasFocus()

    def say(self, words: str) -> None:
        """Change what is said."""
        self._caption.set_whole(words)

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._look = look
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = self._look.palette
        paint_surface(painter, QRectF(self.rect()), self._look.sizes.radius_m, colours.raised, colours.line)

    def _on_hiding(self, hidden: bool) -> None:
        self.hiding.set_words("Show marks" if hidden else "Hide marks")
        self.hiding.describe("Show the marks" if hidden else "Hide the marks", "M")
        self.marks_hidden.emit(hidden)

"""The buttons under a large picture."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QWidget

from app.look import Look
from app.ui.buttons import Button, IconButton
from app.ui.icons import Icons
from app.ui.painting import paint_surface
from app.ui.text import ElidedLabel
from app.ui.themed import Themed

_COPY = "Copy marked picture"
_SAVE = "Save marked picture…"


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
        self.copy = Button(look, _COPY, "plain")
        self.save = Button(look, _SAVE, "plain")
        self._of_marks = (self.hiding, self.copy, self.save)
        self._marked = False
        fit = Button(look, "Fit", "plain")
        fit.describe("Fit the picture into the window", "0")
        real = Button(look, "100 %", "plain")
        real.describe("Show the picture at its real size", "1")
        out = IconButton(look, icons, "out", "Zoom out", "-")
        closer = IconButton(look, icons, "in", "Zoom in", "+")
        close = IconButton(look, icons, "close", "Close", "Esc")
        self._rows = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._rows.setContentsMargins(sizes.space_3, sizes.space_2, sizes.space_2, sizes.space_2)
        self._rows.setSpacing(sizes.space_2)
        for first, buttons, share in ((self._caption, self._of_marks, 1), (None, (out, closer, fit, real, close), 0)):
            row = QHBoxLayout()
            row.setSpacing(sizes.space_2)
            if first is not None:
                row.addWidget(first, 1)
            else:
                row.addStretch(1)
            for button in buttons:
                row.addWidget(button)
            self._rows.addLayout(row, share)
        self.hiding.toggled.connect(self._on_hiding)
        self.copy.clicked.connect(self.copy_wanted)
        self.save.clicked.connect(self.save_wanted)
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
        self._marked = marked
        self._arrange()

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

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        super().resizeEvent(event)
        self._arrange()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = self._look.palette
        paint_surface(painter, QRectF(self.rect()), self._look.sizes.radius_m, colours.raised, colours.line)

    def _arrange(self) -> None:
        """In a narrow window two rows and shorter words; what is read aloud stays whole."""
        narrow = self._marked and self.width() < self._look.sizes.narrow_width
        for button, short, whole in ((self.copy, "Copy", _COPY), (self.save, "Save…", _SAVE)):
            button.set_words(short if narrow else whole)
            button.describe(whole.removesuffix("…"))
        direction = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        if direction != self._rows.direction():
            self._rows.setDirection(direction)

    def _on_hiding(self, hidden: bool) -> None:
        self.hiding.set_words("Show marks" if hidden else "Hide marks")
        self.hiding.describe("Show the marks" if hidden else "Hide the marks", "M")
        self.marks_hidden.emit(hidden)

"""The bar over the pages: what is open, where one is in it, how large it is, and what can be done."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QColor, QIntValidator, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.look import Look
from app.ui.buttons import Button, IconButton
from app.ui.icons import Icons
from app.ui.text import ElidedLabel, EscapableField, label
from app.ui.themed import Themed

_ZOOM_STEP = 1.2


class ViewerHeader(QWidget, Themed):
    """Shows what it is told and says what is wanted."""

    contents_wanted = Signal(bool)
    page_chosen = Signal(int)
    zoom_wanted = Signal(float)
    """A factor: larger or smaller."""
    fit_wanted = Signal()
    taking_wanted = Signal(bool)
    find_wanted = Signal()
    close_wanted = Signal()

    def __init__(self, look: Look, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._count = 0
        sizes = look.sizes
        self.setFixedHeight(sizes.bar_height)
        self.contents = IconButton(look, icons, "contents", "Contents")
        self.contents.setCheckable(True)
        self._name = ElidedLabel("", "caption")
        self._page = EscapableField()
        self._page.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._page.setProperty("kind", "page")
        self._page.setAccessibleName("Page")
        self._page.setFixedWidth(sizes.space_6 + sizes.space_4)
        self._page.setValidator(QIntValidator(0, 99_999, self))
        self._pages = label("", "caption")
        self._zoom = Button(look, "100 %", "word")
        self._zoom.describe("Fit the width", "Ctrl+0")
        out = IconButton(look, icons, "out", "Smaller", "Ctrl+-")
        larger = IconButton(look, icons, "in", "Larger", "Ctrl++")
        self.region = IconButton(look, icons, "region", "Take a part of the page into the question", "Alt and drag")
        self.region.setCheckable(True)
        find = IconButton(look, icons, "search", "Find in the document", "Ctrl+F")
        close = IconButton(look, icons, "close", "Close the document", "Esc")
        row = QHBoxLayout(self)
        row.setContentsMargins(sizes.space_3, 0, sizes.space_2, 0)
        row.setSpacing(sizes.space_1)
        row.addWidget(self.contents)
        row.addWidget(self._name, 1)
        for widget in (self._page, self._pages):
            row.addWidget(widget)
        row.addSpacing(sizes.space_1)
        for button in (out, self._zoom, larger, self.region, find, close):
            row.addWidget(button)
        self.contents.clicked.connect(self.contents_wanted)
        self._page.returnPressed.connect(self._choose)
        self._page.escaped.connect(self._put_back)
        out.clicked.connect(lambda: self.zoom_wanted.emit(1 / _ZOOM_STEP))
        larger.clicked.connect(lambda: self.zoom_wanted.emit(_ZOOM_STEP))
        self._zoom.clicked.connect(self.fit_wanted)
        self.region.clicked.connect(self.taking_wanted)
        find.clicked.connect(self.find_wanted)
        close.clicked.connect(self.close_wanted)
        self._shown = 0

    def set_document(self, name: str, count: int, word: str) -> None:
        """Name the document; `word` is what its pages are called."""
        self._name.set_whole(name)
        self._count = count
        self._page.setAccessibleName(f"{word.capitalize()}, of {count:,}")
        self._pages.setText(f"/ {count:,}")

    def set_page(self, page: int) -> None:
        """Show which page is read."""
        self._shown = page
        if not self._page.hasFocus():
            self._page.setText(str(page))

    def set_zoom(self, zoom: float) -> None:
        """Show how large the pages are."""
        self._zoom.set_words(f"{zoom * 100:.0f} %")
        self._zoom.describe(f"{zoom * 100:.0f} %. Fit the width", "Ctrl+0")

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._look = look
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._look.palette.sunken))
        painter.fillRect(QRect(0, self.height() - 1, self.width(), 1), QColor(self._look.palette.line))

    def _choose(self) -> None:
        text = self._page.text()
        if text:
            self.page_chosen.emit(min(max(1, int(text)), max(1, self._count)))
        self._put_back()

    def _put_back(self) -> None:
        self._page.setText(str(self._shown))
        self._page.clearFocus()

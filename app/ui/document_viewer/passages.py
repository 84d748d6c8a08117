"""Searching in documents without any model: a question, and the passages that say most about it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QTextLayout, QTextOption
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.look import Look
from app.ui.buttons import Button, IconButton
from app.ui.document_viewer.words import PageWords, passage_place
from app.ui.icons import Icons
from app.ui.painting import paint_surface
from app.ui.text import ElidedLabel, EscapableField, label
from app.ui.themed import Themed
from engine.protocol import PassageFound

_LINES = 4


class PassageRow(Button):
    """One passage: where it is, its heading, and its first lines."""

    def __init__(self, look: Look, passage: PassageFound, words: PageWords) -> None:
        super().__init__(look, "", "plain")
        self.passage = passage
        self._place = passage_place(passage, words)
        self._words = " ".join(passage.text.split())
        self.setAccessibleName(f"{self._place}: {self._words}")
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setSizePolicy(policy)
        sizes = look.sizes
        self._line = round(sizes.font_m * 1.45)
        head = round(sizes.font_s * 1.5) * (2 if passage.heading else 1)
        self.setFixedHeight(head + _LINES * self._line + 2 * sizes.space_3)

    def sizeHint(self) -> QSize:  # noqa: D102
        return QSize(self._look.sizes.contents_width, self.height())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours, sizes = self._look.palette, self._look.sizes
        lit = self.underMouse() or self.hasFocus()
        fill = colours.raised if lit else colours.surface
        paint_surface(painter, QRectF(self.rect()), sizes.radius_m, fill, colours.accent if lit else colours.line)
        room = QRectF(self.rect()).adjusted(sizes.space_3, sizes.space_3, -sizes.space_3, -sizes.space_3)
        y = self._say(painter, room, room.top(), self._place, colours.accent, bold=True)
        if self.passage.heading:
            y = self._say(painter, room, y, self.passage.heading, colours.ink_2)
        self._say_text(painter, room, y, colours.ink)

    def _say(self, painter: QPainter, room: QRectF, y: float, text: str, colour: str, *, bold: bool = False) -> float:
        font = QFont(self.font())
        font.setPixelSize(self._look.sizes.font_s)
        font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, round(room.width()))
        height = self._look.sizes.font_s * 1.5
        painter.drawText(QRectF(room.left(), y, room.width(), height), Qt.AlignmentFlag.AlignVCenter, shown)
        return y + height

    def _say_text(self, painter: QPainter, room: QRectF, y: float, colour: str) -> None:
        font = QFont(self.font())
        font.setPixelSize(self._look.sizes.font_m)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        layout = QTextLayout(self._words, font)
        layout.setTextOption(QTextOption(Qt.AlignmentFlag.AlignLeft))
        layout.beginLayout()
        for number in range(_LINES):
            line = layout.createLine()
            if not line.isValid():
                break
            line.setLineWidth(room.width())
            start, length = line.textStart(), line.textLength()
            last = number == _LINES - 1
            text = self._words[start:] if last else self._words[start : start + length]
            text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, round(room.width()))
            painter.drawText(QRectF(room.left(), y, room.width(), self._line), Qt.AlignmentFlag.AlignVCenter, text)
            y += self._line
        layout.endLayout()


class PassagesPanel(QWidget, Themed):
    """A field and what was found, best first."""

    find_wanted = Signal(str)
    """A question or a few words."""
    passage_opened = Signal(object)
    """The `PassageFound` to show in its document."""
    close_wanted = Signal()

    def __init__(self, look: Look, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._rows: list[PassageRow] = []
        sizes = look.sizes
        bar = QWidget()
        bar.setFixedHeight(sizes.bar_height)
        row = QHBoxLayout(bar)
        row.setContentsMargins(sizes.space_4, 0, sizes.space_2, 0)
        self._title = ElidedLabel("Search in documents", "caption")
        close = IconButton(look, icons, "close", "Close the search", "Esc")
        row.addWidget(self._title, 1)
        row.addWidget(close)
        self._field = EscapableField()
        self._field.setProperty("kind", "search")
        self._field.setFixedHeight(sizes.field)
        self._field.setPlaceholderText("What are you looking for?")
        self._field.setAccessibleName("Search in documents")
        self._said = label("", "small", wrap=True)
        content = QWidget()
        content.setObjectName("column")
        self._column = QVBoxLayout(content)
        self._column.setContentsMargins(sizes.space_4, 0, sizes.space_4, sizes.space_4)
        self._column.setSpacing(sizes.space_2)
        self._column.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("page")
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(content)
        upper = QVBoxLayout()
        upper.setContentsMargins(sizes.space_4, sizes.space_3, sizes.space_4, sizes.space_3)
        upper.setSpacing(sizes.space_2)
        upper.addWidget(self._field)
        upper.addWidget(self._said)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(bar)
        whole.addLayout(upper)
        whole.addWidget(scroll, 1)
        self.setFocusProxy(self._field)
        self._field.returnPressed.connect(self._ask)
        self._field.escaped.connect(self.close_wanted)
        close.clicked.connect(self.close_wanted)
        self.set_names(())

    def set_names(self, names: Sequence[str]) -> None:
        """Name the documents that are searched."""
        which = names[0] if len(names) == 1 else f"{len(names)} documents" if names else "documents"
        self._title.set_whole(f"Search in {which}")
        if not self._rows:
            self._said.setText("Passages are found by their words, without a model. A question works too.")

    def ask(self, question: str) -> None:
        """Search for `question` as if it had been typed."""
        self._field.setText(question)
        self._ask()

    def set_passages(self, passages: Sequence[PassageFound], words: PageWords | None = None) -> None:
        """What was found, best first; `words` are what pages are called where they are not pages."""
        for old in self._rows:
            self._column.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._rows = [PassageRow(self._look, passage, words or {}) for passage in passages]
        for number, row in enumerate(self._rows):
            row.clicked.connect(lambda _on=False, passage=row.passage: self.passage_opened.emit(passage))
            self._column.insertWidget(number, row)
            row.show()
        found = len(self._rows)
        nothing = "Nothing in the documents is about that. Try other words."
        self._said.setText(f"{found} passage{'' if found == 1 else 's'}, best first" if found else nothing)

    def set_problem(self, sentence: str) -> None:
        """Say why nothing could be searched."""
        self.set_passages(())
        self._said.setText(sentence)

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._look = look
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        painter = QPainter(self)
        colours, sizes = self._look.palette, self._look.sizes
        painter.fillRect(self.rect(), QColor(colours.sunken))
        painter.fillRect(0, sizes.bar_height - 1, self.width(), 1, QColor(colours.line))

    def _ask(self) -> None:
        if question := self._field.text().strip():
            self._said.setText("Searching")
            self.find_wanted.emit(question)

"""Under an answer: what was found out about its quotes, and what it was given to read."""

from __future__ import annotations

import html

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.domain.conversation import Answer
from app.domain.documents import Citation
from app.look import Look
from app.ui.buttons import Button
from app.ui.document_viewer.words import PageWords
from app.ui.documents.words import sources_line, verdict
from app.ui.painting import paint_surface
from app.ui.themed import Themed

_AT_ONCE = 3


class MarkPlate(QWidget, Themed):
    """The number as it stands in the answer."""

    def __init__(self, look: Look, number: int, *, proved: bool) -> None:
        super().__init__()
        self._look = look
        self._number = number
        self._proved = proved
        self._opened = False
        sizes = look.sizes
        self.setFixedSize(QSize(sizes.icon + sizes.space_1 // 2 + 6 * (len(str(number)) - 1), sizes.icon + 2))

    def set_opened(self, opened: bool) -> None:
        """Whether its page is open."""
        self._opened = opened
        self.update()

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._look = look
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = self._look.palette
        ink = colours.accent_ink if self._opened else colours.accent if self._proved else colours.warn
        if self._opened or self._proved:
            painter.setBrush(QColor(colours.accent if self._opened else colours.accent_soft))
        pen = QPen(QColor(ink), 1.2)
        pen.setDashPattern([2.5, 2.0])
        painter.setPen(Qt.PenStyle.NoPen if self._proved else pen)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.6, 0.6, -0.6, -0.6), 5, 5)
        font = QFont(self.font())
        font.setPixelSize(self._look.sizes.font_xs)
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor(ink))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, str(self._number))


class EvidenceCard(QWidget, Themed):
    """One quote and whether the document says it. A click or Enter opens the page."""

    opened = Signal(int)

    def __init__(self, look: Look, citation: Citation, words: PageWords) -> None:
        super().__init__()
        self._look = look
        self._verdict = verdict(citation, words)
        self._citation = citation
        self.plate = MarkPlate(look, citation.number, proved=bool(citation.proved))
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.RichText)
        self._text.setWordWrap(True)
        self._text.setProperty("kind", "caption")
        self._text.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        sizes = look.sizes
        row = QHBoxLayout(self)
        row.setContentsMargins(sizes.space_3, sizes.space_2, sizes.space_3, sizes.space_2 + 1)
        row.setSpacing(sizes.space_2)
        row.addWidget(self.plate, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._text, 1)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        said, rest = self._verdict
        self.setAccessibleName(f"Source {citation.number}: {said} {rest}")
        self.setAccessibleDescription("Enter opens the page")
        self._say()

    def number(self) -> int:
        """The citation's number."""
        return self._citation.number

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._look = look
        self._say()
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours, sizes = self._look.palette, self._look.sizes
        lit = self.hasFocus() or self.underMouse()
        line = colours.accent if lit else colours.line
        paint_surface(painter, QRectF(self.rect()), sizes.radius_m, colours.surface, line)

    def enterEvent(self, event: object) -> None:  # noqa: D102
        del event
        self.update()

    def leaveEvent(self, event: object) -> None:  # noqa: D102
        del event
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        if event.button() == Qt.MouseButton.LeftButton and QRectF(self.rect()).contains(QPointF(event.position())):
            self.opened.emit(self._citation.number)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.opened.emit(self._citation.number)
        else:
            super().keyPressEvent(event)

    def _say(self) -> None:
        said, rest = self._verdict
        colour = self._look.palette.ok if self._citation.proved else self._look.palette.warn
        self._text.setText(f'<b style="color:{colour}">{html.escape(said)}</b> {html.escape(rest)}')


class _ReadLine(Button):
    """One line that ends in an ellipsis where it does not fit."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, "What was read", "link")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._whole = ""

    def set_whole(self, text: str) -> None:
        """Show `text`, as much of it as fits."""
        if text != self._whole:
            self._whole = text
            self.describe(f"{text}. Show pages, searches, and what was left out" if text else "What was read")
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def _fit(self) -> None:
        shown = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, self.width())
        if shown != self.text():
            self.setText(shown)


class Evidence(QWidget):
    """Cards of checked quotes, doubtful ones always in sight, and one line that says what was read."""

    opened = Signal(int)
    """The number of a citation."""
    sources_wanted = Signal()

    def __init__(self, look: Look, words: PageWords) -> None:
        super().__init__()
        self._look = look
        self._words = words
        self._checked: tuple[Citation, ...] = ()
        self._cards: list[EvidenceCard] = []
        self._opened = 0
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(look.sizes.space_2)
        self._more = Button(look, "Show all quotes", "link")
        self._read = _ReadLine(look)
        self._column.addWidget(self._more, 0, Qt.AlignmentFlag.AlignLeft)
        self._column.addWidget(self._read)
        self._more.clicked.connect(self._unfold)
        self._read.clicked.connect(self.sources_wanted)
        self.hide()

    def set_answer(self, answer: Answer) -> None:
        """Show what is known of `answer` now."""
        checked = tuple(citation for citation in answer.citations if citation.proved is not None)
        if checked != self._checked:
            self._checked = checked
            self._build()
        words = sources_line(answer.sources, self._words) if answer.sources else ""
        self._read.set_whole(words)
        self._read.setVisible(bool(words))
        self.setVisible(bool(words or checked))

    def set_look(self, look: Look) -> None:
        """Paint with `look` from now on."""
        self._look = look

    def set_opened(self, number: int) -> None:
        """The citation whose page is open; 0 for none."""
        self._opened = number
        for card in self._cards:
            card.plate.set_opened(card.number() == number)

    def _build(self) -> None:
        for old in self._cards:
            self._column.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._cards = [EvidenceCard(self._look, citation, self._words) for citation in self._checked]
        folded = 0
        for number, (card, citation) in enumerate(zip(self._cards, self._checked, strict=True)):
            card.opened.connect(self.opened)
            self._column.insertWidget(number, card)
            seen = number < _AT_ONCE or not citation.proved
            card.setVisible(seen)
            folded += not seen
        self._more.set_words(f"Show all {len(self._cards)} quotes that were checked")
        self._more.setVisible(bool(folded))
        self.set_opened(self._opened)

    def _unfold(self) -> None:
        self._more.hide()
        for card in self._cards:
            card.show()

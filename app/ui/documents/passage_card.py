"""What a mark stands for, while the pointer rests on it."""

from __future__ import annotations

import html

from PySide6.QtCore import QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.domain.documents import Citation
from app.look import Look
from app.ui.document_viewer.words import PageWords, passage_place
from app.ui.documents.words import shortened
from app.ui.painting import paint_shadow, paint_surface
from app.ui.text import label
from app.ui.themed import Themed

_DELAY_MS = 180
_MOST = 640
_WIDTH = 420


class PassageCard(QWidget, Themed):
    """Lies over its parent and takes neither the mouse nor the keyboard."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._place = label("", "heading", wrap=True)
        self._heading = label("", "small", wrap=True)
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.RichText)
        self._text.setWordWrap(True)
        self._doubt = label("Not found in the document: the quoted words are not there.", "notice", wrap=True)
        sizes = look.sizes
        reach = sizes.shadow_reach
        column = QVBoxLayout(self)
        column.setContentsMargins(
            reach + sizes.space_4, reach + sizes.space_3, reach + sizes.space_4, reach + sizes.space_3
        )
        column.setSpacing(sizes.space_1)
        for widget in (self._place, self._heading, self._doubt, self._text):
            column.addWidget(widget)
        self.hide()
        self._near = QRect()
        self._delay = QTimer(self, singleShot=True, interval=_DELAY_MS)
        self._delay.timeout.connect(self._come)

    def show_for(self, citation: Citation, near: QRect, words: PageWords) -> None:
        """Come in a moment, below `near` on the desktop or above it."""
        passage = citation.passage
        self._place.setText(passage_place(passage, words))
        self._heading.setText(passage.heading)
        self._heading.setVisible(bool(passage.heading))
        self._doubt.setVisible(citation.proved is False)
        self._text.setText(self._marked(passage.text, citation.quote if citation.proved else ""))
        self.setAccessibleName(f"{self._place.text()}: {passage.text}")
        self._near = near
        self._delay.start()

    def go(self) -> None:
        """Nothing is pointed at any more."""
        self._delay.stop()
        self.hide()

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._look = look
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours, sizes = self._look.palette, self._look.sizes
        reach = sizes.shadow_reach
        area = QRectF(self.rect()).adjusted(reach, reach, -reach, -reach)
        paint_shadow(painter, area, sizes.radius_m, self._look)
        paint_surface(painter, area, sizes.radius_m, colours.raised, colours.line_strong)

    def _marked(self, text: str, quote: str) -> str:
        text, quote = " ".join(text.split()), " ".join(quote.split())
        at = text.find(quote) if quote else -1
        if at < 0:
            return html.escape(shortened(text, _MOST))
        # Of a long passage the part around the quote.
        begin = 0 if at + len(quote) <= _MOST else max(0, at - _MOST // 3)
        lead = "…" if begin else ""
        before, said = text[begin:at], text[at : at + len(quote)]
        after = shortened(text[at + len(quote) :], max(80, _MOST - len(before) - len(said)))
        colours = self._look.palette
        style = f"background:{colours.page_mark};color:{colours.page_ink}"
        gap = " " if text[at + len(quote) :].startswith(" ") else ""
        return f'{lead}{html.escape(before)}<span style="{style}">{html.escape(said)}</span>{gap}{html.escape(after)}'

    def _come(self) -> None:
        parent, layout = self.parentWidget(), self.layout()
        if parent is None or layout is None:
            return
        reach, gap = self._look.sizes.shadow_reach, self._look.sizes.space_1
        width = min(_WIDTH + 2 * reach, parent.width())
        layout.activate()
        height = layout.heightForWidth(width)
        near = QRect(parent.mapFromGlobal(self._near.topLeft()), self._near.size())
        left = max(0, min(near.left() - reach, parent.width() - width))
        below = near.bottom() + gap - reach
        fits = below + height - reach <= parent.height()
        top = below if fits else near.top() - gap - height + reach
        self.setGeometry(left, top, width, height)
        self.show()
        self.raise_()

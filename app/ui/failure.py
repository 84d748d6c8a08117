"""An answer that failed: what happened, and the ways out of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.look import Look
from app.ui.buttons import Button
from app.ui.flow import FlowLayout
from app.ui.painting import paint_surface, rounded
from app.ui.text import SelectableText
from app.ui.themed import Themed
from app.ui.words import offer_words
from engine.protocol import Offer


class FailureCard(QWidget, Themed):
    """One sentence, Retry, and a button for each offer. A bar on the left says that it is a failure, with the words."""

    retry_wanted = Signal()
    offer_accepted = Signal(object)
    """The `Offer`."""

    def __init__(self, look: Look, sentence: str, offers: Sequence[Offer], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        sizes = look.sizes
        self._sentence = SelectableText(sentence, "What went wrong", "plain")
        buttons = FlowLayout(sizes.space_2)
        for offer in offers:
            button = Button(look, offer_words(offer), "primary" if offer is offers[0] else "plain")
            button.setToolTip(f"Then the question is {offer.tokens:,} tokens long")
            button.clicked.connect(lambda _checked=False, taken=offer: self.offer_accepted.emit(taken))
            buttons.addWidget(button)
        retry = Button(look, "Retry", "plain" if offers else "primary")
        retry.clicked.connect(self.retry_wanted)
        buttons.addWidget(retry)
        column = QVBoxLayout(self)
        column.setContentsMargins(sizes.space_4 + sizes.space_1, sizes.space_3, sizes.space_4, sizes.space_3)
        column.setSpacing(sizes.space_3)
        column.addWidget(self._sentence)
        column.addLayout(buttons)

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._look = look
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours, sizes = self._look.palette, self._look.sizes
        area = QRectF(self.rect())
        paint_surface(painter, area, sizes.radius_m, colours.surface, colours.line)
        painter.setClipRect(QRectF(0, 0, sizes.space_1, area.height()))
        painter.fillPath(rounded(area, sizes.radius_m), QColor(colours.bad))

"""One line of words and keys at the monitor's edge: what can be done now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.look import Look


@dataclass(frozen=True, slots=True)
class Hint:
    """`key` is drawn as a key's cap, and may be empty; `words` follow it."""

    key: str
    words: str


CHOOSING = (
    Hint("", "Drag over what you want to ask about"),
    Hint("Space", "whole monitor"),
    Hint("Esc", "give up"),
)
ADJUSTING = (
    Hint("Enter", "take it"),
    Hint("Esc", "give up"),
    Hint("Arrows", "move"),
    Hint("Shift + arrows", "resize"),
    Hint("Space", "whole monitor"),
)


class HintLine(QWidget):
    """Says the hints side by side, and lets the mouse through."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._look = look
        self._hints: tuple[Hint, ...] = ()
        font = QFont(self.font())
        font.setPixelSize(look.sizes.font_m)
        self.setFont(font)
        self._cap_font = QFont(font)
        self._cap_font.setPixelSize(look.sizes.font_s)
        self._cap_font.setWeight(QFont.Weight.DemiBold)

    def say(self, hints: Sequence[Hint], room: int) -> None:
        """Show as many of these as fit into `room` logical pixels, and take the size they need."""
        shown = self._hints
        self._hints = tuple(hints)
        while len(self._hints) > 1 and self.sizeHint().width() > room:
            self._hints = self._hints[:-1]
        if self._hints != shown:
            self.setAccessibleName(", ".join(f"{hint.key} {hint.words}".strip() for hint in self._hints))
            self.resize(self.sizeHint())
            self.update()

    def sizeHint(self) -> QSize:
        """The text with its margins."""
        sizes = self._look.sizes
        width = sum(self._width(hint) for hint in self._hints) + sizes.space_5 * max(len(self._hints) - 1, 0)
        return QSize(width + 2 * sizes.space_4, sizes.field + sizes.space_1)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A raised plate, caps and words on one base line."""
        palette, sizes = self._look.palette, self._look.sizes
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        plate = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(QColor(palette.line), 1))
        painter.setBrush(QColor(palette.raised))
        painter.drawRoundedRect(plate, plate.height() / 2, plate.height() / 2)
        x = sizes.space_4
        for hint in self._hints:
            if hint.key:
                cap = QRectF(x, (self.height() - self._cap_height()) / 2, self._cap_width(hint.key), self._cap_height())
                painter.setPen(QPen(QColor(palette.line_strong), 1))
                painter.setBrush(QColor(palette.sunken))
                painter.drawRoundedRect(cap.adjusted(0.5, 0.5, -0.5, -0.5), sizes.radius_s, sizes.radius_s)
                painter.setFont(self._cap_font)
                painter.setPen(QColor(palette.ink))
                painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, hint.key)
                x += self._cap_width(hint.key) + sizes.space_2
            painter.setFont(self.font())
            painter.setPen(QColor(palette.ink_2 if hint.key else palette.ink))
            words = QRectF(x, 0, self.width() - x, self.height())
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, hint.words)
            x += self.fontMetrics().horizontalAdvance(hint.words) + sizes.space_5

    def _width(self, hint: Hint) -> int:
        cap = self._cap_width(hint.key) + self._look.sizes.space_2 if hint.key else 0
        return cap + self.fontMetrics().horizontalAdvance(hint.words)

    def _cap_width(self, key: str) -> int:
        return QFontMetrics(self._cap_font).horizontalAdvance(key) + 2 * self._look.sizes.space_2

    def _cap_height(self) -> int:
        return QFontMetrics(self._cap_font).height() + self._look.sizes.space_1

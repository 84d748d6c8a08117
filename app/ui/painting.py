"""Surfaces that stand above the page: rounded, lined, with a soft shadow."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.look import Look
from app.ui.themed import Themed

_SHADOW_ALPHA = {"light": 0.006, "dark": 0.03}
"""Opacity of one of the layers that add up to the shadow."""
_SHADOW_LAYERS = 10
_SHADOW_FALL = 1.8
"""Layers crowd at the edge by this power, which fades out like a blur; evenly spread ones end in a visible rim."""


def rounded(area: QRectF, radius: float) -> QPainterPath:
    """A rectangle with round corners as a path."""
    path = QPainterPath()
    path.addRoundedRect(area, radius, radius)
    return path


def paint_shadow(painter: QPainter, area: QRectF, radius: float, look: Look) -> None:
    """A soft shadow around `area` that reaches ``shadow_reach`` pixels: thin layers, densest where they all lie."""
    reach = look.sizes.shadow_reach
    colour = QColor(look.palette.shadow)
    colour.setAlphaF(_SHADOW_ALPHA[look.palette.theme])
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    for layer in range(_SHADOW_LAYERS, 0, -1):
        step = reach * (layer / _SHADOW_LAYERS) ** _SHADOW_FALL
        grown = area.adjusted(-step, -step, step, step).translated(0, reach / 4)
        painter.drawRoundedRect(grown, radius + step, radius + step)


def paint_surface(painter: QPainter, area: QRectF, radius: float, fill: str, line: str) -> None:
    """A filled rounded rectangle with a hairline inside its edge."""
    painter.setBrush(QColor(fill))
    painter.setPen(QPen(QColor(line), 1))
    painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)


class Card(QWidget, Themed):
    """A raised surface. Its shadow falls on its parent, which is a `Shadowed`."""

    def __init__(self, look: Look, radius: int, parent: QWidget | None = None, *, strong: bool = False) -> None:
        super().__init__(parent)
        self._look = look
        self.radius = radius
        self._strong = strong
        self._lit = False

    def set_lit(self, lit: bool) -> None:
        """Show that what is inside has the focus."""
        if lit != self._lit:
            self._lit = lit
            self.update()

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._look = look
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = self._look.palette
        line = colours.accent if self._lit else colours.line_strong if self._strong else colours.line
        paint_surface(painter, QRectF(self.rect()), self.radius, colours.raised, line)


class Shadowed(QWidget, Themed):
    """Paints the shadows of the cards that lie directly on it. Leave ``shadow_reach`` pixels of room around them."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._look = look
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for child in self.children():
            if isinstance(child, Card) and not child.isHidden():
                paint_shadow(painter, QRectF(child.geometry()), child.radius, self._look)

"""Where the walk-through's card stands: in a corner of the screen, out of the way of what is pointed at. Logical
pixels."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import QGuiApplication

from app.domain.geometry import Rect, Screen

_PREFERRED = ("bottom right", "top right", "bottom left", "top left")


def card_place(size: QSize, screen: QRect, avoid: Sequence[QRect], gap: int, now: QPoint | None = None) -> QPoint:
    """The corner of `screen` where a card of `size` covers least of `avoid`. Where it stands `now` is kept as long as
    that covers nothing: a card that jumps with each step can not be clicked."""
    kept = None if now is None else QRect(now, size)
    if kept is not None and screen.contains(kept) and not any(kept.intersects(area) for area in avoid):
        return kept.topLeft()
    corners = [QRect(_corner(name, size, screen, gap), size) for name in _PREFERRED]
    return min(corners, key=lambda corner: _covered(corner, avoid)).topLeft()


def available_on(screen: Screen) -> QRect:
    """What of a monitor no bar of the desktop covers."""
    for each in QGuiApplication.screens():
        if each.name() == screen.name:
            return each.availableGeometry()
    return rect_of(screen.logical)


def rect_of(area: Rect) -> QRect:
    """A logical area, rounded outwards."""
    out = area.rounded_out()
    return QRect(int(out.x), int(out.y), int(out.width), int(out.height))


def _corner(name: str, size: QSize, screen: QRect, gap: int) -> QPoint:
    x = screen.x() + screen.width() - gap - size.width() if "right" in name else screen.x() + gap
    y = screen.y() + screen.height() - gap - size.height() if "bottom" in name else screen.y() + gap
    return QPoint(max(x, screen.x()), max(y, screen.y()))


def _covered(card: QRect, avoid: Sequence[QRect]) -> int:
    both = [card.intersected(area) for area in avoid]
    return sum(area.width() * area.height() for area in both if area.isValid())

"""Where the small things beside a selection go, so that they cover neither it nor the pointer. Logical pixels."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize


def beside_pointer(pointer: QPoint, size: QSize, bounds: QRect, gap: int) -> QPoint:
    """Right below the pointer, on the other side of it where there is no room. It never covers the pointer."""
    right, below = pointer.x() + gap, pointer.y() + gap
    x = right if right + size.width() <= bounds.right() + 1 else pointer.x() - gap - size.width()
    y = below if below + size.height() <= bounds.bottom() + 1 else pointer.y() - gap - size.height()
    return QPoint(x, y)


def label_place(selection: QRect, size: QSize, bounds: QRect, gap: int) -> QPoint:
    """Above the selection's left corner, inside it where there is no room above."""
    above = selection.top() - gap - size.height()
    y = above if above >= bounds.top() else selection.top() + gap
    x = selection.left() if above >= bounds.top() else selection.left() + gap
    return QPoint(_held(x, bounds.left(), bounds.right() + 1 - size.width()), y)


def bar_place(selection: QRect, size: QSize, bounds: QRect, gap: int) -> QPoint:
    """Below the selection's right corner, inside it where there is no room, above it where it is too small for that."""
    x = _held(selection.right() + 1 - size.width(), bounds.left(), bounds.right() + 1 - size.width())
    below = selection.bottom() + 1 + gap
    if below + size.height() <= bounds.bottom() + 1:
        return QPoint(x, below)
    inside = bounds.bottom() + 1 - gap - size.height()
    if selection.height() >= 3 * size.height() and selection.width() >= size.width() + 2 * gap:
        return QPoint(_held(x - gap, bounds.left(), x), min(inside, selection.bottom() + 1 - gap - size.height()))
    above = selection.top() - gap - size.height()
    return QPoint(x, above if above >= bounds.top() else inside)


def clear_of(label: QRect, bar: QRect, bounds: QRect, gap: int) -> QPoint:
    """The label's corner, moved above the bar, or below it, where they would overlap."""
    if not label.intersects(bar):
        return label.topLeft()
    above = bar.top() - gap - label.height()
    return QPoint(label.left(), above if above >= bounds.top() else bar.bottom() + 1 + gap)


def _held(value: int, least: int, most: int) -> int:
    return max(least, min(value, most))

"""A mark where it is painted."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF

from engine.protocol import Mark, MarkShape


@dataclass(frozen=True, slots=True)
class DrawnMark:
    """What is pointed at, in the painter's coordinates; a ``point`` is the middle of `area`. `number` 0 shows none.
    `words` are one or two, and shortened where they do not fit. While any mark is `lit` the others step back."""

    number: int
    words: str
    area: QRectF
    confirmed: bool
    shape: MarkShape = "box"
    lit: bool = False


def drawn_on(mark: Mark, shown: QRectF, *, lit: bool = False) -> DrawnMark:
    """`mark` on its picture, which is painted at `shown`."""
    box = mark.box
    corner = QPointF(shown.x() + box.x0 * shown.width(), shown.y() + box.y0 * shown.height())
    other = QPointF(shown.x() + box.x1 * shown.width(), shown.y() + box.y1 * shown.height())
    return DrawnMark(mark.number, mark.label, QRectF(corner, other), mark.confirmed, mark.shape, lit)

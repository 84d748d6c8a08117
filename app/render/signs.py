"""The numbers in circles by which an answer refers to what it points at on its picture."""

from __future__ import annotations

import re
from collections.abc import Iterable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from app.marking.words import mark_line
from app.render.typography import TextStyle, Typography
from engine.protocol import MOST_MARKS, Mark, mark_sign, number_of_sign

SIGN = re.compile(f"[{mark_sign(1)}-{mark_sign(MOST_MARKS)}]")
_SCHEME = "mark:"
_APART = 2
_DASHES = [1.6, 1.4]
_LINE = 1.6
_RING = 1.5
"""Of a chip whose mark is lit."""


def sign_target(sign: str) -> str:
    """What the link of a sign leads to."""
    return f"{_SCHEME}{number_of_sign(sign)}"


def sign_number(target: str) -> int:
    """The number of a sign's link, 0 for any other."""
    return int(target.removeprefix(_SCHEME)) if target.startswith(_SCHEME) else 0


class Signs:
    """Which signs of one answer stand for marks, for those that paint them. The others are characters like any."""

    def __init__(self) -> None:
        self._marks: dict[int, Mark] = {}
        self.lit = 0

    def take(self, marks: Iterable[Mark]) -> None:
        """Know these and no others."""
        self._marks = {mark.number: mark for mark in marks}

    def knows(self, number: int) -> bool:
        """Whether `number` stands for a mark."""
        return number in self._marks

    def confirmed(self, number: int) -> bool:
        """Whether it is more than the model's word."""
        return self._marks[number].confirmed

    def line(self, number: int) -> str:
        """What it is and what speaks for it."""
        return mark_line(self._marks[number])


def sign_width(typography: Typography) -> float:
    """How much of a line a sign takes, chip or not: so nothing moves when its mark becomes known."""
    return typography.look.sizes.mark_chip + 2 * _APART


def paint_sign(
    painter: QPainter, at: QPointF, number: int, signs: Signs, style: TextStyle, typography: Typography
) -> None:
    """Paint a sign whose room begins at `at`, on the baseline: as a chip where it stands for a mark."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if signs.knows(number):
        size = float(typography.look.sizes.mark_chip)
        middle = at.y() - QFontMetricsF(style.font).capHeight() / 2
        chip = QRectF(at.x() + _APART, round(middle - size / 2), size, size)
        paint_chip(painter, chip, number, typography, confirmed=signs.confirmed(number), lit=number == signs.lit)
    else:
        painter.setFont(style.font)
        painter.setPen(style.colour)
        sign = mark_sign(number)
        spare = sign_width(typography) - QFontMetricsF(style.font).horizontalAdvance(sign)
        painter.drawText(at + QPointF(spare / 2, 0), sign)
    painter.restore()


def paint_chip(
    painter: QPainter, chip: QRectF, number: int, typography: Typography, *, confirmed: bool, lit: bool
) -> None:
    """A number on orange; within a dashed line where it is not `confirmed`; with a ring around it while `lit`."""
    mark = typography.mark
    if lit:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(mark, _RING))
        painter.drawEllipse(chip.adjusted(-1, -1, 1, 1))
        chip = chip.adjusted(1.5, 1.5, -1.5, -1.5)
    if confirmed or lit:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mark)
        painter.drawEllipse(chip)
    else:
        pen = QPen(mark, _LINE)
        pen.setDashPattern(_DASHES)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.setBrush(QColor(Qt.GlobalColor.transparent))
        inset = _LINE / 2
        painter.drawEllipse(chip.adjusted(inset, inset, -inset, -inset))
    font = QFont(typography.body.font)
    font.setPixelSize(typography.look.sizes.font_xs)
    font.setWeight(QFont.Weight.Bold)
    painter.setFont(font)
    painter.setPen(typography.mark_ink if confirmed or lit else typography.ink)
    painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, str(number))

"""The small numbered marks of an answer that cites its sources."""

from __future__ import annotations

import re
from collections.abc import Iterable

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from app.domain.documents import Citation
from app.render.signs import Signs
from app.render.typography import Typography
from app.render.units import units

_SCHEME = "cite:"
WRITTEN = re.compile(r"\[(\d{1,4}(?:\s?[,;–-]\s?\d{1,4})*)\]")
"""What a model writes for one citation, several, or a range of them at one place."""
HALF_WRITTEN = re.compile(r"\[(?:\d{1,4}(?:\s?[,;–-]\s?\d{0,4})*)?$")
_NUMBERS = re.compile(r"(\d+)(?:\s?[–-]\s?(\d+))?")
_RANGE_MOST = 20
"""Numbers of a range, as many as the engine tells of."""
_NARROWEST = 18
_HEIGHT = 17
_APART = 2
_RAISED = 12.5
"""Pixels from the baseline up to the top of a mark."""
_DASHES = [2.5, 2.0]


def target_of(number: int) -> str:
    """What the link of a mark leads to."""
    return f"{_SCHEME}{number}"


def number_of(target: str) -> int:
    """The number of a mark's link, 0 for any other."""
    return int(target.removeprefix(_SCHEME)) if target.startswith(_SCHEME) else 0


def numbers_in(written: str) -> list[int]:
    """The numbers of ``1, 3-5``, in order."""
    numbers: list[int] = []
    for match in _NUMBERS.finditer(written):
        first = int(match[1])
        last = int(match[2] or first)
        numbers += range(first, min(last, first + _RANGE_MOST - 1) + 1) if last >= first else (first, last)
    return numbers


class Marks:
    """What is known of the marks of one answer, for those that paint them. `version` counts the changes of citations,
    `signs` are the marks on its pictures."""

    def __init__(self) -> None:
        self.version = 0
        self.signs = Signs()
        self.opened = 0
        self.unproved: frozenset[int] = frozenset()
        self.quotes: tuple[str, ...] = ()
        """What the answer quotes and no document says."""

    def take(self, citations: Iterable[Citation]) -> None:
        """Know these and no others."""
        doubtful = [citation for citation in citations if citation.proved is False]
        self.unproved = frozenset(citation.number for citation in doubtful)
        self.quotes = tuple(citation.quote for citation in doubtful if citation.quote)
        self.version += 1

    def unproved_in(self, text: str) -> list[tuple[int, int]]:
        """The ranges of `text`, in UTF-16 units, that quote what no document says."""
        found = []
        for quote in self.quotes:
            at = text.find(quote)
            while at >= 0:
                start = units(text[:at])
                found.append((start, start + units(quote)))
                at = text.find(quote, at + len(quote))
        return found


def mark_width(number: int, typography: Typography) -> float:
    """How much of a line a mark takes, with the air on both sides."""
    return max(_NARROWEST, QFontMetricsF(_font(typography)).horizontalAdvance(str(number)) + 8) + 2 * _APART


def paint_mark(painter: QPainter, x: float, baseline: float, number: int, marks: Marks, typography: Typography) -> None:
    """Paint a mark whose room begins at `x`: filled when its page is open, dashed when its quote is not proved."""
    width = mark_width(number, typography) - 2 * _APART
    plate = QRectF(x + _APART, round(baseline - _RAISED), width, _HEIGHT)
    opened, unproved = number == marks.opened, number in marks.unproved
    ink = typography.accent_ink if opened else typography.warn if unproved else typography.accent
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(
        typography.accent if opened else QColor(Qt.GlobalColor.transparent) if unproved else typography.soft
    )
    painter.setPen(dashed(ink, 1.2) if unproved else Qt.PenStyle.NoPen)
    inset = plate.adjusted(0.5, 0.5, -0.5, -0.5) if unproved and not opened else plate
    painter.drawRoundedRect(inset, 5, 5)
    painter.setFont(_font(typography))
    painter.setPen(ink)
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, str(number))
    painter.restore()


def dashed(colour: QColor, width: float) -> QPen:
    """The line of what is not confirmed."""
    pen = QPen(colour, width)
    pen.setDashPattern(_DASHES)
    return pen


def _font(typography: Typography) -> QFont:
    font = QFont(typography.body.font)
    font.setPixelSize(typography.look.sizes.font_xs)
    font.setWeight(QFont.Weight.Bold)
    return font

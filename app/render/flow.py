"""Text with styles, links and formulas, broken into lines: what paragraphs, headings and table cells are made of.

Measured against QTextDocument: the same time to lay out, but exact line heights, formulas on the baseline, room around
inline code, and no document to keep.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import cast

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QTextCharFormat, QTextLayout, QTextLine, QTextOption

from app.render.blocks import Formula, Spans, Style
from app.render.marks import Marks, dashed, mark_width, number_of, paint_mark
from app.render.maths import FormulaRequest, MathsSetter, SetFormula
from app.render.signs import paint_sign, sign_number, sign_width
from app.render.typography import TextStyle, Typography
from app.render.units import cut, units, word_in

_SPACER = "\u00a0"
"""Stands for a formula or for the room beside inline code: invisible, and letter spacing gives it any width."""
_LINE_SEPARATOR = "\u2028"
_UNWRAPPED = 1e6
_OVERLAP = 2
"""Pixels that a formula may reach into the air of its neighbour lines, so that an index does not push them apart."""
_UNDER = 3
"""Pixels from the baseline to a line under the text."""
_MATHS_SCALE = 1.12
"""The maths font is smaller to the eye than the text font of the same size."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """Characters `start` to `end` of the layout. `copied` is what they stand for when it is not themselves."""

    start: int
    end: int
    copied: str | None = None
    link: str = ""
    picture: SetFormula | None = None
    mark: int = 0
    sign: int = 0


class TextFlow:
    """Spans in one base style. Positions are indexes into the laid-out text and lie in 0..`length`."""

    def __init__(
        self,
        spans: Spans,
        style: TextStyle,
        typography: Typography,
        maths: MathsSetter,
        ratio: float,
        marks: Marks,
    ) -> None:
        self.spans = spans
        self.pending = False
        self._style = style
        self._typography = typography
        self._marks = marks
        self._doubtful: tuple[int, list[tuple[int, int]]] = (-1, [])
        self._metrics = QFontMetricsF(style.font)
        self._pieces: list[_Piece] = []
        self._code: list[tuple[int, int]] = []
        self._lines: list[QTextLine] = []
        self._tops: list[float] = []
        self._baselines: list[float] = []
        self._width = -1.0
        self.height = style.line_height
        text, formats = self._build(maths, ratio)
        self.length = units(text)
        self._text = text
        self._layout = QTextLayout(text, style.font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self._layout.setTextOption(option)
        self._layout.setFormats(formats)
        self._layout.setCacheEnabled(True)

    # Layout

    def wrap(self, width: float, align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft) -> float:
        """Break the text into lines of `width` pixels and return the height, which is exact."""
        if width == self._width:
            return self.height
        self._width = width
        option = self._layout.textOption()
        option.setAlignment(align)
        self._layout.setTextOption(option)
        pictures = [piece for piece in self._pieces if piece.picture]
        ascent, descent = self._metrics.ascent(), self._metrics.descent()
        leading = (self._style.line_height - ascent - descent) / 2
        self._lines, self._tops, self._baselines = [], [], []
        y = 0.0
        self._layout.beginLayout()
        while (line := self._layout.createLine()).isValid():
            line.setLineWidth(width)
            above, below = leading + ascent, leading + descent
            begin, end = line.textStart(), line.textStart() + line.textLength()
            for piece in pictures:
                if piece.picture and begin <= piece.start < end:
                    above = max(above, piece.picture.ascent - _OVERLAP)
                    below = max(below, piece.picture.descent - _OVERLAP)
            baseline = round(y + above)
            line.setPosition(QPointF(0, baseline - line.ascent()))
            self._lines.append(line)
            self._tops.append(y)
            self._baselines.append(baseline)
            y += above + below
        self._layout.endLayout()
        self.height = y if self._lines else self._style.line_height
        return self.height

    @cached_property
    def natural_width(self) -> float:
        """Width of the longest line when nothing is wrapped."""
        self.wrap(_UNWRAPPED)
        return max((line.naturalTextWidth() for line in self._lines), default=0.0)

    @cached_property
    def word_width(self) -> float:
        """Width of the longest word or formula: what can not be broken without harm."""
        words = self._text.replace(_LINE_SEPARATOR, " ").replace(_SPACER, "").split(" ")
        widths = [self._metrics.horizontalAdvance(word) for word in words]
        return max([0.0, *widths, *(piece.picture.width for piece in self._pieces if piece.picture)])

    # Painting

    def draw(self, painter: QPainter, at: QPointF, clip: QRectF, selection: tuple[int, int] = (0, 0)) -> None:
        """Paint with the upper left corner at `at`; `clip` is in the painter's coordinates."""
        self._draw_code_paper(painter, at)
        if selection[0] < selection[1]:
            for rect in self._boxes(*selection):
                painter.fillRect(rect.translated(at), self._typography.selection)
        painter.setPen(self._style.colour)
        self._layout.draw(painter, at, [], clip)
        for piece in self._pieces:
            if piece.picture:
                index = self._line_at(piece.start)
                x = edge(self._lines[index], piece.start)
                top = self._baselines[index] - piece.picture.ascent
                painter.drawPixmap(QPointF(round(at.x() + x), at.y() + top), piece.picture.pixmap)
            elif piece.mark:
                index = self._line_at(piece.start)
                x, baseline = edge(self._lines[index], piece.start), self._baselines[index]
                paint_mark(painter, at.x() + x, at.y() + baseline, piece.mark, self._marks, self._typography)
            elif piece.sign:
                index = self._line_at(piece.start)
                place = at + QPointF(edge(self._lines[index], piece.start), self._baselines[index])
                paint_sign(painter, place, piece.sign, self._marks.signs, self._style, self._typography)
        if self._marks.quotes:
            self._underline_doubtful(painter, at)

    def _underline_doubtful(self, painter: QPainter, at: QPointF) -> None:
        """A dashed line under quotes that no document says."""
        if self._doubtful[0] != self._marks.version:
            self._doubtful = self._marks.version, self._marks.unproved_in(self._text)
        painter.setPen(dashed(self._typography.warn, 1))
        for start, end in self._doubtful[1]:
            for index, left, right in self._runs(start, end):
                y = round(at.y() + self._baselines[index] + _UNDER) + 0.5
                painter.drawLine(QPointF(at.x() + left, y), QPointF(at.x() + right, y))

    def _draw_code_paper(self, painter: QPainter, at: QPointF) -> None:
        radius = self._typography.look.sizes.radius_s / 1.5
        if not self._code:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self._typography.line)
        painter.setBrush(self._typography.code_paper)
        for start, end in self._code:
            for index, left, right in self._runs(start, end):
                top = round(self._baselines[index] - self._metrics.ascent() * 0.88)
                bottom = round(self._baselines[index] + self._metrics.descent() * 0.95)
                rect = QRectF(left + 0.5, top + 0.5, right - left - 1, bottom - top)
                painter.drawRoundedRect(rect.translated(at), radius, radius)
        painter.restore()

    def _boxes(self, start: int, end: int) -> list[QRectF]:
        """Whole-line-high rectangles of a range."""
        bottoms = [*self._tops[1:], self.height]
        return [
            QRectF(left, round(self._tops[index]), right - left, round(bottoms[index]) - round(self._tops[index]))
            for index, left, right in self._runs(start, end)
        ]

    def _runs(self, start: int, end: int) -> list[tuple[int, float, float]]:
        """Line, left and right of each line's share of a range."""
        runs = []
        for index, line in enumerate(self._lines):
            begin, stop = max(start, line.textStart()), min(end, line.textStart() + line.textLength())
            if begin < stop:
                edges = edge(line, begin), edge(line, stop)
                runs.append((index, min(edges), max(edges)))
        return runs

    # Reading

    def position_at(self, point: QPointF) -> int:
        """The position nearest to a point."""
        if not self._lines:
            return 0
        index = 0
        while index + 1 < len(self._tops) and point.y() >= self._tops[index + 1]:
            index += 1
        return self._lines[index].xToCursor(point.x())

    def link_at(self, point: QPointF) -> str:
        """The target under a point, or empty."""
        for piece in self._pieces:
            if self._leads(piece) and any(box.contains(point) for box in self._boxes(piece.start, piece.end)):
                return piece.link
        return ""

    def links(self) -> list[tuple[int, int, str]]:
        """Range and target of each link, in order."""
        return [
            (piece.start, piece.end, piece.link)
            for piece in self._pieces
            if self._leads(piece) and (piece.copied is None or piece.mark or piece.sign)
        ]

    def _leads(self, piece: _Piece) -> bool:
        """Whether it is a link now: a sign is one when it stands for a mark."""
        return bool(piece.link) and (not piece.sign or self._marks.signs.knows(piece.sign))

    def box(self, start: int, end: int) -> QRectF:
        """The smallest rectangle around a range."""
        whole = QRectF()
        for rect in self._boxes(start, end):
            whole = whole.united(rect)
        return whole

    def copied(self, start: int = 0, end: int | None = None) -> str:
        """The range as text: formulas as they were written, without what was added for show."""
        end = self.length if end is None else end
        parts = []
        for piece in self._pieces:
            begin, stop = max(start, piece.start), min(end, piece.end)
            if begin < stop:
                parts.append(cut(self._text, begin, stop) if piece.copied is None else piece.copied)
        return "".join(parts).replace(_LINE_SEPARATOR, "\n")

    def word_at(self, position: int) -> tuple[int, int]:
        """The word around a position."""
        return word_in(self._text, position)

    def _line_at(self, position: int) -> int:
        for index, line in enumerate(self._lines):
            if position < line.textStart() + line.textLength():
                return index
        return len(self._lines) - 1

    # Building

    def _build(self, maths: MathsSetter, ratio: float) -> tuple[str, list[QTextLayout.FormatRange]]:
        builder = _Builder()
        code_font = self._typography.inline_code(self._style)
        room = self._typography.look.sizes.space_1
        for span in self.spans:
            if isinstance(span, Formula):
                request = self._request(span, ratio)
                picture = maths.get(request)
                if picture is None:
                    form = self._form(Style.CODE)
                    form.setForeground(self._typography.quiet)
                    self.pending = self.pending or maths.waits(request)
                    builder.add(span.tex.replace("\n", " "), form, copied=span.source)
                else:
                    builder.add(_SPACER, _spacing(self._style.font, picture.width), copied=span.source, picture=picture)
                continue
            if number := number_of(span.link):
                room_taken = _spacing(self._style.font, mark_width(number, self._typography))
                builder.add(_SPACER, room_taken, copied=span.text, link=span.link, mark=number)
                continue
            if number := sign_number(span.link):
                room_taken = _spacing(self._style.font, sign_width(self._typography))
                builder.add(_SPACER, room_taken, copied=span.text, link=span.link, sign=number)
                continue
            form = self._form(span.style, span.link)
            shown = span.text.replace("\n", _LINE_SEPARATOR)
            if Style.CODE in span.style:
                spacer = _spacing(code_font, room)
                builder.add(_SPACER, spacer, copied="", link=span.link)
                builder.add(shown, form, link=span.link)
                builder.add(_SPACER, spacer, copied="", link=span.link)
                self._code.append((builder.length - units(shown) - 2, builder.length))
            elif Style.NOTE in span.style:
                builder.add(shown, form, copied="", link=span.link)
            else:
                builder.add(shown, form, link=span.link)
        self._pieces = builder.pieces
        return builder.text, builder.formats

    def _request(self, formula: Formula, ratio: float) -> FormulaRequest:
        size = self._style.font.pixelSize() * _MATHS_SCALE
        return FormulaRequest(formula.tex, formula.display, size, self._style.colour.name(), ratio)

    def _form(self, style: Style, link: str = "") -> QTextCharFormat:
        form = QTextCharFormat()
        if Style.CODE in style:
            form.setFont(self._typography.inline_code(self._style))
        elif Style.NOTE in style:
            form.setFont(self._typography.note(self._style))
            form.setForeground(self._typography.faint)
            return form
        if Style.BOLD in style:
            form.setFontWeight(QFont.Weight.DemiBold)
        if Style.ITALIC in style:
            form.setFontItalic(True)
        if Style.STRIKE in style:
            form.setFontStrikeOut(True)
        if link:
            form.setForeground(self._typography.accent)
            form.setUnderlineStyle(QTextCharFormat.UnderlineStyle.SingleUnderline)
            form.setUnderlineColor(self._typography.link_line)
        return form


class _Builder:
    """Text, formats and pieces, growing together."""

    def __init__(self) -> None:
        self.text = ""
        self.length = 0
        self.formats: list[QTextLayout.FormatRange] = []
        self.pieces: list[_Piece] = []

    def add(
        self,
        shown: str,
        form: QTextCharFormat,
        *,
        copied: str | None = None,
        link: str = "",
        picture: SetFormula | None = None,
        mark: int = 0,
        sign: int = 0,
    ) -> None:
        start, count = self.length, units(shown)
        self.formats.append(format_range(start, count, form))
        self.pieces.append(_Piece(start, start + count, copied, link, picture, mark, sign))
        self.text += shown
        self.length += count


def _spacing(font: QFont, width: float) -> QTextCharFormat:
    """The format that makes a spacer `width` pixels wide."""
    form = QTextCharFormat()
    form.setFont(font)
    form.setFontLetterSpacingType(QFont.SpacingType.AbsoluteSpacing)
    form.setFontLetterSpacing(width - QFontMetricsF(font).horizontalAdvance(_SPACER))
    return form


def edge(line: QTextLine, position: int) -> float:
    """The x of a position in a line."""
    x, _ = cast(tuple[float, int], line.cursorToX(position))
    return x


def format_range(start: int, length: int, form: QTextCharFormat) -> QTextLayout.FormatRange:
    """A format over part of a layout."""
    made = QTextLayout.FormatRange()
    made.start, made.length, made.format = start, length, form
    return made

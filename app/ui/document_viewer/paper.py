"""One page as it is painted: paper, picture or text, and what is marked on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPainterPath, QPen

from app.look import Look
from app.ui.document_viewer.content import PageContent
from app.ui.document_viewer.flowing import FlowingContent
from app.ui.painting import paint_shadow

_GROWN = 2.0
_SHADOW_SHARE = 3
"""A page's shadow is this much tighter than a card's."""
_HIGHLIGHT_RADIUS = 2.0


@dataclass(frozen=True, slots=True)
class Highlights:
    """Rectangles to mark, in pixels from the page's corner. `sure`: the passage is what the answer says it is."""

    passage: Sequence[QRectF] = ()
    sure: bool = True
    found: Sequence[QRectF] = ()
    current: Sequence[QRectF] = ()
    selected: Sequence[QRectF] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """What there is of a page now. `remark` is a quiet word about it, `problem` a sentence about what is missing."""

    picture: QImage | None
    content: PageContent | None
    remark: str
    problem: str


def paint_page(painter: QPainter, area: QRectF, clip: QRectF, page: Page, marks: Highlights, look: Look) -> None:
    """Paint a page into `area`; only what meets `clip` matters. Both in the painter's coordinates."""
    colours, sizes = look.palette, look.sizes
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    edge = sizes.shadow_reach / _SHADOW_SHARE
    paint_shadow(painter, area.adjusted(edge, edge, -edge, -edge), 1, look)
    painter.restore()
    painter.fillRect(area, QColor(colours.page))
    if page.picture is not None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(area, page.picture)
        _mark(painter, area, clip, marks, look, multiplied=True)
    elif isinstance(page.content, FlowingContent):
        _mark(painter, area, clip, marks, look, multiplied=False)
        painter.save()
        painter.setClipRect(clip.intersected(area))
        painter.translate(area.topLeft())
        page.content.paint(painter, clip.top() - area.top(), clip.bottom() - area.top())
        painter.restore()
    if page.problem and page.picture is not None:
        _remark(painter, area, page.problem, look)
    elif page.problem:
        _say(painter, area.adjusted(sizes.space_6, sizes.space_6, -sizes.space_6, -sizes.space_6), page.problem, look)
    elif page.remark:
        _remark(painter, area, page.remark, look)


def _mark(painter: QPainter, area: QRectF, clip: QRectF, marks: Highlights, look: Look, *, multiplied: bool) -> None:
    """Like a highlighter: under letters that are painted later, by multiplying where they are in a picture."""
    colours = look.palette
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(area.topLeft())
    if multiplied:
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Multiply)
    for boxes, colour in (
        (marks.found, colours.page_found),
        (marks.passage, colours.page_mark),
        (marks.selected, colours.page_found),
    ):
        painter.fillPath(_around(_seen(boxes, area, clip)), QColor(colour))
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
    line = QPen(QColor(colours.page_mark_line), _GROWN)
    if not marks.sure:
        line.setStyle(Qt.PenStyle.DashLine)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(line)
    painter.drawPath(_around(_seen(marks.passage, area, clip)).simplified())
    painter.setPen(QPen(QColor(colours.page_accent), _GROWN))
    painter.drawPath(_around(_seen(marks.current, area, clip)).simplified())
    painter.restore()


def _around(boxes: Sequence[QRectF]) -> QPainterPath:
    """Lines that touch as one shape, so that nothing is coloured twice."""
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    for box in boxes:
        path.addRoundedRect(box.adjusted(-_GROWN, -1, _GROWN, 1), _HIGHLIGHT_RADIUS, _HIGHLIGHT_RADIUS)
    return path


def _seen(boxes: Sequence[QRectF], area: QRectF, clip: QRectF) -> list[QRectF]:
    """Those in sight: shapes of very many lines take long."""
    around = clip.translated(-area.topLeft())
    return [box for box in boxes if box.intersects(around)]


def _say(painter: QPainter, room: QRectF, sentence: str, look: Look) -> None:
    painter.setFont(_font(painter, look.sizes.font_m))
    painter.setPen(QColor(look.palette.page_ink_2))
    painter.drawText(
        room, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap, sentence
    )


def _remark(painter: QPainter, area: QRectF, remark: str, look: Look) -> None:
    """In the lower right corner, on paper of its own."""
    sizes, colours = look.sizes, look.palette
    painter.setFont(_font(painter, sizes.font_xs))
    metrics = painter.fontMetrics()
    plate = QRectF(0, 0, metrics.horizontalAdvance(remark) + 2 * sizes.space_2, metrics.height() + sizes.space_1)
    plate.moveBottomRight(area.bottomRight())
    painter.fillRect(plate, QColor(colours.page))
    painter.setPen(QColor(colours.page_ink_2))
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, remark)


def _font(painter: QPainter, size: int) -> QFont:
    font = QFont(painter.font())
    font.setPixelSize(size)
    return font

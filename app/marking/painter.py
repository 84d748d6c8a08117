"""Paints marks: lines around what is pointed at, and arms with their numbers and words."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from app.look import Look
from app.marking.arm import arm_path, lettering
from app.marking.drawn import DrawnMark
from app.marking.placing import ArmPlace, ArmShape, ArmWanted, place_arms

_GLOW = 0.2
"""Opacity of the halo around the outline."""
_FILL = 0.12
"""Opacity of the colour inside a mark that is lit."""
_FADED = 0.5
"""Opacity of the other marks meanwhile."""
_DASHES = (2.2, 1.5)
"""Of the line around what is not confirmed, in widths of the line."""
_DOT = 0.3
"""Diameter of the dot of a point as a share of its ring."""


def paint_marks(
    painter: QPainter,
    look: Look,
    marks: Sequence[DrawnMark],
    bounds: QRectF,
    *,
    arms: bool = True,
    unit: float = 1.0,
) -> None:
    """Paint `marks`, whose arms stay inside `bounds`. `unit` are the painter's units of a logical pixel."""
    MarkDrawing(look, marks, bounds, unit).paint(painter, arms=arms)


def reach(look: Look, marks: Sequence[DrawnMark], bounds: QRectF, *, unit: float = 1.0) -> list[QRectF]:
    """What `paint_marks` may touch, one rectangle a mark; empty for one that lies outside `bounds`."""
    drawing = MarkDrawing(look, marks, bounds, unit)
    return [drawing.reach(index) for index in range(len(marks))]


class MarkDrawing:
    """Marks with everything in its place, to be painted again and again and to be asked what lies where."""

    def __init__(self, look: Look, marks: Sequence[DrawnMark], bounds: QRectF, unit: float = 1.0) -> None:
        sizes = look.sizes
        self._look, self._marks, self._unit = look, tuple(marks), unit
        self._lit = frozenset(mark.number for mark in marks if mark.lit)
        self._width = sizes.mark_line * unit
        self._rim = sizes.mark_rim * unit
        self._glow = sizes.mark_glow * unit
        self._shape = ArmShape(sizes.arm_height * unit, sizes.arm_point * unit, self._rim + self._glow)
        edge = self._width / 2 + self._rim
        self._inside = bounds.adjusted(edge, edge, -edge, -edge)
        self._outlines = [self._outline(mark) for mark in marks]
        self._texts = [lettering(look, mark, unit) for mark in marks]
        self._armed: dict[int, int] = {}
        wanted: list[ArmWanted] = []
        for index, (outline, text) in enumerate(zip(self._outlines, self._texts, strict=True)):
            if text.widths and not outline.isEmpty():
                self._armed[index] = len(wanted)
                beyond = self._width / 2
                wanted.append(ArmWanted(outline.adjusted(-beyond, -beyond, beyond, beyond), text.widths))
        self._places = place_arms(wanted, bounds, self._shape)

    def paint(self, painter: QPainter, *, arms: bool = True) -> None:
        """See `paint_marks`."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        # Arms over all lines, and what is lit over what is not.
        order = sorted(range(len(self._marks)), key=self._is_lit)
        for layer in (self._paint_line, self._paint_arm) if arms else (self._paint_line,):
            for index in order:
                painter.setOpacity(_FADED if self._lit and not self._is_lit(index) else 1.0)
                layer(painter, index)
        painter.restore()

    def light(self, number: int) -> None:
        """Bring out the mark `number` and no other; 0 for none."""
        self._lit = frozenset((number,)) if number else frozenset()

    def at(self, point: QPointF) -> int:
        """The number of the mark whose line or arm lies around `point`; of several the smallest one's. 0 for none."""
        under = [index for index in range(len(self._marks)) if self._touches(index, point)]
        return self._marks[min(under, key=self._extent)].number if under else 0

    def area(self, number: int) -> QRectF:
        """What goes around the mark `number`; empty where it is not seen."""
        places = [at for at, mark in enumerate(self._marks) if mark.number == number]
        return self._outlines[places[0]] if places else QRectF()

    def _paint_line(self, painter: QPainter, index: int) -> None:
        """The box, or the ring with its dot."""
        mark, outline = self._marks[index], self._outlines[index]
        if outline.isEmpty():
            return
        colours = self._look.palette
        lit = self._is_lit(index)
        width = self._width + (self._unit if lit else 0)
        path = self._around(index, 0)
        if lit:
            painter.fillPath(path, _faint(colours.mark, _FILL))
        # The halo lies outside alone: what is marked keeps its colours.
        halo = self._around(index, width / 2 + self._rim + self._glow / 2)
        painter.strokePath(halo, QPen(_faint(colours.mark, _GLOW), self._glow))
        painter.strokePath(path, QPen(QColor(colours.mark_halo), width + 2 * self._rim))
        pen = QPen(QColor(colours.mark), width)
        if not mark.confirmed:
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            pen.setDashPattern(list(_DASHES))
        painter.strokePath(path, pen)
        if mark.shape == "point":
            dot = outline.width() * _DOT / 2
            painter.setPen(QPen(QColor(colours.mark_halo), self._rim))
            painter.setBrush(QColor(colours.mark))
            painter.drawEllipse(outline.center(), dot, dot)

    def _paint_arm(self, painter: QPainter, index: int) -> None:
        """The plate with its number and words, its tip on the line."""
        place = self._place(index)
        if place is None:
            return
        colours, text = self._look.palette, self._texts[index]
        path = arm_path(place, self._shape, self._look.sizes.radius_s * self._unit)
        round_join = (Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        painter.strokePath(path, QPen(_faint(colours.mark, _GLOW), 2 * (self._rim + self._glow), *round_join))
        painter.strokePath(path, QPen(QColor(colours.mark_halo), 2 * self._rim, *round_join))
        painter.fillPath(path, QColor(colours.mark))
        painter.setPen(QColor(colours.mark_ink))
        text.paint(painter, place, self._shape)

    def reach(self, index: int) -> QRectF:
        """What the mark at `index` may touch; empty for one that is not seen."""
        outline = self._outlines[index]
        if outline.isEmpty():
            return QRectF()
        beyond = self._width / 2 + self._unit + self._rim + self._glow
        whole = outline.adjusted(-beyond, -beyond, beyond, beyond)
        if (place := self._place(index)) is not None:
            air = self._shape.air + self._unit
            whole = whole.united(place.area.adjusted(-air, -air, air, air))
        return whole

    def _touches(self, index: int, at: QPointF) -> bool:
        place = self._place(index)
        beyond = self._width / 2 + self._rim
        around = self._outlines[index].adjusted(-beyond, -beyond, beyond, beyond)
        inside = not self._outlines[index].isEmpty() and around.contains(at)
        return inside or (place is not None and place.area.contains(at))

    def _is_lit(self, index: int) -> bool:
        return self._marks[index].number in self._lit

    def _extent(self, index: int) -> float:
        return self._outlines[index].width() * self._outlines[index].height()

    def _outline(self, mark: DrawnMark) -> QRectF:
        """The middle of the line, outside of what it marks, and inside the bounds."""
        if mark.shape == "point":
            ring = self._look.sizes.mark_ring * self._unit
            around = QRectF(0, 0, ring, ring)
            around.moveCenter(mark.area.center())
            return around if self._inside.intersects(around) else QRectF()
        away = self._look.sizes.mark_gap * self._unit + self._width / 2
        return mark.area.normalized().adjusted(-away, -away, away, away).intersected(self._inside)

    def _around(self, index: int, away: float) -> QPainterPath:
        """A line at a distance from the middle of the mark's own."""
        outline = self._outlines[index].adjusted(-away, -away, away, away)
        path = QPainterPath()
        if self._marks[index].shape == "point":
            path.addEllipse(outline)
        else:
            radius = min(self._look.sizes.mark_radius * self._unit + away, outline.height() / 2, outline.width() / 2)
            path.addRoundedRect(outline, radius, radius)
        return path

    def _place(self, index: int) -> ArmPlace | None:
        return self._places[self._armed[index]] if index in self._armed else None


def _faint(colour: str, alpha: float) -> QColor:
    faint = QColor(colour)
    faint.setAlphaF(alpha)
    return faint

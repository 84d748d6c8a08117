"""The arm of a fingerpost: a plate with a pointed end, and what is written on it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QGuiApplication, QPainter, QPainterPath

from app.look import Look
from app.marking.drawn import DrawnMark
from app.marking.placing import ArmPlace, ArmShape


@dataclass(frozen=True, slots=True)
class Lettering:
    """What an arm says, longest first, each with the length of the arm that has room for it."""

    font: QFont
    words: tuple[str, ...]
    widths: tuple[float, ...]

    def paint(self, painter: QPainter, place: ArmPlace, shape: ArmShape) -> None:
        """Write it in the middle of the plate, in the painter's pen."""
        painter.setFont(self.font)
        painter.drawText(_plate(place, shape), Qt.AlignmentFlag.AlignCenter, self.words[place.width])


def lettering(look: Look, mark: DrawnMark, unit: float) -> Lettering:
    """Number and words, or the number alone where there is no room for more. Nothing where `mark` has neither."""
    sizes = look.sizes
    font = QFont(QGuiApplication.font())
    font.setPixelSize(max(1, round(sizes.font_s * unit)))
    font.setWeight(QFont.Weight.Bold)
    metrics = QFontMetricsF(font)
    words = metrics.elidedText(" ".join(mark.words.split()), Qt.TextElideMode.ElideRight, sizes.arm_words * unit)
    number = str(mark.number) if mark.number else ""
    said = tuple(dict.fromkeys(text for text in (f"{number}  {words}".strip(), number) if text))
    around = (2 * sizes.space_2 + sizes.arm_point) * unit
    least = (sizes.arm_height + sizes.arm_point) * unit
    return Lettering(font, said, tuple(max(least, metrics.horizontalAdvance(text) + around) for text in said))


def arm_path(place: ArmPlace, shape: ArmShape, radius: float) -> QPainterPath:
    """The outline of an arm, its tip where `place` says."""
    plate = _plate(place, shape)
    path = QPainterPath()
    if place.side in ("above", "below"):
        path.addRoundedRect(plate, radius, radius)
        edge = plate.bottom() if place.side == "above" else plate.top()
        inside = edge - radius / 2 if place.side == "above" else edge + radius / 2
        wedge = QPainterPath(QPointF(place.tip.x() - shape.point, inside))
        wedge.lineTo(place.tip.x() - shape.point, edge)
        wedge.lineTo(place.tip)
        wedge.lineTo(place.tip.x() + shape.point, edge)
        wedge.lineTo(place.tip.x() + shape.point, inside)
        wedge.closeSubpath()
        return path.united(wedge)
    right = place.side == "right"
    blunt, neck = (plate.right(), plate.left()) if right else (plate.left(), plate.right())
    inwards = -radius if right else radius
    path.moveTo(place.tip)
    path.lineTo(neck, plate.top())
    path.lineTo(blunt + inwards, plate.top())
    path.quadTo(blunt, plate.top(), blunt, plate.top() + radius)
    path.lineTo(blunt, plate.bottom() - radius)
    path.quadTo(blunt, plate.bottom(), blunt + inwards, plate.bottom())
    path.lineTo(neck, plate.bottom())
    path.closeSubpath()
    return path


def _plate(place: ArmPlace, shape: ArmShape) -> QRectF:
    """Its part without the pointed end."""
    match place.side:
        case "right":
            return place.area.adjusted(shape.point, 0, 0, 0)
        case "left":
            return place.area.adjusted(0, 0, -shape.point, 0)
        case "above":
            return place.area.adjusted(0, 0, 0, -shape.point)
        case "below":
            return place.area.adjusted(0, shape.point, 0, 0)

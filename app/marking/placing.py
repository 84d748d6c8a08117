"""Where the arms stand that point at marks: beside their targets, clear of everything else that is marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPointF, QRectF

Side = Literal["right", "left", "above", "below"]
_SIDES: tuple[Side, ...] = ("right", "left", "above", "below")
"""In the order of preference. What belongs to a control is mostly written before or above it."""
_ALONG = (0.5, 0.25, 0.75, 0.1, 0.9)
"""Where along an edge the tip may touch it, as shares of the edge."""
_INSET = 1.6
"""How far from a plate's end the tip above or below it is, in lengths of the point."""
_TOUCH = 1e-6
"""What rounding may make of two edges that touch."""


@dataclass(frozen=True, slots=True)
class ArmWanted:
    """An arm that shall touch the edge of `target`. `widths` are how long it may be with its point, best first."""

    target: QRectF
    widths: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ArmShape:
    """What all arms have in common: the plate's `height`, how long its pointed end is, and how much `air` around it
    belongs to it."""

    height: float
    point: float
    air: float


@dataclass(frozen=True, slots=True)
class ArmPlace:
    """Where an arm stands: `area` with its pointed end, the `side` of its target, and its `tip`. `width` is the place
    in `ArmWanted.widths` of the one that was taken."""

    area: QRectF
    side: Side
    tip: QPointF
    width: int


def place_arms(wanted: Sequence[ArmWanted], bounds: QRectF, shape: ArmShape) -> tuple[ArmPlace, ...]:
    """One place for each, in their order; the same for the same arguments.

    An arm lies inside `bounds` where they are large enough, and touches neither a target nor an earlier arm if there is
    such a place; else it covers as little of them as it can, least of all its own target. Its tip leaves the target
    only where that lies so close to a corner that no arm could stay inside.
    """
    placed: list[ArmPlace] = []
    for index, arm in enumerate(wanted):
        others = [other.target for number, other in enumerate(wanted) if number != index]
        others += [_with_air(earlier.area, shape.air) for earlier in placed]
        placed.append(_best(arm, others, bounds, shape))
    return tuple(placed)


def _best(arm: ArmWanted, others: Sequence[QRectF], bounds: QRectF, shape: ArmShape) -> ArmPlace:
    best: ArmPlace | None = None
    least = 0.0
    for place in _places(arm, bounds, shape):
        whole = _whole(place, shape.air)
        covered = sum(_covered(whole, other) for other in others) + 4 * _covered(place.area, arm.target)
        outside = _size(whole) - _covered(whole, bounds) + 99 * (_size(place.area) - _covered(place.area, bounds))
        touches = _with_air(arm.target, _TOUCH).contains(place.tip)
        astray = 0.0 if touches else _size(whole) + (place.tip - arm.target.center()).manhattanLength()
        cost = covered + 8 * outside + 8 * astray
        if cost <= _TOUCH:
            return place
        if best is None or cost < least - _TOUCH:
            best, least = place, cost
    assert best is not None  # there are candidates for any target
    return best


def _places(arm: ArmWanted, bounds: QRectF, shape: ArmShape) -> Iterator[ArmPlace]:
    """Every place that is considered, best first; the last ones lie on the target itself, which may fill the bounds."""
    edge = arm.target.intersected(bounds) if arm.target.intersects(bounds) else arm.target
    inner = bounds.adjusted(shape.air, shape.air, -shape.air, -shape.air)
    for width, length in enumerate(arm.widths):
        for side in _SIDES:
            for share in _ALONG:
                if side in ("left", "right"):
                    yield _beside(edge, side, share, length, inner, shape, width)
                else:
                    yield from _over(edge, side, share, length, shape, width)
    length = arm.widths[-1]
    for side in ("left", "right"):
        place = _beside(edge, side, 0.5, length, inner, shape, len(arm.widths) - 1)
        yield _moved_into(place, inner)


def _beside(
    edge: QRectF, side: Side, share: float, length: float, inner: QRectF, shape: ArmShape, width: int
) -> ArmPlace:
    half = shape.height / 2
    y = edge.top() + share * edge.height()
    # Moved along the edge as far as it goes, where the plate would not lie inside.
    y = min(max(y, min(inner.top() + half, edge.bottom())), max(inner.bottom() - half, edge.top()))
    x = edge.right() if side == "right" else edge.left()
    left = x if side == "right" else x - length
    return ArmPlace(QRectF(left, y - half, length, shape.height), side, QPointF(x, y), width)


def _over(edge: QRectF, side: Side, share: float, length: float, shape: ArmShape, width: int) -> Iterator[ArmPlace]:
    """Above or below, where the point is in the middle of the plate or near one of its ends."""
    x = edge.left() + share * edge.width()
    high = shape.height + shape.point
    top = edge.top() - high if side == "above" else edge.bottom()
    y = edge.top() if side == "above" else edge.bottom()
    plate = max(length - shape.point, 2 * _INSET * shape.point)
    for before in (plate / 2, _INSET * shape.point, plate - _INSET * shape.point):
        yield ArmPlace(QRectF(x - before, top, plate, high), side, QPointF(x, y), width)


def _moved_into(place: ArmPlace, inner: QRectF) -> ArmPlace:
    area = place.area
    x = min(max(area.x(), inner.left()), max(inner.left(), inner.right() - area.width()))
    y = min(max(area.y(), inner.top()), max(inner.top(), inner.bottom() - area.height()))
    by = QPointF(x - area.x(), y - area.y())
    return ArmPlace(area.translated(by), place.side, place.tip + by, place.width)


def _whole(place: ArmPlace, air: float) -> QRectF:
    """An arm with its air, which ends at the target."""
    right, left, below, above = (0.0 if place.side == side else air for side in ("left", "right", "above", "below"))
    return place.area.adjusted(-left, -above, right, below)


def _with_air(area: QRectF, air: float) -> QRectF:
    return area.adjusted(-air, -air, air, air)


def _covered(one: QRectF, other: QRectF) -> float:
    both = one.intersected(other)
    return _size(both) if both.width() > _TOUCH and both.height() > _TOUCH else 0.0


def _size(area: QRectF) -> float:
    return max(0.0, area.width()) * max(0.0, area.height())

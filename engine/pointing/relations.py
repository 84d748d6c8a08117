"""Left of it, below it, in its row, at the top right: how well each of several things is where it is said to be."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engine.pointing.candidates import CONTAINERS, Candidate
from engine.pointing.places import (
    across_shared,
    alike,
    area,
    centre,
    down_shared,
    height,
    share_within,
)
from engine.pointing.query import Way, Zone
from engine.protocol import Box

Anchors = Sequence[Sequence[tuple[Candidate, float]]]
_ASPECT = 1.6
"""Of a usual screen: the same share is longer across than down."""
_FARTHER = (1.0, 0.82, 0.74, 0.7)
"""For the nearest, the next and so on."""
_OUTSIDE = 0.6


def relation_factors(way: Way, candidates: Sequence[Candidate], anchors: Anchors) -> list[float]:
    """For each candidate how well it stands in this way to the best of its anchors, 0 where it does not."""
    distances = [_distance(way, one, anchors) for one in candidates]
    nearest = sorted({round(distance, 3) for distance in distances if distance is not None})
    factors = []
    for distance in distances:
        if distance is None:
            factors.append(0.0)
        elif way == "inside":
            factors.append(1.0)
        else:
            factors.append(_FARTHER[min(nearest.index(round(distance, 3)), len(_FARTHER) - 1)])
    return factors


def _distance(way: Way, one: Candidate, anchors: Anchors) -> float | None:
    if way == "between":
        return _between(one, anchors)
    best: float | None = None
    for anchor, _ in anchors[0]:
        if way == "inside":
            distance = _inside(one, anchor)
        elif _is_same(one, anchor):
            distance = None
        else:
            distance = _apart(way, one.box, anchor.words or anchor.box, anchor.box)
        if distance is not None and (best is None or distance < best):
            best = distance
    return best


def _is_same(one: Candidate, anchor: Candidate) -> bool:
    if one.element >= 0 and one.element == anchor.element:
        return True
    return (
        alike(one.box, anchor.box) > 0.5
        or share_within(one.box, anchor.box) > 0.8
        or share_within(anchor.box, one.box) > 0.8
    )


def _apart(way: Way, box: Box, words: Box, whole: Box) -> float | None:
    x, y = centre(box)
    across = max(0.0, whole.x0 - box.x1, box.x0 - whole.x1) * _ASPECT
    down = max(0.0, whole.y0 - box.y1, box.y0 - whole.y1)
    middle_x, middle_y = centre(whole)
    match way:
        case "right":
            return across if x > middle_x and box.x0 > words.x0 and down_shared(box, whole) > 0.3 else None
        case "left":
            return across if x < middle_x and box.x1 < words.x1 and down_shared(box, whole) > 0.3 else None
        case "below" | "above":
            apart = y > middle_y if way == "below" else y < middle_y
            if not apart or across_shared(box, whole) <= 0.2 or down_shared(box, words) >= 0.5:
                return None
            # Things in a column share an edge or their middle.
            return down + 0.3 * min(abs(box.x0 - words.x0), abs(x - centre(words)[0]), abs(box.x1 - words.x1))
    # What stands on one line with it is meant before what is above or below.
    distance = math.hypot(across, down * 1.5)
    return distance if distance < 0.35 else None


def _inside(one: Candidate, anchor: Candidate) -> float | None:
    """In it, or in the row that it stands in."""
    if one.element >= 0 and one.element == anchor.element:
        return None
    if anchor.role in CONTAINERS or anchor.role in ("row", "list_item", "menu", "tree_item"):
        if share_within(one.box, anchor.box) > 0.7 and area(anchor.box) > area(one.box):
            return 0.0
        if anchor.role in CONTAINERS:
            return None
    if _is_same(one, anchor):
        return None
    return 0.0 if down_shared(one.box, anchor.box) > 0.55 else None


def _between(one: Candidate, anchors: Anchors) -> float | None:
    x, y = centre(one.box)
    for first, _ in anchors[0]:
        for second, _ in anchors[1]:
            if _is_same(one, first) or _is_same(one, second):
                continue
            (x0, y0), (x1, y1) = centre(first.box), centre(second.box)
            margin = 0.6 * height(one.box)
            on_row = min(x0, x1) < x < max(x0, x1) and min(y0, y1) - margin < y < max(y0, y1) + margin
            on_column = min(y0, y1) < y < max(y0, y1) and across_shared(one.box, first.box) > 0.2
            if on_row or on_column:
                return 0.0
    return None


def zone_factors(zone: Zone, candidates: Sequence[Candidate], elements: Sequence[Candidate]) -> list[float]:
    """For each candidate how well it is in this part of the screen; of several the outermost is meant."""
    if zone in ("tool_bar", "menu_bar", "status_bar", "dialog", "menu", "list", "table", "sidebar"):
        return _in_part(zone, candidates, elements)
    rest = [_from_zone(zone, one.box) for one in candidates]
    least, most = min(rest), max(rest)
    if most - least < 0.01:
        return [1.0 if distance < 0.6 else 0.8 for distance in rest]
    return [
        (1.0 if distance < 0.6 else 0.8) * (1.0 - 0.3 * min(1.0, (distance - least) / max(0.15, most - least)))
        for distance in rest
    ]


def _from_zone(zone: Zone, box: Box) -> float:
    """How far from it, 0 to 1."""
    x, y = centre(box)
    sides = {"left": x, "right": 1.0 - x, "top": y, "bottom": 1.0 - y}
    if zone == "middle":
        return 2 * max(abs(x - 0.5), abs(y - 0.5))
    parts = [sides[side] for side in zone.split()]
    return sum(parts) / len(parts)


def _in_part(zone: Zone, candidates: Sequence[Candidate], elements: Sequence[Candidate]) -> list[float]:
    roles = {"list": ("list", "tree"), "menu": ("menu",), "sidebar": ()}.get(zone, (zone,))
    parts = [one.box for one in elements if one.role in roles]
    if parts:
        return [1.0 if any(share_within(one.box, part) > 0.7 for part in parts) else _OUTSIDE for one in candidates]
    factors = []
    for one in candidates:
        x, y = centre(one.box)
        fits = {"tool_bar": y < 0.25, "menu_bar": y < 0.12, "status_bar": y > 0.88, "sidebar": x < 0.3 or x > 0.75}
        factors.append(1.0 if fits.get(zone, True) else _OUTSIDE)
    return factors

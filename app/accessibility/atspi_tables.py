"""Lists and tables with more rows than a screen: only what is seen of them is asked for.

Their programs make an object of each cell that is asked for, which takes them seconds.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.accessibility.atspi_bus import ACCESSIBLE, COMPONENT, AccessibilityBus, Call, Peer, property_of, value_in
from app.domain.geometry import Rect

MOST_CHILDREN = 1000
"""From here on a list is large."""
_ON_SCREEN = 0
_ACROSS, _DOWN = 60, 14
"""How far apart the points are that are asked for what lies there: closer than columns and rows usually are."""
_MOST_POINTS = 600


def large_ones(bus: AccessibilityBus, peers: Sequence[Peer]) -> list[Peer]:
    """Those of `peers` that are not to be asked for all their children."""
    answers = bus.gather([property_of(peer, ACCESSIBLE, "ChildCount") for peer in peers])
    counts = [int(value_in(answer)) if answer else None for answer in answers]
    return [peer for peer, count in zip(peers, counts, strict=True) if count is None or count > MOST_CHILDREN]


def seen_children(bus: AccessibilityBus, peer: Peer, area: Rect) -> list[Peer]:
    """What lies at points all over `area`, as its program tells places, in the order of reading."""
    points = [
        (x, y)
        for y in range(int(area.y) + _DOWN // 2, int(area.bottom), _DOWN)
        for x in range(int(area.x) + _ACROSS // 4, int(area.right), _ACROSS)
    ][:_MOST_POINTS]
    calls = [Call(peer, COMPONENT, "GetAccessibleAtPoint", "iiu", (x, y, _ON_SCREEN)) for x, y in points]
    found = [Peer(*map(str, answer[0])) for answer in bus.gather(calls) if answer]
    return [child for child in dict.fromkeys(found) if child != peer]

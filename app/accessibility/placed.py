"""Elements of a window on a picture that shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.domain.geometry import Rect
from engine.protocol import Box, Element


def placed(found: Sequence[tuple[Element, Rect]], capture_area: Rect) -> tuple[Element, ...]:
    """Those that touch `capture_area` (physical), with boxes as shares of it; they may reach beyond 0 to 1.

    The others are left out, and their children hang on the nearest one that stays.
    """
    new_index: dict[int, int] = {-1: -1}
    kept: list[Element] = []
    for index, (element, area) in enumerate(found):
        parent = new_index[element.parent]
        if area.intersect(capture_area) is None:
            new_index[index] = parent
            continue
        new_index[index] = len(kept)
        kept.append(replace(element, box=_box(area, capture_area), parent=parent))
    return tuple(kept)


def _box(area: Rect, whole: Rect) -> Box:
    return Box(
        (area.x - whole.x) / whole.width,
        (area.y - whole.y) / whole.height,
        (area.right - whole.x) / whole.width,
        (area.bottom - whole.y) / whole.height,
    )

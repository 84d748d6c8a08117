"""Whether two looks or glances at a window differ, and where."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QRect
from PySide6.QtGui import QImage

from app.capture.signature import cells_of, changed_share, signature_of, stirred_cells
from app.capture.window_looks import Glance
from app.domain.geometry import Rect
from app.domain.screen import ScreenLook
from app.jobs import Jobs

Told = Callable[[float], None]


def cells_between(a: Glance, b: Glance, without: Sequence[Rect]) -> frozenset[int]:
    """The cells that have changed, of those that no area of `without` touches (physical): what we draw over a window
    ourselves is no change of it. All cells where it has another size."""
    columns, rows = cells_of(a.area.width, a.area.height)
    if (a.area.width, a.area.height) != (b.area.width, b.area.height):
        return frozenset(range(columns * rows))
    covered = {
        cell
        for glance in (a, b)
        for area in without
        for cell in cells_touched(glance.area, area)
    }  # fmt: skip
    return frozenset(stirred_cells(a.signature, b.signature) - covered)


def cells_touched(whole: Rect, area: Rect) -> set[int]:
    """The cells of a signature of `whole` that `area` touches, both physical."""
    part = area.intersect(whole)
    if part is None:
        return set()
    columns, rows = cells_of(whole.width, whole.height)
    across, down = columns / whole.width, rows / whole.height
    left, right = math.floor((part.x - whole.x) * across), math.ceil((part.right - whole.x) * across)
    top, bottom = math.floor((part.y - whole.y) * down), math.ceil((part.bottom - whole.y) * down)
    return {
        row * columns + column
        for row in range(top, min(bottom, rows))
        for column in range(left, min(right, columns))
    }  # fmt: skip


class LookComparer:
    """Compares looks as jobs: their pictures are decoded for it."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def changed(self, one: ScreenLook, other: ScreenLook, area: Rect, told: Told) -> None:
        """Tell the share of `area` (physical, where `one` was taken) that has changed; all of it where one of them can
        not be read any more, or where the window has another size."""
        self._jobs.run(partial(changed_between, one, other, area), told, lambda _: told(1.0))


def changed_between(one: ScreenLook, other: ScreenLook, area: Rect) -> float:
    """See `LookComparer.changed`. A window that has moved as a whole has not changed."""
    if (one.width, one.height) != (other.width, other.height):
        return 1.0
    if one.id == other.id:
        return 0.0
    before, after = QImage(str(one.path)), QImage(str(other.path))
    if before.isNull() or after.isNull():
        return 1.0
    part = area.intersect(one.place.area)
    if part is None:
        return 0.0
    whole = one.place.area
    across, down = one.width / whole.width, one.height / whole.height
    crop = QRect(
        math.floor((part.x - whole.x) * across),
        math.floor((part.y - whole.y) * down),
        max(1, math.ceil(part.width * across)),
        max(1, math.ceil(part.height * down)),
    )
    a, b = before.copy(crop), after.copy(crop)
    return changed_share(signature_of(a), signature_of(b), Rect(0, 0, a.width(), a.height()), None)

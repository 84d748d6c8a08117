"""From where writing roughly is to lines that are ready to be read: ink without the frames, boxes and other rows
around it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.pointing.screen_text_ink import Part, ground_of, ink_of, parts_of, runs
from engine.pointing.screen_text_regions import Region

_LEAST_HEIGHT = 5
"""Pixels of a row of letters. What is lower is a dot or an accent of the row next to it, or a dash."""
_WIDENED = 3
"""How often a region is made wider at the most."""
_RULE_THICK, _RULE_LONG = 0.12, 0.8
"""Of a region's height, the most and least sides of a rule."""
_SMALL, _EDGE, _ACCENT = 0.3, 0.2, 0.35
"""Of a region's height: what is lower than the first and nearer to the edge than the second may be of another row. An
accent is no further from its letter than the third of the letter's height."""
_APART = 2.2
"""Line heights of nothing between two lines that stand side by side."""
_LEAST_TICK, _TICK_APART, _TICK_TALLER, _FILLED, _SIDE = 9, 0.25, 1.15, 0.75, 0.25
"""What a box to tick is told by: pixels of its height, the share of it that follows as a space, by how much it is
taller than the letter after it, the share of ink of one that is ticked, and the share of each side that is ink."""
_ASIDE, _ABOVE = 0.6, 0.4
"""Of a line's height, what is left around it."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A line to be read. `box` is its ink on the picture. `pixels` uint8 [height, width, 3] is what is read, and
    `ink` bool [height, width] where its ink is; their left upper corner lies at `x`, `y`. `dots`: three more dots
    follow and are left out of `pixels`."""

    box: Region
    pixels: NDArray[np.uint8]
    ink: NDArray[np.bool_]
    x: int
    y: int
    dots: bool


def once(cuts: Sequence[Cut]) -> tuple[Cut, ...]:
    """Each line once, where it was cut out of two regions, from top to bottom."""
    kept: list[Cut] = []
    for one in sorted(cuts, key=lambda one: -one.box.width):
        if not any(_within(one.box, other.box) for other in kept):
            kept.append(one)
    return tuple(sorted(kept, key=lambda one: (one.box.y0, one.box.x0)))


def _within(box: Region, other: Region) -> bool:
    """Whether most of a box lies in another."""
    width = min(box.x1, other.x1) - max(box.x0, other.x0)
    height = min(box.y1, other.y1) - max(box.y0, other.y0)
    return width > 0 and height > 0 and width * height > 0.6 * box.width * box.height


def cut(pixels: NDArray[np.uint8], region: Region) -> list[Cut]:
    """The lines in a region of uint8 [height, width, 3], from left to right and top to bottom."""
    above = max(2, region.height // 8)
    wide = replace(region, y0=max(0, region.y0 - above), y1=min(pixels.shape[0], region.y1 + above))
    for _ in range(_WIDENED):
        piece = pixels[wide.y0 : wide.y1, wide.x0 : wide.x1]
        marked, parts = parts_of(ink_of(piece))
        wider = _widened(wide, parts, pixels.shape[1])
        if wider == wide:
            break
        wide = wider
    piece = pixels[wide.y0 : wide.y1, wide.x0 : wide.x1]
    marked, parts = parts_of(ink_of(piece))
    left, right = region.x0 - wide.x0, region.x1 - wide.x0
    inner = [
        part.x1 > left
        and part.x0 < right
        and not _is_strange(part, piece.shape)
        and not _is_of_other_row(part, parts, piece.shape[0])
        and not _is_frame(part, parts, marked, index)
        for index, part in enumerate(parts)
    ]
    if not any(inner):
        inner = [True] * len(parts)
    lines = [line for row in _rows(parts, inner) for line in _columns(parts, marked, row)]
    return [made for line in lines if (made := _made(wide, piece, marked, parts, line))]


def _widened(region: Region, parts: Sequence[Part], width: int) -> Region:
    """The region with all of the letters that it cuts through on its left and right."""
    letters = [
        part
        for part in parts
        if part.y0 > 0 and part.y1 < region.height and part.width < region.height and part.height < 0.8 * region.height
    ]
    step = region.height // 2
    left = any(part.x0 == 0 for part in letters)
    right = any(part.x1 == region.width for part in letters)
    return replace(
        region,
        x0=max(0, region.x0 - step) if left else region.x0,
        x1=min(width, region.x1 + step) if right else region.x1,
    )


def _is_frame(part: Part, parts: Sequence[Part], marked: NDArray[np.int32], index: int) -> bool:
    """Whether it goes around other ink."""
    holds = any(
        part.x0 < other.x0 and part.y0 < other.y0 and other.x1 < part.x1 and other.y1 < part.y1 for other in parts
    )
    return holds and _is_closed(marked == index + 1, part)


def _is_strange(part: Part, shape: tuple[int, ...]) -> bool:
    """Whether it is no part of the region's lines: it goes on beyond, or is a rule."""
    if part.height <= max(2, _RULE_THICK * shape[0]) and part.width > _RULE_LONG * shape[0]:
        return True
    return part.x0 == 0 or part.y0 == 0 or part.x1 == shape[1] or part.y1 == shape[0]


def _is_of_other_row(part: Part, parts: Sequence[Part], height: int) -> bool:
    """Whether it is an accent of the next row: small, at the region's edge, and far from the letter below or above."""
    middle = (part.y0 + part.y1) / 2 / height
    if part.height >= _SMALL * height or _EDGE <= middle <= 1 - _EDGE:
        return False
    letters = [
        other for other in parts if other.height >= 2 * part.height and other.x0 <= part.x1 and part.x0 <= other.x1
    ]
    gaps = [(max(part.y0 - other.y1, other.y0 - part.y1), other.height) for other in letters]
    return bool(gaps) and all(gap > _ACCENT * tall for gap, tall in gaps)


def _rows(parts: Sequence[Part], inner: Sequence[bool]) -> list[list[int]]:
    """Parts by the row of letters that they belong to."""
    kept = [index for index, inside in enumerate(inner) if inside]
    if not kept:
        return []
    used = np.zeros(max(parts[index].y1 for index in kept), np.bool_)
    for index in kept:
        used[parts[index].y0 : parts[index].y1] = True
    found = runs(used)
    least = max(_LEAST_HEIGHT, 0.4 * max(end - start for start, end in found))
    tall = [(start, end) for start, end in found if end - start >= least]
    if len(tall) < 2:
        return [kept]
    middles = [(start + end) / 2 for start, end in tall]
    rows: list[list[int]] = [[] for _ in tall]
    for index in kept:
        middle = (parts[index].y0 + parts[index].y1) / 2
        rows[min(range(len(tall)), key=lambda row: abs(middles[row] - middle))].append(index)
    return rows


def _columns(parts: Sequence[Part], marked: NDArray[np.int32], row: Sequence[int]) -> list[list[int]]:
    """The parts of a row where it is one line or several that stand far apart, from left to right; no boxes to tick."""
    ordered = sorted(row, key=lambda index: parts[index].x0)
    height = max(parts[index].height for index in ordered)
    lines: list[list[int]] = []
    end = -1.0e9
    for index in ordered:
        if parts[index].x0 - end > _APART * height:
            lines.append([])
        lines[-1].append(index)
        end = max(end, parts[index].x1)
    return [kept for line in lines if (kept := _without_box(parts, marked, line))]


def _without_box(parts: Sequence[Part], marked: NDArray[np.int32], line: list[int]) -> list[int]:
    """A line without the box or circle to tick that it begins with."""
    first, rest = parts[line[0]], [index for index in line[1:] if parts[index].x0 >= parts[line[0]].x1]
    if not rest or first.height < _LEAST_TICK or abs(first.width - first.height) > 2:
        return line
    following = parts[rest[0]]
    apart = following.x0 - first.x1 >= _TICK_APART * first.height and first.height >= _TICK_TALLER * following.height
    return rest if apart and _is_closed(marked == line[0] + 1, first) else line


def _is_closed(mine: NDArray[np.bool_], part: Part) -> bool:
    """Whether it is a filled shape, or a frame that shows on all four sides."""
    shape = mine[part.y0 : part.y1, part.x0 : part.x1]
    sides = (shape[0], shape[-1], shape[:, 0], shape[:, -1])
    return bool(shape.mean() > _FILLED or min(side.mean() for side in sides) >= _SIDE)


def _made(
    region: Region, piece: NDArray[np.uint8], marked: NDArray[np.int32], parts: Sequence[Part], line: list[int]
) -> Cut | None:
    x0, y0 = min(parts[index].x0 for index in line), min(parts[index].y0 for index in line)
    x1, y1 = max(parts[index].x1 for index in line), max(parts[index].y1 for index in line)
    height = y1 - y0
    if height < 3 or x1 - x0 < 2:
        return None
    box = Region(region.x0 + x0, region.y0 + y0, region.x0 + x1, region.y0 + y1)
    dots = _dots(parts, line, y1)
    read = line[:-3] if dots else line
    right = max(parts[index].x1 for index in read)
    aside, above = max(3, round(_ASIDE * height)), max(3, round(_ABOVE * height))
    left, top = x0 - aside, y0 - above
    mine = np.isin(marked, [index + 1 for index in read])
    others = cv2.dilate(((marked > 0) & ~mine).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    others &= cv2.dilate(mine.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0
    clean = piece.copy()
    clean[others] = np.asarray(ground_of(piece), np.uint8)
    return Cut(
        box,
        _window(clean, left, top, right + aside, y1 + above),
        _window(mine, left, top, right + aside, y1 + above, blank=True),
        region.x0 + left,
        region.y0 + top,
        dots,
    )


def _dots(parts: Sequence[Part], line: Sequence[int], bottom: int) -> bool:
    """Whether a line ends in three dots."""
    if len(line) < 4:
        return False
    last = [parts[index] for index in line[-3:]]
    height = max(parts[index].height for index in line)
    small = all(part.height <= max(2, 0.25 * height) and part.width <= max(3, 0.3 * height) for part in last)
    steps = last[1].x0 - last[0].x0, last[2].x0 - last[1].x0
    level = last[0].y1 == last[1].y1 == last[2].y1 and last[0].y0 > bottom - 0.6 * height
    return small and level and abs(steps[0] - steps[1]) <= 1 and steps[0] <= 0.7 * height + 1


def _window(pixels: NDArray[Any], x0: int, y0: int, x1: int, y1: int, *, blank: bool = False) -> NDArray[Any]:
    """A part that may reach beyond the edges: they go on there, or are `blank`."""
    height, width = pixels.shape[:2]
    around = ((max(0, -y0), max(0, y1 - height)), (max(0, -x0), max(0, x1 - width)))
    inside = pixels[max(0, y0) : min(height, y1), max(0, x0) : min(width, x1)]
    if blank:
        return np.pad(inside, around)
    return np.pad(inside, (*around, (0, 0)), mode="edge")

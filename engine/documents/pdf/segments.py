"""Words of a page -> segments of lines -> bands: the white space that parts columns and cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.documents.pdf.words import Words

WIDE_GAP = 1.05
"""Ems without ink inside a line, from which on it may part columns."""
GUTTER = 0.6
"""Ems of white over all lines of a band that part columns."""
Gap = tuple[float, float]
Row = list["Segment"]
_EVERYWHERE: list[Gap] = [(-np.inf, np.inf)]


@dataclass(slots=True)
class Segment:
    """Words of a line that stand close together, or a table that has been found (`table` is its number). In points."""

    x0: float
    y0: float
    x1: float
    y1: float
    words: list[int]
    size: float
    table: int = -1

    @property
    def middle(self) -> float:
        """Where it stands between top and bottom."""
        return (self.y0 + self.y1) / 2


@dataclass(slots=True)
class Band:
    """Rows with the same white space between their columns. No gutters: lines of one column."""

    rows: list[Row]
    gutters: list[Gap]
    use: Literal["lines", "columns", "table"] = "lines"


def segments_of(words: Words, free: NDArray[np.bool_]) -> list[Segment]:
    """The upright words that are `free` (in no table yet) as segments, in the order of the file."""
    index = np.flatnonzero(free & (words.sizes > 0))
    if not len(index):
        return []
    boxes, sizes = words.boxes[index], words.sizes[index]
    before, after = boxes[:-1], boxes[1:]
    # Right-to-left text comes in the order in which it is read.
    gap = np.maximum(after[:, 0] - before[:, 2], before[:, 0] - after[:, 2])
    shared = np.minimum(before[:, 3], after[:, 3]) - np.maximum(before[:, 1], after[:, 1])
    lower = np.minimum(before[:, 3] - before[:, 1], after[:, 3] - after[:, 1])
    ends = (gap > WIDE_GAP * np.maximum(sizes[:-1], sizes[1:])) | (shared < 0.5 * lower)
    ends |= words.breaks[index[:-1]] | (np.diff(index) > 1)
    firsts = np.concatenate([[0], np.flatnonzero(ends) + 1])
    low, high = np.minimum.reduceat(boxes, firsts), np.maximum.reduceat(boxes, firsts)
    largest = np.maximum.reduceat(sizes, firsts)
    parts = np.split(index, firsts[1:])
    return [
        Segment(box[0], box[1], end[2], end[3], part.tolist(), size)
        for box, end, size, part in zip(low.tolist(), high.tolist(), largest.tolist(), parts, strict=True)
    ]


def rows_of(segments: list[Segment]) -> list[Row]:
    """Segments side by side, from top to bottom, each row from left to right."""
    rows: list[Row] = []
    floor = -np.inf
    for segment in sorted(segments, key=lambda segment: segment.middle):
        if rows and segment.middle <= floor and segment.y0 < floor:
            rows[-1].append(segment)
        else:
            rows.append([segment])
            # Small raised or lowered text belongs to the row, the next line does not.
            floor = segment.y1 - 0.25 * (segment.y1 - segment.y0)
    for row in rows:
        row.sort(key=lambda segment: segment.x0)
    return rows


def bands_of(rows: list[Row]) -> list[Band]:
    """Neighbouring rows joined as long as they leave some white space between columns in common."""
    bands: list[Band] = []
    current: list[Row] = []
    gaps, gutters = _EVERYWHERE, list[Gap]()
    left, right = np.inf, -np.inf
    for row in rows:
        white, narrowest = _white(row), GUTTER * row[0].size
        start, end = row[0].x0, white[-1][0]
        common = _common(gaps, white, narrowest)
        inner = _between(common, min(left, start), max(right, end))
        own = _between(_common(_EVERYWHERE, white, narrowest), start, end)
        if current and (bool(gutters) != bool(inner) or bool(own) > bool(inner)):
            bands.append(Band(current, gutters))
            current, common, inner, left, right = [], white, own, np.inf, -np.inf
        current.append(row)
        left, right = min(left, start), max(right, end)
        gaps, gutters = common, inner
    if current:
        bands.append(Band(current, gutters))
    return bands


def columns_of(band: Band) -> list[list[Segment]]:
    """The segments of a band by column, each from top to bottom."""
    columns: list[list[Segment]] = [[] for _ in range(len(band.gutters) + 1)]
    for row in band.rows:
        for segment in row:
            columns[column_of(segment, band.gutters)].append(segment)
    return columns


def column_of(segment: Segment, gutters: list[Gap]) -> int:
    """How many gutters are to the left of `segment`."""
    return sum(gutter[1] <= segment.x0 + 0.01 for gutter in gutters)


def _white(row: Row) -> list[Gap]:
    gaps, edge = [], -np.inf
    for segment in row:
        if segment.x0 > edge:
            gaps.append((edge, segment.x0))
        edge = max(edge, segment.x1)
    gaps.append((edge, np.inf))
    return gaps


def _common(one: list[Gap], other: list[Gap], narrowest: float) -> list[Gap]:
    common = []
    i = j = 0
    while i < len(one) and j < len(other):
        start, end = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if end - start >= narrowest:
            common.append((start, end))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return common


def _between(gaps: list[Gap], left: float, right: float) -> list[Gap]:
    """Those with something to the left and to the right."""
    return [gap for gap in gaps if gap[0] >= left and gap[1] <= right]

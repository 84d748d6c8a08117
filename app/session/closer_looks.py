"""The model's calls for a closer look, as places on the pictures that a person gave.

The engine answers those calls by itself and tells only the calls. What it makes of one is worked out here by the same
rules (`engine/zoom.py`, which the window does not import): which numbers count as a box, and how much is cut out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.domain.conversation import Attachment, CloserLook
from app.domain.geometry import Rect, to_normalised
from engine.protocol import JsonValue

TOOL = "zoom"
MOST = 3
"""Calls that are answered in one request."""

_SCALE = 1000
"""The model gives places in thousandths of a picture's width and height."""
_SLACK = 50
_LEAST_EXTENT = 1.0
_LEAST_SIDE = 128
_MARGIN = 0.05
_LEAST_MARGIN = 8
_MAX_RATIO = 200
_LONGEST_LABEL = 80
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_BOX_NAMES = ("box", "bbox_2d", "bbox")


class CloserLooks:
    """The calls of one request with `pictures`, in the order of its messages."""

    def __init__(self, pictures: Sequence[Attachment] = ()) -> None:
        # Each as a part of an original, in its pixels: what was cut out can be looked at more closely in turn.
        self._pictures = [(picture, Rect(0, 0, picture.width, picture.height)) for picture in pictures]
        self._given = len(pictures)
        self._cut_out: list[tuple[Attachment, Rect]] = []
        self._calls = 0

    @property
    def given(self) -> int:
        """How many pictures the request has of its own."""
        return self._given

    @property
    def are_used_up(self) -> bool:
        """Whether the model asked for more than it may."""
        return self._calls > MOST

    def take(self, arguments: Mapping[str, JsonValue], at: int) -> CloserLook | None:
        """The look that a call with `arguments` leads to, `at` characters into the answer. None for a call that the
        engine answers with a sentence."""
        self._calls += 1
        found = None if self.are_used_up else _read(arguments, len(self._pictures))
        if found is None:
            return None
        index, left, top, right, bottom = found
        picture, whole = self._pictures[index]
        across, down = _lengths(right - left, bottom - top, whole)
        x, width = _placed((left + right) / 2, across, whole.width)
        y, height = _placed((top + bottom) / 2, down, whole.height)
        part = Rect(whole.x + x, whole.y + y, width, height)
        self._cut_out.append((picture, part))
        return CloserLook(picture, to_normalised(part, (picture.width, picture.height)), _label(arguments), at)

    def go_on(self) -> None:
        """The model reads on: what was cut out is among its pictures from now on."""
        self._pictures += self._cut_out
        self._cut_out.clear()


def _read(arguments: Mapping[str, JsonValue], pictures: int) -> tuple[int, float, float, float, float] | None:
    """The picture (from 0) and the box (left, top, right, bottom in thousandths) of a call that is answered."""
    number = _numbers(arguments.get("image", 1 if pictures == 1 else None))
    if len(number) != 1 or not number[0].is_integer() or not 1 <= number[0] <= pictures:
        return None
    box = _numbers(next((arguments[name] for name in _BOX_NAMES if name in arguments), None))
    if len(box) != 4 or min(box) < -_SLACK or max(box) > _SCALE + _SLACK:
        return None
    (left, right), (top, bottom) = sorted(map(_clamped, box[::2])), sorted(map(_clamped, box[1::2]))
    if min(right - left, bottom - top) < _LEAST_EXTENT:
        return None
    return int(number[0]) - 1, left, top, right, bottom


def _numbers(value: Any) -> list[float]:
    """All numbers in an argument, however it is nested or written."""
    match value:
        case bool() | None:
            return []
        case int() | float():
            return [float(value) if abs(value) < 1e9 else math.inf]
        case str():
            return [float(number) for number in _NUMBER.findall(value)]
        case list():
            return [number for item in value for number in _numbers(item)]
        case dict():
            return _numbers(list(value.values()))
    return []


def _clamped(value: float) -> float:
    return min(max(value, 0.0), float(_SCALE))


def _lengths(across: float, down: float, whole: Rect) -> tuple[float, float]:
    """Width and height in pixels of what is cut out of `whole` for a box of `across` x `down` thousandths."""
    width, height = _length(across, whole.width), _length(down, whole.height)
    return max(width, 2 * height / _MAX_RATIO), max(height, 2 * width / _MAX_RATIO)


def _length(extent: float, size: float) -> float:
    length = extent / _SCALE * size
    return min(max(length + 2 * max(_LEAST_MARGIN, _MARGIN * length), _LEAST_SIDE), size)


def _placed(middle: float, length: float, size: float) -> tuple[int, int]:
    """The first pixel of a run of `length` around `middle` thousandths, moved into the picture, and how many it is."""
    length = min(length, size)
    first = min(max(middle / _SCALE * size - length / 2, 0.0), size - length)
    start = math.floor(first)
    return start, min(math.ceil(first + length), int(size)) - start


def _label(arguments: Mapping[str, JsonValue]) -> str:
    label = arguments.get("label")
    line = " ".join(label.split()) if isinstance(label, str) else ""
    return line if len(line) <= _LONGEST_LABEL else line[: _LONGEST_LABEL - 1].rstrip() + "…"

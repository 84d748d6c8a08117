"""Where a model says something is: objects of its answers -> places on a picture.

The family gives places in thousandths of a picture's width and height, a little more than 1000 at times (Qwen3-VL
cookbooks, 2d_grounding). Sometimes a small model gives shares of 1, or pixels: the first are read as what they are, the
second can not be told from a mistake and give no place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.protocol import Box, MarkShape

SCALE = 1000
SLACK = 100
"""Thousandths beyond a border that are meant as the border."""
LEAST_EXTENT = 1.0
"""What is narrower and lower than this, in thousandths, is a point."""
MOST_LABEL = 160

CERTAIN_KEYS = frozenset({"bbox_2d", "point_2d", "box_2d"})
"""Keys that stand for a place whatever their value is."""
PLACE_KEYS = ("bbox_2d", "box_2d", "bbox", "point_2d", "point")
LABEL_KEYS = ("label", "text", "name", "text_content", "description")
PICTURE_KEYS = ("image", "img_idx", "image_index", "picture")

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_MARKUP = re.compile(r"[*`_]{2,}|^[*`_]|[*`_]$")


@dataclass(frozen=True, slots=True)
class Area:
    """A place in shares of the picture; a ``point`` has no extent."""

    box: Box
    shape: MarkShape


def is_place(value: Mapping[str, Any]) -> bool:
    """Whether an object of an answer says where something is."""
    return not CERTAIN_KEYS.isdisjoint(value) or any(key in value and _groups(value[key]) for key in PLACE_KEYS)


def areas_of(value: Mapping[str, Any]) -> tuple[Area, ...]:
    """The places that an object names, mostly one. Corners may be in any order; what lies far outside is left out."""
    groups = next((groups for key in PLACE_KEYS if (groups := _groups(value.get(key)))), [])
    return tuple(area for group in groups if (area := _area(group)) is not None)


def label_of(value: Mapping[str, Any]) -> str:
    """What the thing is called, ``""`` where nothing says it."""
    label = next((value[key] for key in LABEL_KEYS if isinstance(value.get(key), str)), "")
    return _MARKUP.sub("", " ".join(label.split()))[:MOST_LABEL].strip()


def picture_of(value: Mapping[str, Any]) -> int | None:
    """The number of the picture, from 1, None where none is given."""
    given = next((value[key] for key in PICTURE_KEYS if key in value), None)
    found = _numbers(given)
    return int(found[0]) if found and 1 <= found[0] < SCALE else None


def _groups(value: Any) -> list[list[float]]:
    """The numbers of each place that `value` holds: two of a point, four of a box, however they are nested."""
    if isinstance(value, list) and len(value) > 1 and all(isinstance(item, list) for item in value):
        inner = [_numbers(item) for item in value]
        if all(len(numbers) == 4 for numbers in inner) or (len(inner) > 2 and all(len(item) == 2 for item in inner)):
            return inner
    numbers = _numbers(value)
    return [numbers] if len(numbers) in (2, 4) else []


def _numbers(value: Any) -> list[float]:
    match value:
        case bool() | None:
            return []
        case int() | float():
            return [float(value)]
        case str():
            return [float(number) for number in _NUMBER.findall(value)]
        case list():
            return [number for item in value for number in _numbers(item)]
        case dict():
            return [number for item in value.values() for number in _numbers(item)]
    return []


def _area(numbers: list[float]) -> Area | None:
    if all(0 <= number <= 1 for number in numbers) and not all(number.is_integer() for number in numbers):
        numbers = [number * SCALE for number in numbers]
    if not all(-SLACK <= number <= SCALE + SLACK for number in numbers):
        return None
    across, down = sorted(map(_clamped, numbers[::2])), sorted(map(_clamped, numbers[1::2]))
    left, right, top, bottom = across[0], across[-1], down[0], down[-1]
    if max(right - left, bottom - top) < LEAST_EXTENT:
        x, y = (left + right) / 2 / SCALE, (top + bottom) / 2 / SCALE
        return Area(Box(x, y, x, y), "point")
    return Area(Box(left / SCALE, top / SCALE, right / SCALE, bottom / SCALE), "box")


def _clamped(number: float) -> float:
    return min(max(number, 0.0), float(SCALE))

"""The tool ``zoom``: the model asks for a part of a picture, and gets it cut out of the original file."""

from __future__ import annotations

import hashlib
import io
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.images import MAX_RATIO, open_picture
from engine.protocol import Image, JsonValue, Tool

SCALE = 1000
"""The family gives places in thousandths of a picture's width and height."""
SLACK = 50
"""Models overshoot a border by a little, which is meant as the border. What lies farther out was given in pixels."""
LEAST_EXTENT = 1.0
"""A box narrower or lower than this, in thousandths, is a point or a line."""
LEAST_SIDE = 128
"""Pixels a side of what is cut out at least, where the picture has as many. No picture is read as fewer than 64 tokens,
256 x 256 pixels: one of 128 x 128 is doubled for that. A smaller one would take as many tokens, and show no more detail
and less of what is around it."""
MARGIN = 0.05
"""Added on each side, as a share of the box: what the model points at is often cut by its box."""
LEAST_MARGIN = 8
"""Pixels added on each side at least."""

ZOOM = Tool(
    "zoom",
    "Look closer at a part of a picture. The part is cut out of the original picture, where small text, numbers and "
    "icons are sharper than in what you have seen so far. Call this before you answer whenever the question is about "
    "something too small or too blurred to be read with certainty. Do not call it for what you can read already.",
    {
        "type": "object",
        "properties": {
            "image": {
                "type": "integer",
                "description": "The number of the picture. 1 is the first picture of the conversation.",
            },
            "box": {
                "type": "array",
                "items": {"type": "number"},
                "description": "The part as [x1, y1, x2, y2]: its left, top, right and bottom, each from 0 to 1000, "
                "where 1000 is the whole width or height of the picture.",
            },
            "label": {"type": "string", "description": "What to look for there, in a few words."},
        },
        "required": ["image", "box"],
    },
)

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_BOX_NAMES = ("box", "bbox_2d", "bbox")
"""The schema's name, and those that the family was trained with elsewhere."""


@dataclass(frozen=True, slots=True)
class Region:
    """A part of picture `index` (from 0): its borders in thousandths of the picture, 0 to 1000."""

    index: int
    left: float
    top: float
    right: float
    bottom: float


def read_call(arguments: Mapping[str, JsonValue], pictures: int) -> Region | str:
    """The region that a call asks for in one of `pictures` pictures, or a sentence that tells the model what is wrong.

    Numbers may be written as text, corners may be in any order, and a box that leaves the picture by a little is cut
    at its border. With one picture its number may be missing.
    """
    image = arguments.get("image", 1 if pictures == 1 else None)
    found = _numbers(image)
    if len(found) != 1 or not found[0].is_integer() or not 1 <= found[0] <= pictures:
        known = "only picture 1" if pictures == 1 else f"pictures 1 to {pictures}"
        return f"There is no such picture: there {'is' if pictures == 1 else 'are'} {known}. Give its number as image."
    box = _numbers(next((arguments[name] for name in _BOX_NAMES if name in arguments), None))
    if len(box) != 4:
        return "The box must be four numbers, [x1, y1, x2, y2], each from 0 to 1000."
    if min(box) < -SLACK or max(box) > SCALE + SLACK:
        return "The box lies outside the picture. Each number goes from 0 to 1000 and does not count pixels."
    (left, right), (top, bottom) = sorted(map(_clamped, box[::2])), sorted(map(_clamped, box[1::2]))
    if min(right - left, bottom - top) < LEAST_EXTENT:
        return "The box is empty. Give a larger one: x1 left of x2, y1 above y2, each from 0 to 1000."
    return Region(int(found[0]) - 1, left, top, right, bottom)


def frame(region: Region, width: int, height: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom pixel borders of `region` in an upright picture, with its margin."""
    across, down = _length(region.right - region.left, width), _length(region.bottom - region.top, height)
    # Half the ratio that is refused, so that rounding can not reach it.
    across, down = max(across, 2 * down / MAX_RATIO), max(down, 2 * across / MAX_RATIO)
    left, right = _placed((region.left + region.right) / 2, across, width)
    top, bottom = _placed((region.top + region.bottom) / 2, down, height)
    return left, top, right, bottom


def crop(path: Path, region: Region, folder: Path) -> Image:
    """Cut `region` out of the picture file at `path`, in its own pixels, and keep it as a PNG file in `folder`. The
    same region of the same file gives the same file.

    Raises:
        PictureError: the picture can not be read any more.
        OSError: the file can not be written.
    """
    picture = open_picture(path)
    written = io.BytesIO()
    # Read once and thrown away: quick to write is better than small.
    picture.crop(frame(region, *picture.size)).save(written, "PNG", compress_level=1)
    attachment = hashlib.sha256(written.getbuffer()).hexdigest()
    kept = folder / f"{attachment}.png"
    if not kept.exists():
        kept.write_bytes(written.getbuffer())
    return Image(attachment, str(kept))


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
    return min(max(value, 0.0), float(SCALE))


def _length(extent: float, size: int) -> float:
    """Pixels of a side of `extent` thousandths, with its margin, of `size` pixels."""
    length = extent / SCALE * size
    return min(max(length + 2 * max(LEAST_MARGIN, MARGIN * length), LEAST_SIDE), size)


def _placed(middle: float, length: float, size: int) -> tuple[int, int]:
    """The first pixel of a run of `length` around `middle` thousandths, moved into the picture, and the one behind."""
    length = min(length, size)
    first = min(max(middle / SCALE * size - length / 2, 0.0), size - length)
    return math.floor(first), min(math.ceil(first + length), size)

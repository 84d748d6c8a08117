"""Picture files -> patches for the vision tower. Pillow and NumPy only.

Sizes, resampling, normalisation and the order of the patches are those of the published image processor
(transformers' `Qwen2VLImageProcessorPil` with patch 16, temporal patch 2, merge 2, mean and standard deviation 0.5).
"""

from __future__ import annotations

import json
import math
import struct
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from engine.backends.base import Patches
from engine.protocol import MAX_PICTURE_PIXELS, FailureCode, ImageBudget
from engine.spec import ModelError

PATCH = 16
MERGE = 2
TEMPORAL = 2
SIDE = PATCH * MERGE
"""Pixels along the side of one token."""
MIN_PIXELS = 65_536
MAX_PIXELS = 16_777_216
"""The published areas: 64 to 16,384 tokens."""
FAST_PIXELS = 512 * SIDE * SIDE
BALANCED_PIXELS = 1280 * SIDE * SIDE
MAX_RATIO = 200
"""Long side over short side; the published processor refuses what is longer."""
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
PREPROCESSOR_FILE = "preprocessor_config.json"

# What Pillow's decoders raise on bytes that are not what they should be.
_DAMAGE = (OSError, SyntaxError, ValueError, TypeError, LookupError, EOFError, OverflowError, struct.error, zlib.error)


class PictureError(Exception):
    """A picture that can not be shown to the model. `code` is the protocol's failure code, `str()` a sentence for a
    person that names the file and says what to do."""

    def __init__(self, code: FailureCode, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Limits:
    """The smallest and largest area, in pixels, that a picture is scaled to."""

    min_pixels: int
    max_pixels: int


def read_limits(folder: Path, budget: ImageBudget) -> Limits:
    """The limits of the model in `folder`, or the published ones where it names none, cut down to `budget`.

    Raises:
        ModelError: ``preprocessor_config.json`` is there and can not be understood.
    """
    problem = ModelError("model_damaged", f"{PREPROCESSOR_FILE} in {folder.name} can not be read. Fetch it again.")
    try:
        size = json.loads((folder / PREPROCESSOR_FILE).read_text(encoding="utf-8")).get("size", {})
        lowest, highest = int(size.get("shortest_edge", MIN_PIXELS)), int(size.get("longest_edge", MAX_PIXELS))
    except FileNotFoundError:
        lowest, highest = MIN_PIXELS, MAX_PIXELS
    except (OSError, ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise problem from error
    if not 0 < lowest <= highest:
        raise problem
    highest = {"fast": min(FAST_PIXELS, highest), "balanced": min(BALANCED_PIXELS, highest), "full": highest}[budget]
    return Limits(min(lowest, highest), highest)


def open_picture(path: Path) -> Image.Image:
    """Read a picture file as RGB: turned as its EXIF data says, on white where it is transparent, the first of several.

    Raises:
        PictureError: not there, empty, not a picture of a known format, damaged or cut short, more than
            `MAX_PICTURE_PIXELS` (found before anything is decoded), or more than `MAX_RATIO` times as long as wide.
    """
    _check_file(path)
    try:
        # Pillow warns of large pictures at a limit of its own, and of flaws that it can pass over.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path, formats=FORMATS) as file:
                _check_shape(path.name, *file.size)
                file.load()
                return _to_rgb(_upright(file))
    except UnidentifiedImageError as error:
        raise PictureError(
            "image_unreadable",
            f"{path.name} is not a picture that Fingerpost can read. Save it as PNG or JPEG and add it again.",
        ) from error
    except Image.DecompressionBombError as error:
        # Raised from about twice Pillow's own limit on, which lies above ours.
        raise _too_large(path.name, "more than 100 megapixels") from error
    except MemoryError as error:
        raise PictureError(
            "image_too_large",
            f"There is not enough free memory to open {path.name}. Close other programs, or make the picture smaller.",
        ) from error
    except _DAMAGE as error:
        raise PictureError(
            "image_unreadable",
            f"{path.name} is damaged or cut short. Save or copy the picture again, then add it once more.",
        ) from error


def target_size(width: int, height: int, limits: Limits) -> tuple[int, int]:
    """Width and height to scale to: multiples of 32 near the picture's own, their product within `limits`.

    The published formula (`smart_resize`): round both sides; above the largest area scale down and round down, below
    the smallest scale up and round up.

    Raises:
        PictureError: one side is more than `MAX_RATIO` times the other.
    """
    _check_ratio("The picture", width, height)
    new_width, new_height = round(width / SIDE) * SIDE, round(height / SIDE) * SIDE
    if new_width * new_height > limits.max_pixels:
        shrink = math.sqrt(width * height / limits.max_pixels)
        new_width = max(SIDE, math.floor(width / shrink / SIDE) * SIDE)
        new_height = max(SIDE, math.floor(height / shrink / SIDE) * SIDE)
    elif new_width * new_height < limits.min_pixels:
        grow = math.sqrt(limits.min_pixels / (width * height))
        new_width = math.ceil(width * grow / SIDE) * SIDE
        new_height = math.ceil(height * grow / SIDE) * SIDE
    return new_width, new_height


def prepare(picture: Image.Image, limits: Limits) -> Patches:
    """Scale an RGB picture into `limits` and cut it into patches.

    Raises:
        PictureError: from `target_size`.
    """
    size = target_size(*picture.size, limits)
    scaled = picture if picture.size == size else picture.resize(size, Image.Resampling.BICUBIC)
    columns, rows = size[0] // PATCH, size[1] // PATCH
    pixels = np.asarray(scaled).reshape(rows // MERGE, MERGE, PATCH, columns // MERGE, MERGE, PATCH, 3)
    # Merge group (down, across), patch inside it (down, across), channel, row, column.
    pixels = pixels.transpose(0, 3, 1, 4, 6, 2, 5)
    patches = np.empty((*pixels.shape[:5], TEMPORAL, PATCH, PATCH), np.float32)
    first = patches[..., 0, :, :]
    first[...] = pixels
    # (value / 255 - mean) / deviation, with both 0.5: 0..255 becomes -1..1.
    first /= 127.5
    first -= 1.0
    # A still picture is its own second frame.
    patches[..., 1, :, :] = first
    return Patches(patches.reshape(rows * columns, -1), (rows, columns))


def _check_file(path: Path) -> None:
    try:
        empty = path.stat().st_size == 0
    except OSError as error:
        raise PictureError(
            "image_unreadable", f"{path.name} is not there any more or may not be read. Add the picture again."
        ) from error
    if not path.is_file():
        raise PictureError("image_unreadable", f"{path.name} is not a file. Add a picture file instead.")
    if empty:
        raise PictureError(
            "image_unreadable", f"{path.name} is empty. Save or copy the picture again, then add it once more."
        )


def _check_shape(name: str, width: int, height: int) -> None:
    if width * height > MAX_PICTURE_PIXELS:
        raise _too_large(name, f"{width} x {height} pixels")
    _check_ratio(name, width, height)


def _check_ratio(name: str, width: int, height: int) -> None:
    if max(width, height) > MAX_RATIO * min(width, height):
        raise PictureError(
            "image_bad_shape",
            f"{name} is {width} x {height} pixels, too long and thin to be looked at. Cut out the part you ask about.",
        )


def _too_large(name: str, size: str) -> PictureError:
    return PictureError(
        "image_too_large",
        f"{name} has {size}, and {MAX_PICTURE_PIXELS // 1_000_000} megapixels is the most that can be read. "
        "Make it smaller, or cut out the part you ask about.",
    )


def _upright(picture: Image.Image) -> Image.Image:
    """Undo the turn that the camera noted. Damaged EXIF data is no reason to refuse the picture."""
    try:
        orientation = picture.getexif().get(ExifTags.Base.Orientation)
    except _DAMAGE:
        return picture
    turns: dict[Any, Image.Transpose] = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    return picture.transpose(turns[orientation]) if orientation in turns else picture


def _to_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode == "F" or picture.mode.startswith("I"):
        return _from_deep_grey(picture)
    if picture.mode == "La":
        picture = picture.convert("LA")
    if picture.has_transparency_data:
        seen = picture.convert("RGBA")
        white = Image.new("RGB", picture.size, "white")
        white.paste(seen, mask=seen)
        return white
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _from_deep_grey(picture: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits or in floating point, which Pillow would clip at 255: scaled by what counts as white."""
    values: Any = np.nan_to_num(np.asarray(picture, np.float32))
    peak = float(values.max())
    usual = (1.0, 255.0, 65_535.0) if picture.mode == "F" else (65_535.0,)
    white = next((level for level in usual if peak <= level), peak)
    if isinstance(hidden := picture.info.get("transparency"), int):
        values[values == hidden] = white
    grey = np.rint(np.clip(values, 0.0, white) * (255.0 / white)).astype(np.uint8)
    return Image.fromarray(grey).convert("RGB")

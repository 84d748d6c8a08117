"""Picture files as documents: their frames, checked before anything is decoded."""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from engine.documents.document import DocumentError
from engine.documents.limits import Limits

FORMATS = ("PNG", "JPEG", "MPO", "WEBP", "TIFF", "GIF", "BMP", "AVIF", "HEIF")
"""Those that this Pillow lacks are passed over."""
SCREEN = 96.0
"""Dots per inch of a picture that does not say."""
DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    OverflowError,
    RuntimeError,
    struct.error,
    zlib.error,
)
"""What decoders raise on bytes that are not what they should be."""


class Frames:
    """A picture file that is open. Only TIFF has pages; of moving pictures the first is shown."""

    def __init__(self, file: Image.Image, name: str, limits: Limits) -> None:
        self._file, self._name, self._limits = file, name, limits
        moving = int(getattr(file, "n_frames", 1))
        self.count = moving if file.format == "TIFF" else 1
        self.moves = moving > 1 and file.format in ("GIF", "WEBP", "PNG", "AVIF")

    def size(self, number: int) -> tuple[float, float]:
        """Width and height of frame `number` (from 1) in points, as it is shown.

        Raises:
            DocumentError: the frame is damaged or has too many pixels.
        """
        self._go_to(number)
        across, down = self._dots()
        wide, high = self._file.width * 72 / across, self._file.height * 72 / down
        return (high, wide) if self._turned() else (wide, high)

    def picture(self, number: int) -> Image.Image:
        """Frame `number` (from 1) as RGB, upright and on white.

        Raises:
            DocumentError: the frame is damaged or has too many pixels.
        """
        self._go_to(number)
        try:
            self._file.load()
            return _to_rgb(ImageOps.exif_transpose(self._file))
        except MemoryError as error:
            raise DocumentError(
                "document_unreadable", f"There is not enough free memory to open {self._name}. Close other programs."
            ) from error
        except DAMAGE as error:
            raise _damaged(self._name) from error

    def _go_to(self, number: int) -> None:
        try:
            self._file.seek(number - 1)
        except DAMAGE as error:
            raise _damaged(self._name) from error
        wide, high = self._file.size
        if wide * high > self._limits.pixels:
            raise _too_large(self._name, f"{wide} x {high} pixels", self._limits)

    def _dots(self) -> tuple[float, float]:
        try:
            across, down = (float(value) for value in self._file.info["dpi"])
        except (KeyError, TypeError, ValueError, ZeroDivisionError):
            return SCREEN, SCREEN
        known = 36 <= across <= 4800 and 36 <= down <= 4800
        return (across, down) if known else (SCREEN, SCREEN)

    def _turned(self) -> bool:
        try:
            return self._file.getexif().get(0x0112) in (5, 6, 7, 8)
        except DAMAGE:
            return False


@contextmanager
def open_frames(path: Path, name: str, limits: Limits) -> Iterator[Frames]:
    """The picture file at `path`, which messages call `name`.

    Raises:
        DocumentError: it is not there, no picture of a known format, damaged, or has too many pixels.
    """
    with warnings.catch_warnings():
        # Pillow warns of large pictures at a limit of its own, and of flaws that it can pass over.
        warnings.simplefilter("ignore")
        try:
            file = Image.open(path, formats=[known for known in FORMATS if _known(known)])
        except UnidentifiedImageError as error:
            raise DocumentError(
                "document_unreadable",
                f"{name} is not a picture that Fingerpost can read. Save it as PNG or JPEG and add it again.",
            ) from error
        except Image.DecompressionBombError as error:
            # Raised from about twice Pillow's own limit on, which lies above ours.
            raise _too_large(name, f"more than {limits.pixels // 1_000_000} megapixels", limits) from error
        except FileNotFoundError as error:
            raise DocumentError("document_unreadable", f"{name} is not there any more. Add it again.") from error
        except PermissionError as error:
            raise DocumentError(
                "document_unreadable", f"{name} may not be read. Change its permissions or add a copy of it."
            ) from error
        except DAMAGE as error:
            raise _damaged(name) from error
        with file:
            yield _frames(file, name, limits)


def _frames(file: Image.Image, name: str, limits: Limits) -> Frames:
    try:
        return Frames(file, name, limits)
    except DAMAGE as error:
        raise _damaged(name) from error


def _known(name: str) -> bool:
    Image.init()
    return name in Image.OPEN


def _to_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode == "F" or picture.mode.startswith("I"):
        values: Any = np.nan_to_num(np.asarray(picture, np.float32))
        peak = max(float(values.max(initial=0.0)), 255.0 if picture.mode == "F" else 65_535.0)
        picture = Image.fromarray((np.clip(values, 0, peak) * (255 / peak)).astype(np.uint8))
    if picture.has_transparency_data:
        seen = picture.convert("RGBA")
        white = Image.new("RGB", picture.size, "white")
        white.paste(seen, mask=seen)
        return white
    return picture.convert("RGB")


def _too_large(name: str, size: str, limits: Limits) -> DocumentError:
    return DocumentError(
        "image_too_large",
        f"{name} has {size}, and {limits.pixels // 1_000_000} megapixels is the most that can be read. "
        "Make it smaller, or cut out the part you ask about.",
    )


def _damaged(name: str) -> DocumentError:
    return DocumentError(
        "document_unreadable", f"{name} is damaged or cut short. Save or copy the picture again, then add it once more."
    )

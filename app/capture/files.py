"""A picture file -> `Picture`. What is not a picture is refused with one sentence that names the file.

The format is told by the first bytes, never by the name, and the file is decoded once to prove that it can be.
"""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path

from PIL import ExifTags
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from app.capture.errors import CaptureError, NotAPicture
from app.domain.conversation import Picture, Source
from engine.protocol import MAX_PICTURE_PIXELS

MAX_FILE_BYTES = 200_000_000
READABLE = "PNG, JPEG, WebP, BMP, GIF or TIFF"

_HEAD = 32
"""Bytes that tell a format."""
_TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_BMP_HEADER_SIZES = (12, 40, 52, 56, 64, 108, 124)
_TURNED_BY_A_QUARTER = (5, 6, 7, 8)
"""EXIF orientations that swap width and height."""
_DAMAGED = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error)
"""What Pillow's decoders raise for a broken file."""


def read_picture(path: Path, source: Source) -> Picture:
    """The file's own bytes with their media type and size, the name as title. Slow (decodes it): run it as a job.

    Raises `CaptureError` when it is missing, empty, not readable or too large, `NotAPicture` for a folder and for what
    is none, or several on pages of one file.
    """
    data = _read(path)
    if _has_pages(data):
        raise NotAPicture(f"“{path.name}” has several pages. Save the one that you ask about by itself.")
    return picture_from(data, source, path.name)


def picture_from(data: bytes, source: Source, name: str) -> Picture:
    """The same for bytes that are already here; `name` is the title, and may be empty. Raises `CaptureError`."""
    called = f"“{name}”" if name else "The picture"
    found = _reader(data[:_HEAD])
    if found is None:
        raise _no_picture(called)
    media_type, reader = found
    try:
        # Pillow's own `open` would warn about large pictures; the limit here is the product's.
        with reader(BytesIO(data)) as image:
            width, height = image.size
            if width * height > MAX_PICTURE_PIXELS:
                raise CaptureError(
                    f"{called} has {width * height / 1e6:,.0f} megapixels, and {MAX_PICTURE_PIXELS / 1e6:,.0f} is the "
                    "most that can be read. Make it smaller and add it again."
                )
            # A JPEG is decoded at an eighth of its size: that still reads it to its end.
            image.draft(None, (max(1, width // 8), max(1, height // 8)))
            orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
            image.load()
    except _DAMAGED:
        raise CaptureError(f"{called} is damaged and can not be read. Save or download it again.") from None
    except MemoryError:
        raise CaptureError(f"There is not enough memory to open {called}. Make it smaller and add it again.") from None
    if orientation in _TURNED_BY_A_QUARTER:
        width, height = height, width
    return Picture(data, media_type, width, height, source, name)


def _read(path: Path) -> bytes:
    called = f"“{path.name}”"
    try:
        if path.is_dir():
            raise NotAPicture(f"{called} is a folder. Choose the pictures in it instead.")
        if not path.exists():
            raise CaptureError(f"{called} is not there any more. Choose it again.")
        if not path.is_file():
            raise CaptureError(f"{called} is not a file. Choose a picture file instead.")
        size = path.stat().st_size
        if size == 0:
            raise CaptureError(f"{called} is empty. Save or download it again.")
        if size > MAX_FILE_BYTES:
            refusal = CaptureError if _reader(_head(path)) else NotAPicture
            raise refusal(
                f"{called} has {size / 1e6:,.0f} MB, and {MAX_FILE_BYTES / 1e6:,.0f} MB is the most that can be read. "
                "Save it smaller and add it again."
            )
        if _reader(_head(path)) is None:
            raise _no_picture(called)
        return path.read_bytes()
    except PermissionError:
        raise CaptureError(f"Fingerpost may not read {called}. Change its permissions, then add it again.") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CaptureError(f"{called} can not be read: {reason}. Copy it to another place and add it again.") from None


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)


def _has_pages(data: bytes) -> bool:
    if not data.startswith(_TIFF_STARTS):
        return False
    try:
        with TiffImageFile(BytesIO(data)) as image:
            return image.n_frames > 1
    except _DAMAGED:
        return False


def _no_picture(called: str) -> NotAPicture:
    return NotAPicture(f"{called} is not a picture that Fingerpost reads. Save it as {READABLE}.")


def _reader(head: bytes) -> tuple[str, type[ImageFile]] | None:
    """The media type and Pillow's reader for a file that starts with `head` (`_HEAD` bytes, fewer if it is shorter)."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png", PngImageFile
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg", JpegImageFile
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp", WebPImageFile
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif", GifImageFile
    if head.startswith(_TIFF_STARTS):
        return "image/tiff", TiffImageFile
    # Two letters alone are also the start of many a text: the header's size decides.
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES:
        return "image/bmp", BmpImageFile
    return None

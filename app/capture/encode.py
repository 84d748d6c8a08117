"""A picture in memory -> `Picture`: PNG, because a screen's text must not be smeared."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QImage, QImageWriter

from app.capture.errors import CaptureError
from app.capture.shot import Taken
from app.domain.conversation import Picture, Source
from engine.protocol import MAX_PICTURE_PIXELS

_FAST = 80
"""Qt's scale of 0 (smallest) to 100 (not compressed); this is zlib level 1, a third larger and half as long."""


def picture_of(taken: Taken, source: Source) -> Picture:
    """Slow: run it as a job. Raises `CaptureError` when it is too large or can not be written."""
    image = taken.image
    width, height = image.width(), image.height()
    if width * height > MAX_PICTURE_PIXELS:
        raise CaptureError(
            f"The picture would have {width * height / 1e6:,.0f} megapixels, and {MAX_PICTURE_PIXELS / 1e6:,.0f} is "
            "the most that can be read. Take a single monitor or a region instead."
        )
    return Picture(
        png_of(image), "image/png", width, height, source, taken.title, taken.place, taken.elements, taken.window
    )


def png_of(image: QImage) -> bytes:
    """The file. Raises `CaptureError` when the memory does not suffice."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QImageWriter(buffer, b"PNG")
    writer.setQuality(_FAST)
    if not writer.write(image):
        raise CaptureError("The picture could not be stored, the memory may be full. Close something and try again.")
    return bytes(buffer.data().data())

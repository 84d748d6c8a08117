"""Files with pictures -> marked pictures -> PNG files. For worker threads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageOps
from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QImage, QImageWriter

from app.look import Look
from app.marking.picture import marked_picture
from engine.protocol import Mark


def eight_bit(picture: Image.Image) -> Image.Image:
    """`picture` with eight bits of red, green, blue and opacity, of whatever mode it is."""
    if picture.mode.startswith("I"):
        picture = picture.point(lambda value: value * (1 / 256)).convert("L")
    return picture.convert("RGBA")


def image_of(picture: Image.Image) -> QImage:
    """The pixels of a picture in ``RGBA``."""
    data = picture.tobytes("raw", "BGRA")
    image = QImage(data, picture.width, picture.height, 4 * picture.width, QImage.Format.Format_ARGB32)
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def load_marked(look: Look, path: Path, marks: Sequence[Mark]) -> QImage:
    """The picture at `path` with `marks`, EXIF applied.

    Raises:
        OSError, ValueError, Image.DecompressionBombError: it can not be read as a picture.
    """
    with Image.open(path) as opened:
        image = image_of(eight_bit(ImageOps.exif_transpose(opened)))
    return marked_picture(look, image, marks)


def save_marked(look: Look, path: Path, marks: Sequence[Mark], to: Path) -> None:
    """Write what `load_marked` gives as a PNG file.

    Raises:
        OSError: it can not be written; and what `load_marked` raises.
    """
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QImageWriter(buffer, QByteArray(b"png"))
    if not writer.write(load_marked(look, path, marks)):
        raise OSError(writer.errorString())
    to.write_bytes(bytes(data.data()))

"""Pictures at the size they are shown in, decoded off the main thread and kept while they are wanted."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

from PIL import Image, ImageOps
from PySide6.QtCore import QObject, QSize, Signal
from PySide6.QtGui import QImage

from app.domain.conversation import Attachment
from app.domain.geometry import Rect, to_picture
from app.jobs import Jobs
from app.marking.export import eight_bit, image_of

_KEPT_BYTES = 96 * 1024 * 1024
_LARGEST = QSize(6144, 6144)
"""A picture is never decoded larger than this: 150 MB at four bytes a pixel."""

_Key = tuple[str, int, int, Rect | None]


class Thumbnails(QObject):
    """A bounded cache. A widget asks for an image when it paints, and paints again when `changed` names its picture."""

    changed = Signal(str)
    """Attachment id: an image that was asked for is there, or can not be had."""

    def __init__(self, jobs: Jobs, parent: QObject | None = None, *, kept_bytes: int = _KEPT_BYTES) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._limit = kept_bytes
        self._images: OrderedDict[_Key, QImage] = OrderedDict()
        self._wanted: set[_Key] = set()
        self._missing: set[str] = set()

    def image(self, attachment: Attachment, size: QSize, area: Rect | None = None) -> QImage | None:
        """The picture, or the normalised `area` of it, scaled down to fit `size` (device pixels), or None while it is
        being decoded."""
        bounded = size.boundedTo(_LARGEST).expandedTo(QSize(1, 1))
        key = (attachment.id, bounded.width(), bounded.height(), area)
        found = self._images.get(key)
        if found is not None:
            self._images.move_to_end(key)
        elif key not in self._wanted and attachment.id not in self._missing:
            self._wanted.add(key)
            self._jobs.run(
                lambda: _decode(attachment.path, bounded, area),
                lambda image: self._keep(key, image),
                lambda _error: self._give_up(key),
            )
        return found

    def is_missing(self, attachment: Attachment) -> bool:
        """Whether the file could not be read as a picture."""
        return attachment.id in self._missing

    def _keep(self, key: _Key, image: QImage) -> None:
        self._wanted.discard(key)
        self._images[key] = image
        kept = sum(each.sizeInBytes() for each in self._images.values())
        while kept > self._limit and len(self._images) > 1:
            _, dropped = self._images.popitem(last=False)
            kept -= dropped.sizeInBytes()
        self.changed.emit(key[0])

    def _give_up(self, key: _Key) -> None:
        self._wanted.discard(key)
        self._missing.add(key[0])
        self.changed.emit(key[0])


def cover(attachment: Attachment, width: int, height: int) -> QSize:
    """The size at which a picture covers `width` x `height`, at most four times as long as that in one direction."""
    scale = max(width / max(1, attachment.width), height / max(1, attachment.height))
    return QSize(
        min(4 * width, round(attachment.width * scale)),
        min(4 * height, round(attachment.height * scale)),
    )


def _decode(path: Path, size: QSize, area: Rect | None) -> QImage:
    """Runs on a worker: Pillow lets go of the interpreter while it decodes and scales."""
    with Image.open(path) as opened:
        if area is None:
            # A turned photograph has its sides exchanged only after the draft.
            longest = max(size.width(), size.height())
            opened.draft("RGB", (longest, longest))
        picture = ImageOps.exif_transpose(opened)
        if area is not None:
            picture = picture.crop(_box(area, picture.size))
        picture = eight_bit(picture)
    picture.thumbnail((size.width(), size.height()), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return image_of(picture)


def _box(area: Rect, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of a normalised area in whole pixels, never empty."""
    part = to_picture(area, size).rounded_out()
    left, top = min(int(part.x), size[0] - 1), min(int(part.y), size[1] - 1)
    return left, top, max(left + 1, min(int(part.right), size[0])), max(top + 1, min(int(part.bottom), size[1]))

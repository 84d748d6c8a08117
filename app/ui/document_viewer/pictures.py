"""Pictures of pages, as many as the memory set aside for them holds."""

from __future__ import annotations

from collections import OrderedDict

from PySide6.QtGui import QImage

LIMIT = 150 * 1024 * 1024
"""Bytes of all pictures together."""


class PagePictures:
    """One picture a page; those that were not looked at for longest go first."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._kept: OrderedDict[int, QImage] = OrderedDict()
        self._bytes = 0

    @property
    def size(self) -> int:
        """Bytes that are taken now; never more than the limit, unless one picture alone is larger."""
        return self._bytes

    def get(self, page: int) -> QImage | None:
        """The picture of a page, in whatever width it has come."""
        if page in self._kept:
            self._kept.move_to_end(page)
        return self._kept.get(page)

    def width_of(self, page: int) -> int:
        """How many pixels wide the picture of a page is, 0 where there is none."""
        return self._kept[page].width() if page in self._kept else 0

    def put(self, page: int, picture: QImage) -> None:
        """Keep a picture in the form that is painted fastest."""
        self.drop(page)
        picture = picture.convertToFormat(QImage.Format.Format_RGB32)
        self._kept[page] = picture
        self._bytes += picture.sizeInBytes()
        while self._bytes > self._limit and len(self._kept) > 1:
            self.drop(next(iter(self._kept)))

    def drop(self, page: int) -> None:
        """Forget the picture of a page."""
        if (old := self._kept.pop(page, None)) is not None:
            self._bytes -= old.sizeInBytes()

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()
        self._bytes = 0

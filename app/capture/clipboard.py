"""What lies in the clipboard or is dropped -> files, a picture, or a sentence why not. For the main thread: nothing is
decoded here where the system hands out an encoded picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QImage, QPixmap

_ENCODED = ("image/png", "image/jpeg", "image/webp", "image/tiff", "image/bmp", "image/gif")
_NO_WEB = "Fingerpost does not use the network. Save the picture on this computer and add the file."
_NO_SHARE = "“{name}” lies on another computer. Copy it to this one and add it again."
_NOTHING = "There is no picture to paste. Copy a picture or a picture file first."


@dataclass(frozen=True, slots=True)
class Incoming:
    """At most one of `paths`, `encoded` (a whole image file) and `image` is filled. `refused` are sentences."""

    paths: tuple[Path, ...] = ()
    encoded: bytes = b""
    image: QImage | None = None
    refused: tuple[str, ...] = ()


def accepts(data: QMimeData) -> bool:
    """Whether a paste or drop is for `unpack` and not text for the composer.

    Programs that copy text or the cells of a table often add a picture of it, and a copied link is text too: both stay
    text.
    """
    if any(url.isLocalFile() for url in data.urls()):
        return True
    if _has_picture(data):
        return data.hasUrls() or not data.hasFormat("text/plain")
    return data.hasUrls() and not data.hasFormat("text/plain")


def unpack(data: QMimeData) -> Incoming:
    """Everything that can be used of `data`, in its order; files before a picture, a picture before web addresses."""
    urls = data.urls()
    files = [url for url in urls if url.isLocalFile()]
    if files:
        refused = [_NO_SHARE.format(name=url.fileName()) for url in files if url.host()]
        if len(files) < len(urls):
            refused.append(_NO_WEB)
        return Incoming(paths=tuple(Path(url.toLocalFile()) for url in files if not url.host()), refused=tuple(refused))
    for media_type in _ENCODED:
        if data.hasFormat(media_type) and (encoded := bytes(data.data(media_type).data())):
            return Incoming(encoded=encoded)
    image = _image(data)
    if image is not None:
        return Incoming(image=image)
    return Incoming(refused=(_NO_WEB if urls else _NOTHING,))


def _has_picture(data: QMimeData) -> bool:
    return data.hasImage() or any(data.hasFormat(media_type) for media_type in _ENCODED)


def _image(data: QMimeData) -> QImage | None:
    value = data.imageData()
    image = value.toImage() if isinstance(value, QPixmap) else value
    return image if isinstance(image, QImage) and not image.isNull() else None

"""Pictures as files named by the sha256 of their bytes: the same picture is kept once. Safe to use from any thread."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from app.files import PART_SUFFIX, private_folder, write_whole
from app.store.errors import explained

_SUFFIXES = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/bmp": ".bmp",
    "image/gif": ".gif",
    "image/tiff": ".tif",
}
_DAY = 24 * 3600.0


class ContentFiles:
    """The files under `folder`, as ``ab/abcdef….png``.

    What is kept here during this run is *held*: it may still lie in the composer and belong to no turn yet.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._held: set[str] = set()

    def keep(self, data: bytes, media_type: str) -> tuple[str, Path]:
        """Write `data` unless it is there already, and hold it; (sha256 in hex, where it lies). Raises `StoreError`."""
        digest = hashlib.sha256(data).hexdigest()
        path = self.path_of(digest, media_type)
        with self._lock:
            self._held.add(digest)
        with explained():
            private_folder(self._folder)
            private_folder(path.parent)
            if path.exists() and path.stat().st_size == len(data):
                os.utime(path)
            else:
                write_whole(path, data)
        return digest, path

    def path_of(self, digest: str, media_type: str) -> Path:
        """Where the picture lies, or would."""
        return self._folder.joinpath(digest[:2], f"{digest}{_SUFFIXES.get(media_type, '.picture')}")

    def remove(self, paths: list[Path]) -> None:
        """Remove those files that are not held. Raises `StoreError`."""
        for path in paths:
            # One at a time: a job that keeps a picture must not wait for all of them.
            with self._lock, explained():
                if path.stem not in self._held:
                    path.unlink(missing_ok=True)

    def remove_strays(self, wanted: Callable[[str], bool]) -> None:
        """Remove files that are not held, not `wanted` by their digest and more than a day old, so that a picture in
        another window's composer stays. Raises `StoreError`."""
        with explained():
            old = time.time() - _DAY
            strays = [path for path in self._files() if _is_stray(path, wanted) and path.stat().st_mtime < old]
        self.remove(strays)

    def let_go(self, wanted: Callable[[str], bool]) -> None:
        """Hold nothing any longer, and remove what was held and is not `wanted`. Raises `StoreError`."""
        with self._lock:
            unwanted = {digest for digest in self._held if not wanted(digest)}
            self._held.clear()
        with explained():
            paths = [path for digest in unwanted for path in self._folder.glob(f"{digest[:2]}/{digest}.*")]
        self.remove(paths)

    def _files(self) -> Iterator[Path]:
        """Only names of our own: a file manager may have left its notes here."""
        for path in self._folder.glob("[0-9a-f][0-9a-f]/*"):
            if path.suffix == PART_SUFFIX or len(path.stem) == hashlib.sha256().digest_size * 2:
                yield path


def _is_stray(path: Path, wanted: Callable[[str], bool]) -> bool:
    return path.suffix == PART_SUFFIX or not wanted(path.stem)

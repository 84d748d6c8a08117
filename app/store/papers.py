"""Copies of the documents that were asked about, so that what an answer cites can be opened when the file has gone or
changed. Safe to use from any thread."""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from app.files import PART_SUFFIX, private_folder
from app.store.errors import explained

LONGEST_NAME = 80
"""Characters of a file's name that are kept: the longest path that Windows takes is 260."""
_DIGITS = hashlib.sha256().digest_size * 2
_DAY = 24 * 3600.0


class DocumentFiles:
    """The copies under `folder`, as ``ab/abcdef…/Lease.pdf``. `indexes` is where the reader process keeps what it read,
    a file ``abcdef….sqlite`` for each document: it goes with the document.

    What is kept here during this run is *held*: it may still lie in the composer and belong to no turn yet.
    """

    def __init__(self, folder: Path, indexes: Path) -> None:
        self._folder, self._indexes = folder, indexes
        self._lock = threading.Lock()
        self._held: set[str] = set()

    def keep(self, pieces: Iterable[bytes], name: str, copies: bool) -> tuple[str, Path | None]:
        """Take in a document, piece by piece, and hold it: its sha256 in hex, and where its copy lies, None without
        `copies`. Raises `StoreError`, and what `pieces` raises."""
        digest = hashlib.sha256()
        if not copies:
            for piece in pieces:
                digest.update(piece)
            return self._hold(digest.hexdigest()), None
        with explained():
            private_folder(self._folder)
            handle, part = tempfile.mkstemp(prefix=".", suffix=PART_SUFFIX, dir=self._folder)
        try:
            with os.fdopen(handle, "wb") as file:
                for piece in pieces:
                    digest.update(piece)
                    with explained():
                        file.write(piece)
                with explained():
                    file.flush()
                    os.fsync(file.fileno())
            return self._hold(digest.hexdigest()), self._settle(Path(part), digest.hexdigest(), name)
        finally:
            Path(part).unlink(missing_ok=True)

    def copy_of(self, digest: str) -> Path | None:
        """The copy of a document, None where there is none."""
        with suppress(OSError):
            return next((path for path in self._place(digest).iterdir() if path.suffix != PART_SUFFIX), None)
        return None

    def remove(self, digests: Iterable[str]) -> None:
        """Remove those that are not held, with what was read of them. Raises `StoreError`."""
        for digest in digests:
            with self._lock, explained():
                if digest not in self._held:
                    self._forget(digest)

    def let_go(self, wanted: Callable[[str], bool]) -> None:
        """Hold nothing any longer, and remove what was held and is not `wanted`. Raises `StoreError`."""
        with self._lock:
            unwanted = [digest for digest in self._held if not wanted(digest)]
            self._held.clear()
        self.remove(unwanted)

    def remove_strays(self, wanted: Callable[[str], bool]) -> None:
        """Remove copies that are not held, not `wanted` and more than a day old. Raises `StoreError`."""
        old = time.time() - _DAY
        with explained():
            folders = [path for path in self._folder.glob("[0-9a-f][0-9a-f]/*") if len(path.name) == _DIGITS]
            strays = [path.name for path in folders if not wanted(path.name) and path.stat().st_mtime < old]
        self.remove(strays)

    def _hold(self, digest: str) -> str:
        with self._lock:
            self._held.add(digest)
        return digest

    def _settle(self, part: Path, digest: str, name: str) -> Path:
        place = self._place(digest)
        with self._lock, explained():
            if (copy := self.copy_of(digest)) is not None:
                os.utime(place)
                return copy
            private_folder(place.parent)
            private_folder(place)
            copy = place / _short(name)
            part.replace(copy)
            return copy

    def _forget(self, digest: str) -> None:
        place = self._place(digest)
        if place.is_dir():
            for path in place.iterdir():
                path.unlink(missing_ok=True)
            place.rmdir()
        for name in (f"{digest}.sqlite", f"{digest}.sqlite-journal"):
            (self._indexes / name).unlink(missing_ok=True)

    def _place(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest


def _short(name: str) -> str:
    """`name` with its ending, cut in the middle where it is too long."""
    ending = Path(name).suffix[:LONGEST_NAME]
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - len(ending)]}{ending}"

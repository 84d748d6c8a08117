"""A file on its way: ``NAME.part``, appended to until it is whole, checked, and only then called ``NAME``."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from engine.models.download.crew import Stopped
from engine.models.download.errors import WrongFile
from engine.models.manifest import FileFact

SUFFIX = ".part"
READ_BYTES = 4 * 2**20


class Digest(Protocol):
    """What `hashlib` makes."""

    def update(self, data: bytes | memoryview, /) -> None:
        """Take in more bytes."""

    def hexdigest(self) -> str:
        """The hash so far."""


def part_of(target: Path) -> Path:
    """Where the bytes of `target` are until it is whole."""
    return target.with_name(target.name + SUFFIX)


class Part:
    """The bytes of one file that are here. It may be closed from any thread, and takes nothing after that.

    What `append` was given is with the system when it returns: a process that is killed loses none of it. `closed` or
    not, the file is at any time the beginning of the published one, or was so when its server said so.
    """

    def __init__(self, target: Path, fact: FileFact) -> None:
        """Open or begin it. Raises `OSError`."""
        self._target, self._fact = target, fact
        self._lock = threading.Lock()
        target.parent.mkdir(parents=True, exist_ok=True)
        # Unbuffered, so that nothing waits in this process.
        self._file = part_of(target).open("ab", buffering=0)
        self.size = os.fstat(self._file.fileno()).st_size
        self._digest = _digest(fact)
        if self.size > fact.size:
            self.restart()

    def read(self, checkpoint: Callable[[], None]) -> None:
        """Take into the hash what an earlier process has fetched; once, before the first `append`."""
        with part_of(self._target).open("rb") as file:
            while data := file.read(READ_BYTES):
                checkpoint()
                self._digest.update(data)

    def append(self, data: bytes) -> None:
        """Add bytes. Raises `OSError`; what was written before it counts."""
        with self._lock:
            if self._file.closed:
                raise Stopped
            rest = memoryview(data)
            while rest:
                count = self._file.write(rest)
                self._digest.update(rest[:count])
                self.size += count
                rest = rest[count:]

    def restart(self) -> None:
        """Forget all bytes."""
        with self._lock:
            if self._file.closed:
                raise Stopped
            self._file.truncate(0)
            self.size = 0
            self._digest = _digest(self._fact)

    def finish(self) -> None:
        """Compare it with what was published, and give it its name.

        Raises:
            WrongFile: it differs; the bytes are still here.
        """
        expected = self._fact.sha256 or self._fact.git_sha1
        if self.size != self._fact.size:
            raise WrongFile(f"it has {self.size:,} bytes, and {self._fact.size:,} were announced")
        if expected and self._digest.hexdigest() != expected:
            raise WrongFile("its bytes are not the published ones")
        with self._lock:
            if self._file.closed:
                raise Stopped
            # Before it gets its name: after a power cut a file with that name must be whole.
            os.fsync(self._file.fileno())
            self._file.close()
            part_of(self._target).replace(self._target)

    def close(self) -> None:
        """Take nothing more. May be called again."""
        with self._lock:
            self._file.close()


def _digest(fact: FileFact) -> Digest:
    """Of the kind that the file was published with; git hashes a header before the bytes."""
    if fact.git_sha1 and not fact.sha256:
        return hashlib.sha1(b"blob %d\0" % fact.size, usedforsecurity=False)
    return hashlib.sha256()

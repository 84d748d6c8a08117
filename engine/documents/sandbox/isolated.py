"""``python -P -X utf8 -m engine.documents.sandbox.isolated``: reads and draws files for `isolate` beside it, in a
process that may be killed at any time. It has no network, writes no files, and gets no more memory and time than said.

Requests come in on stdin, replies go out on stdout: each a length of four bytes and packed values.
"""

from __future__ import annotations

import faulthandler
import gc
import importlib
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, cast

from engine.documents.document import Document, DocumentError, Page, PasswordNeeded
from engine.documents.job import Job
from engine.documents.limits import Limits
from engine.documents.render import render
from engine.documents.sandbox.packing import Packed, dumps, loads, pack_document, pack_page
from engine.protocol import Box
from engine.worker.channel import take_stdio
from engine.worker.guard import no_network

WARM = ("engine.documents.reading", "engine.documents.readers.pdf")
"""What is imported while nobody waits."""
SIGN_OF_LIFE = 0.25
"""Seconds between two of them at most often."""
LARGEST_LOG = 1 << 20
OUT_OF_MEMORY = 77
"""The exit code."""


class Pipe:
    """Packed values both ways."""

    def __init__(self, requests: BinaryIO, replies: BinaryIO) -> None:
        self._requests, self._replies = requests, replies
        self._sent = 0.0

    def receive(self) -> Packed | None:
        """The next request, None when there will be no more."""
        length = self._requests.read(4)
        if len(length) < 4:
            return None
        data = self._requests.read(int.from_bytes(length, "big"))
        return loads(data) if data else None

    def send(self, *values: Any) -> None:
        """Send a reply: its kind and what it says."""
        data = dumps(values)
        self._replies.write(len(data).to_bytes(4, "big"))
        self._replies.write(data)
        self._replies.flush()
        self._sent = time.monotonic()

    def live(self) -> None:
        """Send a sign of life, unless something was sent a moment ago."""
        if time.monotonic() - self._sent >= SIGN_OF_LIFE:
            self.send("alive")


def main() -> int:
    """Serve until stdin ends; returns the exit code."""
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    requests, replies = take_stdio()
    faulthandler.enable()
    pipe = Pipe(open(requests, "rb"), replies)  # noqa: PTH123, SIM115 - a descriptor, open for the life of the process
    for module in WARM:
        importlib.import_module(module)
    # Values of pages are many and have no cycles.
    gc.collect()
    gc.freeze()
    gc.disable()
    with no_network("document"):
        while (request := pipe.receive()) is not None:
            try:
                _serve(pipe, request)
            except PasswordNeeded as error:
                pipe.send("password", error.code, str(error))
            except DocumentError as error:
                pipe.send("error", error.code, str(error))
            except MemoryError:
                return OUT_OF_MEMORY
            except (BrokenPipeError, ConnectionResetError):
                return 0
    return 0


def _serve(pipe: Pipe, request: Packed) -> None:
    kind, memory, seconds, *rest = request
    _limit(memory, seconds)
    if kind == "read":
        _read(pipe, *rest)
    else:
        _render(pipe, *rest)


def _read(pipe: Pipe, reader: str, path: str, name: str, password: str, limits: dict[str, Any], first: int) -> None:
    module, _, function = reader.partition(":")
    read = cast(Callable[[Path, str, Job], Document], getattr(importlib.import_module(module), function))

    def emit(page: Page) -> None:
        pipe.send("page", pack_page(page))

    def progress(done: int, total: int) -> None:
        pipe.send("progress", done, total)

    def opened(total: int) -> None:
        pipe.send("opened", total)

    job = Job(password, Limits(**limits), progress, pipe.live, first, opened, emit)
    pipe.send("document", pack_document(read(Path(path), name, job)))


def _render(pipe: Pipe, path: str, kind: Any, page: int, width: int, area: Packed | None, password: str) -> None:
    picture = render(Path(path), kind, page, width, None if area is None else Box(*area), password)
    pipe.send("picture", picture.width, picture.height, picture.tobytes())


def _limit(memory: int, seconds: float) -> None:
    """Where the system can: no more than `memory` bytes on top of what the program has taken itself, `seconds` of
    computing for a process that nobody watches any more, and hardly any bytes in files."""
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not there on Windows

    used = _data_bytes()
    if used is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (used + memory, resource.RLIM_INFINITY))
    spent = resource.getrusage(resource.RUSAGE_SELF)
    enough = int(spent.ru_utime + spent.ru_stime + 2 * seconds) + 10
    resource.setrlimit(resource.RLIMIT_CPU, (enough, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_LOG, LARGEST_LOG))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _data_bytes() -> int | None:
    """Writable memory of this process, where Linux tells and limits it."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
    except (OSError, ValueError, IndexError):
        return None
    import resource  # noqa: PLC0415 - not there on Windows

    return pages * resource.getpagesize()


if __name__ == "__main__":
    sys.exit(main())

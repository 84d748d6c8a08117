"""A download that is killed again and again: ``python -m tests.killed_downloads MODELS POINTS``.

Each attempt is a process of its own, forked so that it starts at once, and gets SIGKILL as soon as POINTS (bytes, with
commas) are here. The last one ends by itself. Writes a line of JSON: how many bytes of files all of them received, and
for each kill the bytes of every part then.
"""

from __future__ import annotations

import json
import mmap
import os
import signal
import struct
import sys
import threading
import time
from pathlib import Path

import httpx2

from engine.models.download.part import SUFFIX, Part
from tests.downloads import KNOWN, Watched


def main() -> int:
    models, points = Path(sys.argv[1]), [int(point) for point in sys.argv[2].split(",")]
    httpx2.Client().close()  # Imports what it needs, once for all attempts.
    received = mmap.mmap(-1, 8)
    kept = []
    for point in points:
        child = _start(models, received)
        running = True
        while running and _here(models / ".downloads" / KNOWN) < point:
            time.sleep(0.0005)
            running = os.waitpid(child, os.WNOHANG) == (0, 0)
        if running:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        kept.append(_parts(models / ".downloads" / KNOWN))
    _, status = os.waitpid(_start(models, received), 0)
    sys.stdout.write(json.dumps({"received": struct.unpack("q", received)[0], "kept": kept}) + "\n")
    return status


def _start(models: Path, received: mmap.mmap) -> int:
    child = os.fork()
    if not child:
        Part.append = _counted(Part.append, received)  # type: ignore[method-assign]
        Watched(models).pull(KNOWN)
        os._exit(0)
    return child


def _counted(append, received):  # type: ignore[no-untyped-def]
    """`append` that counts what comes in before any of it is kept."""
    lock = threading.Lock()

    def counted(part: Part, data: bytes) -> None:
        with lock:
            struct.pack_into("q", received, 0, struct.unpack("q", received)[0] + len(data))
        append(part, data)

    return counted


def _here(folder: Path) -> int:
    return sum(size for name, size in _sizes(folder).items() if name != "download.json")


def _parts(folder: Path) -> dict[str, int]:
    return {name.removesuffix(SUFFIX): size for name, size in _sizes(folder).items() if name.endswith(SUFFIX)}


def _sizes(folder: Path) -> dict[str, int]:
    """What is there now; the folder itself may get its last name meanwhile."""
    try:
        return {path.name: path.stat().st_size for path in folder.iterdir() if not path.name.startswith(".")}
    except FileNotFoundError:
        return {}


if __name__ == "__main__":
    sys.exit(main())

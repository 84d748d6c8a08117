"""Lines over pipes: commands come in as bytes, events go out as lines, and nothing else ever stands between them."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from typing import BinaryIO

from engine.protocol import MAX_LINE_BYTES, Event, encode

READ_BYTES = 64 * 1024


class Channel:
    """Sends events from any thread."""

    def __init__(self, out: BinaryIO) -> None:
        self._out, self._lock = out, threading.Lock()

    def send(self, event: Event) -> None:
        """Write one line at once. Raises OSError when the other end is gone."""
        line = encode(event)
        with self._lock:
            self._out.write(line)
            self._out.flush()


def take_stdio() -> tuple[int, BinaryIO]:
    """Keep stdin and stdout for the protocol: returns a descriptor to read and a file to write.

    Descriptor 1 then leads to stderr and descriptor 0 to nothing, for everyone else in the process: what a library
    prints, in Python or in C, is a line in the log and never part of an event.
    """
    commands, events = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    sys.stdout.flush()
    os.dup2(2, 1)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    return commands, os.fdopen(events, "wb")


def read_lines(descriptor: int, limit: int = MAX_LINE_BYTES) -> Iterator[bytes | None]:
    """Lines without their newline until the end of the file; None for one of more than `limit` bytes, which is skipped.

    A last line without a newline was cut off and is dropped.
    """
    line, skipping = bytearray(), False
    while data := os.read(descriptor, READ_BYTES):
        *ended, rest = data.split(b"\n")
        for part in ended:
            too_long = skipping or len(line) + len(part) > limit
            yield None if too_long else bytes(line) + part
            line, skipping = bytearray(), False
        skipping = skipping or len(line) + len(rest) > limit
        line = bytearray() if skipping else line + rest

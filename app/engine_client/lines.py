"""Pieces of a pipe to whole lines."""

from __future__ import annotations


class LineBuffer:
    """Takes bytes as they come and gives lines. A line longer than `limit` bytes is dropped whole and counted."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._data = bytearray()
        self._searched = 0
        self._skipping = False
        self.dropped = 0

    def feed(self, data: bytes) -> None:
        """Add what was read."""
        self._data += data

    def take(self) -> bytes | None:
        """The next whole line without its newline, or None until more is fed."""
        while (end := self._data.find(b"\n", self._searched)) >= 0:
            line = bytes(self._data[:end])
            del self._data[: end + 1]
            self._searched = 0
            too_long = self._skipping or len(line) > self._limit
            self._skipping = False
            if not too_long:
                return line
            self.dropped += 1
        if len(self._data) > self._limit:
            self._data.clear()
            self._skipping = True
        self._searched = len(self._data)
        return None

"""How fast bytes come in, smoothed over some seconds."""

from __future__ import annotations

from collections import deque

WINDOW = 5.0
"""Seconds that are looked back at."""
SOONEST = 1.0
"""Seconds before which a rate says nothing."""


class Rate:
    """Told the time and the bytes that have come in all, it tells bytes a second."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def update(self, now: float, came: int) -> float:
        """The rate at the time `now` (seconds, never less than before), 0 while it is not known."""
        self._seen.append((now, came))
        while len(self._seen) > 2 and now - self._seen[1][0] >= WINDOW:
            self._seen.popleft()
        start, before = self._seen[0]
        return (came - before) / (now - start) if now - start >= SOONEST else 0.0

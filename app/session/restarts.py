"""When a model process that crashed is started again without asking."""

from __future__ import annotations

CRASH_FREE_SECONDS = 60.0


class Restarts:
    """One restart by itself, then the person decides: a second crash within a minute would only come again."""

    def __init__(self) -> None:
        self._last: float | None = None

    def allow(self, now: float) -> bool:
        """Whether the crash that happened `now` (a clock's seconds) is the first one in a minute."""
        last, self._last = self._last, now
        return last is None or now - last >= CRASH_FREE_SECONDS

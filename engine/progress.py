"""How far a load has got, told not too often."""

from __future__ import annotations

import time
from collections.abc import Callable

from engine.protocol import LoadProgress

INTERVAL = 0.05
"""Seconds between two events: a model has hundreds of tensors."""


class LoadReporter:
    """Passes on the bytes of a load, and always the last."""

    def __init__(self, send: Callable[[LoadProgress], None]) -> None:
        self._send, self._last = send, 0.0

    def report(self, done: int, total: int) -> None:
        """`done` of `total` bytes are read."""
        now = time.monotonic()
        if done >= total or now - self._last >= INTERVAL:
            self._last = now
            self._send(LoadProgress(done, total))

"""How long a download waits, and for what."""

from __future__ import annotations

import random
from dataclasses import dataclass

LONGEST_PAUSE = 3600.0
"""Seconds; a host that asks for more is asked again after this."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds, but for `tries`. `stall` is how long a connection may bring nothing; pauses between tries grow from
    `first` to `longest`. Where there is another source, it is asked after `tries` in a row that brought nothing."""

    connect: float = 10.0
    stall: float = 30.0
    first: float = 1.0
    longest: float = 60.0
    tries: int = 4

    def pause(self, failures: int, asked: float | None = None) -> float:
        """Seconds to wait after that many failures in a row (1 and up): exponential, spread by half so that not all
        come back at once, and never less than the host `asked` for."""
        usual = min(self.longest, self.first * 2.0 ** min(failures - 1, 30)) * random.uniform(0.75, 1.25)
        return max(usual, min(asked or 0.0, LONGEST_PAUSE))

"""How long an operator takes here, where two of them could do the same work."""

from __future__ import annotations

import time
from collections.abc import Callable

RUNS = 5


def shortest(work: Callable[[], object]) -> float:
    """Seconds of the shortest of `RUNS` runs: what nothing has disturbed."""
    best = float("inf")
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best

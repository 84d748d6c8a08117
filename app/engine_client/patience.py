"""How long the window waits for a child."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds until a child that does not answer is ended."""

    hello: float = 60.0
    """From its start to its first line: a cold disk takes long to read an interpreter and its packages."""
    cancel: float = 10.0
    """From Cancel to the end of the request: one chunk of a long prompt can take seconds on a small machine."""
    release: float = 2.5
    """From the end of its input to its own end, for which it has 2 s."""

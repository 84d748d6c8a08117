"""A driver for rehearsals: it takes everything and sends nothing."""

from __future__ import annotations

from app.acting.input.driver import Primitive


class DryDriver:
    """Keeps what it was given."""

    def __init__(self) -> None:
        self.sent: list[Primitive] = []

    def prepare(self) -> str:
        """None."""
        return ""

    def send(self, primitive: Primitive) -> None:
        """Keep it."""
        self.sent.append(primitive)

    def release_all(self) -> None:
        """Nothing is held."""

    def pointer(self) -> tuple[float, float] | None:
        """A person may move the mouse during a rehearsal."""
        return None

    def close(self) -> None:
        """Nothing is held."""

"""How much is done, and how fast."""

from __future__ import annotations

from app.acting.permission import Permission

LEAST_GAP = 1 / 3
"""Seconds between two actions: no more than three a second, whatever is confirmed."""
ENOUGH_STEPS = "{most} actions were done, which is the most for one goal. Ask again to go on from here."
ENOUGH_TIME = "Ten minutes have passed, which is the most for one goal. Ask again to go on from here."


class Pace:
    """Counts the actions of one goal, which began at `now`. Seconds of a steady clock."""

    def __init__(self, permission: Permission, now: float) -> None:
        self._permission = permission
        self._began = now
        self._last: float | None = None
        self.steps = 0

    def limit(self, now: float) -> str:
        """``""``, or the sentence of the limit that is reached."""
        if self.steps >= self._permission.most_steps:
            return ENOUGH_STEPS.format(most=self._permission.most_steps)
        if now - self._began > self._permission.most_seconds:
            return ENOUGH_TIME
        return ""

    def wait(self, now: float) -> float:
        """Seconds until the next action may be sent."""
        return 0.0 if self._last is None else max(0.0, self._last + LEAST_GAP - now)

    def count(self, now: float) -> None:
        """An action is sent."""
        self.steps += 1
        self._last = now

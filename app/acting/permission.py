"""What a person has allowed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.domain.screen import WindowRef

MOST_STEPS = 30
MOST_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Permission:
    """Holds for one goal in one window, and for those windows of the same program that the person has added (its
    dialogs). Nothing on the screen and nothing that the model says can change it."""

    window: WindowRef
    dry_run: bool = False
    also: frozenset[int] = frozenset()
    most_steps: int = MOST_STEPS
    most_seconds: float = MOST_SECONDS

    def covers(self, window: WindowRef) -> bool:
        """Whether `window` may be acted in: by its handle and its process, as handles are used again."""
        same_program = window.process == self.window.process
        return same_program and (window.handle == self.window.handle or window.handle in self.also)

    def with_window(self, window: WindowRef) -> Permission:
        """The person allows another window of the same program too. Raises `ValueError` for one of another program."""
        if window.process != self.window.process:
            raise ValueError("another program")
        return replace(self, also=self.also | {window.handle})

"""What the model is asked for a walk-through, and the steps it has given."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from app.domain.screen import ScreenLook
from engine.protocol import Generate, GuideStep, Image, ImageBudget, Message, Text

LONGEST_PLAN = 1500
"""Tokens: twenty steps of seventy."""


@dataclass(slots=True)
class Plan:
    """The steps towards `goal`, as far as they are written. `look` is what they were planned on; `done` are the
    sentences of steps that were taken before that; `said` is what the model says beside them."""

    goal: str
    look: ScreenLook
    done: tuple[str, ...] = ()
    steps: list[GuideStep] = field(default_factory=list)
    is_whole: bool = False
    said: str = ""
    request_id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def request(self, budget: ImageBudget) -> Generate:
        """What to send to the model."""
        shown = Image(self.look.id, str(self.look.path))
        message = Message("user", (shown, Text(self._words())))
        return Generate(self.request_id, (message,), max_tokens=LONGEST_PLAN, image_budget=budget, task="guide")

    def _words(self) -> str:
        if not self.done:
            return self.goal
        taken = "\n".join(f"- {sentence}" for sentence in self.done)
        return (
            f"{self.goal}\n\nThese steps were taken already:\n{taken}\n\nThen something else was opened: the picture "
            "shows the window now. Give the steps from here on, with those that lead back where that is needed."
        )

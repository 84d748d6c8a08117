"""The conversation with the model about one goal: pictures of the window, and what became of what it proposed."""

from __future__ import annotations

import uuid

from app.domain.screen import ScreenLook
from engine.protocol import CalledTool, Generate, Image, ImageBudget, Message, Text, ToolCall

TOOL = "computer_use"
LONGEST = 600
"""Tokens of one go: a thought and a call."""
KEPT_LOOKS = 4
"""Pictures that the model still sees, the newest ones; of earlier steps it reads the words alone."""


class Talk:
    """Grows by one call and one result a step."""

    def __init__(self, goal: str, look: ScreenLook) -> None:
        self._first = Message("user", (_picture(look), Text(goal)))
        self._steps: list[tuple[Message, ScreenLook, str]] = []

    def add(self, said: str, call: ToolCall, look: ScreenLook, result: str) -> None:
        """The model said and called, and this came of it: `result` in words, and how the window looks now."""
        called = CalledTool(call.name, call.arguments)
        self._steps.append((Message("assistant", (Text(said),) if said else (), tool_calls=(called,)), look, result))

    def request(self, budget: ImageBudget) -> Generate:
        """What to send next."""
        messages = [self._first]
        for at, (said, look, result) in enumerate(self._steps):
            is_recent = at >= len(self._steps) - KEPT_LOOKS
            parts = (Text(result), _picture(look)) if is_recent else (Text(result),)
            messages += [said, Message("tool", parts)]
        return Generate(uuid.uuid4().hex, tuple(messages), max_tokens=LONGEST, image_budget=budget, task="act")


def _picture(look: ScreenLook) -> Image:
    return Image(look.id, str(look.path))

"""What the engine does now, as the window shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

EngineState = Literal["stopped", "starting", "loading", "idle", "generating", "cancelling", "crashed"]


@dataclass(frozen=True, slots=True)
class Status:
    """`sentence` says it in words ("Reading 1,204 of 2,040 tokens"), `progress` in 0..1 where the end is known."""

    state: EngineState
    sentence: str
    progress: float | None = None

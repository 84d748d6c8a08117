"""What others may ask the model process for, beside the questions of a conversation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from engine.protocol import Event, Generate, LookAgain


class ModelRequests(Protocol):
    """Runs requests one after another, when no question is being answered."""

    @property
    def model_is_there(self) -> bool:
        """Whether a model is loaded that answers and sees."""

    def ask(self, request: Generate | LookAgain, told: Callable[[Event], None]) -> None:
        """Send `request` when its turn comes. `told` gets all events with its id, the last of which is `Finished` or
        `Failed`; one that the process was lost over ends in a `Failed` too. Nothing is told from inside this call."""

    def cancel(self, request_id: str) -> None:
        """Stop it, whatever state it is in; one that waits ends as cancelled. Unknown ids are ignored."""

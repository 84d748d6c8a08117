"""A model process without a process, and a session with everything it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.domain.status import EngineState
from app.engine_client import ProcessOutcome
from app.session import ChatSession
from app.store.store import Store
from engine.protocol import (
    Event,
    Failed,
    Finished,
    FinishReason,
    Generate,
    LoadModel,
    LookAgain,
    ModelInfo,
    Offer,
    Prepare,
    Ready,
    Text,
    TextDelta,
    Timings,
    ToolCall,
    Usage,
)

MODEL = ModelInfo("Qwen3.5-4B", "4B", "fake", "cpu", "float32", 1, 4, 1000, True)
BASE = ModelInfo("Qwen3.5-4B-Base", "4B", "fake", "cpu", "float32", 1, 4, 1000, True, "base")


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class FakeClient(QObject):
    """`EngineClient` driven by a test: the same states in the same order, without a process."""

    state_changed = Signal(str)
    event_received = Signal(object)
    ended = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.state: EngineState = "stopped"
        self.chosen: LoadModel | None = None
        self.model: ModelInfo | None = None
        self.requests: list[Any] = []
        self.prepares: list[Prepare] = []
        self.cancelled_prepares = 0
        self.starts = 0

    def use_model(self, folder: str, device: str = "auto", dtype: str = "auto") -> None:
        self.chosen = LoadModel(folder, device, dtype)
        self.restart()

    def restart(self) -> None:
        if self.chosen is not None:
            self.starts += 1
            self.model = None
            self.enter("starting")

    def let_go(self) -> None:
        self.chosen = None
        self.model = None
        self.enter("stopped")

    def generate(self, request: Generate | LookAgain) -> None:
        assert self.state == "idle"
        self.requests.append(request)
        self.enter("generating")

    def prepare(self, request: Prepare) -> None:
        assert self.state == "idle"
        self.prepares.append(request)

    def cancel_prepare(self) -> None:
        self.cancelled_prepares += 1

    def cancel(self) -> None:
        if self.state == "generating":
            self.enter("cancelling")

    # --- What the child does -----------------------------------------------------------------------------------------

    def enter(self, state: EngineState) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit(state)

    def say(self, event: Event) -> None:
        self.event_received.emit(event)

    def ready(self, model: ModelInfo = MODEL) -> None:
        self.enter("loading")
        self.model = model
        self.enter("idle")
        self.say(Ready(model, 1.0))

    @property
    def last(self) -> str:
        return self.requests[-1].request_id

    def write(self, text: str, channel: str = "answer") -> None:
        self.say(TextDelta(self.last, channel, text))  # type: ignore[arg-type]

    def call(self, name: str = "zoom", **arguments: Any) -> None:
        self.say(ToolCall(self.last, "call_1", name, arguments))

    def finish(self, reason: FinishReason = "stop", images: tuple[int, ...] = ()) -> None:
        request = self.last
        self.enter("idle")
        usage, timings = Usage(10, sum(images), 0, 5, 0, images), Timings(0.1, 0.2, 0.3, 2.5, 14.0)
        self.say(Finished(request, reason, usage, timings, (1, 2)))

    def end_prepare(self, reason: FinishReason = "prepared") -> None:
        usage, timings = Usage(10, 8, 0, 0, 0, (8,)), Timings(0.1, 0.2, 0.0, 0.3, 0.0)
        self.say(Finished(self.prepares[-1].request_id, reason, usage, timings, ()))

    def fail(self, message: str, offers: tuple[Offer, ...] = ()) -> None:
        request = self.last
        self.enter("idle")
        self.say(Failed(request, "context_too_long", message, offers=offers))

    def fail_to_load(self, message: str) -> None:
        self.enter("loading")
        self.enter("stopped")
        self.say(Failed(None, "model_missing", message))
        self.ended.emit(ProcessOutcome("asked"))

    def crash(self) -> None:
        self.model = None
        self.enter("crashed")
        self.ended.emit(ProcessOutcome("itself", signal="SIGSEGV"))


@dataclass(slots=True)
class Wish:
    """What a `FakeFinder` was asked for."""

    id: str
    attachment: str
    wanted: tuple[Any, ...]
    told: Callable[[Any], None]
    failed: Callable[[str], None]
    is_cancelled: bool = False


class FakeFinder:
    """`Finder` driven by a test, which calls what was given with a wish."""

    def __init__(self) -> None:
        self.finds: list[Wish] = []
        self.checks: list[Wish] = []
        self.read: list[str] = []

    def find(
        self, attachment: str, path: Path, elements: Any, queries: Any, told: Any, failed: Any, top: int = 5
    ) -> str:
        return self._add(self.finds, Wish(f"find {len(self.finds)}", attachment, tuple(queries), told, failed))

    def check(self, attachment: str, path: Path, elements: Any, marks: Any, told: Any, failed: Any) -> str:
        return self._add(self.checks, Wish(f"check {len(self.checks)}", attachment, tuple(marks), told, failed))

    def read_ahead(self, attachment: str, path: Path, elements: Any) -> None:
        self.read.append(attachment)

    def cancel(self, request_id: str) -> None:
        for wish in (*self.finds, *self.checks):
            if wish.id == request_id:
                wish.is_cancelled = True

    @staticmethod
    def _add(wishes: list[Wish], wish: Wish) -> str:
        wishes.append(wish)
        return wish.id


class Watched:
    """A session on a real store, and what it said, in order."""

    def __init__(self, client: Any, store: Store, clock: Clock) -> None:
        self.client, self.store, self.clock = client, store, clock
        self.finder = FakeFinder()
        self.session = ChatSession(client, store, self.finder, clock)  # type: ignore[arg-type]
        self.said: list[tuple[Any, ...]] = []
        for name in (
            "conversation_opened",
            "turn_added",
            "answer_extended",
            "answer_changed",
            "summaries_changed",
            "status_changed",
            "model_changed",
            "problem",
            "refused",
        ):
            getattr(self.session, name).connect(self._note(name))

    def _note(self, name: str) -> Any:
        return lambda *values: self.said.append((name, *values))

    def names(self) -> list[str]:
        """The names of the signals since the last call, the list of conversations and the status left out."""
        names = [name for name, *_ in self.said if name not in ("summaries_changed", "status_changed")]
        self.said.clear()
        return names

    def values(self, name: str) -> list[Any]:
        return [values[0] if len(values) == 1 else tuple(values) for said, *values in self.said if said == name]

    @property
    def turn(self) -> Any:
        """The last turn that is shown."""
        assert self.session.conversation is not None
        return self.session.conversation.turns[-1]

    @property
    def answer(self) -> Any:
        return self.turn.answer

    @property
    def stored(self) -> Any:
        """The last answer as the store has it."""
        assert self.session.conversation is not None
        return self.store.conversation(self.session.conversation.id).turns[-1].answer

    @property
    def sentence(self) -> str:
        return self.session.status.sentence


def texts(request: Generate) -> list[tuple[str, str]]:
    """Role and text of each message of a request."""
    return [
        (message.role, " ".join(part.text for part in message.parts if isinstance(part, Text)))
        for message in request.messages
    ]

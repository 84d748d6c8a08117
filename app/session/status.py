"""Events of the model process to one sentence that says what it does now."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from types import MappingProxyType

from app.domain.status import EngineState, Status
from app.session.closer_looks import TOOL
from engine.protocol import (
    Event,
    Failed,
    ImageProgress,
    LoadProgress,
    PrefillProgress,
    Ready,
    TaskProgress,
    TextDelta,
    ToolCall,
)

SAMPLE_SECONDS = 0.5
WINDOW_SAMPLES = 7
"""The speed is that of the last 3 s."""
CLOSER = "Looking closer at part of the picture"
SEARCHES = "Searching the documents"
SEARCH_TOOL = "search_document"
NO_MODEL = "There is no model yet. Get one, or choose the folder of one."
NO_MODEL_YET = "No model is here yet. The answer starts as soon as there is one."


_LOOKS = MappingProxyType({TOOL: CLOSER, SEARCH_TOOL: SEARCHES})
"""What the model does when it calls a tool."""


class StatusLine:
    """Follows the events of one child. Times are a clock's seconds."""

    def __init__(self) -> None:
        self._model = ""
        self._expected = ""
        self._share_here: float | None = None
        self._reads = "question"
        self._end = ""
        self._loading: LoadProgress | None = None
        self._request: ImageProgress | PrefillProgress | TextDelta | None = None
        self._task: TaskProgress | None = None
        self._looks = ""
        self._errand = ""
        self._said = 0
        self._samples: deque[tuple[float, int]] = deque(maxlen=WINDOW_SAMPLES)

    def start(self, folder: str) -> None:
        """A child is started to load the model in `folder`."""
        self._model = Path(folder).name
        self._loading = None
        self._end = ""

    def forget(self) -> None:
        """No model is chosen any more."""
        self._model = ""
        self._loading = None
        self._end = ""

    def ask(self, errand: str = "") -> None:
        """A request was sent. `errand` says what is done when it is no question."""
        self._errand = errand
        self._request = None
        self._task = None
        self._looks = ""
        self._said = 0
        self._samples.clear()

    def end(self, sentence: str) -> None:
        """Why there is no child any more."""
        self._end = sentence

    def observe(self, event: Event) -> None:
        """An event that came in."""
        match event:
            case LoadProgress():
                self._loading = event
            case Ready(model=model):
                self._reads = "text" if model.variant == "base" else "question"
            case ImageProgress() | PrefillProgress():
                self._request = event
            case TaskProgress():
                self._task = event
            case ToolCall(name=name):
                self._looks = _LOOKS.get(name, "")
                # The next reading is none of the speed of writing.
                self._samples.clear()
            case TextDelta():
                self._request = event
                self._looks = ""
                self._said += 1
            case Failed(request_id=None):
                self._end = event.message

    def expect(self, title: str, share: float | None) -> None:
        """The model `title` is being fetched, and `share` of it is here; an empty title: none is."""
        self._expected = title
        self._share_here = share

    def sample(self, now: float) -> None:
        """Measure the speed. May be called as often as one likes."""
        if self._said and (not self._samples or now - self._samples[-1][0] >= SAMPLE_SECONDS):
            self._samples.append((now, self._said))

    def status(self, state: EngineState) -> Status:
        """What is true in `state`."""
        if state == "starting":
            return Status(state, "Starting the model process")
        if state == "loading":
            return self._load_status()
        if state == "generating":
            return self._request_status()
        if state == "stopped":
            return Status(state, self._end or NO_MODEL)
        if state == "crashed":
            return Status(state, self._end or "The model process ended.")
        return Status(state, "Stopping" if state == "cancelling" else "Ready")

    def without_model(self, state: EngineState, waits: bool) -> Status:
        """What is true while no model is chosen; with `waits` there are questions."""
        if not self._expected:
            return Status(state, NO_MODEL_YET) if waits else self.status(state)
        share = self._share_here
        fetching = f"Fetching {self._expected}" + ("" if share is None else f", {int(share * 100)} %")
        return Status(state, f"{fetching}. The answer starts when it is here." if waits else fetching, share)

    def _load_status(self) -> Status:
        if self._loading is None or self._loading.total <= 0:
            return Status("loading", f"Loading {self._model}")
        share = min(self._loading.done / self._loading.total, 1.0)
        return Status("loading", f"Loading {self._model}, {int(share * 100)} %", round(share, 3))

    def _request_status(self) -> Status:
        share = _share(self._request)
        if self._errand:
            return Status("generating", self._errand, share)
        if self._looks:
            return Status("generating", self._looks, share)
        if self._task is not None and self._task.done < self._task.total:
            done, total = self._task.done, self._task.total
            return Status("generating", f"{self._task.what}, {done:,} of {total:,}", round(done / total, 3))
        match self._request:
            case ImageProgress(index=index, total=total):
                return Status("generating", f"Reading picture {index:,} of {total:,}")
            case PrefillProgress(done=done, total=total):
                return Status("generating", f"Reading {done:,} of {total:,} tokens", share)
            case TextDelta(channel=channel):
                doing = "Thinking" if channel == "reasoning" else "Writing"
                speed = self._speed()
                return Status("generating", doing if speed is None else f"{doing}, {speed:,.1f} tokens a second")
        return Status("generating", f"Reading the {self._reads}")

    def _speed(self) -> float | None:
        """Tokens a second over the window. A delta is one token, apart from the few that are held back and merged."""
        if len(self._samples) < 2:
            return None
        (since, first), (until, last) = self._samples[0], self._samples[-1]
        return (last - first) / (until - since)


def _share(event: Event | None) -> float | None:
    """How much of the prompt is read, as far as `event` says it."""
    return round(event.done / event.total, 3) if isinstance(event, PrefillProgress) and event.total else None

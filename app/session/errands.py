"""`Errands`: what is asked of the model beside questions, when no question is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer

from app.engine_client.client import EngineClient
from app.engine_client.outcome import ProcessOutcome
from app.session.queue import AnswerQueue
from engine.protocol import (
    Event,
    Failed,
    Finished,
    Generate,
    LookAgain,
    Ready,
    Task,
    Timings,
    Usage,
    request_id_of,
)

LOOKS_AGAIN = "Looking again at what it points at"
NO_MODEL = "No model is loaded. Load one under Models, and try again."
NO_ANSWERS = "A Base model can not do this. Load another one under Models, and try again."
_DOES: dict[Task, str] = {"guide": "Planning the steps", "act": "Working out the next action"}

Told = Callable[[Event], None]


@dataclass(slots=True)
class _Errand:
    request: Generate | LookAgain
    told: Told
    is_stopped: bool = False
    """Somebody does not want it any more."""
    makes_way: bool = False
    """A question takes its place: it is stopped, and done again afterwards."""


class Errands(QObject):
    """Runs requests that are no questions one after another, over the client that `queue` answers questions with.
    Implements `app.engine_client.requests.ModelRequests`.

    Questions go first. One that comes while a `LookAgain` runs stops it, and it is done again afterwards; a `Generate`
    is finished first. A model process that is down is not started for an errand, but one that is starting is waited
    for.
    """

    def __init__(self, client: EngineClient, queue: AnswerQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client, self._queue = client, queue
        self._running: _Errand | None = None
        self._waiting: list[_Errand] = []
        self._over: list[tuple[Told, Event]] = []
        """Ends that are to be told when nobody is inside a call of this."""
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._go_on)
        # After the queue, which then has sent its next question already.
        queue.held_up.connect(self._make_way)
        client.event_received.connect(self._on_event)
        client.ended.connect(self._on_ended)

    @property
    def model_is_there(self) -> bool:
        """Whether a model is loaded that answers and sees."""
        model = self._client.model
        return model is not None and model.variant == "instruct" and model.sees

    def ask(self, request: Generate | LookAgain, told: Told) -> None:
        """Send `request` when its turn comes. `told` gets all events with its id, the last of which is `Finished` or
        `Failed`; one that the process was lost over ends in a `Failed` too. Nothing is told from inside this call."""
        self._waiting.append(_Errand(request, told))
        self._soon.start()

    def cancel(self, request_id: str) -> None:
        """Stop it, whatever state it is in; one that waits ends as cancelled. Unknown ids are ignored."""
        if self._running is not None and self._running.request.request_id == request_id:
            self._running.is_stopped = True
            self._client.cancel()
        for errand in [each for each in self._waiting if each.request.request_id == request_id]:
            self._waiting.remove(errand)
            self._over.append((errand.told, _cancelled(request_id)))
            self._soon.start()

    def close(self) -> None:
        """Stop what runs, listen no more, and tell nobody."""
        self._soon.stop()
        if self._running is not None:
            self._client.cancel()
        self._running = None
        self._waiting.clear()
        self._over.clear()
        self._queue.held_up.disconnect(self._make_way)
        self._client.event_received.disconnect(self._on_event)
        self._client.ended.disconnect(self._on_ended)

    def _go_on(self) -> None:
        over, self._over = self._over, []
        for told, event in over:
            told(event)
        if self._client.state in ("stopped", "crashed"):
            self._fail_waiting(NO_MODEL)
        elif self._client.state == "idle" and not self._answers():
            self._fail_waiting(NO_ANSWERS)
        elif self._client.state == "idle" and self._running is None and self._waiting:
            self._running = self._waiting.pop(0)
            request = self._running.request
            self._queue.lend(request, LOOKS_AGAIN if isinstance(request, LookAgain) else _DOES.get(request.task, ""))

    def _answers(self) -> bool:
        return self._client.model is not None and self._client.model.variant == "instruct"

    def _make_way(self) -> None:
        running = self._running
        if running is not None and isinstance(running.request, LookAgain) and not running.is_stopped:
            running.makes_way = True
            self._client.cancel()

    def _fail_waiting(self, sentence: str) -> None:
        waiting, self._waiting = self._waiting, []
        for errand in waiting:
            errand.told(Failed(errand.request.request_id, "no_model", sentence))

    # --- The client --------------------------------------------------------------------------------------------------

    def _on_event(self, event: Event) -> None:
        running = self._running
        if running is not None and request_id_of(event) == running.request.request_id:
            self._take(running, event)
        if isinstance(event, Ready | Finished | Failed) and self._waiting:
            self._soon.start()

    def _take(self, running: _Errand, event: Event) -> None:
        if isinstance(event, Finished | Failed):
            self._running = None
        if running.makes_way and not running.is_stopped and _was_cut(event):
            running.makes_way = False
            self._waiting.insert(0, running)
        else:
            running.told(event)

    def _on_ended(self, outcome: ProcessOutcome) -> None:
        running, self._running = self._running, None
        if running is not None:
            running.told(Failed(running.request.request_id, "internal", outcome.sentence()))
        if self._waiting:
            self._soon.start()


def _was_cut(event: Event) -> bool:
    return isinstance(event, Finished) and event.reason == "cancelled"


def _cancelled(request_id: str) -> Finished:
    return Finished(request_id, "cancelled", Usage(0, 0, 0, 0, 0), Timings(0.0, 0.0, 0.0, 0.0, 0.0), ())

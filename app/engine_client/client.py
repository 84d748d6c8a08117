"""`EngineClient`: the model process as the window sees it, in seven states."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from app.domain.status import EngineState
from app.engine_client.child import Child
from app.engine_client.outcome import ProcessOutcome
from app.engine_client.patience import Patience
from engine.protocol import (
    Cancel,
    Event,
    Failed,
    Finished,
    Generate,
    Hello,
    LoadModel,
    LookAgain,
    ModelInfo,
    Prepare,
    Ready,
    request_id_of,
)

_log = logging.getLogger(__name__)


class EngineClient(QObject):
    """Starts a child that loads one model, answers one request at a time, and reads ahead for the next one.

    ``stopped`` → `use_model` → ``starting`` → Hello → ``loading`` → Ready → ``idle`` ⇄ ``generating`` (→ `cancel` →
    ``cancelling``). A child that ends unasked leaves ``crashed``, a model that can not be loaded ``stopped``; `restart`
    leads out of both. Reading ahead is no state of its own: a request may come at any time.

    Signals:
        state_changed: the new `EngineState`, before the event that led to it.
        event_received: an event of the protocol. Those of requests that are over are dropped; of a `Prepare` comes its
            end alone.
        ended: the `ProcessOutcome` of a child, asked or not, after the state has changed.
    """

    state_changed = Signal(str)
    event_received = Signal(object)
    ended = Signal(object)

    def __init__(self, command: Sequence[str], patience: Patience | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._command = tuple(command)
        self._patience = patience or Patience()
        self._state: EngineState = "stopped"
        self._child: Child | None = None
        self._start_next = False
        self._load: LoadModel | None = None
        self._model: ModelInfo | None = None
        self._request: str | None = None
        self._ahead: str | None = None
        self._no_hello = self._timer(self._patience.hello, self._on_no_hello)
        self._no_end = self._timer(self._patience.cancel, self._on_no_end)

    @property
    def state(self) -> EngineState:
        """What the child does now."""
        return self._state

    @property
    def chosen(self) -> LoadModel | None:
        """The model that was asked for last, loaded or not."""
        return self._load

    @property
    def model(self) -> ModelInfo | None:
        """The loaded model, None unless there is one."""
        return self._model

    @property
    def pid(self) -> int:
        """The child's process number, 0 while there is none."""
        return self._child.pid if self._child else 0

    def use_model(self, folder: str, device: str = "auto", dtype: str = "auto") -> None:
        """Load a model folder in a fresh child. One that runs is ended first, so that two models never share the
        memory; a request it works on is lost without an event of its own."""
        self._load = LoadModel(folder, device, dtype)
        self.restart()

    def restart(self) -> None:
        """Load the chosen model in a fresh child. Does nothing while none was chosen."""
        if self._load is None:
            return
        self._forget()
        if self._child is None:
            self._start()
        else:
            self._start_next = True
            self._child.release()
            self._enter("starting")

    def generate(self, request: Generate | LookAgain) -> None:
        """Send a request. Raises `RuntimeError` unless the state is ``idle``."""
        if self._state != "idle" or self._child is None:
            raise RuntimeError(f"a request needs an idle model process, this one is {self._state}")
        self._request = request.request_id
        self._child.send(request)
        self._enter("generating")

    def prepare(self, request: Prepare) -> None:
        """Have the child read ahead. Takes the place of the last `Prepare`, whose end is dropped. Raises `RuntimeError`
        unless the state is ``idle``."""
        if self._state != "idle" or self._child is None:
            raise RuntimeError(f"reading ahead needs an idle model process, this one is {self._state}")
        self._ahead = request.request_id
        self._child.send(request)

    def cancel_prepare(self) -> None:
        """Stop reading ahead."""
        if self._ahead is not None and self._child is not None:
            self._child.send(Cancel(self._ahead))

    def cancel(self) -> None:
        """Stop the request that runs, if one does. A child that does not obey in time is killed and started again."""
        if self._state == "generating" and self._child is not None and self._request is not None:
            self._child.send(Cancel(self._request))
            self._no_end.start()
            self._enter("cancelling")

    def stop(self) -> None:
        """Let the child end, and do not wait for it."""
        self._start_next = False
        self._forget()
        if self._child is not None:
            self._child.release()
        self._enter("stopped")

    def let_go(self) -> None:
        """As `stop`, and no model is chosen any more."""
        self._load = None
        self.stop()

    def shutdown(self) -> None:
        """End the child and wait until it is gone. For the end of the program: the window should be hidden by then."""
        self.stop()
        if self._child is not None:
            self._child.release_and_wait()

    # --- The child ---------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        self._start_next = False
        self._child = Child(self._command, self._patience, self)
        self._child.event_received.connect(self._on_event)
        self._child.ended.connect(self._on_ended)
        self._no_hello.start()
        self._enter("starting")
        self._child.start()

    def _on_ended(self, outcome: ProcessOutcome) -> None:
        assert self._child is not None
        self._child.deleteLater()
        self._child = None
        self._forget()
        if self._start_next:
            self._start()
        elif not outcome.asked and self._state != "stopped":
            self._enter("crashed")
        self.ended.emit(outcome)

    def _on_no_hello(self) -> None:
        if self._child is not None:
            self._child.kill("silent")

    def _on_no_end(self) -> None:
        if self._child is not None:
            self._start_next = True
            self._child.kill("stuck")

    def _forget(self) -> None:
        """What was known of a child that is gone, or let go."""
        self._no_hello.stop()
        self._no_end.stop()
        self._model = None
        self._request = None
        self._ahead = None

    # --- Events ------------------------------------------------------------------------------------------------------

    def _on_event(self, event: Event) -> None:
        match event:
            case Hello() if self._state == "starting":
                self._greet()
            case Ready() if self._state == "loading":
                self._model = event.model
                self._enter("idle")
            case Failed():
                self._on_failed(event)
                return
            case Hello() | Ready():
                _log.info("dropped %s while %s", event.kind, self._state)
                return
            case Finished() if event.request_id == self._ahead:
                self._ahead = None
            case _ if request_id_of(event) not in (None, self._request):
                return
            case Finished():
                self._end_request()
        self.event_received.emit(event)

    def _on_failed(self, event: Failed) -> None:
        if event.request_id is None:
            # A request that the child could not read fails without its id.
            event = dataclasses.replace(event, request_id=self._request or self._ahead)
        if event.fatal:
            self._let_go("crashed", event)
        elif event.request_id is None and self._state == "loading":
            self._let_go("stopped", event)
        elif event.request_id is not None and event.request_id == self._request:
            self._end_request()
        elif event.request_id is not None and event.request_id == self._ahead:
            self._ahead = None
        elif event.request_id is not None:
            return
        else:
            _log.warning("the child refused a line: %s", event.message)
            return
        self.event_received.emit(event)

    def _let_go(self, state: EngineState, event: Failed) -> None:
        self._forget()
        if self._child is not None:
            self._child.release("fatal" if event.fatal else "asked", event.message)
        self._enter(state)

    def _greet(self) -> None:
        self._no_hello.stop()
        if self._child is not None and self._load is not None:
            self._child.send(self._load)
            self._enter("loading")

    def _end_request(self) -> None:
        self._no_end.stop()
        self._request = None
        self._enter("idle")

    def _enter(self, state: EngineState) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)

    def _timer(self, seconds: float, slot: Callable[[], object]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(round(seconds * 1000))
        timer.timeout.connect(slot)
        return timer

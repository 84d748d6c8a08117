"""`Service`: a child process that is there while there is something for it to do."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.engine_client.child import Child
from app.engine_client.outcome import ProcessOutcome
from app.engine_client.patience import Patience
from engine.protocol import (
    Cancel,
    CheckMarks,
    CheckModel,
    ConvertModel,
    DiscardDownload,
    DocumentRead,
    Done,
    Event,
    Failed,
    FindOnScreen,
    FindPassages,
    FindText,
    FoundOnScreen,
    Hello,
    ImportModel,
    KeepToken,
    LocateQuote,
    MarksChecked,
    MoveModel,
    PageRendered,
    PageShown,
    PassagesFound,
    Paused,
    Pull,
    Pulled,
    QuoteLocated,
    ReadDocument,
    RemoveModel,
    RenderPage,
    SaveTable,
    ShowPage,
    Survey,
    Surveyed,
    TextFound,
    request_id_of,
)

Request = (
    Survey
    | CheckModel
    | ConvertModel
    | RemoveModel
    | MoveModel
    | ImportModel
    | Pull
    | DiscardDownload
    | KeepToken
    | ReadDocument
    | FindPassages
    | FindText
    | RenderPage
    | ShowPage
    | LocateQuote
    | SaveTable
    | FindOnScreen
    | CheckMarks
)

REST_SECONDS = 10.0
"""How long a child that has nothing to do is kept: starting one anew takes about a second."""

_log = logging.getLogger(__name__)


class Service(QObject):
    """Starts `command` at the first request, ends it when there is none any more, and starts it again for the next.

    `event_received` carries the protocol's events of requests that run, and exactly one end for each: if the child is
    lost before it told one, a `Failed` says so. `name` is what a person calls the process in such a sentence. Nothing
    is emitted from inside `send`.
    """

    event_received = Signal(object)

    def __init__(
        self,
        command: Sequence[str],
        name: str,
        patience: Patience | None = None,
        rest: float = REST_SECONDS,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._command = tuple(command)
        self._name = name
        self._patience = patience or Patience()
        self._child: Child | None = None
        self._is_up = False
        self._is_let_go = False
        self._stays = False
        self._pending: dict[str, Request] = {}
        self._cancelled: set[str] = set()
        self._unsent: list[Request | Cancel] = []
        self._rest = self._timer(rest, self._let_go)
        self._no_hello = self._timer(self._patience.hello, self._on_no_hello)
        self._no_end = self._timer(self._patience.cancel, self._on_no_end)

    @property
    def pid(self) -> int:
        """The child's process number, 0 while there is none."""
        return self._child.pid if self._child else 0

    @property
    def busy(self) -> bool:
        """Whether something was asked of it that has not ended."""
        return bool(self._pending)

    def send(self, command: Request | Cancel) -> None:
        """Have the child do something, or stop what it does. Cancelling what is over is ignored; what does not stop in
        time is ended with the child."""
        if isinstance(command, Cancel):
            if command.request_id not in self._pending:
                return
            self._cancelled.add(command.request_id)
            self._no_end.start()
        else:
            self._pending[command.request_id] = command
            self._rest.stop()
        if self._child is not None and self._is_up and not self._is_let_go:
            self._child.send(command)
            return
        self._unsent.append(command)
        if self._child is None:
            self._start()

    @Slot()
    def wake(self) -> None:
        """Have the child ready for what is likely to come."""
        if self._child is None:
            self._start()
        if not self._pending and not self._stays:
            self._rest.start()

    def stay(self) -> None:
        """End the child for want of work no more: it knows something that is written nowhere."""
        self._stays = True
        self._rest.stop()

    @Slot()
    def stop(self) -> None:
        """Let the child end, and do not wait for it. What it works on ends without an event."""
        self._pending.clear()
        self._cancelled.clear()
        self._unsent.clear()
        self._let_go()

    @Slot()
    def shutdown(self) -> None:
        """End the child and wait until it is gone. For the end of the program: the window should be hidden by then."""
        self.stop()
        if self._child is not None:
            self._child.release_and_wait()

    # --- The child ---------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        self._is_up, self._is_let_go = False, False
        self._child = Child(self._command, self._patience, self)
        self._child.event_received.connect(self._on_event)
        self._child.ended.connect(self._on_ended)
        self._no_hello.start()
        self._child.start()

    def _let_go(self) -> None:
        self._stop_timers()
        if self._child is not None:
            self._is_let_go = True
            self._child.release()

    def _on_ended(self, outcome: ProcessOutcome) -> None:
        assert self._child is not None
        self._child.deleteLater()
        self._child = None
        self._stop_timers()
        # What came after it was let go is for the next one.
        if not self._is_let_go:
            self._unsent.clear()
        kept = {command.request_id for command in self._unsent if not isinstance(command, Cancel)}
        self._end_lost([each for each in self._pending if each not in kept], outcome)
        if self._child is None and self._unsent:
            self._start()

    def _end_lost(self, lost: Iterable[str], outcome: ProcessOutcome) -> None:
        for request_id in lost:
            command = self._pending.pop(request_id)
            stopped = request_id in self._cancelled
            self._cancelled.discard(request_id)
            if stopped and isinstance(command, Pull):
                # It was to pause, and what was fetched is on the disk.
                self.event_received.emit(Paused(request_id))
            else:
                self.event_received.emit(Failed(request_id, "internal", _sentence(self._name, outcome)))

    def _on_no_hello(self) -> None:
        if self._child is not None:
            self._child.kill("silent")

    def _on_no_end(self) -> None:
        if self._child is not None and self._cancelled:
            self._child.kill("stuck")

    # --- Events ------------------------------------------------------------------------------------------------------

    def _on_event(self, event: Event) -> None:
        request_id = request_id_of(event)
        match event:
            case Hello():
                self._greet()
            case Failed(request_id=None):
                self._give_up(event)
            case _ if request_id not in self._pending:
                _log.info("dropped %s of a request that is over", event.kind)
            case _ if _is_end(event):
                self._settle(request_id or "")
                if isinstance(event, Failed) and event.fatal and self._child is not None:
                    self._is_let_go = True
                    self._child.release("fatal", event.message)
                self.event_received.emit(event)
            case _:
                self.event_received.emit(event)

    def _greet(self) -> None:
        self._no_hello.stop()
        self._is_up = True
        unsent, self._unsent = self._unsent, []
        for command in unsent:
            if self._child is not None:
                self._child.send(command)

    def _settle(self, request_id: str) -> None:
        del self._pending[request_id]
        self._cancelled.discard(request_id)
        if not self._pending and not self._stays:
            self._rest.start()

    def _give_up(self, event: Failed) -> None:
        """Nobody knows which request it could not read, and that one would never end."""
        if self._child is not None:
            self._is_let_go = True
            self._child.release("fatal", event.message)

    # --- Timers ------------------------------------------------------------------------------------------------------

    def _stop_timers(self) -> None:
        for timer in (self._rest, self._no_hello, self._no_end):
            timer.stop()

    def _timer(self, seconds: float, slot: Callable[[], object]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(round(seconds * 1000))
        timer.timeout.connect(slot)
        return timer


def _is_end(event: Event) -> bool:
    """Whether nothing more comes of its request."""
    match event:
        case DocumentRead():
            return event.final
        case Surveyed() | Pulled() | Paused() | Done() | Failed():
            return True
        case PassagesFound() | TextFound() | PageRendered() | PageShown() | QuoteLocated():
            return True
        case FoundOnScreen() | MarksChecked():
            return True
    return False


def _sentence(name: str, outcome: ProcessOutcome) -> str:
    """Why a request was lost and what to do next, for a person."""
    if outcome.cause == "fatal":
        return outcome.message
    if outcome.cause == "not_started":
        return f"The {name} could not be started: {outcome.message}. Run the set-up of Fingerpost again."
    if outcome.cause == "silent":
        return f"The {name} ended because it did not get ready in time. Close other programs and try again."
    if outcome.cause == "stuck":
        return f"The {name} ended because it did not stop when asked. Try again."
    if outcome.out_of_memory:
        return f"The {name} ended, most likely because the memory ran out. Close other programs and try again."
    how = outcome.signal or f"exit code {outcome.exit_code}"
    return f"The {name} ended unexpectedly ({how}). Try again; nothing that was here is lost."

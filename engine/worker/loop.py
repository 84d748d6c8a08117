"""The command loop: one thread takes commands, the main thread runs the model."""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.progress import LoadReporter
from engine.protocol import (
    Cancel,
    Command,
    Event,
    Failed,
    Finished,
    Generate,
    ImageProgress,
    LoadModel,
    LookAgain,
    PrefillProgress,
    Prepare,
    Ready,
)
from engine.tally import Tally
from engine.worker.channel import Channel
from engine.worker.jobs import Asked, Job, Jobs
from engine.worker.service import CommandService

if TYPE_CHECKING:
    from engine.session import Session

log = logging.getLogger(__name__)


class Worker:
    """Takes commands until the input ends. Holds at most one model and one question, and reads ahead for the next."""

    def __init__(self, channel: Channel) -> None:
        self._service = CommandService(channel, self._accept, self._close)
        self._session: Session | None = None
        self._work: queue.SimpleQueue[LoadModel | Job | None] = queue.SimpleQueue()
        self._jobs = Jobs()

    def run(self, lines: Iterable[bytes | None]) -> int:
        """Work on the calling thread; returns the exit code: 0 when the input has ended, 1 after a fatal failure."""
        self._service.listen(lines)
        while (item := self._work.get()) is not None and not self._service.closing.is_set():
            fatal = self._load(item) if isinstance(item, LoadModel) else self._work_on(item)
            if fatal:
                return 1
        return 0

    # --- On the thread that reads ------------------------------------------------------------------------------------

    def _accept(self, command: Command) -> None:
        match command:
            case LoadModel():
                self._work.put(command)
            case Generate() | Prepare() | LookAgain():
                self._accept_request(command)
            case Cancel():
                self._tell_cancelled(self._jobs.cancel(command.request_id))
            case _:
                self._service.refuse(command)

    def _accept_request(self, request: Asked) -> None:
        if self._jobs.question is not None:
            message = "The model is still answering another question. Wait for it, or stop it first."
            self._service.send(Failed(request.request_id, "busy", message))
            return
        self._tell_cancelled(self._jobs.make_way(request))
        progress = self._jobs.progress
        if progress is not None and isinstance(request, Generate):
            # A picture can take long: how far it is is told at once, and before anything the question tells itself.
            self._service.send(replace(progress, request_id=request.request_id))
        job = Job(request)
        self._jobs.add(job)
        self._work.put(job)

    def _tell_cancelled(self, jobs: Iterable[Job]) -> None:
        """Those that had not begun, because a model is still loading or another job runs: their end is told here."""
        for job in jobs:
            self._service.send(Tally(job.accepted).finished(job.request_id, "cancelled"))

    def _close(self) -> None:
        """The window is gone: stop everything."""
        self._jobs.cancel_all()
        self._work.put(None)

    # --- On the main thread ------------------------------------------------------------------------------------------

    def _load(self, command: LoadModel) -> bool:
        """Returns whether the process is of no more use."""
        if self._session is not None:
            message = "A model is loaded already. Start the engine again to load another one."
            self._service.send(Failed(None, "bad_request", message))
            return False
        # Here and not above: Hello and the end of the input must not wait for NumPy and PyTorch.
        from engine.backends.base import Cancelled  # noqa: PLC0415
        from engine.failures import failure_of  # noqa: PLC0415
        from engine.session import open_session  # noqa: PLC0415

        def checkpoint() -> None:
            if self._service.closing.is_set():
                raise Cancelled

        start = time.monotonic()
        try:
            self._session = open_session(
                Path(command.path), command.device, command.dtype, LoadReporter(self._service.send).report, checkpoint
            )
        except Cancelled:
            return False
        except Exception as error:  # noqa: BLE001 - the outermost boundary of a load: it ends in an event, come what may
            failed = failure_of(None, error)
            self._service.send(failed)
            return failed.fatal
        self._service.send(Ready(self._session.info, time.monotonic() - start))
        _note_use(Path(command.path))
        return False

    def _work_on(self, job: Job) -> bool:
        """Returns whether the process is of no more use."""
        if not self._jobs.begin(job):
            return False
        for event in self._events(job):
            if isinstance(event, Finished | Failed):
                # Free first, then tell: the next request may come the moment this event is read.
                self._jobs.end(job)
                self._service.send(event)
                return isinstance(event, Failed) and event.fatal
            self._service.send(self._as_told(job, event))
        return False

    def _events(self, job: Job) -> Iterator[Event]:
        if self._session is None:
            return iter(
                (Failed(job.request_id, "no_model", "No model is loaded. Choose a model folder, then ask again."),)
            )
        if isinstance(job.request, Prepare):
            return self._session.prepare(job.request, job.cancelled.is_set)
        if isinstance(job.request, LookAgain):
            return self._session.look_again(job.request, job.cancelled.is_set)
        return self._session.generate(job.request, job.cancelled.is_set, job.accepted)

    def _as_told(self, job: Job, event: Event) -> Event:
        """What is read ahead is told as progress of the question that waits for it."""
        if not isinstance(event, ImageProgress | PrefillProgress):
            return event
        job.progress = event
        question = self._jobs.question
        if question is None or not isinstance(job.request, Prepare) or job.cancelled.is_set():
            return event
        return replace(event, request_id=question.request_id)


def _note_use(folder: Path) -> None:
    """Keep when the model in `folder` was used last; a disk that takes nothing more is no reason to stop."""
    from engine.models.library import Library  # noqa: PLC0415 - as above
    from engine.models.places import models_folder  # noqa: PLC0415

    try:
        Library(models_folder()).used(folder, time.time())
    except OSError as error:
        log.info("the use of a model was not kept: %s", error)

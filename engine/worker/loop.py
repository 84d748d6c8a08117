"""The command loop: one thread takes commands, the main thread runs the model."""

from __future__ import annotations

import json
import logging
import os
import queue
import threading
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
    PrefillProgress,
    Prepare,
    ProtocolError,
    Ready,
    decode_command,
)
from engine.tally import Tally
from engine.worker.channel import Channel
from engine.worker.jobs import Job, Jobs

if TYPE_CHECKING:
    from engine.session import Session

GRACE = 1.5
"""Seconds the main thread has to stop by itself when the window is gone; the promise is 2 s in all."""

log = logging.getLogger(__name__)


class Worker:
    """Takes commands until the input ends. Holds at most one model and one question, and reads ahead for the next."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._session: Session | None = None
        self._work: queue.SimpleQueue[LoadModel | Job | None] = queue.SimpleQueue()
        self._jobs = Jobs()
        self._closing = threading.Event()

    def run(self, lines: Iterable[bytes | None]) -> int:
        """Work on the calling thread; returns the exit code: 0 when the input has ended, 1 after a fatal failure."""
        threading.Thread(target=self._listen, args=(lines,), name="commands", daemon=True).start()
        while (item := self._work.get()) is not None and not self._closing.is_set():
            fatal = self._load(item) if isinstance(item, LoadModel) else self._work_on(item)
            if fatal:
                return 1
        return 0

    # --- On the thread that reads ------------------------------------------------------------------------------------

    def _listen(self, lines: Iterable[bytes | None]) -> None:
        try:
            for line in lines:
                if line is None:
                    self._reject(None, "a line was too long")
                    continue
                try:
                    command = decode_command(line)
                except ProtocolError as error:
                    self._reject(_request_id_in(line), str(error))
                else:
                    self._accept(command)
        finally:
            # Whatever ended it: a process that hears nothing any more must not stay.
            self._close()

    def _reject(self, request_id: str | None, reason: str) -> None:
        log.warning("a command could not be read: %s", reason)
        message = "The engine could not read a message of the window. Start Fingerpost again."
        self._send(Failed(request_id, "bad_message", message))

    def _accept(self, command: Command) -> None:
        match command:
            case LoadModel():
                self._work.put(command)
            case Generate() | Prepare():
                self._accept_request(command)
            case Cancel():
                self._tell_cancelled(self._jobs.cancel(command.request_id))

    def _accept_request(self, request: Generate | Prepare) -> None:
        if self._jobs.question is not None:
            message = "The model is still answering another question. Wait for it, or stop it first."
            self._send(Failed(request.request_id, "busy", message))
            return
        self._tell_cancelled(self._jobs.make_way(request))
        progress = self._jobs.progress
        if progress is not None and isinstance(request, Generate):
            # A picture can take long: how far it is is told at once, and before anything the question tells itself.
            self._send(replace(progress, request_id=request.request_id))
        job = Job(request)
        self._jobs.add(job)
        self._work.put(job)

    def _tell_cancelled(self, jobs: Iterable[Job]) -> None:
        """Those that had not begun, because a model is still loading or another job runs: their end is told here."""
        for job in jobs:
            self._send(Tally(job.accepted).finished(job.request_id, "cancelled"))

    def _close(self) -> None:
        """The window is gone: stop everything, and end the process if the main thread does not come back in time."""
        self._closing.set()
        self._jobs.cancel_all()
        self._work.put(None)
        # os._exit, because a kernel may hold the main thread, and nothing is left to be saved.
        timer = threading.Timer(GRACE, os._exit, (0,))
        timer.daemon = True
        timer.start()

    # --- On the main thread ------------------------------------------------------------------------------------------

    def _load(self, command: LoadModel) -> bool:
        """Returns whether the process is of no more use."""
        if self._session is not None:
            message = "A model is loaded already. Start the engine again to load another one."
            self._send(Failed(None, "bad_request", message))
            return False
        # Here and not above: Hello and the end of the input must not wait for NumPy and PyTorch.
        from engine.backends.base import Cancelled  # noqa: PLC0415
        from engine.failures import failure_of  # noqa: PLC0415
        from engine.session import open_session  # noqa: PLC0415

        def checkpoint() -> None:
            if self._closing.is_set():
                raise Cancelled

        start = time.monotonic()
        try:
            self._session = open_session(
                Path(command.path), command.device, command.dtype, LoadReporter(self._send).report, checkpoint
            )
        except Cancelled:
            return False
        except Exception as error:  # noqa: BLE001 - the outermost boundary of a load: it ends in an event, come what may
            failed = failure_of(None, error)
            self._send(failed)
            return failed.fatal
        self._send(Ready(self._session.info, time.monotonic() - start))
        return False

    def _work_on(self, job: Job) -> bool:
        """Returns whether the process is of no more use."""
        if not self._jobs.begin(job):
            return False
        for event in self._events(job):
            if isinstance(event, Finished | Failed):
                # Free first, then tell: the next request may come the moment this event is read.
                self._jobs.end(job)
                self._send(event)
                return isinstance(event, Failed) and event.fatal
            self._send(self._as_told(job, event))
        return False

    def _events(self, job: Job) -> Iterator[Event]:
        if self._session is None:
            return iter(
                (Failed(job.request_id, "no_model", "No model is loaded. Choose a model folder, then ask again."),)
            )
        if isinstance(job.request, Prepare):
            return self._session.prepare(job.request, job.cancelled.is_set)
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

    def _send(self, event: Event) -> None:
        try:
            self._channel.send(event)
        except OSError:
            if not self._closing.is_set():
                log.warning("the window takes no more events")
                self._close()


def _request_id_in(line: bytes) -> str | None:
    """Whose request a line was that is no command, as far as one can see."""
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return None
    found = document.get("request_id") if isinstance(document, dict) else None
    return found if isinstance(found, str) else None

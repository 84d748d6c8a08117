"""The command loop: one thread takes commands, the main thread runs the model."""

from __future__ import annotations

import json
import logging
import os
import queue
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
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
    LoadModel,
    ProtocolError,
    Ready,
    decode_command,
)
from engine.tally import Tally
from engine.worker.channel import Channel

if TYPE_CHECKING:
    from engine.session import Session

GRACE = 1.5
"""Seconds the main thread has to stop by itself when the window is gone; the promise is 2 s in all."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Job:
    """A request on its way through the process."""

    request: Generate
    cancelled: threading.Event = field(default_factory=threading.Event)
    started: bool = False


class Worker:
    """Takes commands until the input ends. Holds at most one model and one request."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._session: Session | None = None
        self._work: queue.SimpleQueue[LoadModel | Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._job: Job | None = None
        self._closing = threading.Event()

    def run(self, lines: Iterable[bytes | None]) -> int:
        """Work on the calling thread; returns the exit code: 0 when the input has ended, 1 after a fatal failure."""
        threading.Thread(target=self._listen, args=(lines,), name="commands", daemon=True).start()
        while (item := self._work.get()) is not None and not self._closing.is_set():
            fatal = self._load(item) if isinstance(item, LoadModel) else self._generate(item)
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
            case Generate():
                self._accept_request(command)
            case Cancel():
                self._cancel(command.request_id)

    def _accept_request(self, request: Generate) -> None:
        with self._lock:
            free = self._job is None
            if free:
                self._job = Job(request)
                self._work.put(self._job)
        if not free:
            message = "The model is still answering another question. Wait for it, or stop it first."
            self._send(Failed(request.request_id, "busy", message))

    def _cancel(self, request_id: str) -> None:
        """Running: it stops at its next checkpoint. Not begun, because a model is still loading: answered here."""
        with self._lock:
            job = self._job
            if job is None or job.request.request_id != request_id:
                return
            job.cancelled.set()
            waiting = not job.started
            if waiting:
                self._job = None
        if waiting:
            self._send(Tally().finished(request_id, "cancelled"))

    def _close(self) -> None:
        """The window is gone: stop everything, and end the process if the main thread does not come back in time."""
        self._closing.set()
        with self._lock:
            if self._job is not None:
                self._job.cancelled.set()
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

    def _generate(self, job: Job) -> bool:
        """Returns whether the process is of no more use."""
        with self._lock:
            if self._job is not job:
                return False
            job.started = True
        request_id = job.request.request_id
        if self._session is None:
            self._end(Failed(request_id, "no_model", "No model is loaded. Choose a model folder, then ask again."))
            return False
        for event in self._session.generate(job.request, job.cancelled.is_set):
            if isinstance(event, Finished | Failed):
                self._end(event)
                return isinstance(event, Failed) and event.fatal
            self._send(event)
        return False

    def _end(self, event: Finished | Failed) -> None:
        """Free first, then tell: the next request may come the moment this event is read."""
        with self._lock:
            self._job = None
        self._send(event)

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

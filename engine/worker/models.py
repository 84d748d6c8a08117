"""The process ``models``: looks after the models on this machine, one command after the other."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from engine.protocol import (
    Cancel,
    CheckModel,
    Command,
    ConvertModel,
    Event,
    ImportModel,
    MoveModel,
    RemoveModel,
    Survey,
    WorkProgress,
)
from engine.worker.channel import Channel
from engine.worker.service import CommandService

if TYPE_CHECKING:
    from engine.worker.models_work import ModelsCommand

INTERVAL = 0.2
"""Seconds between two tellings of how far a work is."""


def serve(channel: Channel, lines: Iterable[bytes | None]) -> int:
    """Work on the calling thread until the input ends; returns the exit code."""
    return ModelsWorker(channel).run(lines)


@dataclass(slots=True, eq=False)
class Task:
    """A command on its way. `cancelled` is set by the thread that reads."""

    request: ModelsCommand
    cancelled: threading.Event = field(default_factory=threading.Event)


class ModelsWorker:
    """Takes commands until the input ends."""

    def __init__(self, channel: Channel) -> None:
        self._service = CommandService(channel, self._accept, self._close)
        self._work: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._tasks: list[Task] = []

    def run(self, lines: Iterable[bytes | None]) -> int:
        """Work on the calling thread; returns the exit code."""
        self._service.listen(lines)
        while (task := self._work.get()) is not None and not self._service.closing.is_set():
            event = self._end_of(task)
            with self._lock:
                self._tasks.remove(task)
            self._service.send(event)
        return 0

    # --- On the thread that reads ------------------------------------------------------------------------------------

    def _accept(self, command: Command) -> None:
        match command:
            case Survey() | CheckModel() | ConvertModel() | RemoveModel() | MoveModel() | ImportModel():
                task = Task(command)
                with self._lock:
                    self._tasks.append(task)
                self._work.put(task)
            case Cancel():
                with self._lock:
                    for task in self._tasks:
                        if task.request.request_id == command.request_id:
                            task.cancelled.set()
            case _:
                self._service.refuse(command)

    def _close(self) -> None:
        with self._lock:
            for task in self._tasks:
                task.cancelled.set()
        self._work.put(None)

    # --- On the main thread ------------------------------------------------------------------------------------------

    def _end_of(self, task: Task) -> Event:
        # Here and not above: Hello and the end of the input must not wait for NumPy.
        from engine.backends.base import Cancelled  # noqa: PLC0415
        from engine.worker.models_work import failed, stopped, work  # noqa: PLC0415

        def checkpoint() -> None:
            if task.cancelled.is_set():
                raise Cancelled

        request = task.request
        reporter = Reporter(request.request_id, self._service.send)
        try:
            checkpoint()
            return work(request, reporter.report, checkpoint)
        except Cancelled:
            return stopped(request)
        except Exception as error:  # noqa: BLE001 - the outermost boundary of a command: it ends in an event, come what may
            return failed(request.request_id, error)


class Reporter:
    """Passes on how far a work is, not too often; that it is through, its end says."""

    def __init__(self, request_id: str, send: Callable[[Event], None]) -> None:
        self._request_id, self._send, self._last = request_id, send, -math.inf

    def report(self, what: str, done: int, total: int) -> None:
        """`done` of `total` bytes are done, of `what` just now."""
        now = time.monotonic()
        if now - self._last >= INTERVAL:
            self._last = now
            self._send(WorkProgress(self._request_id, what, done, total))

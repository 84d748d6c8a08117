"""Commands that are done one after another, and several of such rows beside each other."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

C = TypeVar("C")


@dataclass(slots=True, eq=False)
class Task(Generic[C]):
    """A command on its way. `cancelled` may be set by any thread."""

    command: C
    cancelled: threading.Event = field(default_factory=threading.Event)


class Lane(Generic[C]):
    """Has `work` do the tasks that are put here, one after another, on the thread that calls `run`."""

    def __init__(self, work: Callable[[Task[C]], None]) -> None:
        self._work = work
        self._tasks: deque[Task[C]] = deque()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, task: Task[C]) -> None:
        """Do `task` after all that are here."""
        with self._changed:
            self._tasks.append(task)
            self._changed.notify()

    def start(self, name: str) -> threading.Thread:
        """Work on a thread of its own from now on, which ends after `close` and does not keep the process."""
        thread = threading.Thread(target=self.run, name=name, daemon=True)
        thread.start()
        return thread

    def run(self) -> None:
        """Work until `close`."""
        while (task := self._next()) is not None:
            self._work(task)

    def close(self) -> None:
        """Begin nothing more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _next(self) -> Task[C] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._tasks)
            return None if self._closed else self._tasks.popleft()

"""Threads that work for a download, and one that watches them and can send them home at any time."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

TICK = 0.1
"""Seconds between two looks of the one that watches."""
FAREWELL = 1.0
"""Seconds that a thread has to end. One that still waits for a host then is left alone: it can do nothing any more."""


class Stopped(Exception):
    """The work was called off."""


class Halt:
    """Calls work off. What is to be ended for that, a connection or a file, is registered with `ending`."""

    def __init__(self) -> None:
        self._off = threading.Event()
        self._lock = threading.Lock()
        self._closers: list[Callable[[], None]] = []

    def check(self) -> None:
        """Raises `Stopped` when it is over."""
        if self._off.is_set():
            raise Stopped

    def wait(self, seconds: float) -> None:
        """Sleep; raises `Stopped` as soon as it is over."""
        if self._off.wait(seconds):
            raise Stopped

    @contextmanager
    def ending(self, close: Callable[[], None]) -> Iterator[None]:
        """`stop` calls `close`, on its own thread, while the block lasts."""
        with self._lock:
            self._closers.append(close)
        try:
            self.check()
            yield
        finally:
            with self._lock:
                self._closers.remove(close)

    def stop(self) -> None:
        """Call it off."""
        self._off.set()
        with self._lock:
            for close in self._closers:
                close()


def attend(jobs: Sequence[Callable[[], T]], hands: int, halt: Halt, watch: Callable[[], None]) -> list[T]:
    """Do `jobs` on `hands` threads while this one calls `watch` every tick; the results, in no order.

    The first exception of a job, or of `watch`, calls the others off and is raised. None of them does anything after
    this has returned.
    """
    waiting: queue.SimpleQueue[Callable[[], T]] = queue.SimpleQueue()
    ended: queue.SimpleQueue[list[T] | Exception] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)

    def work() -> None:
        results = []
        try:
            while not waiting.empty():
                halt.check()
                results.append(waiting.get_nowait()())
        except queue.Empty:
            ended.put(results)
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the thread that watches
            ended.put(error)
        else:
            ended.put(results)

    threads = [
        threading.Thread(target=work, name=f"download-{index}", daemon=True) for index in range(min(hands, len(jobs)))
    ]
    for thread in threads:
        thread.start()
    results: list[T] = []
    try:
        for _ in threads:
            results += _outcome(ended, watch)
    finally:
        halt.stop()
        leave = time.monotonic() + FAREWELL
        for thread in threads:
            thread.join(max(0.0, leave - time.monotonic()))
    return results


def _outcome(ended: queue.SimpleQueue[list[T] | Exception], watch: Callable[[], None]) -> list[T]:
    while True:
        try:
            outcome = ended.get(timeout=TICK)
        except queue.Empty:
            watch()
            continue
        watch()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

"""Short work off the main thread: decoding, grabbing the screen, talking to the desktop. Results come back on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, QThreadPool, Signal

T = TypeVar("T")

LEAST_THREADS = 4
"""A job may wait for a person (the desktop asks for permission): the others must not stand in line behind it."""


@dataclass(frozen=True, slots=True)
class _Callbacks:
    done: Callable[[Any], None]
    failed: Callable[[Exception], None]


class Jobs(QObject):
    """A thread pool whose results are handed back through the event loop of the thread that made it.

    `run` and `close` belong to that thread. `work` runs on another one: it takes and returns values, and never touches
    a QObject of the main thread. Close it before it is dropped.
    """

    _ended = Signal(int, object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(max(LEAST_THREADS, QThreadPool.globalInstance().maxThreadCount()))
        # The callbacks stay here: the last reference to a widget must not go away on a worker's thread.
        self._waiting: dict[int, _Callbacks] = {}
        self._last = 0
        self._closed = False
        self._ended.connect(self._hand_over, Qt.ConnectionType.QueuedConnection)

    def run(self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        """Run `work` soon, then call exactly one of `done` with its result and `failed` with its exception.

        An exception of `done` or `failed` themselves reaches `sys.excepthook`. After `close` nothing is run or called.
        """
        if self._closed:
            return
        self._last += 1
        self._waiting[self._last] = _Callbacks(done, failed)
        self._pool.start(partial(self._work, self._last, work))

    def close(self) -> None:
        """Wait for what runs, forget what waits. No callback is called from here on; may be called again."""
        self._closed = True
        self._waiting.clear()
        self._pool.clear()
        self._pool.waitForDone()

    def _work(self, number: int, work: Callable[[], object]) -> None:
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to `failed`
            self._ended.emit(number, None, error)
        else:
            self._ended.emit(number, result, None)

    def _hand_over(self, number: int, result: object, error: Exception | None) -> None:
        callbacks = self._waiting.pop(number, None)
        if callbacks is None:
            return
        if error is not None:
            callbacks.failed(error)
        else:
            callbacks.done(result)

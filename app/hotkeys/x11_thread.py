"""One X connection with a thread of its own, which asks on it and hears from it."""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

from Xlib.display import Display
from Xlib.error import ConnectionClosedError, DisplayError, XError

_ANSWER_SECONDS = 3.0
_Asked = tuple[Callable[[], str], Future[str]]


class DisplayThread(threading.Thread):
    """`begin` is called with the connection, `hear` with each of its events, both on this thread. The connection is to
    `display`, or to the one that the environment names."""

    def __init__(self, display: str, begin: Callable[[Any], None], hear: Callable[[Any], None]) -> None:
        super().__init__(name="global keys", daemon=True)
        self._name_of_display = display or None
        self._begin, self._hear = begin, hear
        self._asked: SimpleQueue[_Asked] = SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._woken, self._wake = os.pipe()

    def ask(self, request: Callable[[], str], otherwise: str) -> str:
        """Run `request` on the thread and give what it gives; `otherwise` when the display is gone or silent."""
        answer: Future[str] = Future()
        with self._lock:
            if self._closed:
                return otherwise
            self._asked.put((request, answer))
            os.write(self._wake, b"?")
        try:
            return answer.result(_ANSWER_SECONDS)
        except (TimeoutError, XError, ConnectionClosedError, OSError):
            return otherwise

    def end(self) -> None:
        """Close the connection and wait until the thread has ended."""
        with self._lock:
            if not self._closed:
                self._closed = True
                os.close(self._wake)
        self.join(_ANSWER_SECONDS)

    def run(self) -> None:
        """Until it is ended or the display goes."""
        try:
            display = Display(self._name_of_display)
        except (DisplayError, OSError):
            self._give_up()
            return
        try:
            self._begin(display)
            self._serve(display)
        except (ConnectionClosedError, OSError):
            pass  # The display has gone, and with it everything that could be heard.
        finally:
            self._give_up()
            with suppress(ConnectionClosedError, OSError):
                display.close()

    def _serve(self, display: Any) -> None:
        while True:
            # What came while a request was answered waits in the connection, not in its socket.
            while display.pending_events():
                self._hear(display.next_event())
            ready, _, _ = select.select([display, self._woken], [], [])
            if self._woken in ready and not os.read(self._woken, 1):
                return
            self._answer()

    def _answer(self) -> None:
        while True:
            try:
                request, answer = self._asked.get_nowait()
            except Empty:
                return
            try:
                answer.set_result(request())
            except (XError, ConnectionClosedError, OSError) as error:
                answer.set_exception(error)

    def _give_up(self) -> None:
        """Nothing is asked from here on, and who waits is told so."""
        with self._lock:
            if not self._closed:
                self._closed = True
                os.close(self._wake)
        os.close(self._woken)
        while True:
            try:
                self._asked.get_nowait()[1].set_exception(ConnectionError("the display is gone"))
            except Empty:
                return

"""Ctrl+C in the terminal and the system's request to end, as an event of the loop: Python alone would notice them only
when the window next calls into it."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable

from PySide6.QtCore import QObject, QSocketNotifier

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Ctrl+C, the system, a terminal that is closed, and Ctrl+Break of Windows; not every system has all of them."""


class EndSignals(QObject):
    """Calls `end` once the process is asked to end. Only while it is open; `close` puts everything back.

    A signal that is ignored stays ignored: that is how ``nohup`` starts a program.
    """

    def __init__(self, end: Callable[[], object], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._end = end
        self._numbers = frozenset(
            number
            for number in signal.Signals
            if number.name in _NAMES and signal.getsignal(number) is not signal.SIG_IGN
        )
        self._reading, self._writing = socket.socketpair()
        self._reading.setblocking(False)
        self._writing.setblocking(False)
        self._notifier = QSocketNotifier(self._reading.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_readable)
        self._wakeup_before = signal.set_wakeup_fd(self._writing.fileno(), warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, _ignore) for number in self._numbers}

    def close(self) -> None:
        """Back to what held before; may be called again."""
        if not self._notifier.isEnabled():
            return
        self._notifier.setEnabled(False)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup_before)
        self._reading.close()
        self._writing.close()

    def _on_readable(self) -> None:
        # Other signals that Python handles are written here too.
        if not self._numbers.isdisjoint(self._reading.recv(64)):
            self._end()


def _ignore(_number: int, _frame: object) -> None:
    """The number has been written to the socket already."""

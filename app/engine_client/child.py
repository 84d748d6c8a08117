"""One child process: commands in, events and an outcome out."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

from app.engine_client.lines import LineBuffer
from app.engine_client.outcome import Cause, ProcessOutcome, outcome_of
from app.engine_client.patience import Patience
from engine.protocol import MAX_LINE_BYTES, Command, ProtocolError, decode_event, encode

TURN_SECONDS = 0.008
"""Work on lines per turn of the event loop, so that a flood of them leaves a frame of 16 ms for the window."""
KEPT_LINES = 20
"""Of the child's log, for its outcome."""
LOG_LINE_BYTES = 64 * 1024
REPORTED_LINES = 10
"""So many lines that are no messages are logged, the others counted: a child gone wrong must not fill the disk."""

_log = logging.getLogger(__name__)
_child_log = logging.getLogger(f"{__name__}.stderr")


class Child(QObject):
    """A `QProcess` that is started once.

    `event_received` carries a protocol event. `ended` carries the `ProcessOutcome`, exactly once and after the last
    event; nothing is emitted from inside `start`.
    """

    event_received = Signal(object)
    ended = Signal(object)

    def __init__(self, command: Sequence[str], patience: Patience, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._patience = patience
        self._cause: Cause = "itself"
        self._message = ""
        self._lines = LineBuffer(MAX_LINE_BYTES)
        self._log_lines = LineBuffer(LOG_LINE_BYTES)
        self._last_lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._unreadable = 0
        self._delivering = False
        self._exit: tuple[int, bool] | None = None
        self._over = False

        self._process = QProcess(self)
        self._process.setProgram(command[0])
        self._process.setArguments(list(command[1:]))
        self._process.readyReadStandardOutput.connect(self._on_output)
        self._process.readyReadStandardError.connect(self._on_log)
        self._process.errorOccurred.connect(self._on_error)
        self._process.finished.connect(self._on_finished)

        self._next_turn = _single_shot(self, self._deliver)
        self._too_late = _single_shot(self, self._process.kill)

    @property
    def pid(self) -> int:
        """The process's number, 0 while there is none."""
        return self._process.processId()

    def start(self) -> None:
        """Start the process."""
        self._process.start()

    def send(self, command: Command) -> None:
        """Write a command. Never waits: Qt keeps what the pipe does not take yet."""
        if self._process.state() == QProcess.ProcessState.Running:
            self._process.write(encode(command))

    def release(self, cause: Cause = "asked", message: str = "") -> None:
        """Let it go: its input ends, its further events are dropped, and it is killed if it does not end in time."""
        if self._exit is not None or self._cause != "itself":
            return
        self._cause, self._message = cause, message
        self._process.closeWriteChannel()
        self._too_late.start(_milliseconds(self._patience.release))

    def kill(self, cause: Cause) -> None:
        """End it at once."""
        if self._cause == "itself":
            self._cause = cause
        self._process.kill()

    def release_and_wait(self) -> None:
        """As `release`, and returns when the process is gone: seldom more than some milliseconds, at worst the patience
        for it and what the system takes to kill."""
        self.release()
        if not self._process.waitForFinished(_milliseconds(self._patience.release)):
            self._process.kill()
            self._process.waitForFinished()
        self._finish_up()

    # --- Output ------------------------------------------------------------------------------------------------------

    def _on_output(self) -> None:
        self._lines.feed(bytes(self._process.readAllStandardOutput().data()))
        if not self._next_turn.isActive():
            self._deliver()

    def _deliver(self) -> None:
        """Hand lines over until the turn is used up. A slot that runs an event loop of its own must not mix them up."""
        if self._delivering:
            return
        self._delivering = True
        until = time.monotonic() + TURN_SECONDS
        while (line := self._lines.take()) is not None:
            self._hand_over(line)
            if time.monotonic() >= until:
                self._next_turn.start(0)
                break
        self._delivering = False
        self._report_long_lines()
        if self._exit is not None and not self._next_turn.isActive():
            self._finish_up()

    def _hand_over(self, line: bytes) -> None:
        if self._cause != "itself":
            return
        try:
            event = decode_event(line)
        except ProtocolError as error:
            self._report(f"a line of the child is no message: {error}")
            return
        self.event_received.emit(event)

    def _report_long_lines(self) -> None:
        if self._lines.dropped:
            self._report(f"{self._lines.dropped} lines of the child were longer than {MAX_LINE_BYTES:,} bytes")
            self._lines.dropped = 0

    def _report(self, what: str) -> None:
        self._unreadable += 1
        if self._unreadable <= REPORTED_LINES:
            _log.warning("%s", what)

    def _on_log(self) -> None:
        self._log_lines.feed(bytes(self._process.readAllStandardError().data()))
        read: deque[str] = deque(maxlen=KEPT_LINES)
        while (line := self._log_lines.take()) is not None:
            read.append(line.decode("utf-8", "replace").rstrip())
        # A child that floods its log is logged in samples: what it said last matters.
        for text in read:
            _child_log.info("%s", text)
        self._last_lines.extend(read)

    # --- The end -----------------------------------------------------------------------------------------------------

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._cause, self._message = "not_started", self._process.errorString()
            self._exit = (0, False)
            # On Windows this arrives inside `start`.
            self._next_turn.start(0)

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._too_late.stop()
        self._on_log()
        self._exit = (code, status == QProcess.ExitStatus.CrashExit)
        self._on_output()

    def _finish_up(self) -> None:
        if self._over or self._exit is None:
            return
        self._over = True
        self._next_turn.stop()
        if self._unreadable > REPORTED_LINES:
            _log.warning("%d lines of the child were no messages", self._unreadable)
        last_lines = tuple(self._last_lines)
        if self._cause == "not_started":
            outcome = ProcessOutcome("not_started", last_lines=last_lines, message=self._message)
        else:
            outcome = outcome_of(self._cause, *self._exit, last_lines, self._message)
        _log.info("the child ended: %s", outcome)
        self.ended.emit(outcome)


def _single_shot(parent: QObject, slot: Callable[[], object]) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.timeout.connect(slot)
    return timer


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)

"""How a child process ended, as a value."""

from __future__ import annotations

import re
import signal
import sys
from dataclasses import dataclass
from typing import Literal

Cause = Literal["itself", "asked", "fatal", "silent", "stuck", "not_started"]
"""Who ended it: the child by itself or the system, a person, the child after saying why, the client because it never
said Hello, the client because it did not stop a request; or it could not be started at all."""

_MEMORY_HINT = re.compile(
    r"out of memory|OutOfMemory|MemoryError|cannot allocate memory|can't allocate memory|bad_alloc", re.IGNORECASE
)
_WINDOWS_NO_MEMORY = (0xC0000017, 0xC000012D)
"""STATUS_NO_MEMORY and STATUS_COMMITMENT_LIMIT."""


@dataclass(frozen=True, slots=True)
class ProcessOutcome:
    """The end of a child.

    Either `exit_code` or `signal` (its name, as ``SIGSEGV``) is set, none of them if it never started. `message` is
    what the child said itself before a fatal end, or why it could not be started. `last_lines` are the last of its log.
    """

    cause: Cause
    exit_code: int | None = None
    signal: str = ""
    out_of_memory: bool = False
    last_lines: tuple[str, ...] = ()
    message: str = ""

    @property
    def asked(self) -> bool:
        """Whether it ended because the window wanted it to."""
        return self.cause == "asked"

    def sentence(self) -> str:
        """What happened and what to do next, for a person."""
        if self.cause == "fatal":
            return self.message
        if self.cause == "asked":
            return "The model process was ended."
        if self.cause == "stuck":
            return "The model process ended because it did not stop when asked. It is being started again."
        if self.cause == "silent":
            return "The model process ended because it did not get ready in time. Close other programs and press Retry."
        if self.cause == "not_started":
            return f"The model process could not be started: {self.message}. Run the set-up of Fingerpost again."
        if self.out_of_memory:
            return (
                "The model process ended, most likely because the memory ran out. "
                "Close other programs, ask with less detail, or choose a smaller model."
            )
        how = self.signal or f"exit code {self.exit_code}"
        return f"The model process ended unexpectedly ({how}). Press Retry, or ask again, to restart it."


def outcome_of(
    cause: Cause, code: int, crashed: bool, last_lines: tuple[str, ...], message: str = ""
) -> ProcessOutcome:
    """Read what the system says of an ended process: `code` is the signal's number when it `crashed` on Unix."""
    by_signal = crashed and sys.platform != "win32"
    name = _signal_name(code) if by_signal else ""
    return ProcessOutcome(
        cause=cause,
        exit_code=None if by_signal else code,
        signal=name,
        out_of_memory=cause in ("itself", "fatal") and _ran_out_of_memory(code, name, last_lines),
        last_lines=last_lines,
        message=message,
    )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _ran_out_of_memory(code: int, signal_name: str, last_lines: tuple[str, ...]) -> bool:
    # The kernel's out-of-memory killer sends SIGKILL and leaves no word in the child's own log.
    if signal_name == "SIGKILL" or code & 0xFFFFFFFF in _WINDOWS_NO_MEMORY:
        return True
    return (code != 0 or bool(signal_name)) and any(_MEMORY_HINT.search(line) for line in last_lines)

"""When something fails that nothing caught: it is logged, noted in a file that stays here, and said in the window."""

from __future__ import annotations

import faulthandler
import logging
import os
import platform
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TextIO

ExceptHook = Callable[[type[BaseException], BaseException, TracebackType | None], object]
ThreadExceptHook = Callable[[threading.ExceptHookArgs], object]

_NOTES = 20
"""How many runs with trouble are remembered; the oldest note goes."""


class CrashGuard:
    """Takes what reaches `sys.excepthook` and `threading.excepthook`, and lets faults of native code write their stack.

    `tell` gets one sentence for the window. It is called on the thread that failed: give it the `emit` of a signal.
    The note, one file a run in `folder`, holds stacks and messages and never leaves this computer; the log only says
    that there is one. What fails again and again at one place is noted and told once.
    """

    def __init__(self, folder: Path, tell: Callable[[str], None]) -> None:
        self._folder = folder
        self._tell = tell
        self._log = logging.getLogger(__name__)
        self._seen: set[tuple[str, ...]] = set()
        self._note: TextIO | None = None
        self._undo = ExitStack()

    def install(self) -> None:
        """Begin. The hooks that were there before are still called, after this one."""
        self._undo.callback(setattr, sys, "excepthook", sys.excepthook)
        self._undo.callback(setattr, threading, "excepthook", threading.excepthook)
        sys.excepthook = partial(self._on_exception, sys.excepthook)
        threading.excepthook = partial(self._on_thread_exception, threading.excepthook)
        try:
            self._open_note()
        except OSError as error:
            self._log.warning("No crash notes can be written to %s: %s", self._folder, error)

    def uninstall(self) -> None:
        """End: everything is as it was before `install`. A run without trouble leaves no note."""
        self._undo.close()

    def _open_note(self) -> None:
        for old in sorted(self._folder.glob("crash-*.txt"))[: -_NOTES + 1]:
            old.unlink(missing_ok=True)
        path = self._folder / f"crash-{time.strftime('%Y-%m-%d-%H%M%S')}-{os.getpid()}.txt"
        note = path.open("a", encoding="utf-8", errors="backslashreplace")
        self._note = note
        self._undo.callback(self._close_note, note, path)
        if faulthandler.is_enabled() and sys.__stderr__ is not None:
            self._undo.callback(faulthandler.enable, sys.__stderr__)
        self._undo.callback(faulthandler.disable)
        faulthandler.enable(note)

    def _close_note(self, note: TextIO, path: Path) -> None:
        self._note = None
        note.close()
        if path.stat().st_size == 0:
            path.unlink()

    def _on_exception(
        self, before: ExceptHook, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        # Ctrl+C and exits are no failures.
        if isinstance(error, Exception):
            self._report(error)
        before(kind, error, trace)

    def _on_thread_exception(self, before: ThreadExceptHook, arguments: threading.ExceptHookArgs) -> None:
        if isinstance(arguments.exc_value, Exception):
            self._report(arguments.exc_value)
        before(arguments)

    def _report(self, error: Exception) -> None:
        frames = traceback.extract_tb(error.__traceback__)
        place = (type(error).__name__, *(f"{frame.filename}:{frame.lineno}" for frame in frames[-3:]))
        if place in self._seen:
            return
        self._seen.add(place)
        where = self._write(error)
        self._log.error("%s was not caught; %s", " at ".join((place[0], place[-1])), where)
        self._tell(
            "Something inside Fingerpost failed; your conversations are kept. "
            f"Start it again if something no longer works ({where})."
        )

    def _write(self, error: Exception) -> str:
        """Add it to the note; says where that is."""
        if self._note is None:
            return "no details could be kept"
        header = f"{time.strftime('%Y-%m-%d %H:%M:%S')} Python {platform.python_version()} on {platform.platform()}"
        try:
            self._note.write(f"{header}\n{''.join(traceback.format_exception(error))}\n")
            self._note.flush()
        except OSError as full:
            self._log.warning("The crash note can not be written: %s", full)
            return "no details could be kept"
        return f"the details are in {self._note.name}"

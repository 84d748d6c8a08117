"""What holds for every test of the window: a home of its own, and no thread or timer left running."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QThread, QTimer


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing a test does can reach the history or the settings of the person who runs it."""
    monkeypatch.setenv("FINGERPOST_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("FINGERPOST_MODEL", raising=False)
    monkeypatch.delenv("FINGERPOST_LOG", raising=False)


@pytest.fixture(autouse=True)
def _no_dangling_qt(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A thread that runs on, or a timer that ticks on, fires into the next test or into a program that is closing."""
    threads: weakref.WeakSet[QThread] = weakref.WeakSet()
    timers: weakref.WeakSet[QTimer] = weakref.WeakSet()
    _record(monkeypatch, QThread, threads)
    _record(monkeypatch, QTimer, timers)
    yield
    left = _running(threads, timers)
    if left:
        gc.collect()  # A controller in a reference cycle takes its timer with it.
        left = _running(threads, timers)
    if left:
        pytest.fail(f"left running: {left}", pytrace=False)


def _record(monkeypatch: pytest.MonkeyPatch, kind: type[Any], started: weakref.WeakSet[Any]) -> None:
    """Note each object of `kind` that is started. A plain function, because Qt calls what it finds by its name."""
    start = kind.start

    def recording_start(self: Any, *arguments: Any) -> None:
        started.add(self)
        start(self, *arguments)

    monkeypatch.setattr(kind, "start", recording_start)


def _running(threads: weakref.WeakSet[QThread], timers: weakref.WeakSet[QTimer]) -> list[str]:
    running = [f"{thread!r}" for thread in threads if shiboken6.isValid(thread) and thread.isRunning()]
    ticking = [
        f"{timer!r} of {timer.parent()!r}"
        for timer in timers
        if shiboken6.isValid(timer) and timer.isActive() and not timer.isSingleShot()
    ]
    return running + ticking

"""The system asks the program to end: the window hears of it through the event loop, and only while it listens."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.signals import EndSignals

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a process of Windows can not send itself a signal")

ASKED = [signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)]


@pytest.fixture
def ends() -> list[str]:
    return []


@pytest.fixture
def signals(qtbot: QtBot, ends: list[str]) -> Iterator[EndSignals]:
    signals = EndSignals(lambda: ends.append("end"))
    yield signals
    signals.close()


@pytest.mark.parametrize("number", ASKED)
def test_a_request_to_end_arrives_as_an_event(
    qtbot: QtBot, signals: EndSignals, ends: list[str], number: signal.Signals
) -> None:
    os.kill(os.getpid(), number)
    assert ends == []  # never in the middle of whatever runs
    qtbot.waitUntil(lambda: ends == ["end"], timeout=20_000)


def test_other_signals_that_python_handles_end_nothing(qtbot: QtBot, signals: EndSignals, ends: list[str]) -> None:
    seen: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _frame: seen.append(number))
    try:
        os.kill(os.getpid(), signal.SIGUSR1)
        qtbot.waitUntil(lambda: seen == [signal.SIGUSR1], timeout=20_000)
        qtbot.wait(0)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert ends == []


def test_closing_puts_back_what_held_before(qtbot: QtBot) -> None:
    handlers = [signal.getsignal(number) for number in ASKED]
    wakeup = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(wakeup)
    signals = EndSignals(lambda: None)
    assert [signal.getsignal(number) for number in ASKED] != handlers
    signals.close()
    signals.close()
    assert [signal.getsignal(number) for number in ASKED] == handlers
    after = signal.set_wakeup_fd(wakeup)
    assert after == wakeup


def test_what_nohup_ignores_stays_ignored(qtbot: QtBot) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        signals = EndSignals(lambda: None)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        signals.close()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)

"""A real child process that behaves, misbehaves and dies. What must hold: the window never waits, and always knows."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from app.engine_client import EngineClient, Patience, ProcessOutcome
from engine.protocol import (
    Box,
    Event,
    Failed,
    Finished,
    Generate,
    Image,
    LookAgain,
    Message,
    PrefillProgress,
    Prepare,
    Text,
    TextDelta,
)

FAKE = Path(__file__).with_name("fake_child.py")
WAIT = 20_000


class Watched:
    """A client with everything it said."""

    def __init__(self, client: EngineClient, qtbot: QtBot) -> None:
        self.client, self.qtbot = client, qtbot
        self.states: list[str] = []
        self.events: list[Event] = []
        self.outcomes: list[ProcessOutcome] = []
        client.state_changed.connect(self.states.append)
        client.event_received.connect(self.events.append)
        client.ended.connect(self.outcomes.append)

    def until(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=WAIT)

    def until_state(self, state: str) -> None:
        self.until(lambda: self.client.state == state)

    def load(self) -> None:
        self.client.use_model("/models/Tiny")
        self.until_state("idle")

    def ask(self, question: str) -> None:
        self.client.generate(Generate(question, (Message("user", (Text(question),)),)))

    def prepare(self, name: str) -> None:
        self.client.prepare(Prepare(name, (Message("user", ()),)))

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, TextDelta))

    def last(self, kind: type) -> Event:
        return [event for event in self.events if isinstance(event, kind)][-1]


@pytest.fixture
def watch(qtbot: QtBot) -> Iterator[Callable[..., Watched]]:
    clients: list[EngineClient] = []

    def make(mode: str = "", patience: Patience | None = None) -> Watched:
        client = EngineClient([sys.executable, str(FAKE), mode], patience)
        clients.append(client)
        return Watched(client, qtbot)

    yield make
    for client in clients:
        client.shutdown()


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_question_is_answered(watch: Callable[..., Watched]) -> None:
    child = watch()
    assert child.client.state == "stopped"
    child.load()
    assert child.client.model is not None
    child.ask("hello")
    child.until_state("idle")
    assert child.text == "Yes indeed."
    assert child.states == ["starting", "loading", "idle", "generating", "idle"]


def test_a_request_that_is_not_expected_is_an_error_of_the_program(watch: Callable[..., Watched]) -> None:
    child = watch()
    with pytest.raises(RuntimeError, match="stopped"):
        child.ask("hello")


@pytest.mark.parametrize(("name", "end"), [("well", Finished), ("refuse", Failed)])
def test_reading_ahead_is_idle_and_tells_its_end_alone(watch: Callable[..., Watched], name: str, end: type) -> None:
    child = watch()
    with pytest.raises(RuntimeError, match="stopped"):
        child.prepare(name)
    child.load()
    child.states.clear()
    child.events.clear()
    child.prepare(name)
    child.until(lambda: bool(child.events))
    assert [type(event) for event in child.events] == [end]
    assert child.states == []
    child.ask("hello")
    child.until_state("idle")
    assert child.text == "Yes indeed."


def test_reading_ahead_can_be_stopped_and_a_question_may_come_at_any_time(watch: Callable[..., Watched]) -> None:
    child = watch()
    child.load()
    child.client.cancel_prepare()
    child.prepare("long")
    child.ask("hello")
    child.until_state("idle")
    assert child.text == "Yes indeed."
    assert {event.request_id for event in child.events if isinstance(event, PrefillProgress)} == {"hello"}
    child.client.cancel_prepare()
    child.until(lambda: child.last(Finished).request_id == "long")  # type: ignore[attr-defined]
    assert child.client.state == "idle"


@pytest.mark.skipif(sys.platform == "win32", reason="ends by an exit code there")
def test_a_crash_while_reading_ahead_is_a_crash(watch: Callable[..., Watched]) -> None:
    child = watch()
    child.load()
    child.prepare("abort")
    child.until_state("crashed")
    child.until(lambda: bool(child.outcomes))
    assert child.outcomes[-1].signal == "SIGABRT"


def test_bytes_that_come_one_by_one_are_whole_text(watch: Callable[..., Watched]) -> None:
    child = watch()
    child.load()
    child.ask("split")
    child.until_state("idle")
    assert child.text == "é ✓ Yes indeed."


@pytest.mark.parametrize("question", ["garbage", "too long a line"])
def test_noise_between_the_lines_does_no_harm(
    watch: Callable[..., Watched], question: str, caplog: pytest.LogCaptureFixture
) -> None:
    child = watch()
    child.load()
    child.ask(question)
    child.until_state("idle")
    assert child.text == "Yes indeed."
    assert any(record.levelno == logging.WARNING for record in caplog.records)
    caplog.clear()


def test_noise_before_hello_does_no_harm(watch: Callable[..., Watched], caplog: pytest.LogCaptureFixture) -> None:
    child = watch("chatty")
    child.load()
    caplog.clear()


def test_events_of_another_request_are_dropped(watch: Callable[..., Watched]) -> None:
    child = watch()
    child.load()
    child.ask("late")
    child.until_state("idle")
    assert child.text == "Yes indeed."


def test_a_flood_leaves_the_window_its_turns(watch: Callable[..., Watched]) -> None:
    child = watch()
    child.load()
    turns = 0

    def count() -> None:
        nonlocal turns
        turns += 1

    timer = QTimer()
    timer.timeout.connect(count)
    child.ask("flood")
    child.until(lambda: bool(child.text))
    timer.start(0)
    child.until_state("idle")
    timer.stop()
    assert len(child.text) == 50_000 + len("Yes indeed.")
    # One turn for the window for each piece of work: a few at least, however fast the machine is.
    assert turns > 5


def test_cancel_ends_the_request_and_nothing_else(watch: Callable[..., Watched]) -> None:
    child = watch()
    child.load()
    pid = child.client.pid
    child.ask("long")
    child.until(lambda: "more" in child.text)
    child.client.cancel()
    assert child.client.state == "cancelling"
    child.client.cancel()
    child.until_state("idle")
    finished = child.last(Finished)
    assert isinstance(finished, Finished)
    assert finished.reason == "cancelled"
    assert child.client.pid == pid


def test_cancel_without_a_request_does_nothing(watch: Callable[..., Watched]) -> None:
    child = watch()
    child.client.cancel()
    child.client.use_model("/models/Tiny")
    child.client.cancel()
    child.until_state("idle")
    child.client.cancel()
    assert child.states == ["starting", "loading", "idle"]


def test_a_child_that_does_not_stop_is_replaced(watch: Callable[..., Watched]) -> None:
    child = watch(patience=Patience(cancel=0.2))
    child.load()
    pid = child.client.pid
    child.ask("stuck")
    child.client.cancel()
    child.until(lambda: bool(child.outcomes))
    assert child.outcomes[0].cause == "stuck"
    assert not child.outcomes[0].out_of_memory
    assert is_gone(pid)
    child.until_state("idle")
    child.ask("hello")
    child.until_state("idle")
    assert child.text == "Yes indeed."


def test_a_killed_child_is_a_value_with_a_sentence(watch: Callable[..., Watched]) -> None:
    child = watch()
    child.load()
    child.ask("long")
    child.until(lambda: "more" in child.text)
    os.kill(child.client.pid, signal.SIGKILL)
    child.until_state("crashed")
    (outcome,) = child.outcomes
    assert outcome.signal == "SIGKILL"
    assert outcome.out_of_memory
    assert "memory" in outcome.sentence()
    child.client.restart()
    child.until_state("idle")


def test_an_abort_names_its_signal_and_keeps_what_was_said(watch: Callable[..., Watched]) -> None:
    child = watch()
    child.load()
    child.ask("abort")
    child.until_state("crashed")
    assert child.text == "Half"
    assert child.outcomes[0].signal == "SIGABRT"
    assert not child.outcomes[0].out_of_memory
    assert "SIGABRT" in child.outcomes[0].sentence()


def test_the_last_lines_of_the_log_come_with_the_outcome(watch: Callable[..., Watched]) -> None:
    child = watch()
    child.load()
    child.ask("leave")
    child.until_state("crashed")
    assert child.outcomes[0].exit_code == 3
    assert child.outcomes[0].last_lines == tuple(f"line {number}" for number in range(80, 100))


def test_memory_that_ran_out_is_read_from_the_log(watch: Callable[..., Watched]) -> None:
    child = watch()
    child.load()
    child.ask("memory")
    child.until_state("crashed")
    assert child.outcomes[0].out_of_memory


def test_a_folder_that_can_not_be_loaded_leaves_no_child(watch: Callable[..., Watched]) -> None:
    child = watch("unloadable")
    child.client.use_model("/nowhere")
    child.until_state("stopped")
    failed = child.last(Failed)
    assert isinstance(failed, Failed)
    assert "/nowhere" in failed.message
    child.until(lambda: child.client.pid == 0)
    assert child.outcomes[0].asked


def test_a_fatal_failure_is_told_in_the_childs_own_words(watch: Callable[..., Watched]) -> None:
    child = watch("fatal")
    child.client.use_model("/models/Tiny")
    child.until(lambda: bool(child.outcomes))
    assert child.client.state == "crashed"
    assert child.outcomes[0].sentence() == "A file is damaged. Fetch it again."


@pytest.mark.parametrize("question", ["refuse", "unreadable"])
def test_a_request_that_fails_leaves_the_child_idle(watch: Callable[..., Watched], question: str) -> None:
    child = watch()
    child.load()
    child.ask(question)
    child.until_state("idle")
    failed = child.last(Failed)
    assert isinstance(failed, Failed)
    assert failed.request_id == question


def test_a_child_that_says_nothing_is_ended(watch: Callable[..., Watched]) -> None:
    child = watch("silent", Patience(hello=0.3))
    child.client.use_model("/models/Tiny")
    child.until_state("crashed")
    assert child.outcomes[0].cause == "silent"
    assert "in time" in child.outcomes[0].sentence()


def test_a_program_that_is_not_there_is_a_value_too(qtbot: QtBot) -> None:
    child = Watched(EngineClient(["/no/such/program"]), qtbot)
    child.client.use_model("/models/Tiny")
    child.until_state("crashed")
    assert child.outcomes[0].cause == "not_started"
    assert "could not be started" in child.outcomes[0].sentence()


def test_another_model_gets_another_child_and_never_two_at_once(watch: Callable[..., Watched]) -> None:
    child = watch()
    child.load()
    first = child.client.pid
    child.ask("long")
    child.client.use_model("/models/Other")
    assert child.client.state == "starting"
    child.until(lambda: child.client.pid not in (first, 0))
    assert is_gone(first)
    child.until_state("idle")
    assert [outcome.asked for outcome in child.outcomes] == [True]


def test_shutdown_leaves_no_process(watch: Callable[..., Watched]) -> None:
    child = watch()
    child.load()
    pid = child.client.pid
    child.ask("long")
    child.client.shutdown()
    assert is_gone(pid)
    assert child.client.state == "stopped"
    child.client.shutdown()


def test_shutdown_ends_a_child_that_does_not_listen(watch: Callable[..., Watched]) -> None:
    child = watch("deaf", Patience(release=0.2))
    child.load()
    pid = child.client.pid
    before = time.monotonic()
    child.client.shutdown()
    assert time.monotonic() - before < 60
    assert is_gone(pid)


def test_shutdown_while_it_starts(watch: Callable[..., Watched]) -> None:
    child = watch()
    child.client.use_model("/models/Tiny")
    child.client.shutdown()
    assert child.client.pid == 0
    assert child.client.state == "stopped"


def test_a_model_that_was_let_go_is_not_loaded_again(watch: Callable[..., Watched]) -> None:
    child = watch()
    child.load()
    pid = child.client.pid
    child.client.let_go()
    child.until(lambda: child.client.pid == 0)
    assert is_gone(pid)
    child.client.restart()
    assert (child.client.state, child.client.pid, child.client.chosen) == ("stopped", 0, None)


def test_a_second_look_is_a_request_like_any_other(watch: Callable[..., Watched]) -> None:
    watched = watch()
    watched.load()
    watched.client.generate(LookAgain("look", Image("a", "/a.png"), "Save", Box(0, 0, 1, 1)))
    assert watched.client.state == "generating"
    watched.until_state("idle")
    assert [event.kind for event in watched.events][-2:] == ["grounded", "finished"]

"""A real child that comes when there is something to do, and goes afterwards. Every request ends once."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.engine_client import Patience, Service
from engine.protocol import (
    Cancel,
    CheckMarks,
    CheckModel,
    Done,
    DownloadProgress,
    Event,
    Failed,
    FindOnScreen,
    Paused,
    Pull,
    Pulled,
    WorkProgress,
    request_id_of,
)

FAKE = Path(__file__).with_name("fake_service.py")
WAIT = 20_000
NAME = "models process"


class Watched:
    """A service with everything it said."""

    def __init__(self, service: Service, qtbot: QtBot, log: Path) -> None:
        self.service, self.qtbot, self.log = service, qtbot, log
        self.events: list[Event] = []
        service.event_received.connect(self.events.append)

    def until(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=WAIT)

    def check(self, word: str, request_id: str = "") -> None:
        self.service.send(CheckModel(request_id or word, f"/models/{word}"))

    def pull(self, word: str, request_id: str = "") -> None:
        self.service.send(Pull(request_id or word, word))

    def ends(self, request_id: str) -> list[Event]:
        return [each for each in self.events if request_id_of(each) == request_id and not is_progress(each)]

    def end_of(self, request_id: str) -> Event:
        """The one end of a request, once it is told."""
        self.until(lambda: bool(self.ends(request_id)))
        (end,) = self.ends(request_id)
        return end

    def has_begun(self, request_id: str) -> bool:
        return any(is_progress(each) and request_id_of(each) == request_id for each in self.events)

    def heard(self) -> list[str]:
        """What the children took in, all of them."""
        return self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []


def is_progress(event: Event) -> bool:
    return isinstance(event, WorkProgress | DownloadProgress)


@pytest.fixture
def watch(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[..., Watched]]:
    made: list[Service] = []

    def make(mode: str = "", patience: Patience | None = None, rest: float = 60.0) -> Watched:
        log = tmp_path / "heard"
        service = Service([sys.executable, str(FAKE), str(log), mode], NAME, patience, rest)
        made.append(service)
        return Watched(service, qtbot, log)

    yield make
    for service in made:
        service.shutdown()
        assert service.pid == 0


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_nothing_runs_until_there_is_something_to_do(watch: Callable[..., Watched]) -> None:
    child = watch()
    assert child.service.pid == 0
    child.check("one")
    child.check("two")
    assert child.end_of("one") == Done("one", "/models/one", "check_model is done.")
    assert isinstance(child.end_of("two"), Done)
    first = child.service.pid
    child.check("three")
    child.end_of("three")
    assert child.service.pid == first, "the same child serves the next request"


def test_a_child_that_is_woken_is_there_before_the_first_request_and_goes_when_none_comes(
    watch: Callable[..., Watched],
) -> None:
    child = watch(rest=1.0)
    child.service.wake()
    woken = child.service.pid
    assert woken != 0
    child.service.wake()
    child.check("one")
    child.end_of("one")
    assert child.service.pid == woken
    child.service.wake()
    child.until(lambda: child.service.pid == 0)


def test_a_child_with_nothing_to_do_goes_and_another_comes_for_the_next_request(watch: Callable[..., Watched]) -> None:
    child = watch(rest=0.1)
    child.pull("slow")
    child.until(lambda: child.has_begun("slow"))
    first = child.service.pid
    child.qtbot.wait(300)
    assert child.service.pid == first, "one that works is kept"
    child.service.send(Cancel("slow"))
    assert child.end_of("slow") == Paused("slow")
    child.until(lambda: child.service.pid == 0)
    assert is_gone(first)
    child.check("next")
    assert isinstance(child.end_of("next"), Done)


def test_a_child_that_knows_something_stays(watch: Callable[..., Watched]) -> None:
    child = watch(rest=0.05)
    child.service.stay()
    child.check("one")
    child.end_of("one")
    first = child.service.pid
    child.qtbot.wait(200)
    assert child.service.pid == first != 0


def test_a_request_that_comes_while_the_child_goes_is_for_the_next_one(watch: Callable[..., Watched]) -> None:
    child = watch("deaf", Patience(release=0.3), rest=0.0)
    child.check("one")
    child.end_of("one")
    first = child.service.pid
    child.qtbot.wait(50)
    child.check("two")
    assert isinstance(child.end_of("two"), Done)
    assert child.service.pid != first


@pytest.mark.skipif(sys.platform == "win32", reason="ends by an exit code there")
def test_a_crash_ends_every_request_and_the_next_one_gets_a_new_child(watch: Callable[..., Watched]) -> None:
    child = watch()
    child.pull("slow")
    child.pull("stuck")
    child.until(lambda: child.has_begun("stuck"))
    child.service.send(Cancel("stuck"))
    child.check("abort")
    for request_id in ("slow", "abort"):
        end = child.end_of(request_id)
        assert isinstance(end, Failed)
        assert end.code == "internal"
        assert end.message.startswith(f"The {NAME} ended unexpectedly (SIGABRT). Try again")
    assert child.end_of("stuck") == Paused("stuck"), "it was to pause"
    child.check("next")
    assert isinstance(child.end_of("next"), Done)


@pytest.mark.skipif(sys.platform == "win32", reason="ends by an exit code there")
def test_one_may_be_asked_again_from_the_slot_that_hears_of_its_end(watch: Callable[..., Watched]) -> None:
    child = watch()
    child.service.event_received.connect(
        lambda event: child.check("again") if isinstance(event, Failed) and event.request_id == "abort" else None
    )
    child.pull("slow")
    child.check("abort")
    assert isinstance(child.end_of("again"), Done)
    assert isinstance(child.end_of("slow"), Failed)


def test_memory_that_runs_out_is_said_as_that(watch: Callable[..., Watched]) -> None:
    child = watch()
    child.check("memory")
    end = child.end_of("memory")
    assert isinstance(end, Failed)
    assert "the memory ran out" in end.message


def test_what_does_not_stop_in_time_is_ended(watch: Callable[..., Watched]) -> None:
    child = watch(patience=Patience(cancel=0.2))
    child.pull("stuck")
    child.check("stuck", "check")
    child.until(lambda: child.has_begun("check"))
    child.service.send(Cancel("stuck"))
    assert child.end_of("stuck") == Paused("stuck")
    end = child.end_of("check")
    assert isinstance(end, Failed)
    assert end.message == f"The {NAME} ended because it did not stop when asked. Try again."


def test_a_silent_child_is_ended(watch: Callable[..., Watched]) -> None:
    child = watch("silent", Patience(hello=0.3))
    child.check("one")
    end = child.end_of("one")
    assert isinstance(end, Failed)
    assert end.message == f"The {NAME} ended because it did not get ready in time. Close other programs and try again."


def test_a_child_that_can_not_be_started_is_told(qtbot: QtBot, tmp_path: Path) -> None:
    service = Service([str(tmp_path / "missing")], NAME)
    child = Watched(service, qtbot, tmp_path / "heard")
    child.check("one")
    assert child.events == [], "nothing is told from inside a call"
    end = child.end_of("one")
    assert isinstance(end, Failed)
    assert f"The {NAME} could not be started" in end.message
    service.shutdown()


@pytest.mark.parametrize("word", ["fatal", "unreadable"])
def test_a_child_that_is_of_no_more_use_is_replaced(watch: Callable[..., Watched], word: str) -> None:
    child = watch()
    child.pull("slow")
    child.check(word)
    messages = {
        "fatal": "The disk is gone. Put it back.",
        "unreadable": "A message could not be read. Start Fingerpost again.",
    }
    for request_id in ("slow", word):
        end = child.end_of(request_id)
        assert isinstance(end, Failed)
        assert end.message == messages[word]
    child.check("next")
    assert isinstance(child.end_of("next"), Done)


def test_ends_of_requests_that_are_over_are_dropped(watch: Callable[..., Watched]) -> None:
    child = watch()
    child.pull("late")
    assert child.end_of("late") == Pulled("late", "/models/late")
    assert {request_id_of(event) for event in child.events} == {"late"}
    child.service.send(Cancel("late"))
    child.check("one")
    child.end_of("one")
    assert child.heard() == ["pull late", "check_model one"], "there is nothing to cancel"


def test_the_end_of_the_program_waits_for_the_child_and_tells_nothing(watch: Callable[..., Watched]) -> None:
    child = watch("deaf", Patience(release=0.3))
    child.pull("slow")
    child.until(lambda: child.has_begun("slow"))
    pid = child.service.pid
    child.service.shutdown()
    assert is_gone(pid)
    assert child.ends("slow") == []
    assert child.heard() == ["pull slow"], "it was not asked to pause"


def test_what_is_found_on_a_picture_ends_its_request(watch: Callable[..., Watched]) -> None:
    child = watch()
    child.service.send(FindOnScreen("find", "a", "/a.png"))
    child.service.send(CheckMarks("check", "a", "/a.png", ()))
    assert child.service.busy
    assert child.end_of("find").kind == "found_on_screen"
    assert child.end_of("check").kind == "marks_checked"
    assert not child.service.busy

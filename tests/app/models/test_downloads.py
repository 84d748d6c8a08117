"""Models on their way: each is fetched once, keeps what it has, and says what became of it."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from app.models.downloads import Downloads
from engine.protocol import Done
from tests.app.models.samples import offered, surveyed, unfinished
from tests.app.models.shelf import Watched


def has_begun(shelf: Watched, name: str) -> bool:
    return any(each.name == name and each.progress is not None for each in shelf.downloads)


def test_a_model_arrives_and_leaves_the_list(shelf: Watched) -> None:
    shelf.will_find(surveyed((offered("quick"),)))
    shelf.look()
    shelf.shelf.pull("quick", None)
    assert shelf.until_said("ready") == ("/models/quick", "quick")
    (waiting,), (running,), nothing = shelf.values("downloads_changed")
    assert (waiting.name, waiting.title, waiting.state, waiting.progress) == ("quick", "Model quick", "running", None)
    assert (running.title, running.state, running.done, running.total) == ("Quick", "running", 3, 10)
    assert running.progress.hosts == ("huggingface.co",)
    assert nothing == ()
    shelf.until_said("surveyed", 2)
    assert shelf.heard("models") == ["survey", "survey"], "what is here has changed"


def test_a_model_that_is_asked_for_twice_is_fetched_once(shelf: Watched) -> None:
    shelf.shelf.pull("slow", None)
    shelf.shelf.pull("slow", None)
    shelf.until(lambda: has_begun(shelf, "slow"))
    assert shelf.heard("downloads") == ["pull slow"]


def test_a_download_pauses_and_goes_on(shelf: Watched) -> None:
    shelf.shelf.pull("slow", None)
    shelf.until(lambda: has_begun(shelf, "slow"))
    shelf.shelf.pause("slow")
    shelf.until(lambda: shelf.states() == {"slow": "paused"})
    (paused,) = shelf.downloads
    assert (paused.done, paused.total, paused.progress) == (3, 10, None)
    shelf.shelf.pull("slow", None)
    assert shelf.states() == {"slow": "running"}
    shelf.until(lambda: has_begun(shelf, "slow"))


def test_a_failed_download_says_why_until_it_is_tried_again(shelf: Watched) -> None:
    shelf.shelf.pull("refused", "modelscope")
    shelf.until(lambda: shelf.states() == {"refused": "failed"})
    (failed,) = shelf.downloads
    assert (failed.sentence, failed.code) == ("A file is wrong. Fetch it again.", "wrong_hash")
    assert failed.source == "modelscope"
    shelf.look()
    assert shelf.downloads == (failed,), "a look does not lose it"
    shelf.shelf.pull("refused", None)
    (running,) = shelf.downloads
    assert (running.state, running.sentence, running.code) == ("running", "", None)
    assert running.source == "modelscope", "it is tried where it was asked for"
    shelf.until(lambda: shelf.states() == {"refused": "failed"})
    assert shelf.values("problem") == []


def test_a_token_lets_a_gated_model_go_on_by_itself(shelf: Watched) -> None:
    shelf.shelf.pull("gated", None)
    shelf.shelf.pull("refused", None)
    shelf.until(lambda: shelf.states() == {"gated": "failed", "refused": "failed"})
    assert shelf.downloads[0].code == "gated"
    assert shelf.downloads[0].source == "huggingface"
    shelf.shelf.keep_token("huggingface", "hf_secret")
    assert shelf.until_said("ready") == ("/models/gated", "gated")
    assert shelf.values("note") == ["The token is kept in the keyring."]
    assert shelf.states() == {"refused": "failed"}


def test_a_download_is_given_up_while_it_runs(shelf: Watched) -> None:
    shelf.shelf.pull("slow", None)
    shelf.until(lambda: has_begun(shelf, "slow"))
    shelf.shelf.discard("slow")
    shelf.until_said("surveyed")
    assert shelf.downloads == ()
    assert shelf.heard("downloads") == ["pull slow", "cancel", "discard_download slow"]


@pytest.mark.skipif(sys.platform == "win32", reason="ends by an exit code there")
def test_a_crash_fails_every_download_and_each_can_be_tried_again(shelf: Watched) -> None:
    shelf.shelf.pull("slow", None)
    shelf.until(lambda: has_begun(shelf, "slow"))
    shelf.shelf.pull("abort", None)
    shelf.until(lambda: shelf.states() == {"slow": "failed", "abort": "failed"})
    assert all("downloads process ended unexpectedly" in each.sentence for each in shelf.downloads)
    shelf.shelf.pull("slow", None)
    shelf.until(lambda: has_begun(shelf, "slow"))


# --- After a restart ---


def test_what_was_wanted_goes_on_at_the_next_start(shelf: Watched) -> None:
    shelf.shelf.pull("slow", None)
    shelf.until(lambda: has_begun(shelf, "slow"))
    shelf.end()
    assert shelf.heard("downloads") == ["pull slow"], "closing is no pause"
    shelf.will_find(surveyed(left=(unfinished("slow"), unfinished("other", wanted=False))))
    shelf.start()
    shelf.look()
    shelf.until(lambda: has_begun(shelf, "slow"))
    assert shelf.states() == {"slow": "running", "other": "paused"}
    assert [each.title for each in shelf.downloads] == ["Slow", "Model other"]
    # Only at the start: what is paused later stays so.
    shelf.shelf.pause("slow")
    shelf.until(lambda: shelf.states()["slow"] == "paused")
    shelf.look()
    assert shelf.states() == {"slow": "paused", "other": "paused"}


def test_what_was_done_elsewhere_leaves_the_list(shelf: Watched) -> None:
    shelf.will_find(surveyed(left=(unfinished("here", wanted=False), unfinished("gone", wanted=False))))
    shelf.look()
    shelf.shelf.pull("refused", None)
    shelf.until(lambda: shelf.states() == {"here": "paused", "gone": "paused", "refused": "failed"})
    arrived = offered("refused", installed="/models/refused")
    shelf.will_find(surveyed((arrived,), left=(unfinished("here", wanted=False, done=7),)))
    shelf.look()
    assert [(each.name, each.done) for each in shelf.downloads] == [("here", 7)]


class Played(QObject):
    """A process that does what a test says, when it says so."""

    event_received = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Any] = []

    def send(self, command: object) -> None:
        self.sent.append(command)


def test_a_look_that_began_before_does_not_bring_back_what_was_given_up(qtbot: QtBot) -> None:
    process = Played()
    downloads = Downloads(process)  # type: ignore[arg-type]
    told: list[Any] = []
    downloads.changed.connect(told.append)
    was_true = surveyed(left=(unfinished("other", wanted=False),))
    downloads.compare(was_true)
    downloads.begin_survey()
    downloads.discard("other")
    process.event_received.emit(Done(process.sent[-1].request_id, "", ""))
    downloads.compare(was_true)
    assert told[-1] == ()
    # Somebody else has begun it since.
    downloads.begin_survey()
    downloads.compare(was_true)
    assert [each.name for each in told[-1]] == ["other"]

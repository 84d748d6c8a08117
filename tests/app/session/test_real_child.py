"""The session with the real model process and a scripted model: what a person would see, crashes included."""

from __future__ import annotations

import dataclasses
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.domain.conversation import Attachment
from app.engine_client import EngineClient, Patience
from app.store.store import Store
from tests.app.calls import zoom_call
from tests.app.session.fakes import Watched
from tests.scripted import abort, answer, count, loop, make_scripted, say, stall

COMMAND = (sys.executable, "-P", "-X", "utf8", "-m", "engine.worker", "model")
WAIT = 60_000


class Room:
    """A session, its client and its store, as the program has them."""

    def __init__(self, store_folder: Path, qtbot: QtBot) -> None:
        self._folder, self._qtbot = store_folder, qtbot
        self.open()

    def open(self) -> None:
        self.store = Store(self._folder)
        self.client = EngineClient(COMMAND, Patience(cancel=1.0))
        self.chat = Watched(self.client, self.store, time.monotonic)  # type: ignore[arg-type]
        self.session = self.chat.session

    def close(self) -> None:
        self.session.close()
        self.client.shutdown()
        self.store.close()

    def until(self, condition: Callable[[], bool]) -> None:
        self._qtbot.waitUntil(condition, timeout=WAIT)

    def load(self, folder: Path) -> None:
        self.session.use_model(str(folder))
        self.until(lambda: self.client.state == "idle")

    def ask(self, question: str, attachments: Sequence[Attachment] = ()) -> None:
        self.session.ask(question, tuple(attachments))

    def until_answered(self, state: str) -> None:
        self.until(lambda: self.chat.answer.state in ("finished", "stopped", "failed"))
        assert self.chat.answer.state == state


@pytest.fixture
def room(tmp_path: Path, qtbot: QtBot) -> Iterator[Room]:
    room = Room(tmp_path / "store", qtbot)
    yield room
    room.close()


def test_an_answer_streams_and_is_there_after_a_restart(room: Room, tmp_path: Path) -> None:
    room.load(make_scripted(tmp_path / "model", ["The first answer.", answer(say("Slowly "), count(0.01))]))
    room.ask("First")
    room.until_answered("finished")
    room.ask("Second")
    room.until(lambda: len(room.chat.answer.text) > 20)
    room.session.stop()
    room.until_answered("stopped")
    room.close()

    room.open()
    (summary,) = room.store.summaries()
    room.session.open_conversation(summary.id)
    assert room.chat.session.conversation is not None
    first, second = room.chat.session.conversation.turns
    assert (first.answer.state, first.answer.text) == ("finished", "The first answer.")
    assert second.answer.state == "stopped"
    assert second.answer.text.startswith("Slowly 1 2 3")


def test_what_was_extended_is_what_was_answered(room: Room, tmp_path: Path) -> None:
    text = " ".join(f"word{number}" for number in range(120))
    room.load(make_scripted(tmp_path / "model", [text]))
    room.ask("Tell me")
    room.until_answered("finished")
    # An `answer_changed` is the whole answer, an `answer_extended` comes on top.
    seen = ""
    for name, *values in room.chat.said:
        if name == "answer_changed":
            seen = values[1].text
        elif name == "answer_extended":
            seen += values[2]
        assert text.startswith(seen)
    assert seen == room.chat.answer.text == text


def test_a_child_that_is_killed_mid_answer_costs_nothing(room: Room, tmp_path: Path) -> None:
    room.load(make_scripted(tmp_path / "model", [answer(say("Slowly "), count(0.01))]))
    room.ask("First")
    room.until(lambda: len(room.chat.answer.text) > 20)
    os.kill(room.client.pid, signal.SIGKILL)
    room.until_answered("failed")
    partial = room.chat.answer.text
    assert partial.startswith("Slowly 1 2 3")
    assert "memory" in room.chat.answer.error
    assert room.chat.stored.text == partial
    room.until(lambda: room.client.state == "idle")
    room.session.retry(room.chat.turn.id)
    assert room.chat.answer.text == partial
    room.until(lambda: room.chat.answer.state == "streaming" and len(room.chat.answer.text) > 20)
    room.session.stop()
    room.until_answered("stopped")


def test_an_abort_inside_the_model_is_a_failed_answer(room: Room, tmp_path: Path) -> None:
    room.load(make_scripted(tmp_path / "model", [answer(say("Half an "), abort()), "Whole."]))
    room.ask("First")
    room.until_answered("failed")
    assert room.chat.answer.text.startswith("Half an")
    assert "SIGABRT" in room.chat.answer.error


def test_a_model_that_stalls_is_replaced_after_stop(room: Room, tmp_path: Path) -> None:
    room.load(make_scripted(tmp_path / "model", [answer(say("Wait"), stall(600)), "Never reached."]))
    room.ask("First")
    room.until(lambda: room.chat.answer.text == "Wait")
    pid = room.client.pid
    room.session.stop()
    room.until_answered("stopped")
    room.until(lambda: room.client.state == "idle")
    assert room.client.pid != pid


@pytest.mark.parametrize("where", ["loading", "reading", "writing"])
def test_stop_works_in_every_state(room: Room, tmp_path: Path, where: str) -> None:
    model = make_scripted(
        tmp_path / "model",
        [answer(count(0.01), reading=(stall(600, heeds_cancel=True),) if where == "reading" else ())],
        loading=(stall(1.0),) if where == "loading" else (),
    )
    room.session.use_model(str(model))
    room.ask("First")
    if where == "loading":
        room.until(lambda: room.client.state == "loading")
    elif where == "reading":
        room.until(lambda: room.client.state == "generating")
    else:
        room.until(lambda: bool(room.chat.answer.text))
    room.session.stop()
    room.until_answered("stopped")
    room.until(lambda: room.client.state == "idle")


def test_a_folder_that_is_not_there_is_said_in_a_sentence(room: Room, tmp_path: Path) -> None:
    room.session.use_model(str(tmp_path / "nowhere"))
    room.until(lambda: "There is no folder" in room.chat.sentence)
    assert room.client.state == "stopped"
    room.load(make_scripted(tmp_path / "model", ["Yes."]))
    room.ask("First")
    room.until_answered("finished")


def test_an_answer_that_goes_in_circles_begins_again_without_the_circles(room: Room, tmp_path: Path) -> None:
    room.load(make_scripted(tmp_path / "model", [answer(loop("round and round "), again=(say("Straight on."),))]))
    room.ask("First")
    room.until_answered("finished")
    assert "round and round" not in room.chat.answer.text
    assert room.chat.answer.text.endswith("Straight on.")
    assert len(room.chat.answer.notices) == 1


def test_thinking_is_folded_away(room: Room, tmp_path: Path) -> None:
    room.load(make_scripted(tmp_path / "model", [answer(say("Therefore."), thinking=(say("Let me see"),))]))
    room.session.set_thinking(True)
    room.ask("Why?")
    room.until_answered("finished")
    assert room.chat.answer.reasoning.strip() == "Let me see"
    assert room.chat.answer.text == "Therefore."


def test_a_picture_is_read_and_counted(room: Room, tmp_path: Path, make_picture: Callable[..., Attachment]) -> None:
    room.load(make_scripted(tmp_path / "model", ["A red area."]))
    room.ask("What is this?", [make_picture(room.store, "red")])
    room.until_answered("finished")
    assert room.chat.answer.image_tokens > 0
    sentences = [status.sentence for status in room.chat.values("status_changed")]
    assert "Reading picture 1 of 1" in sentences


def test_the_model_looks_closer_and_goes_on(
    room: Room, tmp_path: Path, make_picture: Callable[..., Attachment]
) -> None:
    room.load(make_scripted(tmp_path / "model", ["Let me see." + zoom_call(label="the title"), "It says 42."]))
    room.session.set_look_closer(True)
    picture = make_picture(room.store, "red")
    room.session.prepare_for((picture,))
    room.ask("What does it say?", [picture])
    room.until_answered("finished")
    (look,) = room.chat.stored.looks
    assert (look.picture, look.label) == (picture, "the title")
    text = room.chat.stored.text
    assert (text[: look.at].strip(), text[look.at :].strip()) == ("Let me see.", "It says 42.")
    sentences = [status.sentence for status in room.chat.values("status_changed")]
    assert "Looking closer at part of the picture" in sentences
    assert "Reading picture 2 of 2" not in sentences


def test_what_the_model_points_at_is_marked_and_looked_at_again(
    room: Room, tmp_path: Path, make_picture: Callable[[Store, str], Attachment], qtbot: QtBot
) -> None:
    place = '{"bbox_2d": [100, 200, 400, 300], "label": "Save"}'
    closer = '{"bbox_2d": [300, 300, 600, 600], "label": "Save"}'
    folder = make_scripted(
        tmp_path / "model", [f"Press **Save** {place} now.", closer, answer(count(0.01), when="Count")]
    )
    room.load(folder)
    picture = make_picture(room.store, "teal")
    room.ask("Which button saves?", [picture])
    room.until_answered("finished")
    assert room.chat.answer.text == "Press **Save** ① now."
    (mark,) = room.chat.answer.marks
    assert (mark.label, mark.attachment, mark.confirmed) == ("Save", picture.id, False)
    # It can not be weighed, and so the model looks a second time.
    room.until(lambda: len(room.chat.finder.checks) == 1)
    room.chat.finder.checks[0].failed("There is no reader.")
    room.until(lambda: len(room.chat.finder.checks) == 2)
    (said,) = room.chat.finder.checks[1].wanted
    assert (said.attachment, said.number, said.label) == (picture.id, 1, "Save")
    room.chat.finder.checks[1].told((dataclasses.replace(mark, box=said.box, confirmed=True),))
    assert room.chat.stored.marks[0].box == said.box != mark.box
    room.ask("Count")
    room.until(lambda: len(room.chat.answer.text) > 10)
    room.session.stop()
    room.until_answered("stopped")

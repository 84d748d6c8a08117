"""From the keyboard to the model process and back: the question, its pictures, its answer, and what is never lost."""

from __future__ import annotations

import sys
from pathlib import Path

import PIL.Image
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.attachments import Attachments
from app.domain.conversation import Attachment, Picture
from app.store import Store, StoreError
from app.store.errors import FULL
from engine.protocol import Event, Finished
from tests.app.calls import zoom_call
from tests.app.wiring.desk import WAIT_MS, Desk
from tests.scripted import abort, answer, count, make_scripted, say, stall


def refuse(*_arguments: object) -> None:
    raise StoreError(FULL)


def picture_file(folder: Path) -> Path:
    path = folder / "a.png"
    PIL.Image.new("RGB", (8, 8), "teal").save(path)
    return path


def test_a_pasted_picture_is_asked_about_and_the_answer_streams_onto_the_page(desk: Desk, tmp_path: Path) -> None:
    desk.start(make_scripted(tmp_path / "model", [answer(say("The margins are *2 cm* wide.", 0.02))]))
    desk.paste_picture()
    with desk.qtbot.waitSignal(desk.parts.session.answer_extended, timeout=WAIT_MS):
        desk.ask("How wide are they?")
    assert desk.composer.text() == ""
    assert desk.tiles() == []
    desk.until(lambda: desk.answer().state == "finished")
    assert desk.shown_answers() == ["The margins are *2 cm* wide."] == [desk.answer().text]
    (turn,) = desk.conversation().turns
    assert turn.question == "How wide are they?"
    assert [(picture.source, picture.width, picture.height) for picture in turn.attachments] == [("clipboard", 90, 60)]
    assert turn.answer.image_tokens > 0
    assert desk.store.draft() == ""
    # The next one goes on from there.
    desk.ask("And now?")
    desk.until(lambda: len(desk.shown_answers()) == 2 and desk.answer().state == "finished")
    assert desk.conversation().title == "How wide are they?"


def test_a_picture_is_read_while_the_question_is_typed(desk: Desk, tmp_path: Path) -> None:
    desk.start(make_scripted(tmp_path / "model", ["A red area."], looking=[stall(0.3, True)]))
    events: list[Event] = []
    desk.parts.client.event_received.connect(events.append)
    desk.paste_picture("red")
    desk.type("What is ")
    desk.until(lambda: any(isinstance(event, Finished) and event.reason == "prepared" for event in events))
    assert desk.parts.session.status.sentence == "Ready"
    assert desk.store.summaries() == ()
    desk.paste_picture("blue")
    desk.ask("this?")
    desk.until(lambda: desk.answer().state == "finished")
    (turn,) = desk.conversation().turns
    assert (turn.question, len(turn.attachments)) == ("What is this?", 2)


def test_a_closer_look_is_on_the_page_and_there_again_after_a_restart(desk: Desk, tmp_path: Path) -> None:
    model = make_scripted(tmp_path / "model", ["Let me see." + zoom_call(), "It says *42*."])
    desk.start(model)
    desk.composer.tools.look_closer_changed.emit(True)
    desk.paste_picture()
    desk.ask("What does it say?")
    desk.until(lambda: desk.answer().state == "finished")
    assert desk.sees("Looked closer at part of the picture")
    assert desk.shown_answers() == ["Let me see.", "It says *42*."]
    desk.end()
    desk.start()
    (summary,) = desk.store.summaries()
    desk.parts.session.open_conversation(summary.id)
    assert desk.sees("Looked closer at part of the picture")
    assert desk.shown_answers() == ["Let me see.", "It says *42*."]


@pytest.mark.skipif(sys.platform == "win32", reason="ends by an exit code there")
def test_a_picture_that_ends_the_model_process_costs_nothing_that_was_typed(desk: Desk, tmp_path: Path) -> None:
    desk.start(make_scripted(tmp_path / "model", ["Yes."], looking=[abort()]))
    first = desk.parts.client.pid
    desk.type("What is this?")
    desk.paste_picture()
    desk.until(lambda: desk.parts.client.pid not in (0, first) and desk.parts.client.state == "idle")
    second = desk.parts.client.pid
    desk.qtbot.wait(200)
    assert (desk.parts.client.pid, desk.parts.client.state) == (second, "idle"), "it is not tried again"
    assert (desk.composer.text(), len(desk.tiles()), desk.notes()) == ("What is this?", 1, ())
    desk.press(Qt.Key.Key_Return)
    desk.until(lambda: desk.answer().state == "failed")
    assert "SIGABRT" in desk.answer().error


def test_a_draft_is_there_after_a_restart_and_gone_once_it_is_asked(desk: Desk) -> None:
    desk.start()
    desk.type("What does this")
    desk.end()
    desk.start()
    assert desk.composer.text() == "What does this"
    desk.ask(" mean?")
    assert desk.conversation().turns[0].question == "What does this mean?"
    desk.end()
    desk.start()
    assert desk.composer.text() == ""


def test_a_question_that_can_not_be_kept_goes_back_into_the_composer(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.start()
    desk.paste_picture("red")
    desk.paste_picture("blue")
    pictures = [tile.attachment.id for tile in desk.tiles()]
    with monkeypatch.context() as full:
        full.setattr(Store, "add_turn", refuse)
        desk.ask("Which one?")
    assert desk.notes() == (FULL,)
    assert desk.composer.text() == "Which one?"
    assert [tile.attachment.id for tile in desk.tiles()] == pictures
    assert desk.store.draft() == "Which one?"
    # Once there is room it is asked as it was.
    desk.press(Qt.Key.Key_Return)
    (turn,) = desk.conversation().turns
    assert (turn.question, [picture.id for picture in turn.attachments]) == ("Which one?", pictures)
    assert desk.notes() == (FULL,)


def test_a_question_that_waits_for_its_picture_is_lost_neither_to_a_refusal_nor_to_the_end(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    desk.start()
    desk.paste_picture()
    held = []
    # The picture is still on its way to a slow disk.
    monkeypatch.setattr(Attachments, "take", lambda _self, taker: held.append(taker))
    desk.ask("First?")
    desk.type("Typed meanwhile")
    assert desk.composer.text() == "Typed meanwhile"
    assert desk.store.draft() == "First?"
    with monkeypatch.context() as full:
        full.setattr(Store, "create", refuse)
        held[0](())
    assert desk.composer.text() == "First?\nTyped meanwhile" == desk.store.draft()
    desk.composer.clear()
    desk.ask("Second?")
    desk.end()
    desk.start()
    assert desk.composer.text() == "Second?"


def test_a_draft_that_can_not_be_kept_is_told_and_stays_in_the_composer(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.start()
    monkeypatch.setattr(Store, "set_draft", refuse)
    desk.type("Hello")
    desk.composer.flush_draft()
    assert desk.notes() == (FULL,)
    assert desk.composer.text() == "Hello"


def test_a_picture_that_can_not_be_kept_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(_self: Store, _picture: Picture) -> Attachment:
        raise StoreError(FULL)

    monkeypatch.setattr(Store, "keep", full)
    desk.start(files=[picture_file(tmp_path)])
    desk.until(lambda: desk.notes() == (FULL,))
    assert desk.tiles() == []


def test_pictures_that_the_start_names_wait_in_the_composer(desk: Desk, tmp_path: Path) -> None:
    desk.start(files=[picture_file(tmp_path), tmp_path / "missing.png"])
    desk.until(lambda: len(desk.tiles()) == 1 and len(desk.notes()) == 1)
    assert "missing.png" in desk.notes()[0]


def test_escape_and_the_round_button_stop_the_answer_and_keep_what_was_written(desk: Desk, tmp_path: Path) -> None:
    desk.start(make_scripted(tmp_path / "model", [answer(say("One "), count(0.005))]))
    for number, stop in enumerate((lambda: desk.press(Qt.Key.Key_Escape), desk.composer.tools.stop_wanted.emit), 1):
        desk.ask(f"Question {number}")
        desk.until(lambda at=number: len(desk.shown_answers()) == at and len(desk.shown_answers()[-1]) > 10)
        stop()
        desk.until(lambda: desk.answer().state == "stopped")
        assert desk.answer().text.startswith("One ")
        assert desk.shown_answers()[-1] == desk.answer().text


def test_another_model_from_the_sheet_is_another_process(desk: Desk, tmp_path: Path) -> None:
    desk.start(make_scripted(tmp_path / "first", ["I am the first."]))
    before = desk.parts.client.pid
    second = make_scripted(tmp_path / "second", ["I am the second."])
    desk.window.models.take_folder(str(second))
    desk.until(lambda: desk.parts.client.state == "idle" and desk.parts.client.pid != before)
    desk.ask("Who are you?")
    desk.until(lambda: desk.shown_answers() == ["I am the second."])
    assert desk.parts.preferences.settings.recent_models == (str(second), str(tmp_path / "first"))
    # And the next start loads it by itself.
    desk.end()
    desk.start()
    desk.until(lambda: desk.parts.client.state == "idle")
    assert desk.parts.client.chosen is not None
    assert desk.parts.client.chosen.path == str(second)


def test_a_question_can_be_asked_while_another_conversation_is_answered(desk: Desk, tmp_path: Path) -> None:
    desk.start(make_scripted(tmp_path / "model", [answer(say("One "), count(0.005)), "Two."]))
    session = desk.parts.session
    desk.ask("First")
    desk.until(lambda: bool(desk.shown_answers()) and len(desk.shown_answers()[-1]) > 10)
    session.new_conversation()
    desk.ask("Second")
    assert [summary.title for summary in desk.store.summaries()] == ["Second", "First"]
    (first,) = [summary.id for summary in desk.store.summaries() if summary.title == "First"]
    (second,) = [summary.id for summary in desk.store.summaries() if summary.title == "Second"]
    session.open_conversation(first)
    desk.press(Qt.Key.Key_Escape)
    desk.until(lambda: desk.store.conversation(second).turns[0].answer.text == "Two.")
    assert desk.store.conversation(first).turns[0].answer.state == "stopped"


def test_a_question_that_waits_for_the_model_can_be_taken_back_with_the_round_button(
    desk: Desk, tmp_path: Path
) -> None:
    desk.start()
    desk.parts.session.use_model(str(make_scripted(tmp_path / "slow", ["Yes."], loading=[stall(60, True)])))
    desk.ask("Now?")
    assert desk.conversation().turns[0].answer.state == "waiting"
    desk.qtbot.mouseClick(desk.composer.tools._send, Qt.MouseButton.LeftButton)
    desk.until(lambda: desk.answer().state == "stopped")

"""What a person sees of a question: the order of signals, and that nothing asked or answered is lost."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from app.domain.conversation import Attachment
from app.domain.status import Status
from app.engine_client import ProcessOutcome
from app.session.answering import CUT_AT_LIMIT, NOTHING_SAID
from app.session.status import NO_MODEL_YET
from app.store.errors import FULL, StoreError
from app.store.store import Store
from engine.protocol import Image, LoadProgress, Notice, Offer, PrefillProgress, Text
from tests.app.session.fakes import Clock, FakeClient, Watched, texts


def test_a_first_question_opens_a_conversation_and_is_answered(chat: Watched, qtbot: QtBot) -> None:
    chat.session.ask("Where do I change the page margins?\nIn Writer.")
    assert chat.names() == ["conversation_opened", "turn_added"]
    assert chat.session.conversation is not None
    assert chat.session.conversation.title == "Where do I change the page margins?"
    assert chat.answer.state == "waiting"

    chat.client.write("Open ")
    assert chat.names() == ["answer_changed"]
    chat.client.write("the ")
    chat.client.write("menu.")
    qtbot.waitUntil(lambda: bool(chat.values("answer_extended")))
    assert chat.values("answer_extended") == [(chat.turn.id, "answer", "the menu.")]
    chat.said.clear()

    chat.client.finish()
    signals = [name for name, *_ in chat.said]
    assert signals == ["answer_changed", "summaries_changed", "status_changed"]
    answer = chat.answer
    assert (answer.state, answer.text, answer.model) == ("finished", "Open the menu.", "Qwen3.5-4B")
    assert (answer.total_seconds, answer.tokens_per_second, answer.image_tokens) == (2.5, 14.0, 0)
    assert chat.stored == answer


def test_the_tokens_of_a_picture_are_those_of_its_own_turn(chat: Watched, keep: Callable[[str], Attachment]) -> None:
    chat.session.ask("What is this?", (keep("red"),))
    chat.client.write("A dialog.")
    chat.client.finish(images=(120,))
    chat.session.ask("And this?", (keep("blue"),))
    chat.client.finish(images=(120, 480))
    assert chat.session.conversation is not None
    assert [turn.answer.image_tokens for turn in chat.session.conversation.turns] == [120, 480]


def test_the_last_words_are_in_the_answer_and_not_said_twice(chat: Watched, qtbot: QtBot) -> None:
    chat.session.ask("Hello?")
    chat.client.write("One ")
    chat.client.write("two")
    chat.client.finish()
    qtbot.wait(60)
    assert chat.answer.text == "One two"
    assert chat.values("answer_extended") == []


def test_thinking_and_answer_come_apart_and_in_order(chat: Watched, qtbot: QtBot) -> None:
    chat.session.set_thinking(True)
    chat.session.ask("Why?")
    assert chat.client.requests[0].thinking.enabled
    chat.client.write("Let ", "reasoning")
    chat.client.write("me ", "reasoning")
    chat.client.write("see.", "reasoning")
    chat.clock.now += 12
    chat.client.write("Because ")
    chat.client.write("it is.")
    qtbot.waitUntil(lambda: len(chat.values("answer_extended")) == 2)
    assert [values[1:] for values in chat.values("answer_extended")] == [
        ("reasoning", "me see."),
        ("answer", "Because it is."),
    ]
    chat.clock.now += 5
    chat.client.finish()
    assert (chat.answer.reasoning, chat.answer.reasoning_seconds) == ("Let me see.", 12)


def test_a_follow_up_carries_the_whole_conversation(chat: Watched, keep: Callable[[str], Attachment]) -> None:
    picture = keep("red")
    chat.session.ask("What is this?", (picture,))
    (message,) = chat.client.requests[0].messages
    assert message.parts == (Image(picture.id, str(picture.path)), Text("What is this?"))
    chat.client.write("A red area.")
    chat.client.finish()
    chat.names()
    chat.session.ask("And how large?")
    assert chat.names() == ["turn_added"]
    assert texts(chat.client.requests[1]) == [
        ("user", "What is this?"),
        ("assistant", "A red area."),
        ("user", "And how large?"),
    ]
    assert chat.client.requests[1].messages[0].parts[0] == Image(picture.id, str(picture.path))


def test_settings_are_those_of_the_moment_of_asking(chat: Watched) -> None:
    chat.session.set_detail("full")
    chat.session.ask("First")
    chat.session.ask("Second")
    chat.session.set_detail("fast")
    chat.client.write("1")
    chat.client.finish()
    assert [request.image_budget for request in chat.client.requests] == ["full", "full"]


def test_a_question_before_the_model_is_loaded_waits(qtbot: QtBot, store: Store) -> None:
    chat = Watched(FakeClient(), store, Clock())
    chat.session.begin()
    assert chat.sentence == "There is no model yet. Get one, or choose the folder of one."
    chat.session.ask("Hello?")
    assert chat.answer.state == "waiting"
    assert chat.values("status_changed")[-1].sentence == NO_MODEL_YET
    chat.session.expect_model("Qwen3.5-4B", 0.421)
    status = chat.values("status_changed")[-1]
    assert status == Status("stopped", "Fetching Qwen3.5-4B, 42 %. The answer starts when it is here.", 0.421)
    chat.session.stop()
    assert chat.values("status_changed")[-1].sentence == "Fetching Qwen3.5-4B, 42 %"
    chat.session.expect_model("")
    assert chat.sentence == "There is no model yet. Get one, or choose the folder of one."
    chat.session.ask("Hello again?")
    chat.session.use_model("/models/Qwen3.5-4B")
    assert chat.sentence == "Starting the model process"
    chat.client.enter("loading")
    assert chat.sentence == "Loading Qwen3.5-4B"
    chat.client.say(LoadProgress(42, 100))
    assert chat.session.status.sentence == "Loading Qwen3.5-4B, 42 %"
    assert chat.session.status.progress == 0.42
    chat.client.ready()
    assert len(chat.client.requests) == 1
    chat.client.write("Hello.")
    chat.client.finish()
    assert chat.answer.state == "finished"
    chat.session.close()


def test_a_model_that_is_given_up_stops_the_answer_and_leaves_what_waits_for_the_next(chat: Watched) -> None:
    chat.session.ask("First")
    chat.client.write("Half")
    chat.session.ask("Second")
    chat.session.let_go()
    assert (chat.client.chosen, chat.session.model) == (None, None)
    assert [turn.answer.state for turn in chat.session.conversation.turns] == ["stopped", "waiting"]  # type: ignore[union-attr]
    assert chat.sentence == chat.values("status_changed")[-1].sentence == NO_MODEL_YET
    chat.session.ask("Third")
    assert chat.client.starts == 1, "a question does not bring it back"
    chat.session.use_model("/models/Other")
    chat.client.ready()
    assert len(chat.client.requests) == 2


def test_a_model_that_can_not_be_loaded_fails_the_waiting_question(qtbot: QtBot, store: Store) -> None:
    chat = Watched(FakeClient(), store, Clock())
    chat.session.use_model("/nowhere")
    chat.session.ask("Hello?")
    chat.client.fail_to_load("There is no folder /nowhere. Choose another.")
    # The status says it for as long as it holds: a note would outlive it.
    assert chat.values("problem") == []
    assert (chat.answer.state, chat.answer.error) == ("failed", "There is no folder /nowhere. Choose another.")
    assert chat.sentence == "There is no folder /nowhere. Choose another."
    chat.session.retry(chat.turn.id)
    assert (chat.client.state, chat.answer.state) == ("starting", "waiting")
    chat.client.ready()
    chat.client.write("Hello.")
    chat.client.finish()
    assert chat.answer.text == "Hello."
    chat.session.close()


def test_after_a_repetition_the_text_so_far_is_void(chat: Watched, qtbot: QtBot) -> None:
    chat.session.ask("Count.")
    chat.client.write("one one ")
    chat.client.write("one one ")
    chat.client.say(Notice(chat.client.last, "repetition", "It went in circles and was asked again."))
    changed = chat.values("answer_changed")[-1][1]
    assert (changed.state, changed.text) == ("streaming", "")
    assert changed.notices == ("It went in circles and was asked again.",)
    chat.client.write("one two")
    chat.client.finish()
    assert chat.answer.text == "one two"
    assert chat.answer.notices == ("It went in circles and was asked again.",)
    qtbot.wait(60)
    assert all("one one" not in values[2] for values in chat.values("answer_extended"))


def test_other_notices_keep_the_text(chat: Watched) -> None:
    chat.session.ask("Count.")
    chat.client.write("one two ")
    chat.client.say(Notice(chat.client.last, "cut_short", "It was stopped here."))
    # To go on would only lead into the same circles.
    chat.client.finish("length")
    assert (chat.answer.text, chat.answer.notices) == ("one two ", ("It was stopped here.",))


def test_an_answer_at_its_limit_and_an_empty_one_say_so(chat: Watched) -> None:
    chat.session.ask("Go on for ever.")
    chat.client.write("And ")
    chat.client.finish("length")
    assert chat.answer.notices == (CUT_AT_LIMIT,)
    chat.session.ask("Say nothing.")
    chat.client.finish()
    assert (chat.answer.state, chat.answer.notices) == ("finished", (NOTHING_SAID,))


def test_stop_keeps_what_was_written(chat: Watched) -> None:
    chat.session.ask("Hello?")
    chat.client.write("Half an")
    chat.session.stop()
    assert chat.sentence == "Stopping"
    chat.client.write(" ans")
    chat.client.finish("cancelled")
    assert (chat.answer.state, chat.answer.text) == ("stopped", "Half an ans")
    assert chat.stored.state == "stopped"
    chat.session.stop()
    chat.session.ask("Go on")
    assert texts(chat.client.requests[-1])[1] == ("assistant", "Half an ans")


def test_stop_while_the_model_loads_ends_the_question_at_once(qtbot: QtBot, store: Store) -> None:
    chat = Watched(FakeClient(), store, Clock())
    chat.session.use_model("/models/Qwen3.5-4B")
    chat.session.ask("Hello?")
    chat.session.stop()
    assert chat.answer.state == "stopped"
    chat.client.ready()
    assert chat.client.requests == []
    chat.session.close()


def test_questions_wait_for_each_other_and_see_the_answers_before_them(chat: Watched) -> None:
    chat.session.ask("First")
    chat.session.ask("Second")
    assert len(chat.client.requests) == 1
    chat.client.write("Answer one")
    chat.client.finish()
    assert texts(chat.client.requests[1]) == [("user", "First"), ("assistant", "Answer one"), ("user", "Second")]


def test_an_answer_goes_on_in_the_background(chat: Watched, qtbot: QtBot) -> None:
    chat.session.ask("First")
    chat.client.write("One ")
    first = chat.session.conversation
    assert first is not None
    chat.session.new_conversation()
    chat.names()
    chat.client.write("two ")
    qtbot.wait(60)
    chat.client.say(PrefillProgress(chat.client.last, 0, 1204, 2040))
    assert chat.names() == []
    assert chat.session.status.state == "generating"

    chat.session.open_conversation(first.id)
    opened = chat.values("conversation_opened")[-1]
    assert (opened.turns[0].answer.state, opened.turns[0].answer.text) == ("streaming", "One two ")
    chat.client.write("three")
    qtbot.waitUntil(lambda: bool(chat.values("answer_extended")))
    assert chat.values("answer_extended")[-1][2] == "three"
    chat.session.new_conversation()
    chat.client.finish()
    assert chat.store.conversation(first.id).turns[0].answer.text == "One two three"


def test_text_that_was_read_before_a_page_opens_is_not_said_again(chat: Watched, qtbot: QtBot) -> None:
    chat.session.ask("First")
    chat.client.write("One ")
    chat.client.write("two")
    first = chat.session.conversation
    assert first is not None
    chat.session.open_conversation(first.id)
    chat.said.clear()
    qtbot.wait(60)
    assert chat.values("answer_extended") == []
    assert chat.answer.text == "One two"


def test_a_streaming_answer_is_saved_while_it_streams(chat: Watched, qtbot: QtBot) -> None:
    chat.session.ask("First")
    chat.client.write("One ")
    qtbot.waitUntil(lambda: chat.stored.text == "One ", timeout=10_000)
    assert chat.stored.state == "streaming"


def test_no_row_is_made_before_the_first_question(chat: Watched) -> None:
    chat.session.new_conversation()
    chat.session.ask("   \n ")
    assert chat.store.summaries() == ()


def test_again_stands_beside_the_old_answer(chat: Watched, keep: Callable[[str], Attachment]) -> None:
    chat.session.ask("What is this?", (keep("red"),))
    chat.client.write("Red.")
    chat.client.finish()
    chat.session.ask("Sure?")
    chat.client.write("Yes.")
    chat.client.finish()
    assert chat.session.conversation is not None
    first = chat.session.conversation.turns[0]
    chat.said.clear()
    chat.session.again(first.id)
    opened = chat.values("conversation_opened")[-1]
    assert [turn.question for turn in opened.turns] == ["What is this?"]
    assert opened.turns[0].siblings == (first.id, opened.turns[0].id)
    assert opened.turns[0].attachments == first.attachments
    assert texts(chat.client.requests[-1]) == [("user", "What is this?")]
    chat.client.write("Rather red.")
    chat.client.finish()

    chat.session.choose(first.id)
    opened = chat.values("conversation_opened")[-1]
    assert [turn.answer.text for turn in opened.turns] == ["Red.", "Yes."]


def test_edit_asks_something_else_about_the_same_pictures(chat: Watched, keep: Callable[[str], Attachment]) -> None:
    chat.session.ask("Hello.")
    chat.client.write("Hello.")
    chat.client.finish()
    chat.session.ask("What colour is this", (keep("red"),))
    chat.client.write("Red.")
    chat.session.edit(chat.turn.id, "How large is this")
    assert chat.client.state == "cancelling"
    chat.client.finish("cancelled")
    assert texts(chat.client.requests[-1])[-1] == ("user", "How large is this")
    assert isinstance(chat.client.requests[-1].messages[-1].parts[0], Image)
    old, new = chat.turn.siblings
    assert new == chat.turn.id
    chat.session.choose(old)
    assert (chat.answer.state, chat.answer.text) == ("stopped", "Red.")


def test_a_failed_answer_offers_a_way_out(chat: Watched) -> None:
    chat.session.ask("Describe everything.")
    offer = Offer("image_budget", "fast", 480)
    chat.client.fail("Too long for the memory. Take less detail.", (offer,))
    assert (chat.answer.state, chat.answer.error) == ("failed", "Too long for the memory. Take less detail.")
    assert chat.answer.offers == (offer,)
    chat.session.accept(chat.turn.id, offer)
    assert chat.client.requests[-1].image_budget == "fast"
    assert (chat.answer.state, chat.answer.error, chat.answer.offers) == ("waiting", "", ())
    chat.client.write("All of it.")
    chat.client.finish()
    chat.session.ask("And then?")
    assert chat.client.requests[-1].image_budget == "fast"


def test_messages_that_were_given_up_stay_left_out(chat: Watched) -> None:
    for number in ("one", "two"):
        chat.session.ask(f"Question {number}")
        chat.client.write(f"Answer {number}")
        chat.client.finish()
    chat.session.ask("Question three")
    offer = Offer("drop_turns", "2", 100)
    chat.client.fail("Too long. Leave something out.", (offer,))
    chat.session.accept(chat.turn.id, offer)
    assert texts(chat.client.requests[-1])[0] == ("user", "Question two")
    chat.client.fail("Still too long. Leave something out.", (offer,))
    chat.session.accept(chat.turn.id, offer)
    assert texts(chat.client.requests[-1]) == [("user", "Question three")]
    chat.client.write("Answer three")
    chat.client.finish()
    chat.session.ask("Question four")
    assert texts(chat.client.requests[-1])[0] == ("user", "Question three")


def test_a_crash_keeps_the_partial_answer_and_starts_again_once(chat: Watched) -> None:
    chat.session.ask("First")
    chat.client.write("Half")
    chat.client.crash()
    assert (chat.answer.state, chat.answer.text) == ("failed", "Half")
    assert chat.answer.error == ProcessOutcome("itself", signal="SIGSEGV").sentence()
    assert chat.answer.model == "Qwen3.5-4B"
    assert chat.client.state == "starting"
    chat.client.ready()

    chat.session.retry(chat.turn.id)
    assert (chat.answer.state, chat.answer.text, chat.answer.error) == ("waiting", "Half", "")
    assert chat.stored.text == "Half"
    chat.client.write("Whole")
    assert (chat.answer.state, chat.answer.text) == ("streaming", "Whole")
    chat.clock.now += 10
    chat.client.crash()
    assert chat.client.state == "crashed"
    assert "SIGSEGV" in chat.sentence
    chat.session.retry(chat.turn.id)
    assert chat.client.state == "starting"
    chat.client.ready()
    chat.clock.now += 61
    chat.client.crash()
    assert chat.client.state == "starting"
    assert chat.answer.text == "Whole"


def test_a_child_that_dies_before_it_is_ready_is_not_tried_for_ever(qtbot: QtBot, store: Store) -> None:
    chat = Watched(FakeClient(), store, Clock())
    chat.session.use_model("/models/Qwen3.5-4B")
    chat.session.ask("Hello?")
    chat.client.crash()
    assert (chat.client.state, chat.client.starts) == ("crashed", 1)
    assert chat.answer.state == "failed"
    chat.session.close()


def test_a_stopped_answer_whose_child_had_to_be_killed_is_stopped(chat: Watched) -> None:
    chat.session.ask("First")
    chat.client.write("Half")
    chat.session.stop()
    chat.client.enter("starting")
    chat.client.ended.emit(ProcessOutcome("stuck", signal="SIGKILL"))
    assert (chat.answer.state, chat.answer.error) == ("stopped", "")
    assert chat.client.starts == 1


def test_another_model_stops_the_answer_and_keeps_it(chat: Watched) -> None:
    chat.session.ask("First")
    chat.client.write("Half")
    chat.session.use_model("/models/Qwen3.5-9B")
    assert (chat.answer.state, chat.answer.text) == ("stopped", "Half")
    assert chat.session.model is None
    chat.client.ended.emit(ProcessOutcome("asked"))
    chat.client.ready()
    assert chat.session.model is not None


def test_a_conversation_that_is_deleted_while_it_streams_stops(chat: Watched) -> None:
    chat.session.ask("First")
    chat.client.write("Half")
    gone = chat.session.conversation
    assert gone is not None
    chat.said.clear()
    chat.session.delete_conversation(gone.id)
    assert chat.client.state == "cancelling"
    assert chat.values("conversation_opened") == [None]
    assert chat.values("summaries_changed")[-1] == ()
    chat.session.ask("Second")
    chat.client.write(" of the first")
    assert chat.answer.text == ""
    chat.client.finish("cancelled")
    assert texts(chat.client.requests[-1]) == [("user", "Second")]
    chat.session.new_conversation()
    chat.session.undo_delete(gone.id)
    assert (chat.answer.state, chat.answer.text) == ("stopped", "Half")


def test_a_new_title_is_in_the_list(chat: Watched) -> None:
    chat.session.ask("First")
    assert chat.session.conversation is not None
    chat.session.rename(chat.session.conversation.id, "  ")
    chat.session.rename(chat.session.conversation.id, "A better \n title")
    assert chat.values("summaries_changed")[-1][0].title == "A better title"


def test_a_question_that_can_not_be_kept_goes_back_to_the_composer(
    chat: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreError(FULL)

    monkeypatch.setattr(chat.store, "add_turn", full)
    chat.session.ask("First ")
    assert chat.values("problem") == [FULL]
    assert chat.values("refused") == [("First ", (), ())]
    assert chat.store.summaries() == ()
    assert chat.client.requests == []


def test_an_answer_that_can_not_be_saved_stays_and_is_saved_later(
    chat: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreError(FULL)

    with monkeypatch.context() as patch:
        patch.setattr(chat.store, "save_answer", full)
        chat.session.ask("First")
        chat.client.write("An answer")
        chat.client.finish()
        assert chat.values("problem") == [FULL]
        assert chat.answer.text == "An answer"
        first = chat.session.conversation
        assert first is not None
        chat.session.new_conversation()
        chat.session.open_conversation(first.id)
        assert chat.answer.text == "An answer"
    chat.session.ask("Second")
    chat.client.write("Another")
    chat.client.finish()
    assert [turn.answer.text for turn in chat.store.conversation(first.id).turns] == ["An answer", "Another"]


def test_closing_saves_what_was_written(chat: Watched, qtbot: QtBot) -> None:
    chat.session.ask("First")
    chat.client.write("Half ")
    chat.client.write("an answer")
    chat.session.close()
    assert dataclasses.replace(chat.stored, total_seconds=0.0).text == "Half an answer"
    assert chat.stored.state == "stopped"
    chat.client.write("too late")
    chat.session.close()


def test_something_that_is_not_there_is_said_and_does_no_harm(chat: Watched) -> None:
    chat.session.open_conversation("no such")
    assert len(chat.values("problem")) == 1
    chat.session.again("no such")
    chat.session.retry("no such")
    chat.session.edit("no such", "text")
    assert chat.client.requests == []

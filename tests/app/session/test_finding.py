"""“Where is X?”: answered without a model, and at once where it is certain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from app.domain.conversation import Attachment
from app.session.answers import LOOKS_FOR_IT
from app.store.store import Store
from engine.protocol import Box, EvidenceKind, FoundFor, Mark, Proof
from tests.app.session.fakes import Clock, FakeClient, Watched, texts

Keep = Callable[[str], Attachment]
CORNER = Box(0.9, 0.9, 0.95, 0.95)
TOP = Box(0.45, 0.05, 0.55, 0.1)


def place(number: int, label: str, box: Box, confidence: float, *kinds: EvidenceKind) -> Mark:
    proofs = tuple(Proof(kind, label, box) for kind in kinds)
    return Mark(number, "a", label, box, "box", confidence, len(kinds) > 1, proofs)


SURE = place(1, "Save", CORNER, 0.95, "ocr", "tree")
LIKELY = place(1, "Save", CORNER, 0.7, "ocr")


def find(chat: Watched, *marks: Mark) -> None:
    wish = chat.finder.finds[-1]
    wish.told((FoundFor(wish.wanted[0], marks),))


@pytest.fixture
def alone(qtbot: QtBot, store: Store) -> Iterator[Watched]:
    """A chat without a model."""
    watched = Watched(FakeClient(), store, Clock())
    yield watched
    watched.session.close()


def test_without_a_model_the_picture_answers(alone: Watched, keep: Keep) -> None:
    picture = keep("red")
    alone.session.ask("Where is Save?", (picture,))
    assert (alone.answer.state, alone.sentence) == ("waiting", LOOKS_FOR_IT)
    assert (alone.finder.finds[-1].attachment, alone.finder.finds[-1].wanted) == (picture.id, ("Where is Save?",))
    alone.clock.now += 0.4
    find(alone, SURE, place(2, "Save", TOP, 0.9, "ocr"), place(3, "Save as", TOP, 0.3, "ocr"))
    answer = alone.stored
    assert answer.state == "finished"
    assert answer.text == "**Save** ① is at the bottom right. It could also be ② at the top."
    assert [mark.number for mark in answer.marks] == [1, 2]
    assert answer.notices == ("Found without a model, from the text on the picture and the window's own description.",)
    assert (answer.model, round(answer.total_seconds, 1)) == ("", 0.4)
    assert alone.sentence != LOOKS_FOR_IT
    assert alone.client.starts == 0


def test_what_is_less_certain_is_said_so(alone: Watched, keep: Keep) -> None:
    alone.session.ask("find save", (keep("red"),))
    find(alone, place(1, "*Save_", Box(0, 0.4, 0.1, 0.5), 0.7, "tree"))
    assert alone.answer.text == "**\\*Save\\_** ① seems to be on the left."
    assert alone.answer.notices == ("Found without a model, from the window's own description.",)


def test_what_is_not_there_is_said_with_what_to_do(alone: Watched, keep: Keep) -> None:
    alone.session.ask("Wo ist Frobnicate?", (keep("red"),))
    find(alone)
    assert (alone.answer.state, alone.answer.notices) == ("finished", ())
    assert alone.answer.text == (
        "“Frobnicate” was not found on this picture. "
        "Load a model to ask in other words, or take a picture of another window."
    )


def test_a_failure_without_a_model_is_the_answers_own(alone: Watched, keep: Keep) -> None:
    alone.session.ask("Where is Save?", (keep("red"),))
    alone.finder.finds[-1].failed("This picture can not be read. Take another one.")
    assert (alone.answer.state, alone.answer.error) == ("failed", "This picture can not be read. Take another one.")
    alone.session.retry(alone.turn.id)
    find(alone, SURE)
    assert (alone.answer.state, alone.answer.error) == ("finished", "")


def test_the_last_picture_of_the_conversation_is_meant(alone: Watched, keep: Keep) -> None:
    alone.session.ask("Where is Save?", (keep("red"), keep("blue")))
    find(alone, SURE)
    alone.session.ask("Where is Cancel?")
    assert [wish.attachment for wish in alone.finder.finds] == [keep("blue").id] * 2


def test_with_a_model_what_is_certain_is_told_at_once_and_again_asks_the_model(chat: Watched, keep: Keep) -> None:
    chat.session.ask("Where is Save?", (keep("red"),))
    assert chat.client.requests == []
    find(chat, SURE)
    assert chat.answer.state == "finished"
    (notice,) = chat.answer.notices
    assert notice.startswith("Found without asking the model, from the text on the picture and the window's")
    assert notice.endswith("Press Again to ask it.")
    chat.session.again(chat.turn.id)
    assert len(chat.finder.finds) == 1
    assert texts(chat.client.requests[-1]) == [("user", "Where is Save?")]


def test_with_a_model_the_rest_is_for_it(chat: Watched, keep: Keep) -> None:
    for found in ((LIKELY,), ()):
        chat.session.ask("Where is Save?", (keep("red"),))
        find(chat, *found)
        assert texts(chat.client.requests[-1])[-1] == ("user", "Where is Save?")
        chat.client.write("There.")
        chat.client.finish()
        assert chat.answer.text == "There."
    chat.session.ask("Where is Save?", (keep("red"),))
    chat.finder.finds[-1].failed("This picture can not be read.")
    assert chat.client.state == "generating"


def test_a_model_does_not_wait_long_for_it(
    chat: Watched, keep: Keep, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.session.finding.PATIENCE_MILLISECONDS", 1)
    chat.session.ask("Where is Save?", (keep("red"),))
    qtbot.waitUntil(lambda: chat.client.state == "generating")
    find(chat, SURE)
    assert chat.answer.state == "waiting", "the model answers it"
    assert not chat.finder.finds[-1].is_cancelled


def test_it_waits_for_no_other_answer_and_they_know_of_it(chat: Watched, keep: Keep) -> None:
    chat.session.ask("What is this?", (keep("red"),))
    first = chat.turn.id
    chat.session.ask("Where is Save?")
    chat.session.ask("And then?")
    find(chat, replace(SURE, attachment=keep("red").id))
    assert chat.session.conversation is not None
    states = [turn.answer.state for turn in chat.session.conversation.turns]
    assert states == ["waiting", "finished", "waiting"]
    chat.client.write("A dialog.")
    assert chat.turn.id != first
    chat.client.finish()
    asked = texts(chat.client.requests[-1])
    assert asked[3] == (
        "assistant",
        '**Save** {"bbox_2d": [900, 900, 950, 950], "label": "Save"} is at the bottom right.',
    )


def test_stop_ends_it_at_once(alone: Watched, keep: Keep) -> None:
    alone.session.ask("Where is Save?", (keep("red"),))
    alone.session.stop()
    assert (alone.answer.state, alone.finder.finds[-1].is_cancelled) == ("stopped", True)


def test_other_questions_and_those_without_a_picture_are_for_the_model(chat: Watched, keep: Keep) -> None:
    chat.session.ask("Where is Paris?")
    chat.client.finish()
    chat.session.ask("What is this?", (keep("red"),))
    assert len(chat.client.requests) == 2
    assert chat.finder.finds == []

"""What an answer points at: there at once, weighed soon, looked at again when it is not sure, and kept."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.domain.conversation import Attachment
from app.session.mark_checks import NOT_AGAIN
from engine.protocol import Box, Failed, Grounded, LookAgain, Mark, Notice, Proof
from tests.app.session.fakes import Watched, Wish, texts

BOX = Box(0.1, 0.2, 0.4, 0.3)
CLOSER = Box(0.12, 0.2, 0.4, 0.3)


class Pointing:
    """A chat whose model points at things on a picture."""

    def __init__(self, chat: Watched, qtbot: QtBot, picture: Attachment) -> None:
        self.chat, self.qtbot, self.picture = chat, qtbot, picture
        chat.session.ask("Which button saves?", (picture,))

    def ground(self, number: int = 1, label: str = "Save", box: Box = BOX) -> Grounded:
        said = Grounded(self.chat.client.last, self.picture.id, number, label, box)
        self.chat.client.say(said)
        return said

    def check(self, count: int = 1) -> Wish:
        """The last check, once there are so many."""
        self.qtbot.waitUntil(lambda: len(self.chat.finder.checks) == count)
        return self.chat.finder.checks[-1]

    def finish(self) -> None:
        self.chat.client.finish(images=(64,))
        self.qtbot.wait(20)

    def looks(self) -> list[LookAgain]:
        return [request for request in self.chat.client.requests if isinstance(request, LookAgain)]

    def look(self) -> LookAgain:
        self.qtbot.waitUntil(lambda: bool(self.looks()))
        return self.looks()[-1]

    @property
    def marks(self) -> Any:
        return self.chat.answer.marks


def weighed(said: Grounded, confidence: float = 0.9, *, confirmed: bool = True, box: Box | None = None) -> Mark:
    proofs = (Proof("model", said.label, said.box), Proof("ocr", said.label, said.box))
    return Mark(said.number, said.attachment, said.label, box or said.box, said.shape, confidence, confirmed, proofs)


@pytest.fixture
def pointing(chat: Watched, qtbot: QtBot, keep: Callable[[str], Attachment]) -> Pointing:
    return Pointing(chat, qtbot, keep("red"))


def test_the_model_is_asked_to_point_where_there_are_pictures(
    chat: Watched, keep: Callable[[str], Attachment], qtbot: QtBot
) -> None:
    chat.session.ask("Hello?")
    chat.client.write("Yes.")
    chat.client.finish()
    assert not chat.client.requests[-1].point
    chat.session.prepare_for((keep("red"),))
    qtbot.waitUntil(lambda: bool(chat.client.prepares))
    assert chat.client.prepares[-1].point
    assert chat.finder.read == [keep("red").id]
    chat.session.ask("What is this?", (keep("red"),))
    chat.client.finish()
    chat.session.ask("And the next one?")
    assert [request.point for request in chat.client.requests] == [False, True, True]


def test_marks_are_there_while_the_text_streams_and_are_weighed_together(pointing: Pointing) -> None:
    chat = pointing.chat
    chat.client.write("Press ")
    first = pointing.ground()
    assert chat.names()[-1] == "answer_changed"
    (mark,) = pointing.marks
    assert (mark.confirmed, mark.confidence, mark.proofs) == (False, 0.5, (Proof("model", "Save", BOX),))
    second = pointing.ground(2, "Cancel")
    check = pointing.check()
    assert check.wanted == (first, second)
    chat.client.write("① or ②.")
    chat.said.clear()
    check.told((weighed(first), weighed(second, 0.4, confirmed=False)))
    (told,) = chat.values("answer_changed")
    assert told[1].text == "Press ① or ②."
    assert [mark.confirmed for mark in pointing.marks] == [True, False]


def test_what_is_confirmed_is_not_looked_at_again_and_is_kept(pointing: Pointing) -> None:
    pointing.chat.client.write("Press ①.")
    said = pointing.ground()
    pointing.check().told((weighed(said, box=CLOSER),))
    pointing.finish()
    assert pointing.looks() == []
    assert pointing.chat.stored.marks == (weighed(said, box=CLOSER),)


def test_marks_that_are_weighed_after_the_end_are_kept_and_shown(pointing: Pointing) -> None:
    pointing.chat.client.write("Press ①.")
    said = pointing.ground()
    pointing.finish()
    check = pointing.check()
    assert pointing.chat.stored.marks[0].confirmed is False
    check.told((weighed(said),))
    assert pointing.chat.stored.marks == pointing.marks == (weighed(said),)


def test_what_is_not_sure_is_looked_at_again_and_the_better_mark_stays(pointing: Pointing) -> None:
    pointing.chat.client.write("Press ①.")
    said = pointing.ground()
    pointing.check().told((weighed(said, 0.4, confirmed=False),))
    pointing.finish()
    look = pointing.look()
    assert (look.picture.attachment, look.label, look.box) == (pointing.picture.id, "Save", BOX)
    pointing.chat.client.say(Grounded(look.request_id, pointing.picture.id, 1, "save", CLOSER))
    pointing.finish()
    again = pointing.check(2)
    assert [(each.label, each.box) for each in again.wanted] == [("Save", CLOSER)]
    again.told((weighed(again.wanted[0], 0.95),))
    assert pointing.chat.stored.marks == (weighed(again.wanted[0], 0.95),)
    assert len(pointing.looks()) == 1, "once"


def test_a_mark_that_got_worse_is_not_taken(pointing: Pointing) -> None:
    pointing.chat.client.write("Press ①.")
    tiny = Box(0.1, 0.1, 0.105, 0.105)
    said = pointing.ground(box=tiny)
    pointing.check().told((weighed(said),))
    pointing.finish()
    look = pointing.look()
    pointing.chat.client.say(Grounded(look.request_id, pointing.picture.id, 1, "Save", BOX))
    pointing.finish()
    again = pointing.check(2)
    again.told((weighed(again.wanted[0], 0.95, confirmed=False),))
    assert pointing.chat.stored.marks == (weighed(said),)


def test_what_is_not_seen_again_says_so(pointing: Pointing) -> None:
    pointing.chat.client.write("Press ①.")
    said = pointing.ground()
    doubtful = weighed(said, 0.4, confirmed=False)
    pointing.check().told((doubtful,))
    pointing.finish()
    pointing.look()
    pointing.finish()
    assert pointing.chat.stored.marks == (dataclasses.replace(doubtful, note=NOT_AGAIN),)


def test_what_could_not_be_weighed_stays_unconfirmed(pointing: Pointing) -> None:
    pointing.chat.client.write("Press ①.")
    pointing.ground()
    pointing.check().failed("This picture can not be read.")
    pointing.finish()
    look = pointing.look()
    pointing.chat.client.enter("idle")
    pointing.chat.client.say(Failed(look.request_id, "out_of_memory", "There is no memory left."))
    assert [mark.confirmed for mark in pointing.chat.stored.marks] == [False]
    assert pointing.chat.values("problem") == []


def test_a_text_that_is_void_points_at_nothing(pointing: Pointing) -> None:
    pointing.chat.client.write("① ① ①")
    first = pointing.ground()
    check = pointing.check()
    pointing.chat.client.say(Notice(pointing.chat.client.last, "repetition", "It went in circles."))
    assert pointing.marks == ()
    second = pointing.ground(1, "Cancel")
    check.told((weighed(first),))
    assert [mark.label for mark in pointing.marks] == ["Cancel"], "a late result of what is void"
    pointing.check(2).told((weighed(second),))
    assert pointing.marks == (weighed(second),)


@pytest.mark.parametrize("gone", ["deleted", "asked again", "tried again"])
def test_late_results_of_an_answer_that_is_gone_are_dropped(pointing: Pointing, gone: str) -> None:
    session = pointing.chat.session
    pointing.chat.client.write("Press ①.")
    pointing.ground()
    pointing.check()
    turn = pointing.chat.turn.id
    pointing.finish()
    assert session.conversation is not None
    if gone == "deleted":
        session.delete_conversation(session.conversation.id)
    elif gone == "asked again":
        session.again(turn)
    else:
        session.retry(turn)
    assert pointing.chat.finder.checks[0].is_cancelled


def test_a_second_look_makes_way_for_a_question(pointing: Pointing) -> None:
    chat = pointing.chat
    chat.client.write("Press ①.")
    said = pointing.ground()
    pointing.check().told((weighed(said, 0.4, confirmed=False),))
    pointing.finish()
    pointing.look()
    chat.session.ask("And then?")
    chat.client.finish("cancelled")
    assert not isinstance(chat.client.requests[-1], LookAgain)
    assert chat.answer.state == "waiting"


def test_the_model_reads_its_own_places_again(pointing: Pointing) -> None:
    chat = pointing.chat
    chat.client.write("Press ① and ②.")
    said = pointing.ground(label='Save "as"')
    pointing.check().told((weighed(said),))
    pointing.finish()
    chat.session.ask("And then?")
    written = '{"bbox_2d": [100, 200, 400, 300], "label": "Save \\"as\\""}'
    assert texts(chat.client.requests[-1])[1] == ("assistant", f"Press {written} and ②.")
    assert chat.session.conversation is not None
    assert chat.session.conversation.turns[0].answer.text == "Press ① and ②."

"""What else is asked of the model never keeps a person waiting, and always ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from app.domain.conversation import Attachment
from app.session.errands import LOOKS_AGAIN, NO_ANSWERS, NO_MODEL
from engine.protocol import Box, Event, Failed, Finished, Generate, Grounded, Image, LookAgain, Message, Text
from tests.app.session.fakes import BASE, Watched

BOX = Box(0.1, 0.1, 0.2, 0.2)
LOOK = LookAgain("look", Image("a" * 64, "/a.png"), "Save", BOX)
PLAN = Generate("plan", (Message("user", (Text("Change the margins"),)),), task="guide")


class Asked:
    """Errands of a chat, and what was told of each."""

    def __init__(self, chat: Watched, qtbot: QtBot) -> None:
        self.chat, self.errands = chat, chat.session.errands
        self.settle = lambda: qtbot.wait(20)
        self.told: dict[str, list[Event]] = {}

    def ask(self, request: Generate | LookAgain) -> None:
        told = self.told.setdefault(request.request_id, [])
        self.errands.ask(request, told.append)
        assert told == [], "told from inside the call"
        self.settle()

    def sent(self) -> list[str]:
        return [request.request_id for request in self.chat.client.requests]

    def ends(self, request_id: str) -> list[str]:
        return [
            event.reason if isinstance(event, Finished) else event.message
            for event in self.told[request_id]
            if isinstance(event, Finished | Failed)
        ]


@pytest.fixture
def asked(chat: Watched, qtbot: QtBot) -> Asked:
    return Asked(chat, qtbot)


def test_they_run_one_after_another_and_get_their_own_events(asked: Asked) -> None:
    assert asked.errands.model_is_there
    asked.ask(LOOK)
    asked.ask(PLAN)
    assert asked.sent() == ["look"]
    assert asked.chat.sentence == LOOKS_AGAIN
    grounded = Grounded("look", "a" * 64, 1, "Save", BOX)
    asked.chat.client.say(grounded)
    asked.chat.client.finish()
    asked.settle()
    assert asked.told["look"][0] == grounded
    assert asked.sent() == ["look", "plan"]
    assert asked.chat.sentence == "Planning the steps"
    asked.chat.client.finish()
    assert (asked.ends("look"), asked.ends("plan")) == (["stop"], ["stop"])


def test_questions_go_first(asked: Asked) -> None:
    asked.chat.session.ask("Hello?")
    asked.ask(LOOK)
    asked.chat.session.ask("And you?")
    asked.chat.client.finish()
    asked.settle()
    assert [isinstance(request, LookAgain) for request in asked.chat.client.requests] == [False, False]
    asked.chat.client.finish()
    asked.settle()
    assert asked.sent()[-1] == "look"


def test_a_question_stops_a_second_look_which_is_done_afterwards(asked: Asked) -> None:
    asked.ask(LOOK)
    asked.chat.session.ask("Hello?")
    assert asked.chat.client.state == "cancelling"
    asked.chat.client.finish("cancelled")
    asked.settle()
    assert asked.told["look"] == []
    assert asked.chat.client.requests[-1].messages[-1].parts == (Text("Hello?"),)
    asked.chat.client.write("Yes.")
    asked.chat.client.finish()
    asked.settle()
    assert asked.sent()[-1] == "look"
    asked.chat.client.finish()
    assert asked.ends("look") == ["stop"]
    assert asked.chat.answer.text == "Yes."


def test_a_plan_is_finished_before_the_question(asked: Asked) -> None:
    asked.ask(PLAN)
    asked.chat.session.ask("Hello?")
    assert asked.chat.client.state == "generating"
    asked.chat.client.finish()
    asked.settle()
    assert asked.ends("plan") == ["stop"]
    assert len(asked.sent()) == 2


def test_pictures_are_not_read_ahead_meanwhile(asked: Asked, keep: Callable[[str], Attachment]) -> None:
    asked.ask(PLAN)
    asked.chat.session.prepare_for((keep("red"),))
    asked.settle()
    assert asked.chat.client.prepares == []
    asked.chat.client.finish()
    asked.settle()
    assert len(asked.chat.client.prepares) == 1


def test_one_that_is_not_wanted_ends_as_cancelled(asked: Asked) -> None:
    asked.ask(PLAN)
    asked.ask(LOOK)
    asked.errands.cancel("look")
    asked.errands.cancel("plan")
    assert asked.told == {"look": [], "plan": []}
    asked.chat.client.finish("cancelled")
    asked.settle()
    assert (asked.ends("look"), asked.ends("plan")) == (["cancelled"], ["cancelled"])
    assert asked.sent() == ["plan"]


def test_one_that_is_stopped_while_it_makes_way_does_not_come_back(asked: Asked) -> None:
    asked.ask(LOOK)
    asked.chat.session.ask("Hello?")
    asked.errands.cancel("look")
    asked.chat.client.finish("cancelled")
    asked.settle()
    assert asked.ends("look") == ["cancelled"]


def test_a_lost_process_ends_what_ran_and_the_rest_waits_for_the_new_one(asked: Asked) -> None:
    asked.ask(PLAN)
    asked.ask(LOOK)
    asked.chat.client.crash()
    asked.settle()
    assert len(asked.ends("plan")) == 1
    assert "ended unexpectedly" in asked.ends("plan")[0]
    asked.chat.client.ready()
    asked.settle()
    assert asked.sent() == ["plan", "look"]


def test_without_a_model_that_can_they_end_with_what_to_do(asked: Asked) -> None:
    asked.chat.session.use_model("/models/base")
    asked.ask(PLAN)
    assert asked.ends("plan") == [], "a model is on its way"
    asked.chat.client.ready(BASE)
    asked.settle()
    assert asked.ends("plan") == [NO_ANSWERS]
    asked.chat.session.let_go()
    asked.ask(LOOK)
    assert asked.ends("look") == [NO_MODEL]
    assert not asked.errands.model_is_there

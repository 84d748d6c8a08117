"""When the model reads the pictures of a question that is being typed, and when it stops."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from app.domain.conversation import Attachment
from app.engine_client import ProcessOutcome
from engine.protocol import Failed, Image
from tests.app.session.fakes import Watched, texts

Keep = Callable[[str], Attachment]


@pytest.fixture
def settle(qtbot: QtBot) -> Callable[[], None]:
    """The event loop goes round, so that what was to come has come."""
    return lambda: qtbot.wait(20)


def shown(chat: Watched) -> list[list[str]]:
    """The pictures of each `Prepare`, by their ids."""
    return [
        [part.attachment for part in request.messages[-1].parts if isinstance(part, Image)]
        for request in chat.client.prepares
    ]


def test_pictures_are_read_as_they_come_and_used_by_the_question(
    chat: Watched, keep: Keep, settle: Callable[[], None]
) -> None:
    red, blue = keep("red"), keep("blue")
    chat.session.prepare_for((red,))
    settle()
    chat.session.prepare_for((red, blue))
    settle()
    assert shown(chat) == [[red.id], [red.id, blue.id]]
    # As the composer does it at Enter: the pictures leave it just before.
    chat.session.prepare_for(())
    chat.session.ask("Which is older?", (red, blue))
    settle()
    assert chat.client.cancelled_prepares == 0
    (prepare, request) = chat.client.prepares[-1], chat.client.requests[-1]
    assert request.messages[-1].parts[:2] == prepare.messages[-1].parts
    assert (request.system, request.tools, request.image_budget) == (
        prepare.system,
        prepare.tools,
        prepare.image_budget,
    )
    assert chat.session.status.sentence == "Reading the question"


def test_nobody_sees_that_it_reads(chat: Watched, keep: Keep, settle: Callable[[], None]) -> None:
    chat.session.prepare_for((keep("red"),))
    settle()
    chat.client.say(Failed(chat.client.prepares[-1].request_id, "image_unreadable", "This picture can not be read."))
    settle()
    assert chat.said == []
    assert len(chat.client.prepares) == 1, "what failed would fail again"


def test_without_pictures_it_stops(chat: Watched, keep: Keep, settle: Callable[[], None]) -> None:
    red = keep("red")
    chat.session.prepare_for((red,))
    settle()
    chat.session.prepare_for(())
    settle()
    assert chat.client.cancelled_prepares == 1
    chat.client.end_prepare("cancelled")
    chat.session.prepare_for((red,))
    settle()
    assert shown(chat) == [[red.id]] * 2


def test_the_same_is_read_once(chat: Watched, keep: Keep, settle: Callable[[], None]) -> None:
    red = keep("red")
    for _ in range(3):
        chat.session.prepare_for((red,))
        settle()
    chat.session.set_thinking(True)
    settle()
    chat.client.end_prepare()
    settle()
    assert len(chat.client.prepares) == 1


def test_less_detail_and_another_conversation_are_read_anew(
    chat: Watched, keep: Keep, settle: Callable[[], None]
) -> None:
    red = keep("red")
    chat.session.ask("Hello?")
    chat.client.write("Yes.")
    chat.client.finish()
    chat.session.prepare_for((red,))
    settle()
    chat.session.set_detail("fast")
    settle()
    chat.session.new_conversation()
    settle()
    first, second, third = chat.client.prepares
    assert [role for role, _ in texts(first)] == ["user", "assistant", "user"]  # type: ignore[arg-type]
    assert (first.image_budget, second.image_budget) == ("balanced", "fast")
    assert second.messages == first.messages
    assert third.messages == first.messages[-1:]


def test_while_an_answer_is_written_pictures_wait_and_then_follow_it(
    chat: Watched, keep: Keep, settle: Callable[[], None]
) -> None:
    chat.session.ask("Hello?")
    chat.session.prepare_for((keep("red"),))
    settle()
    assert chat.client.prepares == []
    chat.client.write("Yes.")
    chat.client.finish()
    settle()
    assert texts(chat.client.prepares[-1]) == [("user", "Hello?"), ("assistant", "Yes."), ("user", "")]  # type: ignore[arg-type]


def test_what_another_question_stopped_is_read_afterwards(
    chat: Watched, keep: Keep, settle: Callable[[], None]
) -> None:
    chat.session.ask("Hello?")
    chat.client.write("Yes.")
    chat.client.finish()
    chat.session.prepare_for((keep("red"),))
    settle()
    chat.session.new_conversation()
    settle()
    chat.session.ask("And you?")
    chat.client.end_prepare("cancelled")
    chat.client.write("Fine.")
    chat.client.finish()
    settle()
    assert [len(prepare.messages) for prepare in chat.client.prepares] == [3, 1, 3]


def test_a_model_that_is_loaded_later_or_anew_reads_then(chat: Watched, keep: Keep, settle: Callable[[], None]) -> None:
    chat.session.prepare_for((keep("red"),))
    settle()
    chat.session.use_model("/models/other")
    chat.client.ended.emit(ProcessOutcome("asked"))
    chat.session.prepare_for((keep("blue"),))
    settle()
    assert len(chat.client.prepares) == 1
    chat.client.ready()
    settle()
    assert shown(chat)[1:] == [[keep("blue").id]]


def test_what_ends_the_process_is_not_read_again(chat: Watched, keep: Keep, settle: Callable[[], None]) -> None:
    red, blue = keep("red"), keep("blue")
    chat.session.prepare_for((red,))
    settle()
    chat.client.crash()
    assert chat.client.state == "starting", "once, by itself"
    chat.client.ready()
    settle()
    assert shown(chat) == [[red.id]]
    assert chat.values("problem") == []
    chat.session.prepare_for((blue,))
    settle()
    chat.client.end_prepare()
    chat.session.prepare_for((red,))
    settle()
    assert shown(chat) == [[red.id], [blue.id]]
    # The question itself may try.
    chat.session.ask("What is this?", (red,))
    assert len(chat.client.requests) == 1


def test_a_crash_at_another_time_is_none_of_its_own(chat: Watched, keep: Keep, settle: Callable[[], None]) -> None:
    chat.session.prepare_for((keep("red"),))
    settle()
    chat.client.end_prepare()
    chat.client.crash()
    chat.client.ready()
    settle()
    assert len(chat.client.prepares) == 2

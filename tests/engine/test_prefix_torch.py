"""A request that goes on from what was read before gives what a fresh one gives, and reads only what is new."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from engine.protocol import (
    Failed,
    Finished,
    Generate,
    Image,
    ImageProgress,
    Message,
    PrefillProgress,
    Sampling,
    Text,
    Thinking,
)
from engine.session import Session
from tests.checkpoints import make_tiny

GREEDY = Sampling(greedy=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny(tmp_path_factory.mktemp("model"), "4B", seed=5, endless=True)


def ask(*messages: Message, **fields: object) -> Generate:
    return replace(Generate("r", messages, system="Be brief.", max_tokens=12, sampling=GREEDY), **fields)  # type: ignore[arg-type]


def user(*parts: Text | Image) -> Message:
    return Message("user", parts)


def finished(session: Session, request: Generate) -> Finished:
    last = list(session.generate(request, lambda: False))[-1]
    assert isinstance(last, Finished), last
    return last


def check(session: Session, fresh: Session, request: Generate) -> Finished:
    """The same tokens as a session that has read nothing before."""
    again, anew = finished(session, request), finished(fresh, request)
    assert again.tokens == anew.tokens
    assert again.usage.prompt == anew.usage.prompt
    assert again.usage.images == anew.usage.images
    return again


def test_the_next_turn_reads_the_last_answer_and_the_new_question_only(
    opened: Callable[[], Session], picture: Callable[[str], Image]
) -> None:
    session = opened()
    first = user(picture("one"), Text("What is this?"))
    begun = finished(session, ask(first))
    assert begun.usage.cached == 0
    second = ask(first, Message("assistant", (Text("A picture."),)), user(Text("And what else?")))
    events = list(session.generate(second, lambda: False))
    last = events[-1]
    assert isinstance(last, Finished)
    assert last.usage.cached > begun.usage.prompt - 10, "all but the think tags"
    assert not [event for event in events if isinstance(event, ImageProgress)], "the picture is not looked at again"
    progress = [event for event in events if isinstance(event, PrefillProgress)]
    assert progress[0].done == progress[0].cached == last.usage.cached
    assert progress[-1].done == progress[-1].total == last.usage.prompt
    assert last.tokens == finished(opened(), second).tokens
    assert last.usage.images == (64,)


@pytest.mark.parametrize("thinking", [Thinking(), Thinking(True, 5)])
def test_asking_again_reads_the_think_tags_only(
    opened: Callable[[], Session], picture: Callable[[str], Image], thinking: Thinking
) -> None:
    session, request = opened(), ask(user(picture("one"), Text("What is this?")), thinking=thinking)
    first = finished(session, request)
    second = finished(session, request)
    assert second.tokens == first.tokens
    assert second.usage.prompt - second.usage.cached <= 5


def test_an_edited_question_keeps_the_picture_and_another_picture_does_not(
    opened: Callable[[], Session], picture: Callable[[str], Image]
) -> None:
    session = opened()
    finished(session, ask(user(picture("one"), Text("What is this?"))))
    edited = check(session, opened(), ask(user(picture("one"), Text("Who made it?"))))
    assert edited.usage.cached > 64
    other = check(session, opened(), ask(user(picture("other"), Text("What is this?"))))
    assert 0 < other.usage.cached < 64, "the system turn alone"
    no_system = check(session, opened(), ask(user(picture("one"), Text("What is this?")), system=""))
    assert no_system.usage.cached == 0


def test_a_new_picture_in_a_long_conversation_leaves_what_was_read(
    opened: Callable[[], Session], picture: Callable[[str], Image]
) -> None:
    session = opened()
    turns = [user(picture("one"), Text("What is this?")), Message("assistant", (Text("A picture."),))]
    finished(session, ask(turns[0]))
    third = check(session, opened(), ask(*turns, user(picture("second"), Text("And this?"))))
    assert third.usage.images == (64, 64)
    assert third.usage.cached > 64


def test_a_sampled_answer_is_the_same_with_and_without_what_was_read(opened: Callable[[], Session]) -> None:
    session = opened()
    request = ask(user(Text("Tell me more. " * 20)), sampling=Sampling(seed=3), max_tokens=40)
    assert finished(session, request).tokens == finished(session, request).tokens
    assert finished(session, request).usage.cached > 0


def test_a_text_that_was_continued_is_not_read_again(opened: Callable[[], Session]) -> None:
    session, text = opened(), "It was a dark and stormy night, and nobody was about. " * 4
    first = finished(session, ask(user(Text(text)), raw=True))
    again = check(session, opened(), ask(user(Text(text)), raw=True))
    longer = check(session, opened(), ask(user(Text(text + "Then the door opened")), raw=True))
    assert again.usage.cached == longer.usage.cached == first.usage.prompt - 8
    other = check(session, opened(), ask(user(Text("Once " + text)), raw=True))
    assert other.usage.cached == 0


def test_a_stopped_request_leaves_only_whole_snapshots(
    opened: Callable[[], Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    session, request = opened(), ask(user(Text("word " * 60)))
    monkeypatch.setattr(type(session._model.backend), "chunk_size", 16)
    events = session.generate(request, iter([False] * 40 + [True] * 1000).__next__)
    stopped = list(events)[-1]
    assert isinstance(stopped, Finished)
    assert stopped.reason == "cancelled"
    check(session, opened(), request)


def test_memory_stays_within_the_budget_over_many_turns(opened: Callable[[], Session]) -> None:
    session = opened()
    one = finished(session, ask(user(Text("Question 0"))))
    assert one.usage.prompt > 0
    session._prefixes._budget = session._prefixes.nbytes * 3
    for number in range(12):
        finished(session, ask(user(Text(f"Question {number} " + "x" * number))))
        assert session._prefixes.nbytes <= session._prefixes._budget
    assert len(session._prefixes) > 1


def test_all_of_it_goes_when_memory_runs_out(opened: Callable[[], Session], monkeypatch: pytest.MonkeyPatch) -> None:
    session, request = opened(), ask(user(Text("Question")))
    finished(session, request)

    def full(*_arguments: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(type(session._model.backend), "step", full)
        assert isinstance(list(session.generate(request, lambda: False))[-1], Failed)
    assert len(session._prefixes) == 0
    assert finished(session, request).usage.cached == 0

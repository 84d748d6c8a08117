"""What is read while a person types is exactly what the question begins with, on the real model code."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.protocol import (
    Event,
    Failed,
    Finished,
    Generate,
    Image,
    ImageProgress,
    Message,
    PrefillProgress,
    Prepare,
    Sampling,
    Text,
    Thinking,
    Tool,
)
from engine.session import Session, open_session
from tests.checkpoints import make_tiny
from tests.scripted import make_scripted, out_of_memory

ZOOM = Tool("zoom", "Look closer.", {"type": "object", "properties": {"factor": {"type": "integer"}}})
THINK = Thinking(True, 4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny(tmp_path_factory.mktemp("model"), "4B", seed=5, endless=True)


def load(folder: Path) -> Session:
    return open_session(folder, "cpu", "float32", lambda done, total: None, lambda: None)


def question(*messages: Message, **fields: Any) -> Generate:
    return replace(
        Generate("question", messages, system="Be brief.", max_tokens=12, sampling=Sampling(greedy=True)), **fields
    )


def ahead_of(request: Generate, pictures: int | None = None) -> Prepare:
    """The question with all its pictures, or the first of them, and no text."""
    *before, last = request.messages
    shown = tuple(part for part in last.parts if isinstance(part, Image))[:pictures]
    return Prepare(
        "ahead",
        (*before, replace(last, parts=shown)),
        system=request.system,
        thinking=request.thinking,
        image_budget=request.image_budget,
        tools=request.tools,
        zoom=request.zoom,
    )


def user(*parts: Text | Image) -> Message:
    return Message("user", parts)


def prepare(session: Session, request: Prepare) -> tuple[Finished, list[Event]]:
    *told, last = session.prepare(request, lambda: False)
    assert isinstance(last, Finished), last
    assert (last.request_id, last.reason, last.tokens) == ("ahead", "prepared", ())
    return last, told


def generate(session: Session, request: Generate) -> tuple[Finished, list[Event]]:
    *told, last = session.generate(request, lambda: False)
    assert isinstance(last, Finished), last
    return last, told


@pytest.mark.parametrize(
    ("pictures", "is_first", "fields"),
    [
        (("one",), True, {}),
        (("one", "second"), False, {"thinking": THINK}),
        (("one",), True, {"system": "", "image_budget": "fast"}),
        (("one",), False, {"system": None, "tools": (ZOOM,)}),
        (("one", "second"), True, {"sampling": Sampling(seed=3), "thinking": THINK}),
        (("one",), True, {"zoom": True}),
    ],
    ids=["first question", "later, thinking", "no system turn", "tools", "sampled", "looking closer"],
)
def test_the_question_reads_its_own_text_only_and_says_the_same(
    opened: Callable[[], Session],
    picture: Callable[[str], Image],
    pictures: tuple[str, ...],
    is_first: bool,
    fields: dict[str, Any],
) -> None:
    before = () if is_first else (user(picture("earlier"), Text("And this?")), Message("assistant", (Text("Grey."),)))
    request = question(*before, user(*map(picture, pictures), Text("What is this?")), **fields)
    session = opened()
    ready, told = prepare(session, ahead_of(request))
    progress = [event for event in told if isinstance(event, PrefillProgress)]
    assert progress[-1].done == progress[-1].total == ready.usage.prompt
    assert len([event for event in told if isinstance(event, ImageProgress)]) == len(ready.usage.images)
    answered, told = generate(session, request)
    assert answered.usage.cached == ready.usage.prompt
    assert answered.usage.prompt - answered.usage.cached < 60
    assert not [event for event in told if isinstance(event, ImageProgress)]
    fresh, _ = generate(opened(), request)
    assert answered.tokens == fresh.tokens
    assert answered.usage == replace(fresh.usage, cached=answered.usage.cached)


def test_one_more_picture_reads_that_picture_only(
    opened: Callable[[], Session], picture: Callable[[str], Image]
) -> None:
    session, request = opened(), question(user(picture("one"), picture("second"), Text("Which is older?")))
    first, _ = prepare(session, ahead_of(request, pictures=1))
    second, told = prepare(session, ahead_of(request))
    assert second.usage.cached == first.usage.prompt
    assert [event.index for event in told if isinstance(event, ImageProgress)] == [2]
    again, told = prepare(session, ahead_of(request))
    assert (again.usage.cached, told) == (second.usage.prompt, []), "it is read already"
    assert generate(session, request)[0].tokens == generate(opened(), request)[0].tokens


def test_without_a_new_picture_there_is_nothing_to_do(
    opened: Callable[[], Session], picture: Callable[[str], Image]
) -> None:
    session = opened()
    before = (user(picture("one"), Text("What is this?")), Message("assistant", (Text("Grey."),)))
    for messages in ((), (user(),), (*before, user())):
        assert prepare(session, Prepare("ahead", messages))[1] == []
    assert len(session._prefixes) == 0


def test_a_reading_that_is_stopped_anywhere_does_no_harm(
    opened: Callable[[], Session], picture: Callable[[str], Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    request = question(user(picture("one"), picture("second"), Text("What is this?")))
    expected = generate(opened(), request)[0].tokens
    session = opened()
    monkeypatch.setattr(type(session._model.backend), "chunk_size", 16)
    reasons = []
    for patience in itertools.count(0, 15):
        asked = itertools.count()
        last = list(session.prepare(ahead_of(request), lambda: next(asked) >= patience))[-1]  # noqa: B023
        assert isinstance(last, Finished)
        reasons.append(last.reason)
        if last.reason == "prepared":
            break
    assert "cancelled" in reasons
    assert generate(session, request)[0].tokens == expected


def test_a_picture_that_can_not_be_read_fails_alone(
    opened: Callable[[], Session], picture: Callable[[str], Image], tmp_path: Path
) -> None:
    session, gone = opened(), Image("gone", str(tmp_path / "gone.png"))
    last = list(session.prepare(ahead_of(question(user(gone))), lambda: False))[-1]
    assert isinstance(last, Failed)
    assert (last.request_id, last.code, last.fatal) == ("ahead", "image_unreadable", False)
    prepare(session, ahead_of(question(user(picture("one")))))


def test_a_model_that_keeps_no_states_still_remembers_the_picture(
    picture: Callable[[str], Image], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = load(make_scripted(tmp_path / "scripted", ["Grey."]))
    request = question(user(picture("one"), Text("What is this?")))
    _, told = prepare(session, ahead_of(request))
    assert [type(event) for event in told] == [ImageProgress]
    with monkeypatch.context() as patch:
        patch.setattr(type(session._model.backend), "encode_image", None)
        generate(session, request)


def test_no_memory_for_it_gives_back_what_was_kept(picture: Callable[[str], Image], tmp_path: Path) -> None:
    session = load(make_scripted(tmp_path / "scripted", ["Grey."], looking=[out_of_memory()]))
    last = list(session.prepare(ahead_of(question(user(picture("one")))), lambda: False))[-1]
    assert isinstance(last, Failed)
    assert (last.code, len(session._sight._features)) == ("out_of_memory", 0)


def test_the_first_word_counts_from_when_the_question_came_in(tmp_path: Path) -> None:
    session = load(make_scripted(tmp_path / "scripted", ["Grey."]))
    last = list(session.generate(question(user(Text("What?"))), lambda: False, time.perf_counter() - 100))[-1]
    assert isinstance(last, Finished)
    assert last.timings.total >= last.timings.first_token >= 100

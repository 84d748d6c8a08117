"""Looking closer: how an answer goes on by itself with what was cut out."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as Pictures

from engine import session
from engine.backends.script import Answer
from engine.fit_offers import LEAST
from engine.images import open_picture
from engine.prompt import Prompt, build_prompt, pictures_in
from engine.protocol import (
    Event,
    Failed,
    Finished,
    Generate,
    Image,
    ImageProgress,
    Message,
    Notice,
    PrefillProgress,
    Sampling,
    Text,
    TextDelta,
    Thinking,
    Tool,
    ToolCall,
)
from engine.session import Session
from engine.sight import Sight
from engine.tool_loop import CALLS as LOOKS
from engine.tool_loop import offered
from engine.zoom import ZOOM
from engine.zoom_tool import NO_MORE, NO_ROOM, NOT_READ, ZoomTool
from tests.checkpoints import make_tiny
from tests.scripted import answer, end, loop, make_scripted, say

BOX = [100, 200, 400, 600]


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's folder for temporary files, empty."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Generate, Prompt]]:
    """Every go's request, and what the model read."""
    built: list[tuple[Generate, Prompt]] = []

    def watched(request: Generate, *arguments: Any) -> Prompt:
        prompt = build_prompt(request, *arguments)
        if not built or built[-1][0] is not request:
            built.append((request, prompt))
        return prompt

    monkeypatch.setattr("engine.session.build_prompt", watched)
    return built


@pytest.fixture
def question(tmp_path: Path) -> Generate:
    pixels = np.random.default_rng(1).integers(0, 255, (480, 640, 3), dtype=np.uint8)
    Pictures.fromarray(pixels).save(tmp_path / "screen.png")
    parts = (Image("screen", str(tmp_path / "screen.png")), Text("What does it say?"))
    return Generate("r1", (Message("user", parts),), image_budget="fast", zoom=True)


def call(box: Any = BOX, name: str = "zoom") -> str:
    return (
        f"<tool_call>\n<function={name}>\n<parameter=image>\n1\n</parameter>\n"
        f"<parameter=box>\n{json.dumps(box)}\n</parameter>\n</function>\n</tool_call>"
    )


def zooming(tmp_path: Path, *answers: Answer | str, **options: Any) -> Session:
    return session.open_session(
        make_scripted(tmp_path / "model", answers, **options), "auto", "auto", lambda done, total: None, lambda: None
    )


def run(opened: Session, request: Generate, stop_when: Callable[[Event], bool] = lambda event: False) -> list[Event]:
    cancelled: list[bool] = []
    events = []
    for event in opened.generate(request, lambda: bool(cancelled)):
        events.append(event)
        if stop_when(event):
            cancelled.append(True)
    assert [isinstance(event, Finished | Failed) for event in events] == [False] * (len(events) - 1) + [True]
    return events


def finished(events: Sequence[Event]) -> Finished:
    assert isinstance(events[-1], Finished), events[-1]
    return events[-1]


def text_of(events: Sequence[Event], channel: str = "answer") -> str:
    text = ""
    for event in events:
        if isinstance(event, Notice) and event.code == "repetition" and channel == "answer":
            text = ""
        if isinstance(event, TextDelta) and event.channel == channel:
            text += event.text
    return text


def results(request: Generate) -> list[str]:
    """What the tool gave: ``picture`` or its sentence."""
    return [
        part.text if isinstance(part, Text) else "picture"
        for message in request.messages
        if message.role == "tool"
        for part in message.parts
    ]


def test_two_looks_and_an_answer_are_one_request(
    tmp_path: Path, question: Generate, heard: list[tuple[Generate, Prompt]], temporary: Path
) -> None:
    opened = zooming(tmp_path, "I look closer.\n\n" + call(), call([0, 0, 300, 300]), "It says 42.")
    events = run(opened, question)
    last = finished(events)
    assert (last.reason, text_of(events)) == ("stop", "I look closer.\n\nIt says 42.")
    assert [(event.call_id, event.name) for event in events if isinstance(event, ToolCall)] == [
        ("call_1", "zoom"),
        ("call_2", "zoom"),
    ]
    request = heard[-1][0]
    assert [message.role for message in request.messages] == ["user", "assistant", "tool", "assistant", "tool"]
    assert results(request) == ["picture", "picture"]
    assert last.usage.images == tuple(span.count for span in heard[-1][1].images)
    assert len(last.usage.images) == 3
    assert last.usage.generated == len(last.tokens)
    assert last.usage.cached == 0
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("thinking", [True, False])
def test_each_go_repeats_the_one_before_token_by_token(
    tmp_path: Path, question: Generate, heard: list[tuple[Generate, Prompt]], thinking: bool
) -> None:
    """Otherwise the pictures would be read again at every look."""
    looks = answer(say("I look closer.\n\n" + call()), thinking=(say("Too small to read."),))
    opened = zooming(tmp_path, looks, answer(say("42"), thinking=(say("Now I see."),)))
    events = run(opened, replace(question, thinking=Thinking(thinking)))
    (_, first), (_, second) = heard
    said = len(
        finished(
            run(zooming_once(opened), replace(question, tools=(ZOOM,), zoom=False, thinking=Thinking(thinking)))
        ).tokens
    )
    before = [*first.tokens.tolist(), *finished(events).tokens[:said]]
    assert second.tokens[: len(before)].tolist() == before
    assert text_of(events, "reasoning") == ("Too small to read.\n\nNow I see." if thinking else "")


def zooming_once(opened: Session) -> Session:
    """A plain session on the same script, from its beginning."""
    folder = opened._sight._folder
    return session.open_session(folder, "auto", "auto", lambda done, total: None, lambda: None)


def test_after_three_looks_the_model_is_told_to_answer(
    tmp_path: Path, question: Generate, heard: list[tuple[Generate, Prompt]]
) -> None:
    events = run(zooming(tmp_path, *[call()] * (LOOKS + 1), "It says 42."), question)
    assert (finished(events).reason, text_of(events)) == ("stop", "It says 42.")
    assert results(heard[-1][0]) == ["picture"] * LOOKS + [NO_MORE]


def test_a_model_that_never_stops_looking_is_stopped(
    tmp_path: Path, question: Generate, heard: list[tuple[Generate, Prompt]], temporary: Path
) -> None:
    events = run(zooming(tmp_path, call()), question)
    assert finished(events).reason == "length"
    assert len(heard) == LOOKS + 2
    assert list(temporary.iterdir()) == []


def test_several_looks_at_once_are_all_answered(
    tmp_path: Path, question: Generate, heard: list[tuple[Generate, Prompt]]
) -> None:
    boxes = [BOX, "the date", [0, 0, 300, 300], [500, 500, 900, 900]]
    run(zooming(tmp_path, "\n".join(map(call, boxes)), "It says 42."), question)
    found = results(heard[-1][0])
    assert found[::2] == ["picture", "picture"]
    assert "four numbers" in found[1]
    assert found[3] == NO_MORE


def test_a_picture_deleted_meanwhile_does_not_lose_the_answer(
    tmp_path: Path, question: Generate, heard: list[tuple[Generate, Prompt]]
) -> None:
    (tmp_path / "screen.png").rename(tmp_path / "later.png")
    opened = zooming(tmp_path, call(), "It says 42.")
    image = pictures_in(question)[0]
    opened._sight.features(replace(image, path=str(tmp_path / "later.png")), "fast", lambda: None)
    opened._sight.grid(replace(image, path=str(tmp_path / "later.png")), "fast")
    events = run(opened, question)
    assert text_of(events) == "It says 42."
    assert results(heard[-1][0]) == [NOT_READ]


def test_a_full_disk_does_not_lose_the_answer(
    tmp_path: Path, question: Generate, heard: list[tuple[Generate, Prompt]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    opened = zooming(tmp_path, call(), "It says 42.")
    assert text_of(run(opened, question)) == "It says 42."
    assert results(heard[-1][0]) == [NOT_READ]


def test_a_look_that_does_not_fit_the_memory_does_not_lose_the_answer(
    tmp_path: Path, question: Generate, heard: list[tuple[Generate, Prompt]]
) -> None:
    """The part would take as many tokens as the picture; the sentence in its place fits."""
    roomy = zooming(tmp_path, call([0, 0, 1000, 1000]), "It says 42.")
    run(roomy, question)
    limit = len(heard[-1][1].tokens) + LEAST - 1
    heard.clear()
    narrow = zooming(tmp_path, call([0, 0, 1000, 1000]), "It says 42.", context_limit=limit)
    events = run(narrow, question)
    assert (finished(events).reason, text_of(events)) == ("stop", "It says 42.")
    assert results(heard[-1][0]) == [NO_ROOM]


def test_another_tool_ends_the_request_as_ever(tmp_path: Path, question: Generate) -> None:
    other = Tool("search", "Search.", {"type": "object", "properties": {}})
    both = "I search.\n\n" + call() + "\n" + call(name="search")
    events = run(zooming(tmp_path, both, "Never said."), replace(question, tools=(other,)))
    assert (finished(events).reason, text_of(events)) == ("tool_calls", "I search.")
    assert [event.name for event in events if isinstance(event, ToolCall)] == ["zoom", "search"]


def test_the_tool_is_offered_behind_the_others_and_only_where_it_can_work(question: Generate) -> None:
    other = Tool("search", "Search.", {})
    own = Tool("zoom", "Of the asker.", {})
    assert offered(replace(question, tools=(other,)), [ZoomTool()])[0].tools == (other, ZOOM)
    blind = replace(question, messages=(Message("user", (Text("Hello"),)),))
    for request in (blind, replace(question, raw=True), replace(question, tools=(own,))):
        assert offered(request, [ZoomTool()]) == (request, {})


def test_an_asker_with_a_zoom_of_its_own_gets_the_call(tmp_path: Path, question: Generate) -> None:
    own = Tool("zoom", "Of the asker.", {"type": "object", "properties": {}})
    events = run(zooming(tmp_path, call(), "Never said."), replace(question, tools=(own,)))
    assert finished(events).reason == "tool_calls"


@pytest.mark.parametrize("event_kind", [ToolCall, ImageProgress, TextDelta])
def test_stop_works_in_every_go(tmp_path: Path, question: Generate, temporary: Path, event_kind: type) -> None:
    opened = zooming(tmp_path, call(), answer(loop("It says ", 0.001)), call())
    seen: list[Event] = []

    def late(event: Event) -> bool:
        """At the call itself, else in the second go."""
        seen.append(event)
        called = any(isinstance(item, ToolCall) for item in seen)
        return called and isinstance(event, event_kind)

    events = run(opened, question, late)
    assert finished(events).reason == "cancelled"
    assert list(temporary.iterdir()) == []


def test_a_window_that_stops_listening_leaves_no_file(tmp_path: Path, question: Generate, temporary: Path) -> None:
    events = zooming(tmp_path, call(), "It says 42.").generate(question, lambda: False)
    assert isinstance(events, Generator)
    while not list(temporary.iterdir()):
        next(events)
    events.close()
    assert list(temporary.iterdir()) == []


def test_the_budgets_are_for_the_whole_request(
    tmp_path: Path, question: Generate, heard: list[tuple[Generate, Prompt]]
) -> None:
    looks = answer(say(call()), thinking=(say("Too small to read."),))
    opened = zooming(tmp_path, looks, answer(say("42"), thinking=(say("Now I see."),)))
    last = finished(run(opened, replace(question, thinking=Thinking(True, 100), max_tokens=300)))
    thought = heard[0][0].thinking.budget - heard[1][0].thinking.budget
    written = heard[0][0].max_tokens - heard[1][0].max_tokens
    assert 0 < thought < last.usage.reasoning
    assert 0 < written < last.usage.generated - last.usage.reasoning


def test_no_think_block_is_opened_when_its_budget_is_used_up(
    tmp_path: Path, question: Generate, heard: list[tuple[Generate, Prompt]]
) -> None:
    looks = answer(say(call()), thinking=(say("Far too small for me to read."),))
    events = run(zooming(tmp_path, looks, "42"), replace(question, thinking=Thinking(True, 5)))
    assert [event.code for event in events if isinstance(event, Notice)] == ["thinking_budget"]
    assert not heard[1][0].thinking.enabled
    assert text_of(events) == "42"


def test_a_loop_after_a_look_voids_the_text_once_and_is_not_thought_about_again(
    tmp_path: Path, question: Generate, heard: list[tuple[Generate, Prompt]]
) -> None:
    circles = answer(loop("around and around it goes, "), again=(say("Again.\n\n" + call()), end()))
    events = run(zooming(tmp_path, "I look.\n\n" + call(), circles, "42"), replace(question, thinking=Thinking(True)))
    assert [event.code for event in events if isinstance(event, Notice)] == ["repetition"]
    assert text_of(events) == "Again.\n\n42"
    assert not heard[-1][0].thinking.enabled
    assert heard[-1][0].messages[-2].parts == (Text("Again."),)


def test_a_refusal_of_the_first_go_is_told(tmp_path: Path, question: Generate) -> None:
    events = run(zooming(tmp_path, call()), replace(question, max_tokens=0))
    assert isinstance(events[-1], Failed)
    assert events[-1].code == "bad_request"


# --- With the real model code ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    folder = make_tiny(tmp_path_factory.mktemp("model"), "4B", seed=5, mtp=False)
    opened = session.open_session(folder, "cpu", "float32", lambda done, total: None, lambda: None)
    torch.set_num_threads(1)
    yield opened
    opened.close()


def test_the_picture_is_read_once_and_the_part_is_seen(
    tiny: Session, question: Generate, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokenizer = tiny._model.tokenizer
    end_token = tokenizer.id_of("<|im_end|>")
    said = [*tokenizer.encode(call()), end_token, *tokenizer.encode("42"), end_token]
    tokens = iter(said)
    monkeypatch.setattr("engine.decode.Sampler.pick", lambda sampler, logits: next(tokens))
    looked: list[str] = []
    features = Sight.features

    def watched(sight: Sight, image: Image, *arguments: Any) -> Any:
        looked.append(image.attachment)
        return features(sight, image, *arguments)

    monkeypatch.setattr(Sight, "features", watched)
    events = run(tiny, replace(question, sampling=Sampling(greedy=True)))
    last = finished(events)
    assert (list(last.tokens), text_of(events)) == (said, "42")
    assert looked[0] == "screen"
    assert len(looked) == len(set(looked)) == 2
    reads = [event for event in events if isinstance(event, PrefillProgress)]
    assert reads[0].cached == 0
    # All of the first prompt but the think block behind it.
    first_prompt = next(event.total for event in reads)
    assert first_prompt - 8 < reads[-1].cached < first_prompt
    assert last.usage.cached == 0
    assert open_picture(Path(pictures_in(question)[0].path)).size == (640, 480)

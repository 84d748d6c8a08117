"""What a request gives, whatever the model does: driven with the scripted back end and the real tokenizer."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pictures

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
from engine.session import Session, open_session
from tests.scripted import answer, count, end, error, loop, make_scripted, out_of_memory, say

THINK = Thinking(enabled=True)
LOOP = "around and around it goes, "


def load(folder: Path) -> Session:
    return open_session(folder, "auto", "auto", lambda done, total: None, lambda: None)


@pytest.fixture
def session_of(tmp_path: Path) -> Callable[..., Session]:
    return lambda *answers, **options: load(make_scripted(tmp_path / "model", answers, **options))


def question(text: str = "What is this?", *pictures: Image, **fields: Any) -> Generate:
    return Generate("r1", (Message("user", (*pictures, Text(text))),), **fields)


def run(session: Session, request: Generate, stop_when: Callable[[Event], bool] | None = None) -> list[Event]:
    """All events; the request is cancelled as soon as `stop_when` is true of one of them."""
    cancelled: list[bool] = []
    events = []
    for event in session.generate(request, lambda: bool(cancelled)):
        events.append(event)
        if stop_when is not None and stop_when(event):
            cancelled.append(True)
    assert [isinstance(event, Finished | Failed) for event in events] == [False] * (len(events) - 1) + [True]
    return events


def text_of(events: Sequence[Event], channel: str = "answer") -> str:
    """The channel's text as a reader is left with it: what a repetition notice voids is gone."""
    text = ""
    for event in events:
        if isinstance(event, Notice) and event.code == "repetition" and channel == "answer":
            text = ""
        if isinstance(event, TextDelta) and event.channel == channel:
            text += event.text
    return text


def finished(events: Sequence[Event]) -> Finished:
    assert isinstance(events[-1], Finished), events[-1]
    return events[-1]


def failed(events: Sequence[Event]) -> Failed:
    assert isinstance(events[-1], Failed), events[-1]
    return events[-1]


def notices(events: Sequence[Event]) -> list[str]:
    return [event.code for event in events if isinstance(event, Notice)]


@pytest.fixture
def picture(tmp_path: Path) -> Callable[..., Image]:
    numbers = itertools.count()

    def make(width: int = 320, height: int = 256) -> Image:
        path = tmp_path / f"picture-{next(numbers)}.png"
        Pictures.new("RGB", (width, height), "teal").save(path)
        return Image(path.stem, str(path))

    return make


# --- The plain way --------------------------------------------------------------------------------------------------


def test_an_answer_ends_with_exact_counts(session_of: Callable[..., Session]) -> None:
    events = run(session_of("Größe: 5 €."), question())
    last = finished(events)
    assert (text_of(events), last.reason) == ("Größe: 5 €.", "stop")
    assert last.usage.generated == len(last.tokens) > 0
    assert (last.usage.image, last.usage.cached, last.usage.reasoning) == (0, 0, 0)
    assert 0 < last.timings.first_token <= last.timings.total
    assert last.timings.tokens_per_second > 0


def test_progress_is_told_at_every_chunk(session_of: Callable[..., Session]) -> None:
    events = run(session_of("Yes.", chunk_size=64), question("word " * 100))
    told = [event for event in events if isinstance(event, PrefillProgress)]
    total = finished(events).usage.prompt
    assert told[0].done == 0
    assert told[-1].done == told[-1].total == total
    assert [event.done for event in told[1:-1]] == list(range(64, total, 64))


def test_pictures_come_first_and_are_read_once(
    session_of: Callable[..., Session], picture: Callable[..., Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_of("A field.")
    seen: list[tuple[int, int]] = []
    encode = session._model.backend.encode_image

    def watched(patches: Any, checkpoint: Any) -> Any:
        seen.append(patches.grid)
        return encode(patches, checkpoint)

    monkeypatch.setattr(session._model.backend, "encode_image", watched)
    wide, tall = picture(320, 256), picture(256, 640)
    events = run(session, question("Compare.", wide, tall))
    told = [event for event in events if isinstance(event, ImageProgress)]
    assert [(event.index, event.total, event.tokens) for event in told] == [(1, 2, 80), (2, 2, 160)]
    assert events.index(told[-1]) < next(at for at, e in enumerate(events) if isinstance(e, PrefillProgress))
    assert finished(events).usage.image == 240
    run(session, question("And again?", wide, tall))
    assert seen == [(16, 20), (40, 16)]
    run(session, replace(question("Closer?", wide), image_budget="full"))
    assert len(seen) == 3


def test_the_answer_stops_at_its_length(session_of: Callable[..., Session]) -> None:
    events = run(session_of(answer(count())), question(max_tokens=10))
    assert finished(events).reason == "length"
    assert len(finished(events).tokens) == 10


def test_a_stop_string_ends_the_answer(session_of: Callable[..., Session]) -> None:
    events = run(session_of(answer(count())), question(stop=("7",)))
    assert (text_of(events), finished(events).reason) == ("1 2 3 4 5 6 ", "stop")


def test_a_tool_call_ends_the_turn(session_of: Callable[..., Session]) -> None:
    call = "<tool_call>\n<function=zoom>\n<parameter=factor>\n2\n</parameter>\n</function>\n</tool_call>"
    tool = Tool("zoom", "Look closer.", {"type": "object", "properties": {"factor": {"type": "integer"}}})
    events = run(session_of(f"Let me look.\n\n{call}\n{call}"), question(tools=(tool,)))
    calls = [event for event in events if isinstance(event, ToolCall)]
    assert [(call.name, call.arguments) for call in calls] == [("zoom", {"factor": 2})] * 2
    assert len({call.call_id for call in calls}) == 2
    assert finished(events).reason == "tool_calls"
    assert text_of(events).strip() == "Let me look."


def test_raw_text_is_continued(session_of: Callable[..., Session]) -> None:
    events = run(session_of(" upon a time"), question("Once", raw=True, thinking=THINK))
    assert (text_of(events), finished(events).usage.prompt) == (" upon a time", 4)


def test_a_raw_text_that_is_too_long_is_no_conversation(session_of: Callable[..., Session]) -> None:
    refused = failed(run(session_of("Fine.", context_limit=500), question("Once " * 400, raw=True, max_tokens=256)))
    assert refused.message.startswith("The text is too long")
    assert "256 are kept for what follows" in refused.message
    assert refused.offers == ()


# --- Thinking -------------------------------------------------------------------------------------------------------


def test_thinking_has_its_own_channel_and_count(session_of: Callable[..., Session]) -> None:
    events = run(session_of(answer(say("Four."), thinking=[say("2 + 2")])), question(thinking=THINK))
    assert (text_of(events, "reasoning"), text_of(events)) == ("2 + 2", "Four.")
    usage = finished(events).usage
    assert usage.reasoning == 7  # 5 characters, a newline, the end tag
    assert usage.generated == 7 + 1 + 5 + 1  # the empty line, the answer, the end token
    assert notices(events) == []


@pytest.mark.parametrize("budget", [0, 12])
def test_the_think_block_is_closed_at_its_budget(session_of: Callable[..., Session], budget: int) -> None:
    session = session_of(answer(say("So: four."), thinking=[count()]))
    events = run(session, question(thinking=Thinking(True, budget), max_tokens=9))
    assert notices(events) == ["thinking_budget"]
    assert text_of(events) == "So: four."
    last = finished(events)
    assert last.usage.reasoning == budget + 3
    close = session._model.tokenizer.encode("\n</think>\n\n")
    assert last.tokens[budget : budget + 3] == tuple(close)


def test_a_model_that_ends_inside_its_thinking_answers_all_the_same(session_of: Callable[..., Session]) -> None:
    events = run(session_of(answer(say("Four."), thinking=[say("2 + 2"), end()])), question(thinking=THINK))
    assert (text_of(events, "reasoning"), text_of(events)) == ("2 + 2", "Four.")


def test_a_model_that_ends_without_a_word_is_asked_once_more(session_of: Callable[..., Session]) -> None:
    session = session_of(answer(thinking=[say("hm")], again=[say("Four.")]))
    assert text_of(run(session, question(thinking=THINK))) == "Four."
    silent = run(session, question(thinking=THINK, sampling=Sampling(greedy=True)))
    assert (text_of(silent), finished(silent).reason) == ("", "stop")


# --- Going in circles -----------------------------------------------------------------------------------------------


def test_a_loop_in_the_thinking_leads_to_an_answer_without(
    session_of: Callable[..., Session], picture: Callable[..., Image]
) -> None:
    session = session_of(answer(say("Four."), thinking=[loop(LOOP)]))
    events = run(session, question("2 + 2?", picture(), thinking=THINK))
    assert text_of(events, "reasoning").startswith(LOOP)
    assert text_of(events) == "Four."
    assert notices(events) == ["repetition"]
    assert finished(events).reason == "stop"


def test_a_loop_in_the_answer_voids_it_and_starts_again(session_of: Callable[..., Session]) -> None:
    session = session_of(answer(loop(LOOP), again=[say("nother try.")]))
    events = run(session, question(sampling=Sampling(seed=7)))
    assert text_of(events) == "another try."  # The restart begins from the same logits: LOOP's first letter.
    at = next(index for index, event in enumerate(events) if isinstance(event, Notice))
    assert any(isinstance(event, TextDelta) for event in events[:at])
    assert finished(events).usage.generated == len(finished(events).tokens) > len("another try.")


def test_a_second_loop_cuts_the_answer_short(session_of: Callable[..., Session]) -> None:
    events = run(session_of(answer(loop(LOOP))), question(max_tokens=8000))
    assert notices(events) == ["repetition", "cut_short"]
    assert finished(events).reason == "length"
    assert text_of(events).startswith(LOOP)


def test_greedy_is_never_interfered_with(session_of: Callable[..., Session]) -> None:
    request = question(sampling=Sampling(greedy=True), max_tokens=1500)
    events = run(session_of(answer(loop(LOOP))), request)
    assert (notices(events), len(finished(events).tokens)) == ([], 1500)


# --- Stopping -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "moment", ["before the template", "between pictures", "in the tower", "between chunks", "at a token"]
)
def test_cancel_works_in_every_state(
    session_of: Callable[..., Session], picture: Callable[..., Image], moment: str
) -> None:
    session = session_of(answer(count()), chunk_size=64)
    request = question("word " * 50, picture(), picture(), thinking=THINK)
    if moment == "before the template":
        events = list(session.generate(request, lambda: True))
        assert events == [finished(events)]
    else:
        kind, after = {
            "between pictures": (ImageProgress, 2),
            "in the tower": (ImageProgress, 1),
            "between chunks": (PrefillProgress, 3),
            "at a token": (TextDelta, 4),
        }[moment]
        seen: Iterator[int] = itertools.count(1)
        events = run(session, request, lambda event: isinstance(event, kind) and next(seen) >= after)
        assert isinstance(events[-2], kind)
    assert finished(events).reason == "cancelled"
    # ... and the session is as good as new.
    assert finished(run(session, question(max_tokens=5))).reason == "length"


def test_what_was_written_before_the_stop_is_counted(session_of: Callable[..., Session]) -> None:
    session = session_of(answer(say("A long answer that goes on.")))
    events = run(session, question(), lambda event: isinstance(event, TextDelta) and "l" in event.text)
    assert text_of(events) == "A l"
    assert len(finished(events).tokens) == finished(events).usage.generated == 3


# --- What does not fit ----------------------------------------------------------------------------------------------


def conversation(turns: int, *pictures: Image, **fields: Any) -> Generate:
    messages: list[Message] = []
    for turn in range(turns):
        messages += [Message("user", (Text(f"Question {turn} " + "x" * 100),)), Message("assistant", (Text("Yes."),))]
    return Generate("r1", (*messages, Message("user", (*pictures, Text("And now?")))), **fields)


def test_a_conversation_that_is_too_long_offers_what_fits(session_of: Callable[..., Session]) -> None:
    session = session_of("Fine.", context_limit=1000)
    request = conversation(8, system="", max_tokens=400)
    refused = failed(run(session, request))
    assert refused.code == "context_too_long"
    assert "400 are kept for the answer" in refused.message
    assert "1,000 fit" in refused.message
    assert [offer.action for offer in refused.offers] == ["drop_turns"]
    dropped = int(refused.offers[0].value)
    shorter = replace(request, messages=request.messages[dropped:])
    assert finished(run(session, shorter)).usage.prompt == refused.offers[0].tokens
    # One turn more would not have fitted.
    assert failed(run(session, replace(request, messages=request.messages[dropped - 2 :])))


def test_less_detail_is_offered_where_it_fits(
    session_of: Callable[..., Session], picture: Callable[..., Image]
) -> None:
    session = session_of("Fine.", context_limit=2000)
    request = conversation(0, picture(1920, 1080), system="", max_tokens=600, image_budget="full")
    refused = failed(run(session, request))
    assert [(offer.action, offer.value) for offer in refused.offers] == [
        ("image_budget", "balanced"),
        ("image_budget", "fast"),
    ]
    for offer in refused.offers:
        smaller = replace(request, image_budget=offer.value)  # type: ignore[arg-type]
        assert finished(run(session, smaller)).usage.prompt == offer.tokens


def test_thinking_counts_towards_the_length(session_of: Callable[..., Session]) -> None:
    session = session_of("Fine.", context_limit=1000)
    request = question(max_tokens=500, system="")
    assert finished(run(session, request))
    refused = failed(run(session, replace(request, thinking=Thinking(True, 480))))
    assert (refused.code, refused.offers) == ("context_too_long", ())
    assert "Shorten the question" in refused.message


def test_an_answer_is_cut_to_the_memory_rather_than_refused(session_of: Callable[..., Session]) -> None:
    session = session_of(answer(count()), context_limit=1000)
    events = run(session, question(max_tokens=5000, system=""))
    last = finished(events)
    assert last.reason == "length"
    assert last.usage.prompt + last.usage.generated == 1000


def test_thinking_leaves_the_answer_half_of_a_small_memory(session_of: Callable[..., Session]) -> None:
    session = session_of(answer(count(), thinking=[count()]), context_limit=1200)
    last = finished(run(session, question(max_tokens=5000, system="", thinking=Thinking(True, 5000))))
    room = 1200 - last.usage.prompt
    assert abs(last.usage.reasoning - room // 2) < 10  # the tokens of the closing tag
    assert last.usage.generated - last.usage.reasoning == room // 2


# --- What goes wrong ------------------------------------------------------------------------------------------------


def test_memory_that_runs_out_is_a_sentence(session_of: Callable[..., Session]) -> None:
    session = session_of(answer(say("Well, "), out_of_memory()), "Back again.")
    events = run(session, question())
    assert text_of(events) == "Well, "
    assert (failed(events).code, failed(events).fatal) == ("out_of_memory", False)
    assert text_of(run(session, question())) == "Back again."


def test_an_error_nobody_foresaw_is_told_and_logged(
    session_of: Callable[..., Session], caplog: pytest.LogCaptureFixture
) -> None:
    session = session_of(answer(error("the inside fell out")), "Back again.")
    refused = failed(run(session, question()))
    assert refused.code == "internal"
    assert "fell out" not in refused.message
    assert "the inside fell out" in caplog.text
    caplog.clear()
    assert text_of(run(session, question())) == "Back again."


def test_numbers_that_are_none_are_told(
    session_of: Callable[..., Session], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    session = session_of("Yes.")
    monkeypatch.setattr(session._model.backend, "_logits", lambda state, move: np.full(600, np.nan, np.float32))
    assert "float32" in failed(run(session, question())).message
    caplog.clear()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"messages": ()}, "bad_request"),
        ({"messages": (Message("user", (Text("a"),)), Message("assistant", (Text("b"),)))}, "bad_request"),
        ({"max_tokens": 0}, "bad_request"),
        ({"thinking": Thinking(True, -1)}, "bad_request"),
        ({"sampling": Sampling(temperature=0.0)}, "bad_request"),
        ({"messages": (Message("user", (Image("gone", "/nowhere/gone.png"), Text("a"))),)}, "image_unreadable"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    session_of: Callable[..., Session], change: dict[str, Any], code: str
) -> None:
    assert failed(run(session_of("Yes."), replace(question(), **change))).code == code


def test_a_model_without_eyes_says_so(session_of: Callable[..., Session], picture: Callable[..., Image]) -> None:
    assert "text only" in failed(run(session_of("Yes.", sees=False), question("Look", picture()))).message

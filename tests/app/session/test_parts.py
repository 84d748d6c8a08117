"""The parts of a session that need no Qt: history, titles, status sentences, restarts."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain.conversation import Answer, AnswerState, Attachment, Turn
from app.session.history import Concessions, concede, messages_of, title_of
from app.session.places import as_written
from app.session.restarts import Restarts
from app.session.status import StatusLine
from engine.protocol import Box, ImageProgress, LoadProgress, Mark, Offer, PrefillProgress, TextDelta


def turn(question: str, state: AnswerState = "finished", text: str = "") -> Turn:
    return Turn(question, question, (), Answer(state, text), 0.0)


def spoken(before: list[Turn], left_out: int = 0) -> list[str]:
    messages = messages_of(before, turn("last"), left_out)
    return [f"{message.role}: {message.parts[0].text}" for message in messages]  # type: ignore[union-attr]


def test_what_the_model_is_told_of_earlier_turns() -> None:
    before = [
        turn("a", "finished", "A"),
        turn("b", "stopped", "B"),
        turn("c", "failed", "half of C"),
        turn("d", "stopped"),
        turn("e", "failed"),
    ]
    assert spoken(before) == ["user: a", "assistant: A", "user: b", "assistant: B", "user: c", "user: d", "user: last"]


def test_what_is_left_out_never_begins_with_an_answer_and_never_ends_with_nothing() -> None:
    before = [turn("a", "finished", "A"), turn("b", "finished", "B")]
    assert spoken(before, 1) == ["user: b", "assistant: B", "user: last"]
    assert spoken(before, 99) == ["user: last"]


def test_concessions_add_up() -> None:
    before = [turn("a", "finished", "A"), turn("b", "finished", "B"), turn("c", "finished", "C")]
    once = concede(Concessions(), Offer("drop_turns", "1", 9), before, turn("last"))
    twice = concede(once, Offer("drop_turns", "2", 9), before, turn("last"))
    assert spoken(before, twice.left_out) == ["user: c", "assistant: C", "user: last"]
    less = concede(twice, Offer("image_budget", "balanced", 9), before, turn("last"))
    assert (less.limit("full"), less.limit("fast"), less.left_out) == ("balanced", "fast", twice.left_out)


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("Short", "Short"),
        ("\n\n  First line\nsecond", "First line"),
        ("word " * 30, "word word word word word word word word word word word word…"),
        ("x" * 100, "x" * 60 + "…"),
        ("A sentence of exactly as many characters as a title can hold", None),
    ],
)
def test_a_title_ends_at_a_word(question: str, title: str | None) -> None:
    assert title_of(question, ()) == (title or question)


def test_a_question_without_words_is_called_like_its_picture() -> None:
    picture = Attachment("1", Path("/x"), "image/png", 1, 1, "window", "Writer")
    assert title_of("", (picture,)) == "Writer"
    assert title_of("", ()) == "Picture"


def test_the_model_reads_its_places_as_it_wrote_them() -> None:
    marks = (Mark(1, "a", "Save", Box(0.1, 0.2, 0.3456, 0.4)), Mark(2, "b", "Ö", Box(0.5, 0.5, 0.5, 0.5), "point"))
    assert as_written("Press **Save** ①, then ② or ③.", marks, ("a", "b")) == (
        'Press **Save** {"bbox_2d": [100, 200, 346, 400], "label": "Save", "image": 1}, '
        'then {"point_2d": [500, 500], "label": "Ö"} or ③.'
    )
    assert as_written("Press **Save** ①.", marks, ("b",)) == "Press **Save**.", "it does not see that picture any more"


def test_the_status_is_a_sentence() -> None:
    line = StatusLine()
    line.start("/models/Qwen3.5-4B")
    line.observe(LoadProgress(4_250, 10_000))
    assert line.status("loading").sentence == "Loading Qwen3.5-4B, 42 %"
    assert line.status("idle").sentence == "Ready"
    line.ask()
    line.observe(ImageProgress("r", 1, 2, 480))
    assert line.status("generating").sentence == "Reading picture 1 of 2"
    line.observe(PrefillProgress("r", 0, 1204, 2040))
    assert line.status("generating").sentence == "Reading 1,204 of 2,040 tokens"
    assert line.status("generating").progress == 0.59
    line.observe(TextDelta("r", "reasoning", "x"))
    assert line.status("generating").sentence == "Thinking"
    assert line.status("cancelling").sentence == "Stopping"


def test_the_speed_is_that_of_the_last_seconds() -> None:
    line = StatusLine()
    line.ask()
    for tenth in range(100):
        # 10 tokens a second for 5 s, then 20.
        for _ in range(1 if tenth < 50 else 2):
            line.observe(TextDelta("r", "answer", "x"))
        line.sample(tenth / 10)
    assert line.status("generating").sentence == "Writing, 20.0 tokens a second"
    line.ask()
    line.observe(TextDelta("r", "answer", "x"))
    assert line.status("generating").sentence == "Writing"


def test_a_second_crash_within_a_minute_asks() -> None:
    restarts = Restarts()
    assert [restarts.allow(now) for now in (0.0, 30.0, 80.0, 140.0)] == [True, False, False, True]

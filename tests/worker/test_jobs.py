"""Which reading ahead is of use to which question."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine.protocol import Box, Generate, Image, LookAgain, Message, Prepare, Text, Thinking, Tool
from engine.worker.jobs import Job, Jobs, is_ahead_of

ONE, TWO = Image("one", "/one.png"), Image("two", "/two.png")
BEFORE = (Message("user", (Text("Hello"),)), Message("assistant", (Text("Yes?"),)))
READ = Prepare("ahead", (*BEFORE, Message("user", (ONE,))))


def question(*parts: Text | Image, before: tuple[Message, ...] = BEFORE, **fields: Any) -> Generate:
    return replace(Generate("r1", (*before, Message("user", parts))), **fields)


@pytest.mark.parametrize(
    "request_",
    [
        question(ONE, Text("What?")),
        question(ONE, TWO, Text("What?")),
        question(ONE),
        question(ONE, Text("What?"), thinking=Thinking(True), max_tokens=3, stop=("x",)),
        replace(READ, request_id="other"),
        replace(READ, messages=(*BEFORE, Message("user", (ONE, TWO)))),
    ],
)
def test_what_begins_with_the_same_waits(request_: Generate | Prepare) -> None:
    assert is_ahead_of(READ, request_)


@pytest.mark.parametrize(
    "request_",
    [
        question(Text("What?")),
        question(TWO, Text("What?")),
        question(TWO, ONE, Text("What?")),
        question(Text("What is "), ONE),
        question(ONE, Text("What?"), before=()),
        question(ONE, Text("What?"), before=BEFORE[:1]),
        question(ONE, Text("What?"), image_budget="full"),
        question(ONE, Text("What?"), system=""),
        question(ONE, Text("What?"), tools=(Tool("zoom", "", {}),)),
        question(ONE, Text("What?"), zoom=True),
        question(ONE, Text("What?"), point=True),
        question(ONE, Text("What?"), task="guide"),
        question(ONE, Text("What?"), task="act"),
        LookAgain("r1", ONE, "Save", Box(0.0, 0.0, 1.0, 1.0)),
        question(ONE, Text("What?"), raw=True),
        Generate("r1", ()),
    ],
)
def test_all_else_stops_it(request_: Generate | Prepare | LookAgain) -> None:
    assert not is_ahead_of(READ, request_)


LOOK = LookAgain("look", ONE, "Save", Box(0.0, 0.0, 1.0, 1.0))


@pytest.mark.parametrize(
    ("request_", "stopped"),
    [(question(ONE, Text("What?")), ["look"]), (READ, []), (replace(LOOK, request_id="next"), [])],
)
def test_a_second_look_makes_way_for_a_question_alone(request_: Any, stopped: list[str]) -> None:
    jobs = Jobs()
    jobs.add(Job(LOOK))
    assert [job.request_id for job in jobs.make_way(request_)] == stopped
    assert jobs.question is None


def test_stopping_what_is_read_ahead_leaves_a_second_look_alone() -> None:
    jobs = Jobs()
    for request in (LOOK, READ):
        jobs.add(Job(request))
    assert [job.request_id for job in jobs.cancel("ahead")] == ["ahead"]

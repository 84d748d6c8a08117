"""Which reading ahead is of use to which question."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine.protocol import Generate, Image, Message, Prepare, Text, Thinking, Tool
from engine.worker.jobs import is_ahead_of

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
        question(ONE, Text("What?"), raw=True),
        Generate("r1", ()),
    ],
)
def test_all_else_stops_it(request_: Generate | Prepare) -> None:
    assert not is_ahead_of(READ, request_)

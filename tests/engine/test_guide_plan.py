"""Steps of a walk-through are told one by one, however they are written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pictures

from engine.guide_plan import CHANGED, MOST_STEPS, Plan, PlanText, check_of, step_of
from engine.protocol import (
    Box,
    Finished,
    Generate,
    Grounded,
    GuideStep,
    Image,
    Message,
    StepCheck,
    StepPlanned,
    Text,
    TextDelta,
)
from engine.session import open_session
from tests.scripted import make_scripted

PLAN = """[
  {"say": "Open the File menu.", "target": "File", "role": "menu", "bbox_2d": [8, 30, 42, 55],
   "check": {"text_appears": "Save As"}},
  {"say": "Choose Save As.", "target": "Save As", "role": "menu item", "check": {"title_contains": "Save As"}}
]"""
STEPS = [
    GuideStep(
        1, "Open the File menu.", "File", StepCheck("text_appears", "Save As"), "menu", Box(0.008, 0.03, 0.042, 0.055)
    ),
    GuideStep(2, "Choose Save As.", "Save As", StepCheck("title_contains", "Save As"), "menu_item"),
]


def read(*pieces: str) -> tuple[str, list[GuideStep]]:
    reader = PlanText("r1", Plan())
    told = [*(item for piece in pieces for item in reader.push(piece)), *reader.finish()]
    text = "".join(item for item in told if isinstance(item, str))
    return text, [item.step for item in told if isinstance(item, StepPlanned)]


@pytest.mark.parametrize(
    ("written", "beside"),
    [
        (PLAN, ""),
        (f"```json\n{PLAN}\n```", ""),
        (f"Here is the plan:\n\n```json\n{PLAN}\n```\n\nGood luck.", "Here is the plan:\n\nGood luck."),
        (f'{{"steps": {PLAN}}}\n', ""),
        (PLAN.replace("\n]", ",\n]"), ""),
        (PLAN.removesuffix("]") + ', {"say": "Click Sa', ""),
        (PLAN.removeprefix("[").removesuffix("]"), ""),
    ],
)
def test_the_steps_go_out_of_the_text(written: str, beside: str) -> None:
    assert read(written) == (beside, STEPS)


def test_a_step_is_told_as_soon_as_it_is_complete() -> None:
    reader = PlanText("r1", Plan())
    assert reader.push(PLAN[: PLAN.index("},\n") + 1]) == [StepPlanned("r1", STEPS[0])]


@settings(deadline=None)
@given(st.lists(st.integers(0, len(PLAN)), max_size=6).map(sorted))
def test_it_does_not_matter_how_the_text_is_cut(cuts: list[int]) -> None:
    assert read(*(PLAN[a:b] for a, b in zip([0, *cuts], [*cuts, len(PLAN)], strict=True))) == ("", STEPS)


def test_no_plan_is_an_answer() -> None:
    assert read("The picture shows another program.\n") == ("The picture shows another program.\n", [])
    assert read('Use {"a": 1}.') == ('Use {"a": 1}.', [])


def test_more_steps_than_fit_and_steps_that_say_nothing_are_left_out() -> None:
    many = ",".join(['{"target": "x", "check": "changed"}', *[f'{{"say": "Step {n}"}}' for n in range(30)]])
    text, steps = read(f"[{many}]")
    assert text == ""
    assert [(step.number, step.say) for step in steps] == [(n, f"Step {n - 1}") for n in range(1, MOST_STEPS + 1)]


@pytest.mark.parametrize(
    ("written", "check"),
    [
        ({"text_gone": " Loading  it"}, StepCheck("text_gone", "Loading it")),
        ({"changed": True}, CHANGED),
        ("changed", CHANGED),
        ({"pixels_move": "x"}, CHANGED),
        ({"text_appears": ""}, CHANGED),
        ({"text_appears": 3}, CHANGED),
        ({"element_state": {"name": "Dark", "state": "Checked"}}, StepCheck("element_state", "Dark", "checked")),
        ({"element_state": {"name": "Dark", "state": "shiny"}}, CHANGED),
        ({"element_state": "checked"}, CHANGED),
        (None, CHANGED),
    ],
)
def test_a_check_that_is_not_understood_is_any_change(written: Any, check: StepCheck) -> None:
    assert check_of(written) == check


def test_a_step_with_rubbish_in_it_is_still_a_step() -> None:
    step = step_of({"say": "Go.", "target": 3, "role": ["x"], "bbox_2d": "there", "check": []})
    assert step == GuideStep(0, "Go.", "", CHANGED)


def test_a_whole_request(tmp_path: Path) -> None:
    folder = make_scripted(tmp_path / "model", [f"```json\n{PLAN}\n```"])
    Pictures.new("RGB", (64, 64)).save(tmp_path / "screen.png")
    session = open_session(folder, "cpu", "float32", lambda done, total: None, lambda: None)
    parts = (Image("screen", str(tmp_path / "screen.png")), Text("How do I save a copy?"))
    told = list(session.generate(Generate("r1", (Message("user", parts),), task="guide"), lambda: False))
    assert [event.step for event in told if isinstance(event, StepPlanned)] == STEPS
    assert not [event for event in told if isinstance(event, TextDelta | Grounded)]
    assert isinstance(told[-1], Finished)
    assert told[-1].reason == "stop"

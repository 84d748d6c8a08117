"""Calls of `computer_use` become actions; what can not be read becomes none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pictures

from engine.computer_use import COMPUTER_USE, read_action, with_computer_use
from engine.protocol import (
    Action,
    ActionProposed,
    CalledTool,
    Event,
    Finished,
    Generate,
    Image,
    Message,
    Text,
    TextDelta,
    Tool,
    ToolCall,
)
from engine.session import open_session
from tests.scripted import make_scripted


@pytest.mark.parametrize(
    ("arguments", "action"),
    [
        ({"action": "left_click", "coordinate": [250, 500]}, Action("left_click", 0.25, 0.5)),
        ({"action": "left_click", "coordinate": ["250", "500"]}, Action("left_click", 0.25, 0.5)),
        ({"action": "double_click", "coordinate": "[250, 500]"}, Action("double_click", 0.25, 0.5)),
        ({"action": "click", "coordinate": {"x": 250, "y": 500}}, Action("left_click", 0.25, 0.5)),
        ({"action": "right_click", "x": 250, "y": "500"}, Action("right_click", 0.25, 0.5)),
        ({"action": "left_click", "coordinate": [200, 400, 300, 600]}, Action("left_click", 0.25, 0.5)),
        ({"action": "left_click", "coordinate": [1003, -2]}, Action("left_click", 1.0, 0.0)),
        (
            {"action": "left_click", "coordinate": [1, 2], "keys": "ctrl"},
            Action("left_click", 0.001, 0.002, "", ("ctrl",)),
        ),
        ({"action": "left_click_drag", "coordinate": [1, 2]}, Action("left_click_drag", 0.001, 0.002)),
        ({"action": "key", "keys": ["Ctrl", "s"]}, Action("key", keys=("ctrl", "s"))),
        ({"action": "key", "keys": "ctrl+shift+s"}, Action("key", keys=("ctrl", "shift", "s"))),
        ({"action": "key", "keys": ["ctrl+s"]}, Action("key", keys=("ctrl", "s"))),
        ({"action": "key", "keys": "['ctrl', 's']"}, Action("key", keys=("ctrl", "s"))),
        ({"action": "key", "text": "ctrl++"}, Action("key", keys=("ctrl", "+"))),
        ({"action": "key", "keys": ["ctrl", "+"]}, Action("key", keys=("ctrl", "+"))),
        ({"action": "type", "text": " two words\n"}, Action("type", text=" two words\n")),
        ({"action": "scroll", "pixels": "-300", "coordinate": [1, 2]}, Action("scroll", 0.001, 0.002, amount=-300.0)),
        ({"action": "hscroll", "pixels": 1e8}, Action("hscroll", amount=10_000.0)),
        ({"action": "wait", "time": "2.5"}, Action("wait", seconds=2.5)),
        ({"action": "wait"}, Action("wait", seconds=1.0)),
        ({"action": "answer", "text": "Which file?"}, Action("answer", text="Which file?")),
        ({"action": "terminate", "status": "failure"}, Action("terminate", success=False)),
        ({"action": " Terminate "}, Action("terminate")),
    ],
)  # fmt: skip
def test_an_action_is_read_as_it_is_meant(arguments: dict[str, Any], action: Action) -> None:
    assert read_action(arguments) == action


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"action": "sing"},
        {"action": None},
        {"action": "left_click"},
        {"action": "left_click", "coordinate": [250]},
        {"action": "left_click", "coordinate": [1920, 1080]},
        {"action": "left_click", "coordinate": [True, None]},
        {"action": "scroll", "pixels": 3, "coordinate": [5000, 2]},
        {"action": "scroll"},
        {"action": "key", "keys": []},
        {"action": "type", "text": ""},
        {"action": "type", "text": 3},
        {"action": "answer"},
    ],
)
def test_what_can_not_be_done_is_no_action(arguments: dict[str, Any]) -> None:
    assert read_action(arguments) is None


def call(action: str, **parameters: Any) -> str:
    written = "".join(f"<parameter={key}>\n{value}\n</parameter>\n" for key, value in parameters.items())
    return (
        f"<tool_call>\n<function=computer_use>\n<parameter=action>\n{action}\n</parameter>\n"
        f"{written}</function>\n</tool_call>"
    )


def test_an_action_follows_its_call_and_ends_the_request(tmp_path: Path) -> None:
    folder = make_scripted(
        tmp_path / "model", ["I open it.\n\n" + call("left_click", coordinate=[250, 500]), call("sing")]
    )
    Pictures.new("RGB", (64, 64)).save(tmp_path / "screen.png")
    screen = Image("screen", str(tmp_path / "screen.png"))
    session = open_session(folder, "cpu", "float32", lambda done, total: None, lambda: None)
    request = Generate("r1", (Message("user", (screen, Text("Open it."))),), task="act")
    told: list[Event] = list(session.generate(request, lambda: False))
    (called,) = [event for event in told if isinstance(event, ToolCall)]
    assert called.arguments == {"action": "left_click", "coordinate": [250, 500]}
    assert told[told.index(called) + 1] == ActionProposed("r1", called.call_id, Action("left_click", 0.25, 0.5))
    assert "".join(event.text for event in told if isinstance(event, TextDelta)) == "I open it."
    assert isinstance(told[-1], Finished)
    assert told[-1].reason == "tool_calls"

    said = Message("assistant", (Text("I open it."),), tool_calls=(CalledTool(called.name, called.arguments),))
    result = Message("tool", (Text("Done."), screen))
    later = Generate("r2", (*request.messages, said, result), task="act")
    told = list(session.generate(later, lambda: False))
    assert [event.name for event in told if isinstance(event, ToolCall)] == ["computer_use"]
    assert not [event for event in told if isinstance(event, ActionProposed)]


def test_the_tool_takes_the_place_of_another_of_its_name() -> None:
    mine, other = Tool("computer_use", "Mine.", {}), Tool("search", "Searches.", {})
    request = with_computer_use(Generate("r1", (), tools=(mine, other)))
    assert request.tools == (other, COMPUTER_USE)

"""The family's tool `computer_use`: what the model is told of it, and how its calls are read.

Names and meaning are those of the published schema (Qwen3-VL cookbooks, utils/agent_function_call.py): places are
thousandths of the picture's width and height, a drag begins where the pointer is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import Any, get_args

from engine.protocol import (
    Action,
    ActionName,
    ActionProposed,
    Event,
    FinishReason,
    Generate,
    JsonValue,
    Tool,
    ToolCall,
)

SCALE = 1000
SLACK = 50
"""Thousandths beyond a border that are meant as the border."""
MOST_SCROLL = 10_000.0
MOST_WAIT = 60.0
DEFAULT_WAIT = 1.0

COMPUTER_USE = Tool(
    "computer_use",
    "Use the mouse and the keyboard in the program that the last picture shows. The picture counts as 1000 x 1000, "
    "whatever its real size is. Aim at the middle of buttons, fields and entries.",
    {
        "type": "object",
        "properties": {
            "action": {
                "type": "string",
                "enum": list(get_args(ActionName)),
                "description": "key: press keys together, then let go. type: write a text where the focus is. "
                "mouse_move: move the pointer. left_click, right_click, middle_click, double_click, triple_click: "
                "click at coordinate. left_click_drag: hold the button where the pointer is and move it to coordinate. "
                "scroll, hscroll: turn the wheel over coordinate. wait: wait for the program. answer: say or ask the "
                "person something. terminate: the task is over.",
            },
            "coordinate": {
                "type": "array",
                "items": {"type": "number"},
                "description": "[x, y], from the left and from the top, each from 0 to 1000.",
            },
            "text": {"type": "string", "description": "For type and answer."},
            "keys": {"type": "array", "items": {"type": "string"}, "description": 'For key, like ["ctrl", "s"].'},
            "pixels": {
                "type": "number",
                "description": "For scroll: how far, up above 0, down below. For hscroll: right above 0, left below.",
            },
            "time": {"type": "number", "description": "For wait: seconds."},
            "status": {"type": "string", "enum": ["success", "failure"], "description": "For terminate."},
        },
        "required": ["action"],
    },
)

_NAMES: Mapping[str, ActionName] = {name: name for name in get_args(ActionName)} | {
    "click": "left_click",
    "drag": "left_click_drag",
    "move": "mouse_move",
    "press": "key",
    "hotkey": "key",
    "type_text": "type",
    "finish": "terminate",
    "done": "terminate",
}
_CLICKS = frozenset({"left_click", "right_click", "middle_click", "double_click", "triple_click"})
_PLACED = _CLICKS | {"mouse_move", "left_click_drag"}
"""Actions that are nothing without a place."""
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_BETWEEN_KEYS = re.compile(r"\s*\+\s*|[\s,]+")


def with_computer_use(request: Generate) -> Generate:
    """`request` with the tool, in the place of any of that name."""
    others = tuple(tool for tool in request.tools if tool.name != COMPUTER_USE.name)
    return replace(request, tools=(*others, COMPUTER_USE))


def proposing(answering: Generator[Event, None, FinishReason]) -> Generator[Event, None, FinishReason]:
    """The same events, and behind each call of the tool that can be read its `ActionProposed`."""
    reason: FinishReason = "stop"

    def listen() -> Generator[Event, None, None]:
        nonlocal reason
        reason = yield from answering

    for event in listen():
        yield event
        if isinstance(event, ToolCall) and event.name == COMPUTER_USE.name:
            action = read_action(event.arguments)
            if action is not None:
                yield ActionProposed(event.request_id, event.call_id, action)
    return reason


def read_action(arguments: Mapping[str, JsonValue]) -> Action | None:
    """The action of a call, None where it can not be told what to do. Numbers and lists may be written as text."""
    name = _NAMES.get(str(arguments.get("action", "")).strip().casefold().replace(" ", "_"))
    if name is None:
        return None
    given = arguments.get("coordinate", [arguments.get("x"), arguments.get("y")])
    place = _place(given)
    # A place that is given and lies nowhere is a mistake, also where none is needed.
    if place is None and (name in _PLACED or _numbers(given)):
        return None
    x, y = place or (None, None)
    match name:
        case "key":
            keys = _keys(arguments.get("keys", arguments.get("key", arguments.get("text"))))
            return Action(name, keys=keys) if keys else None
        case "type":
            text = arguments.get("text")
            return Action(name, x, y, text=text) if isinstance(text, str) and text else None
        case "answer":
            text = str(arguments.get("text") or "").strip()
            return Action(name, text=text) if text else None
        case "scroll" | "hscroll":
            amount = _number(arguments.get("pixels"))
            return Action(name, x, y, amount=max(-MOST_SCROLL, min(amount, MOST_SCROLL))) if amount else None
        case "wait":
            seconds = _number(arguments.get("time"))
            return Action(name, seconds=max(0.0, min(DEFAULT_WAIT if seconds is None else seconds, MOST_WAIT)))
        case "terminate":
            failed = str(arguments.get("status", "success")).strip().casefold().startswith("fail")
            return Action(name, text=str(arguments.get("text") or "").strip(), success=not failed)
    keys = _keys(arguments.get("keys")) if name in _CLICKS else ()
    return Action(name, x, y, keys=keys)


def _place(value: JsonValue) -> tuple[float, float] | None:
    """Shares of the picture, None where `value` is no place on it."""
    numbers = _numbers(value)
    if len(numbers) == 4:
        # A box: its middle.
        numbers = [(numbers[0] + numbers[2]) / 2, (numbers[1] + numbers[3]) / 2]
    if len(numbers) != 2 or not all(-SLACK <= number <= SCALE + SLACK for number in numbers):
        return None
    x, y = (min(max(number / SCALE, 0.0), 1.0) for number in numbers)
    return x, y


def _number(value: JsonValue) -> float | None:
    numbers = _numbers(value)
    return numbers[0] if numbers else None


def _numbers(value: Any) -> list[float]:
    match value:
        case bool() | None:
            return []
        case int() | float():
            return [float(value) if abs(value) < 1e9 else math.inf]
        case str():
            return [float(number) for number in _NUMBER.findall(value)]
        case list():
            return [number for item in value for number in _numbers(item)]
        case dict():
            return [number for item in value.values() for number in _numbers(item)]
    return []


def _keys(value: JsonValue) -> tuple[str, ...]:
    """Names of keys in lower case, of ``["ctrl", "s"]`` or ``"ctrl+s"``; the key ``+`` may be one of them."""
    found: list[str] = []
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, str):
            continue
        text = item.strip().strip("[]'\"").casefold()
        if text == "+" or text.endswith(("++", "+ +")):
            found += [*_names(text[:-1].rstrip("+ ")), "+"]
        else:
            found += _names(text)
    return tuple(found)


def _names(text: str) -> list[str]:
    return [name.strip("'\"") for name in _BETWEEN_KEYS.split(text) if name.strip("'\"")]

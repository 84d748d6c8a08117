"""The steps of a walk-through, as the model writes them: a list of JSON objects, see resources/prompts/guide.txt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from engine.grounding_places import areas_of
from engine.json_scanner import Found, JsonScanner
from engine.protocol import (
    CheckKind,
    ElementRole,
    ElementState,
    Event,
    Generate,
    GuideStep,
    StepCheck,
    StepPlanned,
)
from engine.retelling import Retelling
from engine.tool_loop import Answering

MOST_STEPS = 20
LONGEST = 400
"""Characters of what is said or looked for."""
BETWEEN_STEPS = ", \t\r\n"
CHANGED = StepCheck("changed")

_KEYS = frozenset({"say", "target", "check"})
_ROLES: Mapping[str, ElementRole] = {role: role for role in get_args(ElementRole)} | {
    "menuitem": "menu_item",
    "menubar": "menu_bar",
    "toolbar": "tool_bar",
    "checkbox": "check_box",
    "radiobutton": "radio_button",
    "radio": "radio_button",
    "textfield": "text_field",
    "textbox": "text_field",
    "text_box": "text_field",
    "input": "text_field",
    "combobox": "combo_box",
    "dropdown": "combo_box",
    "icon": "button",
}
_STATES: Mapping[str, ElementState] = {state: state for state in get_args(ElementState)}
_CHECKS: Mapping[str, CheckKind] = {kind: kind for kind in get_args(CheckKind)}


class Plan:
    """Counts the steps of one request."""

    def __init__(self) -> None:
        self._steps = 0

    def next_number(self) -> int:
        """The number of the next step, 0 when there are `MOST_STEPS` already."""
        if self._steps == MOST_STEPS:
            return 0
        self._steps += 1
        return self._steps

    def clear(self) -> None:
        """What was planned is void."""
        self._steps = 0


def planning(request: Generate, answer: Answering) -> Answering:
    """`answer` with `StepPlanned` events in the place of the steps' text."""
    plan = Plan()
    return Retelling(answer, lambda asked: PlanText(request.request_id, plan), plan.clear).events


class PlanText:
    """The answer's text of one go. Steps go out of it, with the white space around them."""

    def __init__(self, request_id: str, plan: Plan) -> None:
        self._request_id, self._plan = request_id, plan
        self._scanner = JsonScanner(lambda value: not _KEYS.isdisjoint(value), frozenset({"say"}))
        self._gap = ""
        self._told = self._behind_step = False

    def push(self, text: str) -> list[str | Event]:
        """What can be told now, in order."""
        return self._read(self._scanner.push(text))

    def finish(self) -> list[str | Event]:
        """The end of the text: what was kept back. A step that is cut short is none."""
        out = self._read(self._scanner.finish())
        if self._gap and not self._behind_step:
            out.append(self._gap)
        self._gap = ""
        return out

    def _read(self, items: list[str | Found]) -> list[str | Event]:
        out: list[str | Event] = []
        for item in items:
            if isinstance(item, str):
                out += self._text(item)
                continue
            self._gap, self._behind_step = "", True
            step = step_of(item.value) if item.whole else None
            if step is not None and (number := self._plan.next_number()):
                out.append(StepPlanned(self._request_id, _numbered(step, number)))
        return out

    def _text(self, text: str) -> list[str | Event]:
        if self._behind_step:
            # A comma between two steps belongs to them.
            text = text.lstrip(BETWEEN_STEPS)
            self._gap = "\n\n" if self._told else ""
        text = self._gap + text
        body = text.rstrip()
        self._gap = text[len(body) :]
        if not body:
            return []
        self._told, self._behind_step = True, False
        return [body]


def step_of(value: Mapping[str, Any]) -> GuideStep | None:
    """Step 0 as it is written in `value`, None where it says nothing. What can not be understood is left out; then any
    change is what tells that the step is done."""
    say = _words(value.get("say"))
    if not say:
        return None
    area = next(iter(areas_of(value)), None)
    return GuideStep(
        number=0,
        say=say,
        target=_words(value.get("target")),
        check=check_of(value.get("check")),
        role=_ROLES.get(_words(value.get("role")).casefold().replace(" ", "_").replace("-", "_")),
        box=None if area is None else area.box,
    )


def check_of(value: Any) -> StepCheck:
    """A check as it is written: ``{"text_appears": "words"}`` or ``{"element_state": {"name": …, "state": …}}``."""
    if not isinstance(value, dict):
        return CHANGED
    name = next((key for key in value if key in _CHECKS), None)
    if name is None:
        return CHANGED
    kind, asked = _CHECKS[name], value[name]
    if kind == "element_state":
        text = _words(asked.get("name")) if isinstance(asked, dict) else ""
        state = _STATES.get(_words(asked.get("state")).casefold()) if isinstance(asked, dict) else None
        return StepCheck(kind, text, state) if text and state else CHANGED
    text = _words(asked)
    return StepCheck(kind, text) if text and kind != "changed" else CHANGED


def _numbered(step: GuideStep, number: int) -> GuideStep:
    return GuideStep(number, step.say, step.target, step.check, step.role, step.box)


def _words(value: Any) -> str:
    return " ".join(value.split())[:LONGEST] if isinstance(value, str) else ""

"""How a step is seen to be done."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from app.domain.screen import ScreenLook
from engine.protocol import Element, FoundFor, GuideStep, StepCheck

Verdict = Literal["holds", "not_yet", "asks_for_text"]
"""``asks_for_text``: the elements do not tell, so the picture's text has to be searched."""

CERTAIN = 0.6
"""Confidence from which a text counts as there."""
_NOT_WORDS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a check is held against: the window when the step was shown, how it is now, and whether the place that the
    step points at has changed since."""

    before: ScreenLook
    now: ScreenLook
    has_changed: bool


def judge(check: StepCheck, seen: Seen) -> Verdict:
    """Whether the step was done, as far as titles and elements tell it."""
    match check.what:
        case "changed":
            return "holds" if seen.has_changed else "not_yet"
        case "title_contains":
            return "holds" if _contains(seen.now.window.title, check.text) else "not_yet"
        case "element_state":
            return "holds" if _has_state(seen.now.elements, check) else "not_yet"
        case "text_appears":
            if _contains(seen.now.window.title, check.text) or _is_named(seen.now.elements, check.text):
                return "holds"
            return "asks_for_text" if seen.has_changed or seen.now.id != seen.before.id else "not_yet"
        case "text_gone":
            if _is_named(seen.now.elements, check.text):
                return "not_yet"
            return "asks_for_text"


def judge_text(check: StepCheck, found: FoundFor) -> bool:
    """Whether the check holds, after its text was searched on the picture."""
    is_there = any(mark.confidence >= CERTAIN for mark in found.marks)
    return is_there == (check.what == "text_appears")


def watch_words(step: GuideStep) -> str:
    """What is waited for, for a person."""
    check = step.check
    match check.what:
        case "text_appears":
            return f"Goes on when “{check.text}” appears."
        case "text_gone":
            return f"Goes on when “{check.text}” is gone."
        case "title_contains":
            return f"Goes on when the window is called “{check.text}”."
        case "element_state":
            return f"Goes on when “{check.text}” is {_state_words(check)}."
        case "changed":
            return "Goes on when something changes there."


def _state_words(check: StepCheck) -> str:
    return (check.state or "changed").replace("_", " ")


def _has_state(elements: tuple[Element, ...], check: StepCheck) -> bool:
    named = [element for element in elements if _folded(element.name) == _folded(check.text)]
    return any(check.state in element.states for element in named)


def _is_named(elements: tuple[Element, ...], text: str) -> bool:
    wanted = _folded(text)
    return bool(wanted) and any(
        "offscreen" not in element.states and wanted in _folded(f"{element.name} {element.value}")
        for element in elements
    )


def _contains(whole: str, part: str) -> bool:
    return bool(_folded(part)) and _folded(part) in _folded(whole)


def _folded(text: str) -> str:
    """Words alone: case, accents, ellipses and mnemonics make no difference."""
    plain = unicodedata.normalize("NFKD", text.replace("_", "").replace("&", "")).casefold()
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _NOT_WORDS.sub(" ", bare).strip()

"""An action in words for a person."""

from __future__ import annotations

from app.acting.chords import UnknownKey, read_chord
from engine.protocol import Action, Element

_LONGEST = 60
_VERBS = {
    "left_click": "Click",
    "right_click": "Click with the right button on",
    "middle_click": "Click with the middle button on",
    "double_click": "Double-click",
    "triple_click": "Triple-click",
    "mouse_move": "Move the pointer to",
    "left_click_drag": "Drag to",
}


def in_words(action: Action, target: Element | None) -> str:
    """One sentence without a full stop; `target` is what is at the action's place, where that is known."""
    where = "this place" if target is None or not target.name else f"“{_short(target.name)}”"
    match action.name:
        case "key":
            return f"Press {_keys(action)}"
        case "type":
            return f"Type “{_short(action.text)}”"
        case "scroll":
            return f"Scroll {'up' if action.amount > 0 else 'down'}"
        case "hscroll":
            return f"Scroll to the {'right' if action.amount > 0 else 'left'}"
        case "wait":
            return "Wait for the program"
        case "terminate":
            return "End here: it is done" if action.success else "Give up here"
        case "answer":
            return _short(action.text) or "Ask you"
        case _:
            return f"{_VERBS[action.name]} {where}"


def _keys(action: Action) -> str:
    try:
        chord = read_chord(action.keys)
    except UnknownKey as unknown:
        return f"“{unknown}”"
    return "+".join(key.replace("_", " ").title() for key in chord)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1].rstrip() + "…"

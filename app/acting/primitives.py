"""An action in the steps that a driver takes."""

from __future__ import annotations

import math

from app.acting.chords import read_chord
from app.acting.input.driver import Button, KeyDown, KeyUp, Move, Pause, Press, Primitive, Release, Wheel, Write
from app.domain.geometry import Place, Rect, to_desktop
from engine.protocol import Action

NOTCH = 100.0
"""Pixels that a model means by one notch of the wheel."""
MOST_NOTCHES = 20
MOST_WAIT = 10.0
MOST_TEXT = 2000
"""Characters of one action: more is no typing but pasting."""
_REST = 0.04
"""Seconds between going to a place and clicking it, as programs light what the pointer is on."""
_CLICKS: dict[str, tuple[Button, int]] = {
    "left_click": ("left", 1),
    "right_click": ("right", 1),
    "middle_click": ("middle", 1),
    "double_click": ("left", 2),
    "triple_click": ("left", 3),
}


class UnreadableAction(ValueError):
    """The action lacks what it needs. `str()` is a sentence."""


def point_of(action: Action, place: Place) -> tuple[float, float] | None:
    """Where the action is, physical: the middle of the pixel. None where it has no place."""
    if action.x is None or action.y is None:
        return None
    spot = to_desktop(Rect(action.x, action.y, 0, 0), place)
    return spot.x, spot.y


def primitives_of(action: Action, place: Place) -> tuple[Primitive, ...]:
    """The steps of `action`, whose picture was taken at `place`. `terminate` and `answer` have none.

    Raises:
        UnreadableAction: a place, a key or a text is missing.
        app.acting.chords.UnknownKey: a key has a name that no keyboard knows.
    """
    at = point_of(action, place)
    match action.name:
        case "key":
            return _chord(action)
        case "type":
            if not action.text:
                raise UnreadableAction("The model wants to type, but not what.")
            return tuple(Write(character) for character in action.text[:MOST_TEXT])
        case "mouse_move":
            return (Move(*_needed(at)),)
        case "left_click" | "right_click" | "middle_click" | "double_click" | "triple_click":
            button, times = _CLICKS[action.name]
            return (Move(*_needed(at)), Pause(_REST), *(Press(button), Release(button)) * times)
        case "left_click_drag":
            # The cookbook's drag goes from where the pointer is.
            return (Press("left"), Pause(_REST), Move(*_needed(at)), Pause(_REST), Release("left"))
        case "scroll" | "hscroll":
            notches = max(-MOST_NOTCHES, min(MOST_NOTCHES, _notches(action.amount)))
            wheel = Wheel(0, notches) if action.name == "scroll" else Wheel(notches, 0)
            return (wheel,) if at is None else (Move(*at), Pause(_REST), wheel)
        case "wait":
            return (Pause(max(0.0, min(action.seconds, MOST_WAIT))),)
        case "terminate" | "answer":
            return ()


def _chord(action: Action) -> tuple[Primitive, ...]:
    chord = read_chord(action.keys)
    if not chord:
        raise UnreadableAction("The model wants to press a key, but not which.")
    return (*(KeyDown(key) for key in chord), *(KeyUp(key) for key in reversed(chord)))


def _notches(pixels: float) -> int:
    if not pixels or not math.isfinite(pixels):
        return 0
    return int(math.copysign(max(1, round(abs(pixels) / NOTCH)), pixels))


def _needed(at: tuple[float, float] | None) -> tuple[float, float]:
    if at is None:
        raise UnreadableAction("The model wants to click, but not where.")
    return at

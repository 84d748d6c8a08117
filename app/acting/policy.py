"""What is never done, and what is asked about twice. Pure: everything it goes by is handed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.acting.chords import UnknownKey, leaves_window, read_chord
from app.acting.permission import Permission
from app.acting.primitives import UnreadableAction, point_of, primitives_of
from app.acting.wordlist import WordList
from app.domain.screen import ScreenLook, WindowRef
from engine.protocol import Action, Element

Verdict = Literal["confirm", "confirm_twice", "refuse"]

OUTSIDE = "That is outside the window that you allowed. Nothing was done."
NOT_IN_FRONT = "Another window came to the front. Bring back the one that you allowed, and go on."
PASSWORD = "That is a password field. Fingerpost never types into those: do this step yourself, and go on."
ELEVATED = "This program runs with administrator rights, and Fingerpost does not act in those. Do it yourself."
LEAVES = "These keys act on the whole desktop, not on the window that you allowed. Nothing was pressed."
TERMINAL = "This is a terminal, where what is typed runs at once. Copy the text and run it yourself."
DISABLED = "“{name}” is switched off in the program now. Nothing was done."
UNKNOWN_KEY = "The model named a key that no keyboard has: “{key}”. Nothing was pressed."
UNDONE = "This may not be possible to undo."
SENDS = "This ends in Enter, which may send or start something."
UNKNOWN_FIELD = (
    "This program does not tell what its fields are, so one may be for a password. Type here yourself, and go on."
)
_TYPES = ("type", "key")
_CLICKS = ("left_click", "right_click", "middle_click", "double_click", "triple_click", "left_click_drag")


@dataclass(frozen=True, slots=True)
class Scene:
    """The screen right before an action: the allowed window as it looks, the window in front, whether the program has
    rights that this one lacks, and its name."""

    look: ScreenLook
    front: WindowRef | None
    elevated: bool
    program: str


@dataclass(frozen=True, slots=True)
class Ruling:
    """What becomes of an action; `sentence` says why, and is empty for a plain ``confirm``."""

    verdict: Verdict
    sentence: str = ""


def judge(action: Action, scene: Scene, permission: Permission, words: WordList) -> Ruling:
    """Whether `action` may be done in `scene`, once the person has confirmed it once, or twice."""
    if action.name in ("wait", "terminate", "answer"):
        return Ruling("confirm")
    if scene.elevated:
        return Ruling("refuse", ELEVATED)
    if scene.front is None or not permission.covers(scene.front) or not permission.covers(scene.look.window):
        return Ruling("refuse", NOT_IN_FRONT)
    try:
        primitives_of(action, scene.look.place)
    except UnreadableAction as missing:
        return Ruling("refuse", str(missing))
    except UnknownKey as key:
        return Ruling("refuse", UNKNOWN_KEY.format(key=key))
    at = point_of(action, scene.look.place)
    if at is not None and not scene.front.frame.contains(*at):
        return Ruling("refuse", OUTSIDE)
    if action.name in _TYPES:
        return _judge_keys(action, scene, words)
    target = element_at(scene.look.elements, action)
    if target is not None and action.name in _CLICKS:
        return _judge_click(target, words)
    return Ruling("confirm")


def element_at(elements: tuple[Element, ...], action: Action) -> Element | None:
    """The smallest element at the action's place that does something or has a name, None where there is none."""
    if action.x is None or action.y is None:
        return None
    x, y = action.x, action.y
    there = [
        each
        for each in elements
        if each.box.x0 <= x < each.box.x1 and each.box.y0 <= y < each.box.y1 and "offscreen" not in each.states
    ]
    named = [each for each in there if each.name or each.role == "password_field"]
    return min(named or there, key=_extent, default=None)


def focused_in(elements: tuple[Element, ...]) -> Element | None:
    """The element that gets what is typed: the smallest that says so, as windows and groups may say it too."""
    return min((each for each in elements if "focused" in each.states), key=_extent, default=None)


def _judge_click(target: Element, words: WordList) -> Ruling:
    if target.role == "password_field":
        return Ruling("refuse", PASSWORD)
    if "disabled" in target.states:
        return Ruling("refuse", DISABLED.format(name=target.name))
    if words.is_consequential(target.name):
        return Ruling("confirm_twice", UNDONE)
    return Ruling("confirm")


def _judge_keys(action: Action, scene: Scene, words: WordList) -> Ruling:
    focused = focused_in(scene.look.elements)
    if focused is not None and focused.role == "password_field":
        return Ruling("refuse", PASSWORD)
    if words.is_terminal(scene.program):
        return Ruling("refuse", TERMINAL)
    if focused is None and _may_be_secret(scene.look.elements) and _writes(action):
        return Ruling("refuse", UNKNOWN_FIELD)
    if action.name == "type":
        return Ruling("confirm_twice", SENDS) if action.text.endswith("\n") else Ruling("confirm")
    chord = read_chord(action.keys)
    if leaves_window(chord):
        return Ruling("refuse", LEAVES)
    if chord[-1] == "enter" and focused is not None and words.is_consequential(focused.name):
        return Ruling("confirm_twice", UNDONE)
    if chord[-1] == "delete" and focused is not None and focused.role not in ("text_field", "document", "combo_box"):
        return Ruling("confirm_twice", UNDONE)
    return Ruling("confirm")


def _writes(action: Action) -> bool:
    """Whether it puts characters into a field."""
    if action.name == "type":
        return True
    chord = read_chord(action.keys)
    return len(chord) == 1 and len(chord[0]) == 1


def _may_be_secret(elements: tuple[Element, ...]) -> bool:
    """Whether what has the keyboard, which is not told, may be a password field."""
    return not elements or any(each.role == "password_field" for each in elements)


def _extent(element: Element) -> float:
    box = element.box
    return (box.x1 - box.x0) * (box.y1 - box.y0)

"""Key chords: as models write them, and which of them are never pressed."""

from __future__ import annotations

from collections.abc import Sequence

MODIFIERS = ("ctrl", "alt", "shift", "super")
_NAMES = {
    "control": "ctrl", "ctl": "ctrl", "option": "alt", "opt": "alt", "meta": "super", "cmd": "super",
    "command": "super", "win": "super", "windows": "super", "return": "enter", "esc": "escape", "del": "delete",
    "ins": "insert", "pgup": "page_up", "pageup": "page_up", "prior": "page_up", "pgdn": "page_down",
    "pagedown": "page_down", "next": "page_down", "arrowleft": "left", "arrowright": "right", "arrowup": "up",
    "arrowdown": "down", "left arrow": "left", "right arrow": "right", "up arrow": "up", "down arrow": "down",
    "spacebar": "space", "bksp": "backspace", "back space": "backspace", " ": "space",
}  # fmt: skip
NAMED = frozenset(
    {
        "enter", "escape", "tab", "backspace", "delete", "insert", "home", "end", "page_up", "page_down", "left",
        "right",         "up", "down", "space", *(f"f{number}" for number in range(1, 13)),
    }
)  # fmt: skip
"""Keys beside single characters."""
_LEAVES = (
    {"alt", "tab"}, {"alt", "escape"}, {"alt", "space"}, {"alt", "f2"}, {"ctrl", "escape"}, {"ctrl", "alt"},
    {"alt", "f4"}, {"ctrl", "shift", "escape"},
)  # fmt: skip
"""Chords that belong to the desktop: they leave the window, close it, lock the screen or start something."""


class UnknownKey(ValueError):
    """No key is called that. `str()` is the name."""


def read_chord(keys: Sequence[str]) -> tuple[str, ...]:
    """The keys of one chord, modifiers first, by our names: ``("ctrl", "s")``. Raises `UnknownKey`."""
    names = [name for key in keys for name in _split(key)]
    chord = dict.fromkeys(names)
    return (*(name for name in MODIFIERS if name in chord), *(name for name in chord if name not in MODIFIERS))


def leaves_window(chord: Sequence[str]) -> bool:
    """Whether the chord acts on more than the window that has the keyboard."""
    held = set(chord)
    return "super" in held or any(keys <= held for keys in _LEAVES)


def _split(key: str) -> list[str]:
    """`key` may be a key, or a chord in one word as "ctrl+s" or "Ctrl-S"; "+" and "-" alone are keys."""
    for joint in ("", "+", "-"):
        parts = [key] if not joint or len(key.strip()) <= 1 else [part or joint for part in key.split(joint)]
        try:
            return [_name(part) for part in parts]
        except UnknownKey:
            continue
    raise UnknownKey(key)


def _name(key: str) -> str:
    plain = key.lower() if len(key) == 1 else key.strip().lower()
    plain = plain if len(plain) == 1 else plain.replace("_", " ").replace("-", " ")
    name = _NAMES.get(plain, plain.replace(" ", "_") if len(plain) > 1 else plain)
    if name in MODIFIERS or name in NAMED or len(name) == 1:
        return name
    raise UnknownKey(key)

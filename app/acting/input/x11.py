"""X11: the XTEST extension."""

from __future__ import annotations

from typing import Any

from Xlib import XK, X
from Xlib.display import Display
from Xlib.error import DisplayError, XError
from Xlib.ext import xtest

from app.acting.input.driver import (
    InputError,
    KeyDown,
    KeyUp,
    Move,
    Pause,
    Press,
    Primitive,
    Release,
    Wheel,
    Write,
)

_BUTTONS = {"left": 1, "middle": 2, "right": 3}
_WHEEL_UP, _WHEEL_DOWN, _WHEEL_LEFT, _WHEEL_RIGHT = 4, 5, 6, 7
_KEYSYMS = {
    "ctrl": "Control_L", "alt": "Alt_L", "shift": "Shift_L", "super": "Super_L", "enter": "Return", "escape": "Escape",
    "tab": "Tab", "backspace": "BackSpace", "delete": "Delete", "insert": "Insert", "home": "Home", "end": "End",
    "page_up": "Prior", "page_down": "Next", "left": "Left", "right": "Right", "up": "Up", "down": "Down",
    "space": "space",
}  # fmt: skip
_UNICODE = 0x01000000
"""Added to a code point it is its keysym, but for Latin-1, where both are the same."""
GONE = "The X display does not answer any more. Nothing more was sent; start again."
NO_XTEST = "This X display does not take input from programs. Do the step yourself: it is shown where."


class XTestDriver:
    """The display that the environment names."""

    def __init__(self) -> None:
        self._display: Any = None
        self._buttons: list[int] = []
        self._keys: list[int] = []
        # Keys that no character is on, and those that were lent to one. Programs look a key up when they get to it: one
        # that is lent to the next character by then types the wrong one.
        self._spare: list[int] | None = None
        self._lent: dict[int, int] = {}

    def prepare(self) -> str:
        """Whether the display takes input."""
        try:
            display = self._open()
        except InputError as error:
            return str(error)
        return "" if display.has_extension("XTEST") else NO_XTEST

    def send(self, primitive: Primitive) -> None:
        """See `InputDriver`."""
        display = self._open()
        try:
            match primitive:
                case Move(x=x, y=y):
                    xtest.fake_input(display, X.MotionNotify, x=round(x), y=round(y))
                case Press(button=button):
                    self._press(_BUTTONS[button])
                case Release(button=button):
                    self._release(_BUTTONS[button])
                case Wheel(right=right, up=up):
                    self._turn(_WHEEL_UP if up > 0 else _WHEEL_DOWN, abs(up))
                    self._turn(_WHEEL_RIGHT if right > 0 else _WHEEL_LEFT, abs(right))
                case KeyDown(key=key):
                    self._key(self._code_of(key), down=True)
                case KeyUp(key=key):
                    self._key(self._code_of(key), down=False)
                case Write(character=character):
                    self._write(character)
                case Pause():
                    return
            display.sync()
        except (XError, DisplayError, OSError) as error:
            raise InputError(GONE) from error

    def release_all(self) -> None:
        """See `InputDriver`."""
        for button in tuple(self._buttons):
            self._release(button)
        for code in tuple(self._keys):
            self._key(code, down=False)
        if self._display is not None:
            self._display.sync()

    def pointer(self) -> tuple[float, float] | None:
        """See `InputDriver`."""
        try:
            found = self._open().screen().root.query_pointer()
        except (InputError, XError, DisplayError, OSError):
            return None
        return float(found.root_x), float(found.root_y)

    def close(self) -> None:
        """See `InputDriver`."""
        if self._display is not None:
            self.release_all()
            self._give_back()
            self._display.close()
            self._display = None

    def _open(self) -> Any:
        if self._display is None:
            try:
                self._display = Display()
            except (DisplayError, OSError) as error:
                raise InputError(GONE) from error
        return self._display

    def _press(self, button: int) -> None:
        xtest.fake_input(self._display, X.ButtonPress, button)
        self._buttons.append(button)

    def _release(self, button: int) -> None:
        xtest.fake_input(self._display, X.ButtonRelease, button)
        if button in self._buttons:
            self._buttons.remove(button)

    def _turn(self, button: int, times: int) -> None:
        for _ in range(times):
            xtest.fake_input(self._display, X.ButtonPress, button)
            xtest.fake_input(self._display, X.ButtonRelease, button)

    def _key(self, code: int, *, down: bool) -> None:
        xtest.fake_input(self._display, X.KeyPress if down else X.KeyRelease, code)
        if down:
            self._keys.append(code)
        elif code in self._keys:
            self._keys.remove(code)

    def _code_of(self, key: str) -> int:
        name = _KEYSYMS.get(key, key.upper() if key.startswith("f") and len(key) > 1 else key)
        keysym = XK.string_to_keysym(name) or _keysym_of(key)
        code = self._display.keysym_to_keycode(keysym)
        if not code:
            raise InputError(f"This keyboard has no key “{key}”. Press it in another way, and go on.")
        return int(code)

    def _write(self, character: str) -> None:
        """With the key that has the character, else with one that is lent it for the moment."""
        keysym = XK.string_to_keysym("Return") if character == "\n" else _keysym_of(character)
        codes = [found for found in self._display.keysym_to_keycodes(keysym) if found[1] in (0, 1)]
        if codes:
            code, level = codes[0]
            shift = self._code_of("shift")
            if level == 1:
                self._key(shift, down=True)
            self._key(code, down=True)
            self._key(code, down=False)
            if level == 1:
                self._key(shift, down=False)
            return
        code = self._lend(keysym)
        self._key(code, down=True)
        self._key(code, down=False)

    def _lend(self, keysym: int) -> int:
        if keysym not in self._lent:
            if self._spare is None:
                self._spare = self._find_spare()
            if not self._spare:
                raise InputError("This keyboard has no key left for the character. Type it yourself, and go on.")
            self._lent[keysym] = self._spare.pop()
            self._map(self._lent[keysym], keysym)
        return self._lent[keysym]

    def _find_spare(self) -> list[int]:
        first, last = self._display.display.info.min_keycode, self._display.display.info.max_keycode
        mapping = self._display.get_keyboard_mapping(first, last - first + 1)
        return [first + at for at, keysyms in enumerate(mapping) if not any(keysyms)]

    def _give_back(self) -> None:
        for code in self._lent.values():
            self._map(code, 0)
        self._lent.clear()
        self._spare = None

    def _map(self, code: int, keysym: int) -> None:
        width = len(self._display.get_keyboard_mapping(code, 1)[0])
        self._display.change_keyboard_mapping(code, [[keysym] * width])
        self._display.sync()


def _keysym_of(character: str) -> int:
    point = ord(character[0])
    return point if point < 0x100 else _UNICODE | point

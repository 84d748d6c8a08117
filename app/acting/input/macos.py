"""macOS: Quartz events. They need the permission for accessibility."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import Quartz
from ApplicationServices import AXIsProcessTrusted

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

_BUTTONS = {
    "left": (Quartz.kCGMouseButtonLeft, Quartz.kCGEventLeftMouseDown, Quartz.kCGEventLeftMouseUp),
    "right": (Quartz.kCGMouseButtonRight, Quartz.kCGEventRightMouseDown, Quartz.kCGEventRightMouseUp),
    "middle": (Quartz.kCGMouseButtonCenter, Quartz.kCGEventOtherMouseDown, Quartz.kCGEventOtherMouseUp),
}
_MODIFIERS = {
    "ctrl": (59, Quartz.kCGEventFlagMaskControl),
    "alt": (58, Quartz.kCGEventFlagMaskAlternate),
    "shift": (56, Quartz.kCGEventFlagMaskShift),
    "super": (55, Quartz.kCGEventFlagMaskCommand),
}
_CODES = {
    "enter": 36, "escape": 53, "tab": 48, "backspace": 51, "delete": 117, "insert": 114, "home": 115, "end": 119,
    "page_up": 116, "page_down": 121, "left": 123, "right": 124, "down": 125, "up": 126, "space": 49, "f1": 122,
    "f2": 120, "f3": 99, "f4": 118, "f5": 96, "f6": 97, "f7": 98, "f8": 100, "f9": 101, "f10": 109, "f11": 103,
    "f12": 111, "a": 0, "b": 11, "c": 8, "d": 2, "e": 14, "f": 3, "g": 5, "h": 4, "i": 34, "j": 38, "k": 40, "l": 37,
    "m": 46, "n": 45, "o": 31, "p": 35, "q": 12, "r": 15, "s": 1, "t": 17, "u": 32, "v": 9, "w": 13, "x": 7, "y": 16,
    "z": 6, "0": 29, "1": 18, "2": 19, "3": 20, "4": 21, "5": 23, "6": 22, "7": 26, "8": 28, "9": 25, "-": 27, "=": 24,
    ",": 43, ".": 47, "/": 44,
}  # fmt: skip
"""Places on an ANSI keyboard (HIToolbox/Events.h): a chord means the key in that place, as menus show it there."""
_LINES = 3
"""Lines of a notch."""
NOT_TRUSTED = (
    "macOS does not let Fingerpost click and type. Switch it on under System Settings, Privacy & Security, "
    "Accessibility, then try again."
)


class QuartzDriver:
    """Works in points; `to_points` turns a physical place of the desktop into them."""

    def __init__(self, to_points: Callable[[float, float], tuple[float, float]]) -> None:
        self._to_points = to_points
        self._buttons: list[str] = []
        self._keys: list[str] = []
        self._clicks = 0
        self._at: tuple[float, float] | None = None

    def prepare(self) -> str:
        """Whether the permission is missing."""
        return "" if AXIsProcessTrusted() else NOT_TRUSTED

    def send(self, primitive: Primitive) -> None:
        """See `InputDriver`."""
        match primitive:
            case Move(x=x, y=y):
                self._move(x, y)
            case Press(button=button):
                self._clicks += 1
                self._button(button, down=True)
                self._buttons.append(button)
            case Release(button=button):
                self._button(button, down=False)
                if button in self._buttons:
                    self._buttons.remove(button)
            case Wheel(right=right, up=up):
                unit = Quartz.kCGScrollEventUnitLine
                _post(Quartz.CGEventCreateScrollWheelEvent(None, unit, 2, up * _LINES, -right * _LINES))
            case KeyDown(key=key):
                self._keys.append(key)
                self._key(key, down=True)
            case KeyUp(key=key):
                if key in self._keys:
                    self._keys.remove(key)
                self._key(key, down=False)
            case Write(character=character):
                self._write(character)
            case Pause():
                return

    def release_all(self) -> None:
        """See `InputDriver`."""
        for button in tuple(self._buttons):
            self.send(Release(button))  # type: ignore[arg-type]
        for key in tuple(self._keys):
            self.send(KeyUp(key))

    def pointer(self) -> tuple[float, float] | None:
        """Where it is in points: only ever compared with itself."""
        place = Quartz.CGEventGetLocation(Quartz.CGEventCreate(None))
        return float(place.x), float(place.y)

    def close(self) -> None:
        """See `InputDriver`."""
        self.release_all()

    def _move(self, x: float, y: float) -> None:
        self._at, self._clicks = self._to_points(x, y), 0
        dragged = Quartz.kCGEventLeftMouseDragged if "left" in self._buttons else Quartz.kCGEventMouseMoved
        _post(Quartz.CGEventCreateMouseEvent(None, dragged, self._at, Quartz.kCGMouseButtonLeft))

    def _button(self, name: str, *, down: bool) -> None:
        button, pressed, released = _BUTTONS[name]
        at = self._at or self.pointer()
        event = Quartz.CGEventCreateMouseEvent(None, pressed if down else released, at, button)
        # The second click of a double click is told by its number, not by its time.
        Quartz.CGEventSetIntegerValueField(event, Quartz.kCGMouseEventClickState, max(1, self._clicks))
        _post(event)

    def _key(self, key: str, *, down: bool) -> None:
        code = _MODIFIERS[key][0] if key in _MODIFIERS else _CODES.get(key)
        if code is None:
            raise InputError(f"This keyboard has no key “{key}”. Press it in another way, and go on.")
        event = Quartz.CGEventCreateKeyboardEvent(None, code, down)
        flags = 0
        for held in self._keys:
            flags |= _MODIFIERS[held][1] if held in _MODIFIERS else 0
        Quartz.CGEventSetFlags(event, flags)
        _post(event)

    def _write(self, character: str) -> None:
        if character == "\n":
            self._key("enter", down=True)
            self._key("enter", down=False)
            return
        for down in (True, False):
            event = Quartz.CGEventCreateKeyboardEvent(None, 0, down)
            Quartz.CGEventKeyboardSetUnicodeString(event, len(character.encode("utf-16-le")) // 2, character)
            _post(event)


def _post(event: Any) -> None:
    if event is None:
        raise InputError("macOS did not take the input. Try again.")
    Quartz.CGEventPost(Quartz.kCGHIDEventTap, event)

"""Windows: SendInput, https://learn.microsoft.com/windows/win32/api/winuser/nf-winuser-sendinput."""

from __future__ import annotations

import ctypes
import sys
from ctypes import wintypes

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

assert sys.platform == "win32"

_MOUSE, _KEYBOARD = 0, 1
_MOVE, _ABSOLUTE, _VIRTUAL_DESK, _WHEEL, _HWHEEL = 0x0001, 0x8000, 0x4000, 0x0800, 0x1000
_DOWN = {"left": 0x0002, "right": 0x0008, "middle": 0x0020}
_UP = {"left": 0x0004, "right": 0x0010, "middle": 0x0040}
_KEY_UP, _UNICODE, _EXTENDED = 0x0002, 0x0004, 0x0001
_NOTCH = 120
_LEFT, _TOP, _WIDTH, _HEIGHT = 76, 77, 78, 79
"""Of GetSystemMetrics: the virtual desktop."""
_CODES = {
    "ctrl": 0x11, "alt": 0x12, "shift": 0x10, "super": 0x5B, "enter": 0x0D, "escape": 0x1B, "tab": 0x09,
    "backspace": 0x08, "delete": 0x2E, "insert": 0x2D, "home": 0x24, "end": 0x23, "page_up": 0x21, "page_down": 0x22,
    "left": 0x25, "up": 0x26, "right": 0x27, "down": 0x28, "space": 0x20,
}  # fmt: skip
_EXTENDED_KEYS = frozenset(
    {"delete", "insert", "home", "end", "page_up", "page_down", "left", "up", "right", "down", "super"}
)
BLOCKED = "Windows did not take the input: a program with more rights is in front. Do this step yourself, and go on."


class _MouseInput(ctypes.Structure):
    _fields_ = (
        ("dx", wintypes.LONG),
        ("dy", wintypes.LONG),
        ("data", wintypes.DWORD),
        ("flags", wintypes.DWORD),
        ("time", wintypes.DWORD),
        ("extra", ctypes.c_size_t),
    )


class _KeyboardInput(ctypes.Structure):
    _fields_ = (
        ("code", wintypes.WORD),
        ("scan", wintypes.WORD),
        ("flags", wintypes.DWORD),
        ("time", wintypes.DWORD),
        ("extra", ctypes.c_size_t),
    )


class _Either(ctypes.Union):
    _fields_ = (("mouse", _MouseInput), ("keyboard", _KeyboardInput))


class _Input(ctypes.Structure):
    _fields_ = (("kind", wintypes.DWORD), ("either", _Either))


class WindowsDriver:
    """The desktop of this session. Physical coordinates: the process is aware of each monitor's dots."""

    def __init__(self) -> None:
        self._user = ctypes.WinDLL("user32", use_last_error=True)
        self._buttons: list[str] = []
        self._keys: list[str] = []

    def prepare(self) -> str:
        """None: what can not be sent fails when it is sent."""
        return ""

    def send(self, primitive: Primitive) -> None:
        """See `InputDriver`."""
        match primitive:
            case Move(x=x, y=y):
                self._mouse(_MOVE | _ABSOLUTE | _VIRTUAL_DESK, *self._absolute(x, y))
            case Press(button=button):
                self._mouse(_DOWN[button])
                self._buttons.append(button)
            case Release(button=button):
                self._mouse(_UP[button])
                if button in self._buttons:
                    self._buttons.remove(button)
            case Wheel(right=right, up=up):
                if up:
                    self._mouse(_WHEEL, data=up * _NOTCH)
                if right:
                    self._mouse(_HWHEEL, data=right * _NOTCH)
            case KeyDown(key=key):
                self._key(key, down=True)
                self._keys.append(key)
            case KeyUp(key=key):
                self._key(key, down=False)
                if key in self._keys:
                    self._keys.remove(key)
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
        """See `InputDriver`."""
        point = wintypes.POINT()
        return (float(point.x), float(point.y)) if self._user.GetCursorPos(ctypes.byref(point)) else None

    def close(self) -> None:
        """See `InputDriver`."""
        self.release_all()

    def _absolute(self, x: float, y: float) -> tuple[int, int]:
        """0 to 65535 over the virtual desktop; the middle of the pixel, or rounding may hit its neighbour."""
        left, top, width, height = (self._user.GetSystemMetrics(number) for number in (_LEFT, _TOP, _WIDTH, _HEIGHT))
        across, down = (int(x) - left + 0.5) / max(width, 1), (int(y) - top + 0.5) / max(height, 1)
        return round(across * 65535), round(down * 65535)

    def _mouse(self, flags: int, dx: int = 0, dy: int = 0, data: int = 0) -> None:
        mouse = _MouseInput(dx, dy, data & 0xFFFFFFFF, flags, 0, 0)
        self._post(_Input(_MOUSE, _Either(mouse=mouse)))

    def _key(self, key: str, *, down: bool) -> None:
        flags = (0 if down else _KEY_UP) | (_EXTENDED if key in _EXTENDED_KEYS else 0)
        self._post(_Input(_KEYBOARD, _Either(keyboard=_KeyboardInput(self._code_of(key), 0, flags, 0, 0))))

    def _code_of(self, key: str) -> int:
        if key in _CODES:
            return _CODES[key]
        if len(key) > 1 and key.startswith("f"):
            return 0x70 + int(key[1:]) - 1
        code = int(self._user.VkKeyScanW(ord(key)))
        if code in (-1, 0xFFFF):
            raise InputError(f"This keyboard has no key “{key}”. Press it in another way, and go on.")
        return code & 0xFF

    def _write(self, character: str) -> None:
        if character == "\n":
            self._key("enter", down=True)
            self._key("enter", down=False)
            return
        units = character.encode("utf-16-le")
        for at in range(0, len(units), 2):
            unit = int.from_bytes(units[at : at + 2], "little")
            for flags in (_UNICODE, _UNICODE | _KEY_UP):
                self._post(_Input(_KEYBOARD, _Either(keyboard=_KeyboardInput(0, unit, flags, 0, 0))))

    def _post(self, event: _Input) -> None:
        if self._user.SendInput(1, ctypes.byref(event), ctypes.sizeof(_Input)) != 1:
            raise InputError(BLOCKED)

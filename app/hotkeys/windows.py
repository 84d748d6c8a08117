"""Windows: RegisterHotKey for what is held, the state of the keyboard for what is watched. No hooks."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from ctypes import wintypes
from itertools import count
from typing import Any

from PySide6.QtCore import QAbstractNativeEventFilter, QByteArray, QCoreApplication, QObject, Qt

from app.hotkeys.chord import Chord
from app.hotkeys.keys import UNHEARD, GlobalKeys
from app.hotkeys.polled import PolledKeys

# Type checkers on other systems stop here: ctypes has no WinDLL there.
assert sys.platform == "win32"

_WM_HOTKEY = 0x0312
_MOD_NOREPEAT = 0x4000
_ERROR_HOTKEY_ALREADY_REGISTERED = 1409
_MODIFIERS = {
    Qt.KeyboardModifier.AltModifier: 0x1,
    Qt.KeyboardModifier.ControlModifier: 0x2,
    Qt.KeyboardModifier.ShiftModifier: 0x4,
    Qt.KeyboardModifier.MetaModifier: 0x8,
}
_VIRTUAL_KEYS = {
    Qt.Key.Key_Escape: 0x1B,
    Qt.Key.Key_Tab: 0x09,
    Qt.Key.Key_Backspace: 0x08,
    Qt.Key.Key_Return: 0x0D,
    Qt.Key.Key_Enter: 0x0D,
    Qt.Key.Key_Pause: 0x13,
    Qt.Key.Key_Print: 0x2C,
    Qt.Key.Key_Insert: 0x2D,
    Qt.Key.Key_Delete: 0x2E,
    Qt.Key.Key_PageUp: 0x21,
    Qt.Key.Key_PageDown: 0x22,
    Qt.Key.Key_End: 0x23,
    Qt.Key.Key_Home: 0x24,
    Qt.Key.Key_Left: 0x25,
    Qt.Key.Key_Up: 0x26,
    Qt.Key.Key_Right: 0x27,
    Qt.Key.Key_Down: 0x28,
    Qt.Key.Key_Menu: 0x5D,
    Qt.Key.Key_ScrollLock: 0x91,
}
_MOST_ID = 0xBFFF
"""Larger numbers belong to shared libraries."""


class WindowsKeys(GlobalKeys):
    """Hotkeys of the main thread. A bare Escape in a window of an elevated program is not told to others."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._user32 = ctypes.WinDLL("user32", use_last_error=True)
        self._user32.GetAsyncKeyState.restype = ctypes.c_short
        self._numbers = count(1)
        self._held: dict[int, str] = {}
        self._filter = _HotKeyFilter(self._hear)
        self._polled = PolledKeys(self._is_down, self._heard.emit, self)

    def _hold(self, name: str, chord: Chord) -> str:
        code = self._code(chord)
        if not code:
            return f"This keyboard has no key for {chord.text}. Choose another."
        number = next(self._numbers) % _MOST_ID
        state = sum(_MODIFIERS[modifier] for modifier in chord.modifiers) | _MOD_NOREPEAT
        if not self._user32.RegisterHotKey(None, number, state, code):
            if ctypes.get_last_error() == _ERROR_HOTKEY_ALREADY_REGISTERED:
                return f"Another program already holds {chord.text}. Close that program, or choose other keys."
            return f"Windows does not give {chord.text} away. Choose other keys."
        if not self._held:
            _application().installNativeEventFilter(self._filter)
        self._held[number] = name
        return ""

    def _watch(self, name: str, key: Chord) -> str:
        code = self._code(key)
        if not code:
            return UNHEARD
        self._polled.watch(name, code)
        return ""

    def _release(self, name: str) -> None:
        self._polled.release(name)
        for number in [number for number, holder in self._held.items() if holder == name]:
            self._user32.UnregisterHotKey(None, number)
            del self._held[number]
            if not self._held:
                _application().removeNativeEventFilter(self._filter)

    def _hear(self, number: int) -> None:
        if number in self._held:
            self._heard.emit(self._held[number])

    def _is_down(self, code: int) -> bool:
        # The lowest bit: it was pressed since we asked last, and may be up again.
        return bool(self._user32.GetAsyncKeyState(code) & 0x8001)

    def _code(self, chord: Chord) -> int:
        key = chord.key
        if Qt.Key.Key_F1 <= key <= Qt.Key.Key_F24:
            return 0x70 + key - Qt.Key.Key_F1
        if Qt.Key.Key_A <= key <= Qt.Key.Key_Z or Qt.Key.Key_0 <= key <= Qt.Key.Key_9 or key == Qt.Key.Key_Space:
            return int(key)
        if 0x20 < key < 0x100:
            # The low byte is the key that writes this character on the layout in use, -1 for none.
            found = self._user32.VkKeyScanW(wintypes.WCHAR(chr(key))) & 0xFFFF
            return 0 if found == 0xFFFF else found & 0xFF
        return _VIRTUAL_KEYS.get(key, 0)


class _HotKeyFilter(QAbstractNativeEventFilter):
    def __init__(self, heard: Callable[[int], None]) -> None:
        super().__init__()
        self._told = heard

    def nativeEventFilter(self, kind: QByteArray | bytes | bytearray | memoryview, message: Any) -> Any:
        if bytes(kind) in (b"windows_generic_MSG", b"windows_dispatcher_MSG"):
            told = wintypes.MSG.from_address(int(message))
            if told.message == _WM_HOTKEY:
                self._told(told.wParam)
        return False, 0


def _application() -> QCoreApplication:
    application = QCoreApplication.instance()
    assert application is not None
    return application

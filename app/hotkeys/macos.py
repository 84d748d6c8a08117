"""macOS: Carbon's hot keys for what is held, the state of the keyboard for what is watched. No permission is needed."""

from __future__ import annotations

import ctypes
import ctypes.util
from itertools import count
from typing import Any

import Quartz
from PySide6.QtCore import QObject, Qt

from app.hotkeys.chord import Chord
from app.hotkeys.keys import UNHEARD, GlobalKeys
from app.hotkeys.polled import PolledKeys

_SIGNATURE = int.from_bytes(b"Fpst", "big")
_CLASS_KEYBOARD, _HOT_KEY_PRESSED = int.from_bytes(b"keyb", "big"), 5
_DIRECT_OBJECT, _TYPE_HOT_KEY_ID = int.from_bytes(b"----", "big"), int.from_bytes(b"hkid", "big")
_HOT_KEY_EXISTS, _NOT_HANDLED = -9878, -9874
# Qt calls the command key Control, and the control key Meta.
_MODIFIERS = {
    Qt.KeyboardModifier.ControlModifier: 0x0100,
    Qt.KeyboardModifier.ShiftModifier: 0x0200,
    Qt.KeyboardModifier.AltModifier: 0x0800,
    Qt.KeyboardModifier.MetaModifier: 0x1000,
}
_PRINTED = {
    character: code
    for code, character in enumerate("asdfhgzxcv\0bqweryt123465=97-80]ou[ip\0lj'k;\\,/nm.\0 `")
    if character != "\0"
}
"""Virtual key codes of an ANSI keyboard by what is printed on it (HIToolbox, Events.h: kVK_ANSI_A is 0)."""
_NAMED = {
    Qt.Key.Key_Return: 0x24,
    Qt.Key.Key_Tab: 0x30,
    Qt.Key.Key_Space: 0x31,
    Qt.Key.Key_Backspace: 0x33,
    Qt.Key.Key_Escape: 0x35,
    Qt.Key.Key_Enter: 0x4C,
    Qt.Key.Key_Home: 0x73,
    Qt.Key.Key_PageUp: 0x74,
    Qt.Key.Key_Delete: 0x75,
    Qt.Key.Key_End: 0x77,
    Qt.Key.Key_PageDown: 0x79,
    Qt.Key.Key_Left: 0x7B,
    Qt.Key.Key_Right: 0x7C,
    Qt.Key.Key_Down: 0x7D,
    Qt.Key.Key_Up: 0x7E,
}
_FUNCTION = (0x7A, 0x78, 0x63, 0x76, 0x60, 0x61, 0x62, 0x64, 0x65, 0x6D, 0x67, 0x6F, 0x69, 0x6B, 0x71, 0x6A, 0x40,
             0x4F, 0x50, 0x5A)  # fmt: skip
"""F1 and on."""


class _HotKeyId(ctypes.Structure):
    _fields_ = (("signature", ctypes.c_uint32), ("number", ctypes.c_uint32))


class _EventType(ctypes.Structure):
    _fields_ = (("event_class", ctypes.c_uint32), ("kind", ctypes.c_uint32))


_Handler = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)


class MacKeys(GlobalKeys):
    """Hot keys of this program, told on the main thread, which is the only one Carbon may be used on."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._carbon = _load_carbon()
        self._numbers = count(1)
        self._held: dict[int, tuple[str, ctypes.c_void_p]] = {}
        self._handler = _Handler(self._hear)  # Carbon keeps its address alone.
        self._installed = ctypes.c_void_p()
        self._polled = PolledKeys(_is_down, self._heard.emit, self)

    def _hold(self, name: str, chord: Chord) -> str:
        code = _code(chord)
        if code is None:
            return f"This keyboard has no key for {chord.text}. Choose another."
        target = self._carbon.GetApplicationEventTarget()
        if not self._installed:
            kind = _EventType(_CLASS_KEYBOARD, _HOT_KEY_PRESSED)
            self._carbon.InstallEventHandler(
                target, self._handler, 1, ctypes.byref(kind), None, ctypes.byref(self._installed)
            )
        number, reference = next(self._numbers), ctypes.c_void_p()
        state = sum(_MODIFIERS[modifier] for modifier in chord.modifiers)
        status = self._carbon.RegisterEventHotKey(
            code, state, _HotKeyId(_SIGNATURE, number), target, 0, ctypes.byref(reference)
        )
        if status == _HOT_KEY_EXISTS:
            return f"Another program already holds {chord.text}. Close that program, or choose other keys."
        if status != 0:
            return f"macOS does not give {chord.text} away. Choose other keys."
        self._held[number] = (name, reference)
        return ""

    def _watch(self, name: str, key: Chord) -> str:
        code = _code(key)
        if code is None:
            return UNHEARD
        self._polled.watch(name, code)
        return ""

    def _release(self, name: str) -> None:
        self._polled.release(name)
        for number in [number for number, (holder, _) in self._held.items() if holder == name]:
            self._carbon.UnregisterEventHotKey(self._held.pop(number)[1])
        if not self._held and self._installed:
            self._carbon.RemoveEventHandler(self._installed)
            self._installed = ctypes.c_void_p()

    def _hear(self, _call: int, event: int, _data: int) -> int:
        told = _HotKeyId()
        status = self._carbon.GetEventParameter(
            event, _DIRECT_OBJECT, _TYPE_HOT_KEY_ID, None, ctypes.sizeof(told), None, ctypes.byref(told)
        )
        if status != 0 or told.signature != _SIGNATURE or told.number not in self._held:
            return _NOT_HANDLED
        self._heard.emit(self._held[told.number][0])
        return 0


def _is_down(code: int) -> bool:
    return bool(Quartz.CGEventSourceKeyState(Quartz.kCGEventSourceStateCombinedSessionState, code))


def _code(chord: Chord) -> int | None:
    key = chord.key
    if Qt.Key.Key_F1 <= key < Qt.Key.Key_F1 + len(_FUNCTION):
        return _FUNCTION[key - Qt.Key.Key_F1]
    if key in _NAMED:
        return _NAMED[key]
    return _PRINTED.get(chr(key).lower()) if 0x20 < key < 0x7F else None


def _load_carbon() -> Any:
    carbon = ctypes.CDLL(ctypes.util.find_library("Carbon"))
    pointer, number = ctypes.c_void_p, ctypes.c_uint32
    carbon.GetApplicationEventTarget.restype = pointer
    carbon.InstallEventHandler.argtypes = (pointer, _Handler, ctypes.c_ulong, pointer, pointer, pointer)
    carbon.RemoveEventHandler.argtypes = (pointer,)
    carbon.RegisterEventHotKey.argtypes = (number, number, _HotKeyId, pointer, number, pointer)
    carbon.UnregisterEventHotKey.argtypes = (pointer,)
    carbon.GetEventParameter.argtypes = (pointer, number, number, pointer, ctypes.c_ulong, pointer, pointer)
    return carbon

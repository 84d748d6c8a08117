"""X11: held keys are passive grabs of the root window, watched ones are seen among the raw keys (XInput 2.1)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Qt
from Xlib import XK, X
from Xlib.error import BadAccess, CatchError
from Xlib.ext import ge, xinput
from Xlib.protocol import rq

from app.hotkeys.chord import Chord
from app.hotkeys.keys import UNHEARD, GlobalKeys
from app.hotkeys.x11_thread import DisplayThread

_MASKS = {
    Qt.KeyboardModifier.ControlModifier: X.ControlMask,
    Qt.KeyboardModifier.AltModifier: X.Mod1Mask,
    Qt.KeyboardModifier.ShiftModifier: X.ShiftMask,
    Qt.KeyboardModifier.MetaModifier: X.Mod4Mask,
}
_KEYSYMS = {
    Qt.Key.Key_Escape: XK.XK_Escape,
    Qt.Key.Key_Tab: XK.XK_Tab,
    Qt.Key.Key_Backspace: XK.XK_BackSpace,
    Qt.Key.Key_Return: XK.XK_Return,
    Qt.Key.Key_Enter: XK.XK_KP_Enter,
    Qt.Key.Key_Insert: XK.XK_Insert,
    Qt.Key.Key_Delete: XK.XK_Delete,
    Qt.Key.Key_Pause: XK.XK_Pause,
    Qt.Key.Key_Print: XK.XK_Print,
    Qt.Key.Key_Home: XK.XK_Home,
    Qt.Key.Key_End: XK.XK_End,
    Qt.Key.Key_Left: XK.XK_Left,
    Qt.Key.Key_Up: XK.XK_Up,
    Qt.Key.Key_Right: XK.XK_Right,
    Qt.Key.Key_Down: XK.XK_Down,
    Qt.Key.Key_PageUp: XK.XK_Page_Up,
    Qt.Key.Key_PageDown: XK.XK_Page_Down,
    Qt.Key.Key_ScrollLock: XK.XK_Scroll_Lock,
    Qt.Key.Key_Menu: XK.XK_Menu,
}
_RAW_KEY = rq.Struct(rq.Card16("deviceid"), rq.Card32("time"), rq.Card32("detail"))
"""The beginning of an xXIRawEvent after its type, which is all that is read of it."""


class X11Keys(GlobalKeys):
    """One connection in a thread of its own, while anything is held or watched. `display` is named by the environment
    when empty."""

    def __init__(self, display: str = "", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._display = display
        self._thread: DisplayThread | None = None
        self._keyboard: _Keyboard | None = None
        self._taken: set[str] = set()

    def _hold(self, name: str, chord: Chord) -> str:
        return self._ask(name, lambda keyboard: keyboard.hold(name, chord))

    def _watch(self, name: str, key: Chord) -> str:
        return self._ask(name, lambda keyboard: keyboard.watch(name, key))

    def _ask(self, name: str, request: Callable[[_Keyboard], str]) -> str:
        thread, keyboard = self._thread, self._keyboard
        if thread is None or keyboard is None or not thread.is_alive():
            keyboard = _Keyboard(self._heard.emit)
            thread = DisplayThread(self._display, keyboard.begin, keyboard.hear)
            self._thread, self._keyboard, self._taken = thread, keyboard, set()
            thread.start()
        problem = thread.ask(partial(request, keyboard), UNHEARD)
        if problem:
            self._end_if_idle()
        else:
            self._taken.add(name)
        return problem

    def _release(self, name: str) -> None:
        self._taken.discard(name)
        if self._thread is not None and self._keyboard is not None and self._taken:
            self._thread.ask(partial(self._keyboard.release, name), "")
        self._end_if_idle()

    def _end_if_idle(self) -> None:
        if self._thread is not None and not self._taken:
            self._thread.end()  # With its connection go its grabs.
            self._thread = self._keyboard = None


class _Keyboard:
    """What is held and watched on one display. Lives on the display's thread."""

    def __init__(self, heard: Callable[[str], object]) -> None:
        self._heard = heard
        self._held: dict[str, Chord] = {}
        self._watched: dict[str, Chord] = {}
        self._released = (0, 0)
        """Key code and time of the last release: a press at the same time is the key's repetition."""

    def begin(self, display: Any) -> None:
        """Learn the display."""
        self._display = display
        self._root = display.screen().root
        self._num_lock = _mask_of(display, XK.XK_Num_Lock)

    def hold(self, name: str, chord: Chord) -> str:
        """``""``, or why it can not be had."""
        code = self._code(chord)
        if not code:
            return f"This keyboard has no key for {chord.text}. Choose another."
        refused = CatchError(BadAccess)
        self._grab(chord, code, refused)
        self._display.sync()
        if refused.get_error() is not None:
            self._ungrab(chord, code)
            return f"Another program already holds {chord.text}. Close that program, or choose other keys."
        self._held[name] = chord
        return ""

    def watch(self, name: str, key: Chord) -> str:
        """``""``, or why it can not be had."""
        if not self._code(key) or not self._sees_raw_keys():
            return UNHEARD
        self._watched[name] = key
        self._select(xinput.RawKeyPressMask)
        return ""

    def release(self, name: str) -> str:
        """Always ``""``."""
        if (chord := self._held.pop(name, None)) is not None:
            self._ungrab(chord, self._code(chord))
        if self._watched.pop(name, None) is not None and not self._watched:
            self._select(0)
        return ""

    def hear(self, event: Any) -> None:
        """Tell of the names that an event of the display belongs to, and forget every other key at once."""
        if event.type == X.KeyPress:
            if self._released != (event.detail, event.time):
                state = event.state & ~(X.LockMask | self._num_lock) & 0xFF
                self._tell(self._held, event.detail, state)
        elif event.type == X.KeyRelease:
            self._released = (event.detail, event.time)
        elif event.type == X.MappingNotify:
            self._display.refresh_keyboard_mapping(event)
            self._root.ungrab_key(X.AnyKey, X.AnyModifier)
            for chord in self._held.values():
                self._grab(chord, self._code(chord), CatchError(BadAccess))
        elif event.type == ge.GenericEventCode and event.evtype == xinput.RawKeyPress:
            self._tell(self._watched, event.data["detail"], None)

    def _tell(self, names: dict[str, Chord], code: int, state: int | None) -> None:
        for name, chord in names.items():
            if self._code(chord) == code and state in (None, _state(chord)):
                self._heard(name)

    def _code(self, chord: Chord) -> int:
        keysym = _keysym(chord.key)
        return int(self._display.keysym_to_keycode(keysym)) if keysym else 0

    def _locks(self) -> tuple[int, ...]:
        """A chord is the same chord whichever locks are on."""
        return (0, X.LockMask, self._num_lock, X.LockMask | self._num_lock)

    def _grab(self, chord: Chord, code: int, refused: CatchError) -> None:
        for lock in self._locks():
            state = _state(chord) | lock
            self._root.grab_key(code, state, False, X.GrabModeAsync, X.GrabModeAsync, onerror=refused)

    def _ungrab(self, chord: Chord, code: int) -> None:
        for lock in self._locks():
            self._root.ungrab_key(code, _state(chord) | lock)
        self._display.sync()

    def _sees_raw_keys(self) -> bool:
        if not self._display.has_extension("XInputExtension"):
            return False
        version = self._display.xinput_query_version()
        if (version.major_version, version.minor_version) < (2, 0):
            return False
        opcode = self._display.display.get_extension_major("XInputExtension")
        self._display.ge_add_event_data(opcode, xinput.RawKeyPress, _RAW_KEY)
        return True

    def _select(self, mask: int) -> None:
        self._root.xinput_select_events([(xinput.AllMasterDevices, mask)])
        self._display.sync()


def _state(chord: Chord) -> int:
    return sum(_MASKS[modifier] for modifier in chord.modifiers)


def _keysym(key: Qt.Key) -> int:
    """0 for a key that X has no name for."""
    if Qt.Key.Key_F1 <= key <= Qt.Key.Key_F35:
        return int(XK.XK_F1) + key - Qt.Key.Key_F1
    if 0x20 <= key < 0x100:
        return ord(chr(key).lower())  # Keysyms of Latin 1 are its characters.
    return int(_KEYSYMS.get(key, 0))


def _mask_of(display: Any, keysym: int) -> int:
    """The modifier that a key is, 0 for none."""
    code = display.keysym_to_keycode(keysym)
    with suppress(StopIteration):
        if code:
            return 1 << next(at for at, codes in enumerate(display.get_modifier_mapping()) if code in codes)
    return 0

"""Keys that are heard while another program is in front, and which way this desktop has for it."""

from __future__ import annotations

import sys
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication

from app.hotkeys.chord import Chord, parse_chord

UNHEARD = "This desktop does not tell Fingerpost of keys that are pressed in other programs. Use its window instead."


class GlobalKeys(QObject):
    """Held keys are taken from the program in front; watched ones reach it as well. Main thread; close it at the end.
    This one hears nothing; each system's own is made by `pick_keys`.

    What is pressed becomes `pressed` within the turn of the event loop that follows, whatever thread heard it. A chord
    that is kept down is pressed once.
    """

    pressed = Signal(str)
    """The name that the chord is held or watched by."""
    lost = Signal(str, str)
    """A name that was given and can not be had after all, and a sentence why: some desktops ask the person first."""
    _heard = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._names: set[str] = set()
        self._heard.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def hold(self, name: str, chord: str) -> str:
        """Hear `chord`, like ``Ctrl+Alt+Escape``, under `name` instead of what it had. Answers ``""``, or why not."""
        return self._begin(name, chord, self._hold)

    def watch(self, name: str, key: str) -> str:
        """Hear a key without modifiers, like ``Escape``, and leave it to the program in front. Answers as `hold`."""
        return self._begin(name, key, self._watch)

    def release(self, name: str) -> None:
        """Hear `name` no longer; one that is unknown is nothing to release."""
        if name in self._names:
            self._names.discard(name)
            self._release(name)

    def close(self) -> None:
        """Release everything. May be used again."""
        for name in tuple(self._names):
            self.release(name)

    def _begin(self, name: str, keys: str, begin: Callable[[str, Chord], str]) -> str:
        self.release(name)
        try:
            chord = parse_chord(keys)
        except ValueError as error:
            return str(error)
        problem = begin(name, chord)
        if not problem:
            self._names.add(name)
        return problem

    def _tell(self, name: str) -> None:
        if name in self._names:
            self.pressed.emit(name)

    def _hold(self, name: str, chord: Chord) -> str:
        return UNHEARD

    def _watch(self, name: str, key: Chord) -> str:
        return UNHEARD

    def _release(self, name: str) -> None:
        """Whatever `_hold` and `_watch` did for `name`."""


def pick_keys(parent: QObject | None = None) -> GlobalKeys:
    """The way of this session. Nothing is connected to, and no thread runs, until a first key is held or watched."""
    # Imported here, because one system's libraries are not there on another.
    if sys.platform == "win32":
        from app.hotkeys.windows import WindowsKeys  # noqa: PLC0415

        return WindowsKeys(parent)
    if sys.platform == "darwin":
        from app.hotkeys.macos import MacKeys  # noqa: PLC0415

        return MacKeys(parent)
    if QGuiApplication.platformName() == "xcb":
        from app.hotkeys.x11 import X11Keys  # noqa: PLC0415

        return X11Keys(parent=parent)
    return GlobalKeys(parent)

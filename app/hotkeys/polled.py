"""Watching a key by asking for its state, for systems that tell of another program's keys only through hooks."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

_PERIOD_MS = 30
"""Shorter than the quickest press of a key, and well under the tenth of a second in which it must be heard."""


class PolledKeys(QObject):
    """Asks `is_down(key code)` while anything is watched, and tells `heard` a name when its key goes down."""

    def __init__(self, is_down: Callable[[int], bool], heard: Callable[[str], object], parent: QObject) -> None:
        super().__init__(parent)
        self._is_down, self._heard = is_down, heard
        self._codes: dict[str, int] = {}
        self._down: dict[str, bool] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(_PERIOD_MS)
        self._timer.timeout.connect(self._look)

    def watch(self, name: str, code: int) -> None:
        """A key that is down already must first go up."""
        self._codes[name] = code
        self._down[name] = self._is_down(code)
        self._timer.start()

    def release(self, name: str) -> None:
        """Watch it no longer."""
        self._codes.pop(name, None)
        self._down.pop(name, None)
        if not self._codes:
            self._timer.stop()

    def _look(self) -> None:
        for name, code in self._codes.items():
            down = self._is_down(code)
            if down and not self._down[name]:
                self._heard(name)
            self._down[name] = down

"""Pointing on the live screen: what is drawn, how long, and what ends it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from PySide6.QtCore import QObject, QRect, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from app.capture.screens import current_screens
from app.domain.screen import ScreenMark, WindowRef
from app.hotkeys.keys import GlobalKeys, pick_keys
from app.look import Look
from app.overlay.pointer_drawer import Drawer, NoDrawer, WindowDrawer
from app.overlay.pointer_panes import Pane, panes_of

Reason = Literal["escape", "timeout", "moved", "closed", "changed", "asked"]

_LOOK_MS = 250
_ESCAPE = "fingerpost-pointer"


class ScreenPointer(QObject):
    """Marks with their arms over all programs. They let clicks through and go away on Escape, after their time, and as
    soon as the window they point into has moved, closed or changed: an arm never points at what is no longer there.

    `find` tells where a window is now, None when it is not seen any more; it is asked four times a second.
    """

    hidden = Signal(str)
    """Nothing is pointed at any more, and why: a `Reason`. Not told when `point` follows on `point`."""

    def __init__(
        self,
        look: Look,
        find: Callable[[WindowRef], WindowRef | None],
        parent: QObject | None = None,
        *,
        keys: GlobalKeys | None = None,
        drawer: Drawer | None = None,
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._find = find
        self._keys = keys or pick_keys(self)
        self._keys.pressed.connect(self._press)
        self._drawer = drawer or pick_drawer(self)
        self._window: WindowRef | None = None
        self._panes: tuple[Pane, ...] = ()
        self._watch = QTimer(self)
        self._watch.setInterval(_LOOK_MS)
        self._watch.timeout.connect(self._check_window)
        self._time = QTimer(self)
        self._time.setSingleShot(True)
        self._time.timeout.connect(lambda: self._end("timeout"))
        desktop = QGuiApplication.instance()
        if isinstance(desktop, QGuiApplication):
            desktop.screenAdded.connect(self._screens_changed)
            desktop.screenRemoved.connect(self._screens_changed)
            desktop.aboutToQuit.connect(self.close)

    def obstacle(self) -> str:
        """``""``, or a sentence why nothing can be drawn on this desktop: the marked picture is the answer then."""
        return self._drawer.obstacle()

    def point(
        self,
        marks: Sequence[ScreenMark],
        window: WindowRef | None = None,
        seconds: float = 0.0,
        *,
        screen: str = "",
    ) -> None:
        """Draw `marks` instead of what was drawn, for `seconds` (0: until something else ends it). `window` is the one
        they lie in, as it was when they were found. `screen` is the monitor of their capture (`Place.screen`): on macOS
        and Wayland device pixels alone do not tell which one is meant."""
        self._stop()
        self._window = window
        if self._check_window():
            self._panes = panes_of(marks, current_screens(), screen)
            if not self._panes:
                self._end("moved", always=True)
                return
            self._drawer.draw(self._look, self._panes)
            self._keys.watch(_ESCAPE, "Escape")
            if window is not None:
                self._watch.start()
            if seconds > 0:
                self._time.start(round(seconds * 1000))

    def hide(self) -> None:
        """Point at nothing."""
        self._end("asked")

    def note_changed(self) -> None:
        """What is pointed at looks different now."""
        self._end("changed")

    def set_look(self, look: Look) -> None:
        """Colours and sizes from now on."""
        self._look = look
        if self._panes:
            self._drawer.draw(look, self._panes)

    def areas(self) -> tuple[QRect, ...]:
        """Where it is drawn now, in Qt's coordinates of the desktop: rectangles that another window keeps clear of."""
        return self._drawer.areas()

    def close(self) -> None:
        """End everything, without a signal."""
        self._stop()
        self._panes = ()
        self._drawer.close()

    def _check_window(self) -> bool:
        """Whether the window is where it was; ends the pointing when it is not."""
        if self._window is None:
            return True
        now = self._find(self._window)
        if now is not None and now.frame == self._window.frame:
            return True
        self._end("closed" if now is None else "moved", always=True)
        return False

    def _press(self, name: str) -> None:
        if name == _ESCAPE:
            self._end("escape")

    def _screens_changed(self) -> None:
        self._end("moved")

    def _stop(self) -> None:
        """All that could end it."""
        self._watch.stop()
        self._time.stop()
        self._keys.release(_ESCAPE)

    def _end(self, reason: Reason, *, always: bool = False) -> None:
        self._stop()
        self._window = None
        shown, self._panes = bool(self._panes), ()
        self._drawer.clear()
        if shown or always:
            self.hidden.emit(reason)


def pick_drawer(parent: QObject) -> Drawer:
    """The way to draw on this desktop."""
    return NoDrawer(parent) if QGuiApplication.platformName() == "wayland" else WindowDrawer(parent)

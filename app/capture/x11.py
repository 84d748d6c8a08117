"""X11: pixels through mss, windows through the hints that window managers publish (EWMH)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from Xlib import X
from Xlib.display import Display
from Xlib.error import DisplayError, XError

from app.capture.pixels import grab_area, grab_screens
from app.capture.shot import Shot, Taken
from app.capture.source import Availability, cut_window, front_window, refuse_blank
from app.domain.geometry import Rect, Screen
from app.domain.screen import WindowRef

_ON_ALL_DESKTOPS = 0xFFFFFFFF
_NOT_A_PROGRAM = ("DESKTOP", "DOCK", "SPLASH", "NOTIFICATION", "TOOLTIP", "DROPDOWN_MENU", "POPUP_MENU")


class X11Source:
    """The display that the environment names. Any program may look, so nobody is asked."""

    leaves_itself_out = False

    def availability(self) -> Availability:
        """Whether the display can be reached."""
        try:
            Display().close()
        except (DisplayError, OSError):
            return Availability("unavailable", "The X display can not be reached. Start Fingerpost from the desktop.")
        return Availability("ok")

    def ask(self) -> Availability:
        """Nothing to ask for."""
        return self.availability()

    def grab_all(self, screens: Sequence[Screen]) -> tuple[Shot, ...]:
        """See `ScreenSource`."""
        shots = grab_screens(screens)
        refuse_blank(shots)
        return shots

    def grab_window(self, screens: Sequence[Screen]) -> Taken:
        """See `ScreenSource`."""
        window = self.active_window(screens)
        return cut_window(self.grab_all(screens), window)

    def grab_area(self, area: Rect, screens: Sequence[Screen]) -> Taken | None:
        """See `ScreenSource`."""
        return grab_area(area, screens)

    def active_window(self, screens: Sequence[Screen]) -> WindowRef | None:
        """See `ScreenSource`. None without a window manager."""
        with _windows() as windows:
            return front_window(windows.from_the_front(), os.getpid()) if windows else None

    def focused_window(self, screens: Sequence[Screen]) -> WindowRef | None:
        """See `ScreenSource`."""
        with _windows() as windows:
            front = next(windows.from_the_front(), None) if windows else None
            return front if windows and front and windows.is_active(front) and front.process != os.getpid() else None

    def find_window(self, handle: int, screens: Sequence[Screen]) -> WindowRef | None:
        """See `ScreenSource`."""
        with _windows() as windows:
            return windows.find(handle) if windows else None

    def close(self) -> None:
        """Nothing waits."""


@contextmanager
def _windows() -> Iterator[_Windows | None]:
    """The windows of the display, None where it can not be reached. A connection of its own: this runs anywhere."""
    try:
        display = Display()
    except (DisplayError, OSError):
        yield None
        return
    try:
        yield _Windows(display)
    finally:
        display.close()


class _Windows:
    """The managed windows of one display."""

    def __init__(self, display: Any) -> None:
        self._display = display
        self._root = display.screen().root

    def is_active(self, window: WindowRef) -> bool:
        """Whether the manager gives it the keyboard."""
        return self._values(self._root, "_NET_ACTIVE_WINDOW")[:1] == [window.handle]

    def from_the_front(self) -> Iterator[WindowRef]:
        """The active window, then all others from top to bottom; those that are not seen are left out."""
        active = self._values(self._root, "_NET_ACTIVE_WINDOW")[:1]
        stacking = reversed(self._values(self._root, "_NET_CLIENT_LIST_STACKING"))
        for number in [*active, *stacking]:
            window = self.find(number)
            if window is not None:
                yield window

    def find(self, number: int) -> WindowRef | None:
        """The window, None when it is not seen or closed, even while we look."""
        if not number:
            return None
        window = self._display.create_resource_object("window", number)
        try:
            if self._is_seen(window):
                return WindowRef(number, self._process(window), self._title(window), self._frame(window))
        except XError:
            return None
        return None

    def _is_seen(self, window: Any) -> bool:
        desktop = (self._values(self._root, "_NET_CURRENT_DESKTOP") or [0])[0]
        hidden = self._display.get_atom("_NET_WM_STATE_HIDDEN") in self._values(window, "_NET_WM_STATE")
        where = self._values(window, "_NET_WM_DESKTOP")
        elsewhere = bool(where) and where[0] not in (desktop, _ON_ALL_DESKTOPS)
        kinds = map(self._display.get_atom_name, self._values(window, "_NET_WM_WINDOW_TYPE"))
        unwanted = any(kind.removeprefix("_NET_WM_WINDOW_TYPE_") in _NOT_A_PROGRAM for kind in kinds)
        return not hidden and not elsewhere and not unwanted and window.get_attributes().map_state == X.IsViewable

    def _frame(self, window: Any) -> Rect:
        size = window.get_geometry()
        corner = self._root.translate_coords(window, 0, 0)
        # The manager's frame lies outside the window; a shadow drawn by the program itself lies inside it.
        left, right, top, bottom = (self._values(window, "_NET_FRAME_EXTENTS") + [0] * 4)[:4]
        shadow_left, shadow_right, shadow_top, shadow_bottom = (self._values(window, "_GTK_FRAME_EXTENTS") + [0] * 4)[
            :4
        ]
        left, right, top, bottom = left - shadow_left, right - shadow_right, top - shadow_top, bottom - shadow_bottom
        width, height = size.width + left + right, size.height + top + bottom
        return Rect(corner.x - left, corner.y - top, width, height)

    def _title(self, window: Any) -> str:
        for name in ("_NET_WM_NAME", "WM_NAME"):
            found = window.get_full_property(self._display.get_atom(name), X.AnyPropertyType)
            if found is not None and found.value:
                return found.value.decode("utf-8", "replace") if isinstance(found.value, bytes) else str(found.value)
        return ""

    def _process(self, window: Any) -> int:
        return (self._values(window, "_NET_WM_PID") or [0])[0]

    def _values(self, window: Any, name: str) -> list[int]:
        found = window.get_full_property(self._display.get_atom(name), X.AnyPropertyType)
        return [int(value) for value in found.value] if found is not None and found.format == 32 else []

"""Windows: pixels through mss (GDI), windows through user32 and the desktop window manager."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator, Sequence
from ctypes import wintypes

from app.capture.pixels import grab_area, grab_screens
from app.capture.shot import Shot, Taken
from app.capture.source import Availability, cut_window, front_window, refuse_blank
from app.domain.geometry import Rect, Screen
from app.domain.screen import WindowRef

# Type checkers on other systems stop here: ctypes has no WinDLL there.
assert sys.platform == "win32"

_DWMWA_EXTENDED_FRAME_BOUNDS = 9
_DWMWA_CLOAKED = 14
_GWL_EXSTYLE = -20
_WS_EX_TOOLWINDOW = 0x80
_DESKTOP_CLASSES = ("Progman", "WorkerW", "Shell_TrayWnd", "Shell_SecondaryTrayWnd")


class WindowsSource:
    """The desktop of this session. Any program may look, so nobody is asked."""

    leaves_itself_out = False

    def availability(self) -> Availability:
        """Always there; a locked screen shows when it is read."""
        return Availability("ok")

    def ask(self) -> Availability:
        """Nothing to ask for."""
        return Availability("ok")

    def grab_all(self, screens: Sequence[Screen]) -> tuple[Shot, ...]:
        """See `ScreenSource`."""
        # Two frames of the compositor: our windows have left the screen after that.
        dwm = ctypes.WinDLL("dwmapi")
        dwm.DwmFlush()
        dwm.DwmFlush()
        shots = grab_screens(screens)
        refuse_blank(shots)
        return shots

    def grab_window(self, screens: Sequence[Screen]) -> Taken:
        """See `ScreenSource`. What lies over the window is in the picture too."""
        window = self.active_window(screens)
        return cut_window(self.grab_all(screens), window)

    def grab_area(self, area: Rect, screens: Sequence[Screen]) -> Taken | None:
        """See `ScreenSource`."""
        return grab_area(area, screens)

    def active_window(self, screens: Sequence[Screen]) -> WindowRef | None:
        """See `ScreenSource`."""
        return front_window(_Windows().from_the_front(), os.getpid())

    def focused_window(self, screens: Sequence[Screen]) -> WindowRef | None:
        """See `ScreenSource`."""
        windows = _Windows()
        front = windows.find(windows.foreground)
        return front if front is not None and front.process != os.getpid() else None

    def find_window(self, handle: int, screens: Sequence[Screen]) -> WindowRef | None:
        """See `ScreenSource`."""
        return _Windows().find(handle)

    def close(self) -> None:
        """Nothing waits."""


class _Windows:
    """The top-level windows. Handles are given their types here: a bare `int` would lose half of them."""

    def __init__(self) -> None:
        self._user = ctypes.WinDLL("user32", use_last_error=True)
        self._dwm = ctypes.WinDLL("dwmapi")
        self._user.GetForegroundWindow.restype = wintypes.HWND
        for name in ("IsWindowVisible", "IsIconic", "GetWindowTextLengthW"):
            getattr(self._user, name).argtypes = (wintypes.HWND,)
        self._user.GetWindowLongW.argtypes = (wintypes.HWND, ctypes.c_int)
        for name in ("GetWindowTextW", "GetClassNameW"):
            getattr(self._user, name).argtypes = (wintypes.HWND, wintypes.LPWSTR, ctypes.c_int)
        self._user.GetWindowThreadProcessId.argtypes = (wintypes.HWND, ctypes.POINTER(wintypes.DWORD))
        self._user.GetWindowRect.argtypes = (wintypes.HWND, ctypes.POINTER(wintypes.RECT))
        self._dwm.DwmGetWindowAttribute.argtypes = (wintypes.HWND, wintypes.DWORD, ctypes.c_void_p, wintypes.DWORD)

    @property
    def foreground(self) -> int:
        """The window that has the keyboard, 0 for none."""
        return int(self._user.GetForegroundWindow() or 0)

    def from_the_front(self) -> Iterator[WindowRef]:
        """The foreground window, then all others from top to bottom; those that are not seen are left out."""
        handles: list[int] = []
        callback_type = ctypes.WINFUNCTYPE(wintypes.BOOL, wintypes.HWND, wintypes.LPARAM)

        def collect(handle: int, _: int) -> bool:
            handles.append(handle)
            return True

        callback = callback_type(collect)
        self._user.EnumWindows.argtypes = (callback_type, wintypes.LPARAM)
        self._user.EnumWindows(callback, 0)
        foreground = self.foreground
        for handle in [foreground, *handles] if foreground else handles:
            window = self.find(handle)
            if window is not None:
                yield window

    def find(self, handle: int) -> WindowRef | None:
        """The window, None when it is not seen or closed."""
        if not handle or not self._is_seen(handle):
            return None
        return WindowRef(handle, self._process(handle), self._text(handle), self._frame(handle))

    def _is_seen(self, handle: int) -> bool:
        if not self._user.IsWindowVisible(handle) or self._user.IsIconic(handle):
            return False
        cloaked = wintypes.DWORD()
        self._dwm.DwmGetWindowAttribute(handle, _DWMWA_CLOAKED, ctypes.byref(cloaked), ctypes.sizeof(cloaked))
        tool = self._user.GetWindowLongW(handle, _GWL_EXSTYLE) & _WS_EX_TOOLWINDOW
        name = ctypes.create_unicode_buffer(256)
        self._user.GetClassNameW(handle, name, len(name))
        return not cloaked.value and not tool and name.value not in _DESKTOP_CLASSES and bool(self._text(handle))

    def _frame(self, handle: int) -> Rect:
        """Device pixels, without the invisible resize border that GetWindowRect counts in."""
        area = wintypes.RECT()
        failed = self._dwm.DwmGetWindowAttribute(
            handle, _DWMWA_EXTENDED_FRAME_BOUNDS, ctypes.byref(area), ctypes.sizeof(area)
        )
        if failed:
            self._user.GetWindowRect(handle, ctypes.byref(area))
        return Rect(area.left, area.top, area.right - area.left, area.bottom - area.top)

    def _text(self, handle: int) -> str:
        text = ctypes.create_unicode_buffer(self._user.GetWindowTextLengthW(handle) + 1)
        self._user.GetWindowTextW(handle, text, len(text))
        return text.value

    def _process(self, handle: int) -> int:
        process = wintypes.DWORD()
        self._user.GetWindowThreadProcessId(handle, ctypes.byref(process))
        return process.value

"""How a small window lies over all programs and lets everything through, by window system."""

from __future__ import annotations

import sys

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QGuiApplication, QScreen
from PySide6.QtWidgets import QWidget

STACKED_BY_US = ("xcb", "windows")
"""Window systems on which a window stays on top only as long as it is raised again."""


def float_over(window: QWidget, screen: QScreen, area: QRect) -> None:
    """Show `window` at `area`, in Qt's coordinates of the desktop on `screen`: above all programs, without a frame, a
    button in the task bar or the focus, and clicks go through. Called once, before it is first shown."""
    flags = (
        Qt.WindowType.FramelessWindowHint
        | Qt.WindowType.WindowStaysOnTopHint
        | Qt.WindowType.Tool
        | Qt.WindowType.WindowTransparentForInput
        | Qt.WindowType.WindowDoesNotAcceptFocus
        | Qt.WindowType.NoDropShadowWindowHint
    )
    if QGuiApplication.platformName() == "xcb":
        # Some managers put a frame window around it that swallows clicks although it lets them through itself.
        flags |= Qt.WindowType.BypassWindowManagerHint
    window.setWindowFlags(flags)
    for attribute in (
        Qt.WidgetAttribute.WA_ShowWithoutActivating,
        Qt.WidgetAttribute.WA_TransparentForMouseEvents,
        Qt.WidgetAttribute.WA_MacAlwaysShowToolWindow,
    ):
        window.setAttribute(attribute)
    window.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
    window.setScreen(screen)
    window.setGeometry(area)
    window.show()
    if sys.platform == "win32":
        _pass_through(int(window.winId()))
    elif sys.platform == "darwin":
        _lift(int(window.winId()))
    window.raise_()


def blends(wayland: bool) -> bool:
    """Whether what lies below a translucent window is seen through it. On X11 that takes a compositor, which a Wayland
    desktop always is."""
    if QGuiApplication.platformName() != "xcb" or wayland:
        return True
    # Not there on other systems.
    from Xlib.display import Display  # noqa: PLC0415
    from Xlib.error import DisplayError  # noqa: PLC0415

    try:
        display = Display()
    except (DisplayError, OSError):
        return False
    try:
        owner = display.get_selection_owner(display.get_atom(f"_NET_WM_CM_S{display.get_default_screen()}"))
        return bool(owner)
    finally:
        display.close()


if sys.platform == "win32":
    import ctypes

    _GWL_EXSTYLE = -20
    _LAYERED, _TRANSPARENT, _NO_ACTIVATE, _TOOL_WINDOW = 0x80000, 0x20, 0x8000000, 0x80

    def _pass_through(handle: int) -> None:
        """Qt sets most of these itself; without all of them a click stays with the window."""
        user32 = ctypes.WinDLL("user32")
        for function in (user32.GetWindowLongPtrW, user32.SetWindowLongPtrW):
            function.restype = ctypes.c_ssize_t
        user32.GetWindowLongPtrW.argtypes = (ctypes.c_void_p, ctypes.c_int)
        user32.SetWindowLongPtrW.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_ssize_t)
        style = user32.GetWindowLongPtrW(handle, _GWL_EXSTYLE)
        style |= _LAYERED | _TRANSPARENT | _NO_ACTIVATE | _TOOL_WINDOW
        user32.SetWindowLongPtrW(handle, _GWL_EXSTYLE, style)


if sys.platform == "darwin":

    def _lift(view: int) -> None:
        # Cocoa comes with the capture's own bindings.
        import AppKit  # noqa: PLC0415
        import objc  # noqa: PLC0415

        window = objc.objc_object(c_void_p=view).window()
        window.setLevel_(AppKit.NSScreenSaverWindowLevel)
        window.setIgnoresMouseEvents_(True)
        window.setHidesOnDeactivate_(False)
        window.setCollectionBehavior_(
            AppKit.NSWindowCollectionBehaviorCanJoinAllSpaces
            | AppKit.NSWindowCollectionBehaviorStationary
            | AppKit.NSWindowCollectionBehaviorIgnoresCycle
            | AppKit.NSWindowCollectionBehaviorFullScreenAuxiliary
        )

"""How a window comes to lie over a whole monitor, by window system."""

from __future__ import annotations

import sys

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QScreen
from PySide6.QtWidgets import QWidget

_STACKING = ("xcb", "windows", "cocoa")
"""Window systems that let a program raise its own windows."""


def cover(window: QWidget, screen: QScreen) -> None:
    """Show `window` over all of `screen`, panels and menu bars included. Called once, before it is first shown."""
    flags = Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint
    platform = QGuiApplication.platformName()
    if platform in ("windows", "cocoa"):
        # A tool has no button in the task bar.
        flags |= Qt.WindowType.Tool
    elif platform == "xcb":
        # Managers move, decorate and animate what they manage; the frozen screen must lie exactly on the real one.
        flags |= Qt.WindowType.BypassWindowManagerHint
    window.setWindowFlags(flags)
    # The main window is hidden meanwhile: hiding this one must not end the program.
    window.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
    window.setAttribute(Qt.WidgetAttribute.WA_MacAlwaysShowToolWindow)
    window.setScreen(screen)
    window.setGeometry(screen.geometry())
    if platform == "wayland":
        # A Wayland window has no position, but may fill an output.
        window.showFullScreen()
    else:
        window.show()
    if sys.platform == "darwin":
        _lift_over_menu_bar(window)
    if platform in _STACKING:
        window.raise_()
        window.activateWindow()


def grab_keyboard(window: QWidget) -> bool:
    """Whether all keys go to `window` now. False while another program holds them, for example in an open menu."""
    handle = window.windowHandle()
    if QGuiApplication.platformName() != "xcb" or handle is None:
        return True  # Elsewhere an active window has the keyboard.
    return handle.setKeyboardGrabEnabled(True)


def release_keyboard(window: QWidget) -> None:
    """Give the keys back."""
    handle = window.windowHandle()
    if QGuiApplication.platformName() == "xcb" and handle is not None:
        handle.setKeyboardGrabEnabled(False)


def _lift_over_menu_bar(window: QWidget) -> None:
    # Cocoa comes with the capture's own bindings, on macOS only.
    import AppKit  # noqa: PLC0415
    import objc  # noqa: PLC0415

    view = objc.objc_object(c_void_p=int(window.winId()))
    view.window().setLevel_(AppKit.NSScreenSaverWindowLevel)

"""Bringing a window back after it was hidden."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

_WHOLE = Qt.WindowState.WindowMaximized | Qt.WindowState.WindowFullScreen
_FOCUS_MS = 150
"""On X11 Qt waits 100 ms before it believes that a window has lost the keyboard."""


def bring_to_front(window: QWidget) -> None:
    """Show it where it was, above the others and with the keyboard, even when it was minimised meanwhile.

    It comes a moment later when it was hidden only just now.
    """
    if window.isHidden() and _counts_as_focused(window):
        # Shown before the loss is noticed, it would never count as active again: keys arrive, but no shortcut works.
        QTimer.singleShot(_FOCUS_MS, window, partial(_bring, window))
    else:
        _bring(window)


def _counts_as_focused(window: QWidget) -> bool:
    handle = window.windowHandle()
    return handle is not None and QGuiApplication.focusWindow() == handle


def _bring(window: QWidget) -> None:
    state, place = window.windowState() & ~Qt.WindowState.WindowMinimized, window.geometry()
    window.setWindowState(state)
    window.show()
    # Some window managers place a window anew each time it is shown. One that fills its screen they place rightly.
    if not state & _WHOLE:
        window.setGeometry(place)
    window.raise_()
    window.activateWindow()


def lift(window: QWidget) -> None:
    """Put a window that is shown above all others, without giving it the keyboard, where the system lets a program do
    that."""
    if QGuiApplication.platformName() in ("xcb", "windows", "cocoa"):
        window.raise_()

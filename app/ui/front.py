"""Bringing a window back after it was hidden."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

_WHOLE = Qt.WindowState.WindowMaximized | Qt.WindowState.WindowFullScreen


def bring_to_front(window: QWidget) -> None:
    """Show it where it was, above the others and with the keyboard."""
    place = window.geometry()
    window.show()
    # Some window managers place a window anew each time it is shown. One that fills its screen is placed by them alone.
    if not window.windowState() & _WHOLE:
        window.setGeometry(place)
    window.raise_()
    window.activateWindow()

"""Bringing a window back after it was hidden."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget


def bring_to_front(window: QWidget) -> None:
    """Show it where it was, above the others and with the keyboard."""
    place = window.geometry()
    window.show()
    # Some window managers place a window anew each time it is shown.
    window.setGeometry(place)
    window.raise_()
    window.activateWindow()

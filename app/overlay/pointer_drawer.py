"""Draws marks over the screen with windows of this process."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import QObject, QPoint, QRect, QTimer
from PySide6.QtGui import QGuiApplication, QScreen

from app.capture.source import is_wayland
from app.domain.geometry import Screen
from app.look import Look
from app.overlay.pointer_native import STACKED_BY_US, blends, float_over
from app.overlay.pointer_panes import Pane
from app.overlay.pointer_window import PointerWindow, window_areas

_RAISE_MS = 500
NOT_PLACED = (
    "On a Wayland desktop no program may draw over others, so nothing is pointed at there. The picture with its marks "
    "shows the place."
)


class Drawer(Protocol):
    """A way to draw over the screen."""

    def obstacle(self) -> str:
        """``""``, or a sentence why nothing can be drawn."""

    def draw(self, look: Look, panes: Sequence[Pane]) -> None:
        """Draw this instead of what was drawn."""

    def clear(self) -> None:
        """Draw nothing."""

    def areas(self) -> tuple[QRect, ...]:
        """What is drawn on now, in Qt's coordinates of the desktop."""

    def close(self) -> None:
        """Clear, and end what runs for it."""


class NoDrawer(QObject):
    """A `Drawer` for desktops where no program may place a window: it says so, and draws nothing."""

    def obstacle(self) -> str:
        """See `Drawer`."""
        return NOT_PLACED

    def draw(self, look: Look, panes: Sequence[Pane]) -> None:
        """See `Drawer`."""

    def clear(self) -> None:
        """See `Drawer`."""

    def areas(self) -> tuple[QRect, ...]:
        """See `Drawer`."""
        return ()

    def close(self) -> None:
        """See `Drawer`."""


class WindowDrawer(QObject):
    """A `Drawer` for systems that let a program place its own windows."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._windows: list[PointerWindow] = []
        self._raise = QTimer(self)
        self._raise.setInterval(_RAISE_MS)
        self._raise.timeout.connect(self._raise_all)

    def obstacle(self) -> str:
        """See `Drawer`."""
        return ""

    def draw(self, look: Look, panes: Sequence[Pane]) -> None:
        """See `Drawer`. Monitors that have gone are left out."""
        before, self._windows = self._windows, []
        blending = blends(is_wayland(os.environ))
        for pane in panes:
            screen = _qt_screen(pane.screen)
            if screen is None:
                continue
            corner = screen.geometry().topLeft()
            for area in window_areas(look, pane):
                window = PointerWindow(look, pane, area, blending=blending)
                float_over(window, screen, area.translated(corner))
                self._windows.append(window)
        # After the new ones are there: a mark that stays does not blink.
        _drop(before)
        if self._windows and QGuiApplication.platformName() in STACKED_BY_US:
            self._raise.start()

    def clear(self) -> None:
        """See `Drawer`."""
        self._raise.stop()
        _drop(self._windows)
        self._windows = []

    def areas(self) -> tuple[QRect, ...]:
        """See `Drawer`."""
        return tuple(window.geometry() for window in self._windows)

    def close(self) -> None:
        """See `Drawer`."""
        self.clear()

    def _raise_all(self) -> None:
        for window in self._windows:
            window.raise_()


def _drop(windows: Sequence[PointerWindow]) -> None:
    for window in windows:
        window.hide()
        window.deleteLater()


def _qt_screen(wanted: Screen) -> QScreen | None:
    corner = QPoint(round(wanted.logical.x), round(wanted.logical.y))
    for screen in QGuiApplication.screens():
        if screen.name() == wanted.name and screen.geometry().topLeft() == corner:
            return screen
    return None

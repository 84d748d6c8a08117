"""The monitors as Qt knows them, and their device pixels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtGui import QGuiApplication, QScreen

from app.domain.geometry import Rect, Screen

_ROUNDING = 2.0
"""Device pixels by which a size that Qt rounded to whole logical pixels may be off."""


def current_screens() -> tuple[Screen, ...]:
    """All monitors, the primary one first. Main thread only."""
    return tuple(screen_of(screen) for screen in QGuiApplication.screens())


def screen_of(screen: QScreen) -> Screen:
    """Qt's screen as a value. Qt keeps its corner in device pixels and divides its size, so the corner is shared."""
    area, scale = screen.geometry(), screen.devicePixelRatio()
    physical = Rect(area.x(), area.y(), round(area.width() * scale), round(area.height() * scale))
    return Screen(screen.name(), Rect(area.x(), area.y(), area.width(), area.height()), physical, scale)


def with_native_size(screen: Screen, native: Iterable[Rect], desktop: Rect) -> Screen | None:
    """The screen with its true device pixels: the `native` monitor at its corner, else its own clamped to `desktop`.

    Names differ between systems and libraries, corners do not; at a scale of 1.25 or 1.5 sizes differ by rounding.
    None when it lies outside the desktop: it has just been unplugged.
    """
    own = screen.physical
    for area in native:
        same_corner = (area.x, area.y) == (own.x, own.y)
        if same_corner and abs(area.width - own.width) <= _ROUNDING and abs(area.height - own.height) <= _ROUNDING:
            return replace(screen, physical=area)
    visible = own.intersect(desktop)
    return replace(screen, physical=visible) if visible else None

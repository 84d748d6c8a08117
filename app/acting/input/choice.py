"""Which driver this desktop needs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from app.acting.input.driver import InputDriver


def pick_driver(app_id: str, to_points: Callable[[float, float], tuple[float, float]]) -> InputDriver:
    """The driver for this session; nothing is sent and nobody is asked before it is used. `to_points` turns a physical
    place of the desktop into Qt's coordinates, which some systems work in."""
    driver: InputDriver
    # Imported here, because one system's libraries are not there on another.
    if sys.platform == "win32":
        from app.acting.input.windows import WindowsDriver  # noqa: PLC0415

        driver = WindowsDriver()
    elif sys.platform == "darwin":
        from app.acting.input.macos import QuartzDriver  # noqa: PLC0415

        driver = QuartzDriver(to_points)
    elif os.environ.get("WAYLAND_DISPLAY") or os.environ.get("XDG_SESSION_TYPE") == "wayland":
        from app.acting.input.portal import PortalDriver  # noqa: PLC0415

        driver = PortalDriver(app_id, to_points)
    else:
        from app.acting.input.x11 import XTestDriver  # noqa: PLC0415

        driver = XTestDriver()
    return driver

"""Pixels through mss: the same on X11 and Windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mss
from PySide6.QtGui import QImage

from app.capture.errors import CaptureError
from app.capture.screens import with_native_size
from app.capture.shot import Shot, Taken, image_from_bgrx, seen_part, shot_of
from app.domain.geometry import Rect, Screen, place_at


def grab_screens(screens: Sequence[Screen]) -> tuple[Shot, ...]:
    """One shot a screen with its true device pixels; one that has just been unplugged is left out.

    Raises `CaptureError` when the display can not be reached.
    """
    try:
        # A connection of its own each time: this runs on any thread, and monitors come and go.
        with mss.MSS() as display:
            desktop, *native = [_rect(area) for area in display.monitors]
            found = (with_native_size(screen, native, desktop) for screen in screens)
            return tuple(_grab(display, screen) for screen in found if screen is not None)
    except (mss.ScreenShotError, OSError) as error:
        raise CaptureError(f"The screen could not be read ({error}). Try again.") from error


def grab_area(area: Rect, screens: Sequence[Screen]) -> Taken | None:
    """What monitors show of a physical area, None where they show nothing of it. Raises as `grab_screens`."""
    seen = seen_part(area, screens)
    try:
        with mss.MSS() as display:
            # Qt's sizes are rounded: beyond the desktop X11 gives an error instead of pixels.
            seen = seen.rounded_out().intersect(_rect(display.monitors[0])) if seen is not None else None
            return Taken(_pixels(display, seen), "", place_at(seen, screens)) if seen is not None else None
    except (mss.ScreenShotError, OSError) as error:
        raise CaptureError(f"The screen could not be read ({error}). Try again.") from error


def _grab(display: mss.MSS, screen: Screen) -> Shot:
    return shot_of(screen, _pixels(display, screen.physical))


def _pixels(display: mss.MSS, area: Rect) -> QImage:
    grabbed = display.grab((int(area.x), int(area.y), int(area.right), int(area.bottom)))
    width, height = grabbed.size
    return image_from_bgrx(bytes(grabbed.bgra), width, height, 4 * width)


def _rect(area: Any) -> Rect:
    return Rect(area["left"], area["top"], area["width"], area["height"])

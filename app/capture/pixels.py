"""Pixels through mss: the same on X11 and Windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mss

from app.capture.errors import CaptureError
from app.capture.screens import with_native_size
from app.capture.shot import Shot, image_from_bgrx, shot_of
from app.domain.geometry import Rect, Screen


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


def _grab(display: mss.MSS, screen: Screen) -> Shot:
    area = screen.physical
    grabbed = display.grab((int(area.x), int(area.y), int(area.right), int(area.bottom)))
    width, height = grabbed.size
    return shot_of(screen, image_from_bgrx(bytes(grabbed.bgra), width, height, 4 * width))


def _rect(area: Any) -> Rect:
    return Rect(area["left"], area["top"], area["width"], area["height"])

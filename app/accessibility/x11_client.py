"""Where the inside of a window lies on X11: what programs mean by their window."""

from __future__ import annotations

from Xlib.display import Display
from Xlib.error import DisplayError, XError

from app.domain.geometry import Rect


def client_area(handle: int) -> Rect | None:
    """The window without its title bar, physical. None when there is no such window or no X display."""
    if not handle:
        return None
    try:
        display = Display()
    except (DisplayError, OSError):
        return None
    try:
        window = display.create_resource_object("window", handle)
        size = window.get_geometry()
        corner = display.screen().root.translate_coords(window, 0, 0)
        return Rect(corner.x, corner.y, size.width, size.height)
    except XError:
        return None
    finally:
        display.close()

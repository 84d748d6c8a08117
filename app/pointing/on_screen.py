"""From a mark on a picture to the same place on the live screen."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.domain.conversation import Attachment
from app.domain.geometry import Rect, Screen, screen_at_logical, to_desktop, to_physical
from app.domain.screen import ScreenMark, WindowRef
from engine.protocol import Mark

NO_PLACE = "This picture was not taken from the screen. Take one of the window itself, and ask again."
NOT_WATCHED = "This is where it was when the picture was taken. Fingerpost can not see whether it has changed since."
_LONGEST = 24
"""Characters beside an arm."""


class NotOnScreenError(Exception):
    """A mark has no place on the live screen; `str()` is a sentence with what to do next."""


@dataclass(frozen=True, slots=True)
class OnScreen:
    """What to draw. `window` is the one it lies in, where it is now; None where that is not known, and then `note` says
    so. `screen` is the system's name of the monitor."""

    mark: ScreenMark
    window: WindowRef | None
    screen: str
    note: str = ""


def on_screen(mark: Mark, picture: Attachment, find: Callable[[WindowRef], WindowRef | None]) -> OnScreen:
    """Where `mark` of `picture` is now. `find` tells where a window is, None for one that is not seen.

    Raises:
        NotOnScreenError: nowhere, as far as can be told.
    """
    if picture.place is None:
        raise NotOnScreenError(NO_PLACE)
    box = mark.box
    area = to_desktop(Rect(box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0), picture.place)
    drawn = ScreenMark(mark.number, _words(mark.label), area, mark.confirmed, mark.shape)
    window = picture.window
    if window is None or not window.handle:
        return OnScreen(drawn, None, picture.place.screen, NOT_WATCHED)
    if not window.frame.contains(*area.centre):
        # Beside the window that was in front, on the desktop or its bars: what is there now nobody tells.
        return OnScreen(drawn, None, picture.place.screen, NOT_WATCHED)
    now = find(window)
    name = f"“{window.title}”" if window.title else "that was in front"
    if now is None:
        raise NotOnScreenError(f"The window {name} is closed or hidden. Open it again, then try again.")
    if (now.frame.width, now.frame.height) != (window.frame.width, window.frame.height):
        raise NotOnScreenError(f"The window {name} has another size now. Take a new picture of it, and ask again.")
    moved = Rect(area.x + now.frame.x - window.frame.x, area.y + now.frame.y - window.frame.y, area.width, area.height)
    return OnScreen(dataclasses.replace(drawn, area=moved), now, picture.place.screen)


def covers(own: Rect, target: Rect, screens: Sequence[Screen]) -> bool:
    """Whether a window of ours at the logical `own` lies over the physical `target`."""
    area = to_physical(own, screen_at_logical(*own.centre, screens))
    # A point has no extent, and would lie under nothing.
    around = Rect(target.x - 1, target.y - 1, target.width + 2, target.height + 2)
    return area.intersect(around) is not None


def _words(label: str) -> str:
    """As many words of `label` as stand beside an arm."""
    line = " ".join(label.split())
    if len(line) <= _LONGEST:
        return line
    cut = line[:_LONGEST].rpartition(" ")[0]
    return (cut or line[: _LONGEST - 1]) + "…"

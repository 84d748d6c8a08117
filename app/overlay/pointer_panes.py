"""Marks in device pixels, laid out on the monitors that show them. Values; nothing is drawn here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from app.domain.geometry import Rect, Screen, screen_at_physical, to_logical
from app.domain.screen import ScreenMark
from engine.protocol import MarkShape


@dataclass(frozen=True, slots=True)
class PaneMark:
    """A mark on one monitor. `area` is in its logical pixels, from its top left corner, and may reach beyond it. The
    arm is `armed`: of a mark that lies over several monitors it stands on one."""

    number: int
    words: str
    area: Rect
    confirmed: bool
    shape: MarkShape
    armed: bool


@dataclass(frozen=True, slots=True)
class Pane:
    """What is drawn on one monitor."""

    screen: Screen
    marks: tuple[PaneMark, ...]


def panes_of(marks: Sequence[ScreenMark], screens: Sequence[Screen], screen: str = "") -> tuple[Pane, ...]:
    """The monitors that show any of `marks`, which are in device pixels.

    Where the system places monitors in points (macOS, Wayland) their device pixels overlap and do not tell which one
    is meant: there only the one called `screen` is drawn on, if there is one.
    """
    named = [one for one in screens if one.name == screen]
    if named and any(a.physical.intersect(b.physical) for a, b in combinations(screens, 2)):
        screens = named
    panes = []
    for one in screens:
        shown = tuple(_on(mark, one, screens) for mark in marks if _touches(mark.area, one.physical))
        if shown:
            panes.append(Pane(one, shown))
    return tuple(panes)


def _on(mark: ScreenMark, screen: Screen, screens: Sequence[Screen]) -> PaneMark:
    area = to_logical(mark.area, screen)
    inside = Rect(area.x - screen.logical.x, area.y - screen.logical.y, area.width, area.height)
    armed = screen_at_physical(*mark.area.centre, screens) is screen
    return PaneMark(mark.number, mark.words, inside, mark.confirmed, mark.shape, armed)


def _touches(area: Rect, whole: Rect) -> bool:
    """Also for what has no extent."""
    across = area.x < whole.right and whole.x < max(area.right, area.x + 1)
    return across and area.y < whole.bottom and whole.y < max(area.bottom, area.y + 1)

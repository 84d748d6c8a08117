"""What every way of seeing the screen offers, and which one this desktop needs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from app.capture.errors import CaptureError
from app.capture.shot import Shot, Taken, cut_frame, is_one_colour
from app.domain.geometry import Rect, Screen
from app.domain.screen import WindowRef


@dataclass(frozen=True, slots=True)
class Availability:
    """Whether the screen can be seen. `sentence` says what is missing and how to grant or install it; `settings` is
    the address of the system's settings page, or empty where the system has none that a program can open."""

    state: Literal["ok", "needs_permission", "unavailable"]
    sentence: str = ""
    settings: str = ""


class ScreenSource(Protocol):
    """All methods may take long and are called on a job's thread, one at a time, except `find_window` and `close`."""

    leaves_itself_out: bool
    """Whether our own windows are left out of the picture without being hidden."""

    def availability(self) -> Availability:
        """Looks without asking anybody."""

    def ask(self) -> Availability:
        """Asks the system, and through it the person, where that is needed. Our window is in front meanwhile."""

    def grab_all(self, screens: Sequence[Screen]) -> tuple[Shot, ...]:
        """One shot a screen, in their order, of one moment. Raises `CaptureError` or `CaptureCancelled`."""

    def grab_window(self, screens: Sequence[Screen]) -> Taken:
        """The window in front of all that are not ours. Raises `CaptureError` or `CaptureCancelled`."""

    def grab_area(self, area: Rect, screens: Sequence[Screen]) -> Taken | None:
        """What monitors show of a physical area now; a single colour is no error. None where they show nothing of it.
        Quick where the system can read a part of the screen. Raises `CaptureError` or `CaptureCancelled`."""

    def active_window(self, screens: Sequence[Screen]) -> WindowRef | None:
        """That window's title and place, None where there is none or the system does not tell."""

    def focused_window(self, screens: Sequence[Screen]) -> WindowRef | None:
        """The window that has the keyboard, None where it is one of ours or the system does not tell."""

    def find_window(self, handle: int, screens: Sequence[Screen]) -> WindowRef | None:
        """The window `handle` as it is now, None when it is closed or not seen. Quick, any thread."""

    def close(self) -> None:
        """Ends a call that waits for a person. Any thread."""


def is_wayland(environment: Mapping[str, str]) -> bool:
    """Wayland wins over X11: an X server that lives inside a Wayland session shows a black screen and no error."""
    return bool(environment.get("WAYLAND_DISPLAY")) or environment.get("XDG_SESSION_TYPE") == "wayland"


def pick_source(app_id: str) -> ScreenSource:
    """The source for this session. `app_id` is the name of the installed desktop file, without ``.desktop``."""
    source: ScreenSource
    # Imported here, because one system's libraries are not there on another.
    if sys.platform == "win32":
        from app.capture.windows import WindowsSource  # noqa: PLC0415

        source = WindowsSource()
    elif sys.platform == "darwin":
        from app.capture.macos import MacSource  # noqa: PLC0415

        source = MacSource()
    elif is_wayland(os.environ):
        from app.capture.portal import PortalSource  # noqa: PLC0415

        source = PortalSource(app_id)
    else:
        from app.capture.x11 import X11Source  # noqa: PLC0415

        source = X11Source()
    return source


def front_window(candidates: Iterable[WindowRef], own_process: int) -> WindowRef | None:
    """The first that is not ours and has an area; `candidates` begin with the active one and go from top to bottom."""
    for window in candidates:
        if window.process != own_process and window.frame.width >= 1 and window.frame.height >= 1:
            return window
    return None


def cut_window(shots: Sequence[Shot], window: WindowRef | None) -> Taken:
    """The window as it is seen in `shots`. Raises `CaptureError` when there is none on any monitor."""
    taken = cut_frame(shots, window) if window else None
    if taken is None:
        raise CaptureError("No other window is open on this desktop. Open the one you mean, or take a region instead.")
    return taken


def refuse_blank(shots: Sequence[Shot]) -> None:
    """Raises `CaptureError` when all monitors are of one and the same colour: the system did not let us see them."""
    if not shots:
        raise CaptureError("No monitor was found. Switch one on and try again.")
    if all(is_one_colour(shot.image) for shot in shots):
        raise CaptureError(
            "The screen came back empty, in a single colour. Unlock it or allow screen capture in the system's "
            "settings, then try again."
        )

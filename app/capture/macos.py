"""macOS 14 and later: pixels through ScreenCaptureKit, which leaves our own windows out; windows through Quartz."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import objc
import Quartz
import ScreenCaptureKit as Kit
from PySide6.QtGui import QImage

from app.capture.errors import CaptureError
from app.capture.shot import Shot, Taken, cut_area, image_from_bgrx, shot_of
from app.capture.source import Availability, cut_window, front_window, refuse_blank
from app.domain.geometry import Rect, Screen, screen_at_logical, to_physical
from app.domain.screen import WindowRef

_ANSWER_SECONDS = 10.0
_REFUSED = Availability(
    "needs_permission",
    "macOS does not let Fingerpost see the screen. Switch Fingerpost, or the terminal it was started from, on under "
    "System Settings, Privacy & Security, Screen & System Audio Recording, then start it again.",
    "x-apple.systempreferences:com.apple.preference.security?Privacy_ScreenCapture",
)


class MacSource:
    """The displays of this session. macOS asks the person once and remembers the answer by the program's signature."""

    leaves_itself_out = True

    def availability(self) -> Availability:
        """A refusal gives the wallpaper alone and no error, so the answer is read instead of tried."""
        return Availability("ok") if Quartz.CGPreflightScreenCaptureAccess() else _REFUSED

    def ask(self) -> Availability:
        """Puts Fingerpost on the list in System Settings, which opens. A yes counts from the next start."""
        if not Quartz.CGPreflightScreenCaptureAccess():
            Quartz.CGRequestScreenCaptureAccess()
            # The request alone does not always put the program on the list; asking for content does.
            with objc.autorelease_pool():
                _wait(Kit.SCShareableContent.getShareableContentWithCompletionHandler_)
        return self.availability()

    def grab_all(self, screens: Sequence[Screen]) -> tuple[Shot, ...]:
        """See `ScreenSource`."""
        with objc.autorelease_pool():
            content = _content()
            shots = tuple(self._grab(content, screen) for screen in screens)
        refuse_blank(shots)
        return shots

    def grab_window(self, screens: Sequence[Screen]) -> Taken:
        """See `ScreenSource`. What lies over the window is in the picture too."""
        window = self.active_window(screens)
        return cut_window(self.grab_all(screens), window)

    def grab_area(self, area: Rect, screens: Sequence[Screen]) -> Taken | None:
        """See `ScreenSource`. Whole displays are read: only those that the area touches."""
        touched = [screen for screen in screens if screen.physical.intersect(area)]
        with objc.autorelease_pool():
            content = _content()
            return cut_area([self._grab(content, screen) for screen in touched], area) if touched else None

    def active_window(self, screens: Sequence[Screen]) -> WindowRef | None:
        """See `ScreenSource`."""
        with objc.autorelease_pool():
            return front_window(_windows_from_the_front(screens), os.getpid())

    def focused_window(self, screens: Sequence[Screen]) -> WindowRef | None:
        """See `ScreenSource`. Ours are windows like any other here: the topmost has the keyboard."""
        with objc.autorelease_pool():
            front = next(_windows_from_the_front(screens), None)
            return front if front is not None and front.process != os.getpid() else None

    def find_window(self, handle: int, screens: Sequence[Screen]) -> WindowRef | None:
        """See `ScreenSource`."""
        with objc.autorelease_pool():
            return next((window for window in _windows_from_the_front(screens) if window.handle == handle), None)

    def close(self) -> None:
        """All waits end by themselves within seconds."""

    def _grab(self, content: Any, screen: Screen) -> Shot:
        display = min(content.displays(), key=lambda display: _distance(display.frame(), screen.logical), default=None)
        if display is None:
            raise CaptureError("No monitor was found. Switch one on and try again.")
        own = [program for program in content.applications() if program.processID() == os.getpid()]
        view = Kit.SCContentFilter.alloc().initWithDisplay_excludingApplications_exceptingWindows_(display, own, [])
        settings = Kit.SCStreamConfiguration.alloc().init()
        settings.setWidth_(round(screen.physical.width))
        settings.setHeight_(round(screen.physical.height))
        settings.setShowsCursor_(False)
        take = Kit.SCScreenshotManager.captureImageWithFilter_configuration_completionHandler_
        image, error = _wait(lambda done: take(view, settings, done))
        if image is None:
            raise CaptureError(f"macOS did not hand out the screen ({_reason(error)}). Try again.")
        return shot_of(screen, _image(image))


def _content() -> Any:
    content, error = _wait(Kit.SCShareableContent.getShareableContentWithCompletionHandler_)
    if content is None:
        raise CaptureError(f"{_REFUSED.sentence} ({_reason(error)})")
    return content


def _wait(start: Callable[[Callable[[Any, Any], None]], object]) -> tuple[Any, Any]:
    """What a completion handler is given, on a queue of the system; (None, None) when it stays silent."""
    answers: list[tuple[Any, Any]] = []
    answered = threading.Event()

    def done(result: Any, error: Any) -> None:
        answers.append((result, error))
        answered.set()

    start(done)
    return answers[0] if answered.wait(_ANSWER_SECONDS) else (None, None)


def _image(image: Any) -> QImage:
    pixels = bytes(Quartz.CGDataProviderCopyData(Quartz.CGImageGetDataProvider(image)))
    width, height = Quartz.CGImageGetWidth(image), Quartz.CGImageGetHeight(image)
    return image_from_bgrx(pixels, width, height, Quartz.CGImageGetBytesPerRow(image))


def _windows_from_the_front(screens: Sequence[Screen]) -> Iterator[WindowRef]:
    """Windows in the programs' own layer from top to bottom: the active one is the first."""
    options = Quartz.kCGWindowListOptionOnScreenOnly | Quartz.kCGWindowListExcludeDesktopElements
    for window in Quartz.CGWindowListCopyWindowInfo(options, Quartz.kCGNullWindowID) or ():
        if window.get(Quartz.kCGWindowLayer) != 0:
            continue
        bounds = window[Quartz.kCGWindowBounds]
        area = Rect(bounds["X"], bounds["Y"], bounds["Width"], bounds["Height"])
        title = window.get(Quartz.kCGWindowName) or window.get(Quartz.kCGWindowOwnerName) or ""
        frame = to_physical(area, screen_at_logical(*area.centre, screens))
        yield WindowRef(int(window[Quartz.kCGWindowNumber]), int(window[Quartz.kCGWindowOwnerPID]), str(title), frame)


def _distance(frame: Any, area: Rect) -> float:
    return float(abs(frame.origin.x - area.x) + abs(frame.origin.y - area.y))


def _reason(error: Any) -> str:
    return str(error.localizedDescription()) if error is not None else "no answer"

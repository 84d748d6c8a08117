"""Fresh looks at one window: a picture with its elements, or a glance that only tells whether something has changed."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, QRectF, Qt, QTimer
from PySide6.QtGui import QImage, QPainter

from app.accessibility.placed import placed
from app.accessibility.source import ElementSource
from app.capture.controller import SETTLE_MS
from app.capture.encode import png_of
from app.capture.errors import CaptureCancelled, CaptureError
from app.capture.screens import current_screens
from app.capture.shot import Taken
from app.capture.signature import changed_share, signature_of
from app.capture.source import ScreenSource
from app.domain.geometry import Place, Rect, Screen
from app.domain.screen import ScreenLook, WindowRef
from app.files import private_folder
from app.jobs import Jobs

_GONE = "The window{title} is closed or hidden. Open it again, then try again."
_CLOSING = "Fingerpost is closing."

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Glance:
    """How `window`, where it was then, looked at one moment: a `signature` of the physical `area` alone."""

    window: WindowRef
    area: Rect
    signature: bytes


def difference(a: Glance, b: Glance, area: Rect | None) -> float:
    """The share of cells that have changed, 0 to 1, of those that `area` touches (physical, where `a` was taken).

    A window that has moved as a whole has not changed; one of another size has, altogether.
    """
    if (a.area.width, a.area.height) != (b.area.width, b.area.height):
        return 1.0
    return changed_share(a.signature, b.signature, a.area, area)


class WindowLooks(QObject):
    """Looks at windows as jobs. `folder` holds the pictures until `close`.

    `before` and `after` are called around a look, not around a glance, with the compositor's time between: to take away
    what we have drawn on the screen. They are not called on a system that leaves our windows out. Where windows of our
    `own` stand (physical) a look is grey, so that nobody reads their words as the program's.
    """

    def __init__(
        self,
        source: ScreenSource,
        elements: ElementSource,
        jobs: Jobs,
        folder: Path,
        parent: QObject | None = None,
        before: Callable[[], None] | None = None,
        after: Callable[[], None] | None = None,
        own: Callable[[], Sequence[Rect]] = tuple,
    ) -> None:
        super().__init__(parent)
        self._source, self._elements, self._jobs, self._folder = source, elements, jobs, folder
        self._before, self._after = (None, None) if source.leaves_itself_out else (before, after)
        self._own = own
        self._under_way = 0
        self._closed = threading.Event()

    def look(
        self,
        window: WindowRef,
        done: Callable[[ScreenLook], None],
        failed: Callable[[str], None],
        *,
        elements: bool = True,
    ) -> None:
        """Takes the window as it is seen now. Exactly one of `done` and `failed`, with a sentence, is called later,
        neither after `close`."""
        source = self._elements if elements else None
        own = () if self._source.leaves_itself_out else tuple(self._own())
        work = partial(_look, self._source, source, current_screens(), window, own, self._folder, self._closed)
        self._under_way += 1
        if self._before is None:
            self._run(work, done, failed, self._shown_again)
            return
        if self._under_way == 1:
            self._before()
        QTimer.singleShot(SETTLE_MS, self, lambda: self._run(work, done, failed, self._shown_again))

    def glance(
        self, window: WindowRef, area: Rect | None, done: Callable[[Glance], None], failed: Callable[[str], None]
    ) -> None:
        """Takes the signature of the physical `area`, or of the whole window. Cheap: a few milliseconds of a job."""
        self._run(partial(_glance, self._source, current_screens(), window, area), done, failed, lambda: None)

    def find(self, window: WindowRef) -> WindowRef | None:
        """Where that window is now, None when it is closed or not seen. Main thread, quick."""
        return _now(self._source, current_screens(), window)

    def close(self) -> None:
        """Deletes the pictures. What is under way is not told any more."""
        if self._closed.is_set():
            return
        self._closed.set()
        if self._under_way and self._after is not None:
            self._after()
        for path in self._folder.glob("*.png"):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                _log.warning("a picture of the screen was not deleted: %s", error)

    def _shown_again(self) -> None:
        self._under_way -= 1
        if self._under_way == 0 and self._after is not None:
            self._after()

    def _run(
        self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[str], None], ended: Callable[[], None]
    ) -> None:
        def succeeded(result: T) -> None:
            if not self._closed.is_set():
                ended()
                done(result)

        def broken(error: Exception) -> None:
            if not self._closed.is_set():
                ended()
                failed(_sentence(error))

        self._jobs.run(work, succeeded, broken)


def _look(
    source: ScreenSource,
    elements: ElementSource | None,
    screens: Sequence[Screen],
    window: WindowRef,
    own: Sequence[Rect],
    folder: Path,
    closed: threading.Event,
) -> ScreenLook:
    now, taken, place = _grab(source, screens, window, None)
    _cover(taken.image, place.area, own)
    found = elements.read(now) if elements is not None else ()
    data = png_of(taken.image)
    number = hashlib.sha256(data).hexdigest()
    path = folder / f"{number}.png"
    if closed.is_set():
        raise CaptureError(_CLOSING)
    try:
        private_folder(folder)
        path.write_bytes(data)
    except OSError as error:
        raise CaptureError(
            f"The picture of the window could not be kept ({error}). Make some room, then try again."
        ) from error
    size = taken.image.width(), taken.image.height()
    return ScreenLook(number, path, *size, place, now, placed(found, place.area))


def _cover(image: QImage, whole: Rect, areas: Sequence[Rect]) -> None:
    painter = QPainter(image)
    across, down = image.width() / whole.width, image.height() / whole.height
    for area in areas:
        if part := area.intersect(whole):
            x, y = (part.x - whole.x) * across, (part.y - whole.y) * down
            painter.fillRect(QRectF(x, y, part.width * across, part.height * down), Qt.GlobalColor.gray)
    painter.end()


def _glance(source: ScreenSource, screens: Sequence[Screen], window: WindowRef, area: Rect | None) -> Glance:
    now, taken, place = _grab(source, screens, window, area)
    return Glance(now, place.area, signature_of(taken.image))


def _grab(
    source: ScreenSource, screens: Sequence[Screen], window: WindowRef, area: Rect | None
) -> tuple[WindowRef, Taken, Place]:
    now = _now(source, screens, window)
    taken = source.grab_area(area or now.frame, screens) if now is not None else None
    if now is None or taken is None or taken.place is None:
        raise CaptureError(_GONE.format(title=f" “{window.title}”" if window.title else ""))
    return now, taken, taken.place


def _now(source: ScreenSource, screens: Sequence[Screen], window: WindowRef) -> WindowRef | None:
    """None as well when the system has given its number to a window of another program."""
    found = source.find_window(window.handle, screens) if window.handle else None
    return found if found is not None and found.process == window.process else None


def _sentence(error: Exception) -> str:
    if isinstance(error, CaptureError):
        return str(error)
    if isinstance(error, CaptureCancelled):
        return "The desktop did not let the window be seen. Try again."
    _log.error("a look at a window failed", exc_info=error)
    return f"The window could not be looked at ({error}). Try again."

"""From a wish ("a region, in five seconds") to a `Picture`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

from PySide6.QtCore import QMimeData, QObject, QTimer, Signal

from app.accessibility.placed import placed
from app.accessibility.source import ElementSource, FoundElements
from app.capture.arrivals import Arrivals
from app.capture.encode import picture_of
from app.capture.errors import CaptureCancelled, CaptureError
from app.capture.screens import current_screens
from app.capture.shot import Shot, Taken, cut, whole
from app.capture.source import Availability, ScreenSource
from app.domain.conversation import Picture, Source
from app.domain.geometry import Rect, Screen, to_physical
from app.domain.screen import WindowRef
from app.jobs import Jobs

SETTLE_MS = 60
"""From hiding our windows until the compositor has drawn the screen without them: 25 ms with picom, else two frames."""

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What to take; `monitor` is a screen's name. `delay` in seconds."""

    kind: Literal["region", "window", "screen", "monitor"]
    delay: int = 0
    monitor: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class _Frozen:
    """The screen while the person chooses a region of it."""

    shots: tuple[Shot, ...]
    front: WindowRef | None
    elements: FoundElements


class CaptureController(QObject):
    """One capture at a time: ask for leave, count down, hide our windows, take, show them again, encode.

    Whoever receives `choosing` lets the person drag over one of the shots and answers with `take` or `give_up`. Files
    and pastes may come at any time. `hide` and `show` act on all windows of ours; the system may leave them out itself.
    """

    picked = Signal(object)
    """`Picture`"""
    problem = Signal(str)
    """A sentence with what to do next."""
    others = Signal(object)
    """Files and folders that were brought and are no pictures: a tuple of paths."""
    withheld = Signal(object)
    """`Availability`: the system does not let the screen be seen, and where it can be told to."""
    cancelled = Signal()
    counting = Signal(int)
    """Seconds left before the picture is taken, down to 0."""
    choosing = Signal(object)
    """tuple[`Shot`, ...]"""

    def __init__(
        self,
        source: ScreenSource,
        jobs: Jobs,
        hide: Callable[[], None],
        show: Callable[[], None],
        parent: QObject | None = None,
        elements: ElementSource | None = None,
    ) -> None:
        super().__init__(parent)
        self._source = source
        self._elements = elements
        self._jobs = jobs
        self._hide, self._show = hide, show
        self._wish: _Wish | None = None
        self._left = 0
        self._hidden = False
        self._frozen: _Frozen | None = None
        # A capture that was cancelled may still be under way on a job's thread: its result is known by an old number.
        self._number = 0
        self._second = QTimer(self)
        self._second.setInterval(1000)
        self._second.timeout.connect(self._count)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.timeout.connect(self._grab)
        self._arrivals = Arrivals(jobs, self)
        self._arrivals.picked.connect(self.picked)
        self._arrivals.others.connect(self.others)
        self._arrivals.problem.connect(self.problem)

    @property
    def busy(self) -> bool:
        """From the wish until the picture is encoded, refused or cancelled."""
        return self._wish is not None

    def region(self, delay: int = 0) -> None:
        """A part of one monitor, chosen by the person. `delay` in seconds, here and below."""
        self._begin(_Wish("region", delay))

    def window(self, delay: int = 0) -> None:
        """The window that is in front of all that are not ours."""
        self._begin(_Wish("window", delay))

    def screen(self, delay: int = 0) -> None:
        """All monitors in one picture."""
        self._begin(_Wish("screen", delay))

    def monitor(self, name: str, delay: int = 0) -> None:
        """The monitor that Qt calls `name`."""
        self._begin(_Wish("monitor", delay, name))

    def cancel(self) -> None:
        """Gives up what is under way, whatever its state."""
        if self._wish is not None:
            self._end()
            self.cancelled.emit()

    def take(self, index: int, area: Rect) -> None:
        """The answer to `choosing`: a logical area of the desktop on the screen of shot `index`."""
        if self._frozen is None:
            return
        frozen, self._frozen = self._frozen, None
        self._reveal()
        self._run(partial(_region_picture, frozen, index, area), self._finish)

    def give_up(self) -> None:
        """The other answer to `choosing`."""
        if self._frozen is not None:
            self.cancel()

    def files(self, paths: Sequence[Path], source: Source = "file") -> None:
        """Each readable one becomes `picked`, in this order."""
        self._arrivals.files(paths, source)

    def paste(self, data: QMimeData, source: Source = "clipboard") -> None:
        """What the clipboard or a drop holds; see `app.capture.clipboard.accepts`."""
        self._arrivals.paste(data, source)

    def close(self) -> None:
        """Ends everything without a signal; a dialog of the system is no longer waited for, what is hidden stays so."""
        self._hidden = False
        self._end()
        self._source.close()

    def _begin(self, wish: _Wish) -> None:
        if self._second.isActive():
            self.counting.emit(0)
        elif self._wish is not None:
            return  # Under way within the blink of an eye, or the person is choosing.
        self._end()
        self._wish = wish
        # The system may ask the person, and does so only while our window is in front.
        self._run(self._source.ask, self._asked)

    def _asked(self, found: Availability) -> None:
        if found.state == "needs_permission":
            self._end()
            self.withheld.emit(found)
        elif found.state == "unavailable":
            self._end()
            self.problem.emit(found.sentence)
        elif self._wish is not None and self._wish.delay > 0:
            self._left = self._wish.delay
            self.counting.emit(self._left)
            self._second.start()
        else:
            self._vanish()

    def _count(self) -> None:
        self._left -= 1
        self.counting.emit(self._left)
        if self._left == 0:
            self._second.stop()
            self._vanish()

    def _vanish(self) -> None:
        if self._source.leaves_itself_out:
            self._grab()
            return
        self._hidden = True
        self._hide()
        self._settle.start(SETTLE_MS)

    def _grab(self) -> None:
        if self._wish is None:
            return
        screens = current_screens()
        if self._wish.kind == "region":
            self._run(partial(_freeze, self._source, self._elements, screens), self._choose)
        else:
            self._run(partial(_take, self._source, self._elements, screens, self._wish), self._taken)

    def _choose(self, frozen: _Frozen) -> None:
        self._frozen = frozen
        self.choosing.emit(frozen.shots)

    def _taken(self, taken: Taken) -> None:
        self._reveal()
        kind: Source = "window" if self._wish is not None and self._wish.kind == "window" else "screen"
        self._run(partial(picture_of, taken, kind), self._finish)

    def _finish(self, picture: Picture) -> None:
        self._end()
        self.picked.emit(picture)

    def _failed(self, error: Exception) -> None:
        self._end()
        if isinstance(error, CaptureCancelled):
            self.cancelled.emit()
        elif isinstance(error, CaptureError):
            self.problem.emit(str(error))
        else:
            _log.error("a capture failed", exc_info=error)
            self.problem.emit(f"The picture could not be taken ({error}). Try again.")

    def _run(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        number = self._number

        def ended(result: T) -> None:
            if number == self._number:
                done(result)

        def failed(error: Exception) -> None:
            if number == self._number:
                self._failed(error)

        self._jobs.run(work, ended, failed)

    def _end(self) -> None:
        self._number += 1
        self._wish = None
        self._frozen = None
        self._second.stop()
        self._settle.stop()
        self._reveal()

    def _reveal(self) -> None:
        if self._hidden:
            self._hidden = False
            self._show()


def _freeze(source: ScreenSource, elements: ElementSource | None, screens: Sequence[Screen]) -> _Frozen:
    front = source.active_window(screens)
    shots = source.grab_all(screens)
    return _Frozen(shots, front, _read(elements, front))


def _take(source: ScreenSource, elements: ElementSource | None, screens: Sequence[Screen], wish: _Wish) -> Taken:
    if wish.kind == "window":
        taken = source.grab_window(screens)
        return _with_elements(taken, taken.window, _read(elements, taken.window))
    front = source.active_window(screens)
    shots = source.grab_all(screens)
    if wish.kind == "screen":
        taken = whole(shots)
    else:
        shot = next((shot for shot in shots if shot.screen.name == wish.monitor), None)
        if shot is None:
            raise CaptureError(f"The monitor “{wish.monitor}” is not connected any more. Choose another one.")
        taken = cut(shot, shot.screen.logical, "")
    shown = front if front is not None and _lies_on(front, taken) else None
    return _with_elements(taken, shown, _read(elements, shown))


def _region_picture(frozen: _Frozen, index: int, area: Rect) -> Picture:
    """The region is of the front window, and has its title, where its centre lies on it."""
    shot = frozen.shots[index]
    middle = to_physical(area, shot.screen).centre
    front = frozen.front if frozen.front is not None and frozen.front.frame.contains(*middle) else None
    taken = cut(shot, area, front.title if front is not None else "")
    return picture_of(_with_elements(taken, front, frozen.elements), "region")


def _read(elements: ElementSource | None, window: WindowRef | None) -> FoundElements:
    return elements.read(window) if elements is not None and window is not None else ()


def _lies_on(window: WindowRef, taken: Taken) -> bool:
    return taken.place is not None and taken.place.area.intersect(window.frame) is not None


def _with_elements(taken: Taken, window: WindowRef | None, found: FoundElements) -> Taken:
    """A picture without a place has no elements: nobody knows where they lie on it."""
    return replace(taken, window=window, elements=placed(found, taken.place.area) if taken.place is not None else ())

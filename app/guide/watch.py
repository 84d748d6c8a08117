"""Watches one window: cheap glances a few times a second, until it has changed and then stood still."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from app.capture.window_looks import Glance
from app.domain.geometry import Rect
from app.domain.screen import WindowRef

INTERVAL_MS = 300
"""Between two glances: 3 a second."""
RESTLESS = 3
"""Changes without a meaning after which a cell is not watched any more: a cursor blinks there, or a clock ticks."""
MOST_UNREST = 8
"""Glances after which a window that never stands still is looked at all the same: it plays a video."""


class Glancing(Protocol):
    """The part of `app.capture.window_looks.WindowLooks` that is used here."""

    def glance(
        self, window: WindowRef, area: Rect | None, done: Callable[[Glance], None], failed: Callable[[str], None]
    ) -> None:
        """A cheap picture of the window."""


Difference = Callable[[Glance, Glance, Sequence[Rect]], frozenset[int]]
"""Which cells of two glances differ, without those in some physical areas."""


class WindowWatch(QObject):
    """Glances at a window between `start` and `stop`.

    What lies in `covered` (physical areas: our cards stand there, and with True our marks as well) counts for nothing.
    The marks are not on the first glance and on all later ones: so they are left out once, and from then on what
    changes beneath them is seen.

    Signals:
        settled: it has changed since the last time and stands still now, or will not.
        lost: it can not be seen any more; a sentence.
    """

    settled = Signal()
    lost = Signal(str)

    def __init__(
        self,
        looks: Glancing,
        difference: Difference,
        covered: Callable[[bool], Sequence[Rect]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._looks, self._difference, self._covered = looks, difference, covered
        self._window: WindowRef | None = None
        self._base: Glance | None = None
        self._last: Glance | None = None
        self._unrest = 0
        self._is_first = True
        self._changes: Counter[int] = Counter()
        self._round = 0
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self._glance)

    def start(self, base: Glance) -> None:
        """Watch the window of `base`, from how it looked then: what has changed since is a change too."""
        self._round += 1
        self._window, self._base, self._last, self._unrest = base.window, base, base, 0
        self._is_first = True
        self._timer.start()

    def forget(self) -> None:
        """What was restless counts again: something else is waited for."""
        self._changes.clear()

    def stop(self) -> None:
        """No more glances; one that is under way is dropped."""
        self._round += 1
        self._timer.stop()

    def _glance(self) -> None:
        if self._window is None:
            return
        number = self._round

        def done(glance: Glance) -> None:
            if number == self._round:
                self._take(glance)

        def failed(sentence: str) -> None:
            if number == self._round:
                self.stop()
                self.lost.emit(sentence)

        self._looks.glance(self._window, None, done, failed)

    def _take(self, glance: Glance) -> None:
        before, self._last = self._last, glance
        assert self._base is not None
        assert before is not None
        if not self._differs(self._base, glance):
            if self._is_first:
                self._base, self._is_first = glance, False
            self._unrest = 0
            return
        self._unrest += 1
        if not self._differs(before, glance) or self._unrest >= MOST_UNREST:
            self._changes.update(self._difference(self._base, glance, self._covered(self._is_first)))
            self._base, self._unrest = glance, 0
            self.settled.emit()

    def _differs(self, one: Glance, other: Glance) -> bool:
        if (one.window.title, one.window.frame) != (other.window.title, other.window.frame):
            return True
        return any(
            self._changes[cell] < RESTLESS for cell in self._difference(one, other, self._covered(self._is_first))
        )

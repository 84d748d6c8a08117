"""Sends the primitives of an action one by one, and stops between any two of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QTimer

from app.acting.input.driver import InputDriver, InputError, Move, Pause, Primitive

GAP_MS = 8
"""Between two primitives: programs keep up, and a stop is heard in between."""
SLACK = 3.0
"""Physical pixels that the pointer may be off from where it was put, before a person has moved it."""
MOVED = "You moved the mouse, so it waits."


class Performer(QObject):
    """One action at a time, on the main thread, a few milliseconds a primitive.

    `stop` takes effect at once: what was pressed is let go, and nothing more is sent.
    """

    def __init__(self, driver: InputDriver, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._driver = driver
        self._left: deque[Primitive] = deque()
        self._ended: Callable[[str], None] | None = None
        self._expected: tuple[float, float] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._next)

    @property
    def is_busy(self) -> bool:
        """Whether primitives are left to send."""
        return self._ended is not None

    def perform(self, primitives: Sequence[Primitive], ended: Callable[[str], None]) -> None:
        """Send `primitives`, then call `ended` with nothing, or with the sentence of what came between. After `stop` it
        is not called."""
        self.stop()
        self._left.extend(primitives)
        self._ended = ended
        self._expected = self._driver.pointer()
        self._timer.start(0)

    def stop(self) -> None:
        """Nothing more is sent."""
        self._timer.stop()
        self._left.clear()
        if self._ended is not None:
            self._ended = None
            self._driver.release_all()

    def _next(self) -> None:
        if not self._left:
            self._end("")
            return
        if self._was_moved():
            self._end(MOVED)
            return
        primitive = self._left.popleft()
        if isinstance(primitive, Pause):
            self._timer.start(round(primitive.seconds * 1000))
            return
        try:
            self._driver.send(primitive)
        except InputError as error:
            self._end(str(error))
            return
        if isinstance(primitive, Move):
            # Where the system has put it: screens may be cut off.
            self._expected = self._driver.pointer()
        self._timer.start(GAP_MS)

    def _was_moved(self) -> bool:
        now = self._driver.pointer()
        if now is None or self._expected is None:
            return False
        return max(abs(now[0] - self._expected[0]), abs(now[1] - self._expected[1])) > SLACK

    def _end(self, sentence: str) -> None:
        ended, self._ended = self._ended, None
        self._left.clear()
        self._driver.release_all()
        if ended is not None:
            ended(sentence)

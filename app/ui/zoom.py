"""How large a picture is seen, and which part of it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize

STEP = 1.25
_LARGEST = 8.0


class Zoom:
    """Fits a picture into a room, until it is zoomed. `room` is asked for where the picture may be seen, `ratio` for
    the device pixels of a logical one; both change with the window."""

    def __init__(self, room: Callable[[], QRectF], ratio: Callable[[], float]) -> None:
        self._room = room
        self._ratio = ratio
        self._size = QSize(1, 1)
        self._scale: float | None = None
        self._middle = QPointF(0.5, 0.5)
        """What is in the middle of the room, as a share of the picture."""

    @property
    def fits(self) -> bool:
        """Whether all of the picture is seen as large as it fits."""
        return self._scale is None

    @property
    def scale(self) -> float:
        """Screen pixels a picture pixel."""
        return self._scale if self._scale is not None else self._fitted()

    def begin(self, size: QSize) -> None:
        """Another picture, fitted."""
        self._size = size.expandedTo(QSize(1, 1))
        self.set_scale(None)

    def set_scale(self, scale: float | None) -> None:
        """Screen pixels a picture pixel; None to fit."""
        self._scale = scale
        if scale is None:
            self._middle = QPointF(0.5, 0.5)

    def show_part(self, part: QRectF, share: float, most: float) -> None:
        """Bring `part`, in shares of the picture, to the middle, filling `share` of the room, at a scale of at most
        `most`. What is seen large enough when it is fitted stays fitted."""
        room, ratio = self._room().size() * share, self._ratio()
        width, height = part.width() * self._size.width(), part.height() * self._size.height()
        filling = min(room.width() * ratio / max(1.0, width), room.height() * ratio / max(1.0, height), most)
        if filling > self._fitted():
            self._scale = filling
            self._middle = part.center()

    def shown(self) -> QRectF:
        """Where the picture lies, in logical pixels."""
        scale = self.scale / self._ratio()
        area = QRectF(0, 0, self._size.width() * scale, self._size.height() * scale)
        at = QPointF(area.width() * self._middle.x(), area.height() * self._middle.y())
        area.moveTopLeft(self._room().center() - at)
        return area

    def wanted(self) -> QSize:
        """The whole picture or a half, a quarter, … of it: never painted smaller than half of what was decoded."""
        step = 1
        while self.scale * 2 * step <= 1:
            step *= 2
        return QSize(-(-self._size.width() // step), -(-self._size.height() // step))

    def by(self, factor: float, around: QPointF | None = None) -> None:
        """Zoom so that what lies under `around` stays there."""
        before = self.shown()
        pivot = around if around is not None and before.contains(around) else self._room().center()
        scale = min(_LARGEST, max(min(0.1, self._fitted()), self.scale * factor))
        grown = scale / self.scale
        self._scale = scale
        away = (pivot - self._room().center()) * (1 - 1 / grown)
        self._middle += QPointF(away.x() / max(1.0, before.width()), away.y() / max(1.0, before.height()))
        self._keep_inside()

    def pan(self, by: QPointF) -> None:
        """Move the picture by logical pixels."""
        shown = self.shown()
        self._middle -= QPointF(by.x() / max(1.0, shown.width()), by.y() / max(1.0, shown.height()))
        self._keep_inside()

    def _fitted(self) -> float:
        room, ratio = self._room(), self._ratio()
        return min(1.0, room.width() * ratio / self._size.width(), room.height() * ratio / self._size.height())

    def _keep_inside(self) -> None:
        self._middle = QPointF(min(1.0, max(0.0, self._middle.x())), min(1.0, max(0.0, self._middle.y())))

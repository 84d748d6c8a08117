"""One monitor's part of the region picker: its frozen picture, dimmed outside the selection."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import QLabel, QWidget

from app.capture.shot import Shot
from app.look import Look, style_sheet
from app.overlay.action_bar import ActionBar
from app.overlay.hint_line import ADJUSTING, CHOOSING, HintLine
from app.overlay.magnifier import Magnifier
from app.overlay.placing import bar_place, beside_pointer, clear_of, label_place
from app.overlay.selection import CORNERS, EDGES, Part, Selection, middle_of, spanned

LEAST_DRAG = 8
"""Logical pixels: less is a click with an unsteady hand."""
GRIP_REACH = 8
"""Logical pixels around an edge that take hold of it."""
GRIP_RADIUS = 4.5
FRAME = 2.0
"""Width of the line around the selection, which lies outside it."""
_MARGIN = math.ceil(GRIP_RADIUS + FRAME) + 1
"""How far the frame and its grips reach beyond the selection."""

_LABEL_STYLE = """
QLabel { background: $accent; color: $accent_ink; border-radius: ${radius_s}px; padding: ${space_1}px ${space_2}px;
    font-size: ${font_s}px; font-weight: 600; }
"""
_CURSORS: dict[Part, Qt.CursorShape] = {
    "nw": Qt.CursorShape.SizeFDiagCursor,
    "se": Qt.CursorShape.SizeFDiagCursor,
    "ne": Qt.CursorShape.SizeBDiagCursor,
    "sw": Qt.CursorShape.SizeBDiagCursor,
    "n": Qt.CursorShape.SizeVerCursor,
    "s": Qt.CursorShape.SizeVerCursor,
    "w": Qt.CursorShape.SizeHorCursor,
    "e": Qt.CursorShape.SizeHorCursor,
    "inside": Qt.CursorShape.SizeAllCursor,
}


@dataclass(frozen=True, slots=True)
class _Drag:
    """A pressed button. `at` is the pixel it was pressed on, `before` the selection then, `part` what it holds (None:
    a new selection); `slack` lies from the pressed pixel to the edge that is held."""

    at: tuple[int, int]
    before: Selection | None
    part: Part | None
    slack: tuple[int, int] = (0, 0)


class PickerWindow(QWidget):
    """Paints and edits the selection, in device pixels of its shot. Signals say what the person wants of the whole."""

    taken = Signal()
    cancelled = Signal()
    began = Signal()
    """A selection begins here: those on other monitors go."""
    entered = Signal()
    key_pressed = Signal(QKeyEvent)

    def __init__(self, shot: Shot, look: Look) -> None:
        super().__init__()
        self._shot = shot
        self._look = look
        self._scale = shot.screen.scale
        self._bounds = (shot.image.width(), shot.image.height())
        self._bright = QPixmap.fromImage(shot.image)
        self._bright.setDevicePixelRatio(self._scale)
        self._dimmed = _dimmed(self._bright, QColor(look.palette.veil))
        self._selection: Selection | None = None
        self._drag: _Drag | None = None
        self.setWindowTitle("Fingerpost: choose a region")
        self.setAccessibleName("Choose a region of the screen")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self._hint = HintLine(look, self)
        self._label = QLabel(self)
        self._label.setStyleSheet(style_sheet(look, _LABEL_STYLE))
        self._label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._bar = ActionBar(look, self)
        self._bar.taken.connect(self.taken)
        self._bar.cancelled.connect(self.cancelled)
        self._magnifier = Magnifier(shot.image, look, self)
        for part in (self._label, self._bar, self._magnifier):
            part.hide()

    @property
    def selection(self) -> Selection | None:
        """What is selected on this monitor."""
        return self._selection

    @property
    def bounds(self) -> tuple[int, int]:
        """Width and height of the monitor in device pixels."""
        return self._bounds

    def select(self, selection: Selection | None) -> None:
        """Replace the selection, and repaint only what changes by that."""
        if selection == self._selection:
            return
        before, self._selection = self._selection, selection
        self.update(self._changed(before, selection))
        self._arrange()

    def nudge(self, dx: int, dy: int, *, resize: bool) -> None:
        """Shift the selection, or its right and bottom edges, by device pixels. Begins one where there is none."""
        if self._selection is None:
            self.began.emit()
            self.select(middle_of(self._bounds))
        elif resize:
            self.select(self._selection.grown(dx, dy, self._bounds))
        else:
            self.select(self._selection.moved(dx, dy, self._bounds))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the selection, or begin a new one."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        x, y = self._pixel(event.position())
        part = self._part_at(x, y)
        slack = (0, 0)
        if part is not None and part != "inside" and self._selection is not None:
            held = self._selection
            slack_x = held.left - x if "w" in part else held.right - 1 - x if "e" in part else 0
            slack_y = held.top - y if "n" in part else held.bottom - 1 - y if "s" in part else 0
            slack = (slack_x, slack_y)
        self._drag = _Drag((x, y), self._selection, part, slack)
        self._arrange()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the pointer."""
        self.entered.emit()
        x, y = self._pixel(event.position())
        if self._drag is not None:
            self._follow(self._drag, x, y)
        else:
            part = self._part_at(x, y)
            self.setCursor(Qt.CursorShape.CrossCursor if part is None else _CURSORS[part])
        self._magnify(event.position().toPoint(), x, y)
        self._place_hint(event.position().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The selection stays and can be adjusted."""
        if event.button() == Qt.MouseButton.RightButton:
            # Not when it is pressed: the release would open the menu of whatever lies below.
            self.cancelled.emit()
        if event.button() != Qt.MouseButton.LeftButton or self._drag is None:
            return
        self._follow(self._drag, *self._pixel(event.position()))
        self._drag = None
        self._magnifier.setVisible(self._selection is None)
        self._arrange()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Take the selection that is clicked on."""
        if event.button() == Qt.MouseButton.LeftButton and self._part_at(*self._pixel(event.position())) == "inside":
            self.taken.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys belong to the picker, whichever monitor the pointer is on."""
        self.key_pressed.emit(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        """This is the monitor that is meant now."""
        self.entered.emit()
        self._magnify(event.position().toPoint(), *self._pixel(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """The magnifier goes with the pointer."""
        self._magnifier.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Known once the window lies on its monitor."""
        self._arrange()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The dimmed monitor, the selection in full light, its frame and grips."""
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._dimmed)
        if self._selection is None:
            return
        area = self._area(self._selection)
        painter.save()
        painter.setClipRect(area, Qt.ClipOperation.IntersectClip)
        painter.drawPixmap(0, 0, self._bright)
        painter.restore()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        accent, rim = QColor(self._look.palette.accent), QColor(self._look.palette.scrim_ink)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        # A thin light line around the coloured one keeps it readable on dark and on teal screens.
        painter.setPen(QPen(rim, 1))
        painter.drawRect(area.adjusted(-FRAME - 0.5, -FRAME - 0.5, FRAME + 0.5, FRAME + 0.5))
        painter.setPen(QPen(accent, FRAME, j=Qt.PenJoinStyle.MiterJoin))
        painter.drawRect(area.adjusted(-FRAME / 2, -FRAME / 2, FRAME / 2, FRAME / 2))
        if self._drag is None:
            painter.setPen(QPen(rim, 1.5))
            painter.setBrush(accent)
            for grip in (*CORNERS, *EDGES):
                x, y = self._selection.grip_at(grip)
                painter.drawEllipse(QPointF(x / self._scale, y / self._scale), GRIP_RADIUS, GRIP_RADIUS)

    def _follow(self, drag: _Drag, x: int, y: int) -> None:
        dx, dy = x - drag.at[0], y - drag.at[1]
        if drag.part is None:
            if max(abs(dx), abs(dy)) <= LEAST_DRAG * self._scale:
                self.select(drag.before)
                return
            if self._selection is None:
                self.began.emit()
            self.select(spanned(drag.at, (x, y), self._bounds))
        elif drag.before is not None:
            if drag.part == "inside":
                self.select(drag.before.moved(dx, dy, self._bounds))
            else:
                self.select(drag.before.pulled(drag.part, x + drag.slack[0], y + drag.slack[1], self._bounds))

    def _pixel(self, position: QPointF) -> tuple[int, int]:
        return math.floor(position.x() * self._scale), math.floor(position.y() * self._scale)

    def _part_at(self, x: int, y: int) -> Part | None:
        return None if self._selection is None else self._selection.part_at(x, y, GRIP_REACH * self._scale)

    def _area(self, selection: Selection) -> QRectF:
        scale = self._scale
        left, top = selection.left / scale, selection.top / scale
        return QRectF(left, top, selection.width / scale, selection.height / scale)

    def _changed(self, before: Selection | None, after: Selection | None) -> QRegion:
        """The frames of both and what lies in only one of them: a large selection is not painted anew as it grows."""
        covered = [QRegion() if one is None else QRegion(self._area(one).toAlignedRect()) for one in (before, after)]
        changed = covered[0].xored(covered[1])
        for one in (before, after):
            if one is not None:
                area = self._area(one).toAlignedRect()
                outer = area.adjusted(-_MARGIN, -_MARGIN, _MARGIN, _MARGIN)
                inner = area.adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
                changed += QRegion(outer) - (QRegion(inner) if inner.isValid() else QRegion())
        return changed

    def _arrange(self) -> None:
        """Label, bar and hint, after the selection or the button has changed."""
        selection, dragging = self._selection, self._drag is not None
        self._label.setVisible(selection is not None)
        self._bar.setVisible(selection is not None and not dragging)
        if selection is not None and not dragging:
            self._magnifier.hide()
        self._hint.say(CHOOSING if selection is None else ADJUSTING, self.width())
        self._hint.setVisible(not dragging)
        self._place_hint(self.mapFromGlobal(self.cursor().pos()))
        if selection is not None:
            gap = self._look.sizes.space_2
            frame = math.ceil(FRAME)
            area = self._area(selection).toAlignedRect().adjusted(-frame, -_MARGIN, frame, _MARGIN)
            self._label.setText(f"{selection.width} × {selection.height}")
            self._label.adjustSize()
            corner = label_place(area, self._label.size(), self.rect(), gap)
            self._bar.move(bar_place(area, self._bar.size(), self.rect(), gap))
            if self._bar.isVisible():
                corner = clear_of(QRect(corner, self._label.size()), self._bar.geometry(), self.rect(), gap)
            self._label.move(corner)
        self.update(self._changed(selection, selection))

    def _place_hint(self, pointer: QPoint) -> None:
        """At the top, or at the bottom while the pointer or the selection is there."""
        edge = self._look.sizes.space_5
        size = self._hint.size()
        top = QRect(QPoint((self.width() - size.width()) // 2, edge), size)
        taken = [] if self._selection is None else [self._area(self._selection).toAlignedRect()]
        if self._bar.isVisible():
            taken.append(self._bar.geometry())
        near = top.adjusted(-edge, -edge, edge, edge)
        if near.contains(pointer) or any(top.intersects(area) for area in taken):
            self._hint.move(top.left(), self.height() - edge - size.height())
        else:
            self._hint.move(top.topLeft())

    def _magnify(self, pointer: QPoint, x: int, y: int) -> None:
        wanted = self._selection is None or (self._drag is not None and self._drag.part != "inside")
        self._magnifier.setVisible(wanted)
        if wanted:
            self._magnifier.look_at(x, y)
            gap = self._look.sizes.space_5
            self._magnifier.move(beside_pointer(pointer, self._magnifier.size(), self.rect(), gap))
            self._magnifier.raise_()


def _dimmed(bright: QPixmap, veil: QColor) -> QPixmap:
    dimmed = QPixmap(bright)
    painter = QPainter(dimmed)
    painter.fillRect(dimmed.rect(), veil)
    painter.end()
    return dimmed

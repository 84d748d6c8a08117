"""A picture large: fitted or at its real size, zoomed with the wheel, moved with the pointer, with its marks."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QVBoxLayout, QWidget

from app.domain.conversation import Attachment, CloserLook
from app.domain.geometry import Rect
from app.look import Look
from app.marking.words import mark_line
from app.ui.file_dialog import choose_saved_picture
from app.ui.icons import Icons
from app.ui.mark_layer import MarkLayer
from app.ui.sheet import Overlay
from app.ui.thumbnails import Thumbnails
from app.ui.viewer_bar import ViewerBar
from app.ui.words import picture_line, title_of
from app.ui.zoom import STEP, Zoom
from engine.protocol import Mark

_PART_SHARE = 0.6
"""A part that is shown fills as much of the view at most, so that one sees what is around it."""
_PART_SCALE = 2.0
_MARK_SHARE = 0.25
"""The same of a mark, of which one wants to see where it is."""
_MARK_SCALE = 1.0


class PictureViewer(Overlay):
    """Esc closes, + and - zoom, 0 fits, 1 shows one picture pixel as one pixel of the screen. Tab goes through the
    marks and then to the buttons, M hides and shows them."""

    copy_marked_wanted = Signal(object, object)
    """The `Attachment` and its marks."""
    save_marked_wanted = Signal(object, object, object)
    """The same, and the `Path` of the file."""

    def __init__(self, look: Look, icons: Icons, thumbnails: Thumbnails, parent: QWidget) -> None:
        super().__init__(look, parent)
        self._thumbnails = thumbnails
        self._attachment: Attachment | None = None
        self._words = ""
        self._part: Rect | None = None
        """What is lit, as shares of the picture; None: all of it."""
        self._zoom = Zoom(self._room, self.devicePixelRatioF)
        self._layer = MarkLayer()
        self._hidden = False
        self._drag_from: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Picture")
        sizes = look.sizes
        bar = ViewerBar(look, icons)
        bar.fit_wanted.connect(lambda: self._set_scale(None))
        bar.real_wanted.connect(lambda: self._set_scale(1.0))
        bar.zoomed.connect(lambda closer: self._zoom_by(STEP if closer else 1 / STEP))
        bar.close_wanted.connect(self.close_over)
        bar.copy_wanted.connect(lambda: self.copy_marked_wanted.emit(self._attachment, self._layer.marks))
        bar.save_wanted.connect(self._save)
        bar.marks_hidden.connect(self._hide_marks)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(sizes.space_3, sizes.space_3, sizes.space_3, sizes.space_3)
        whole.addStretch(1)
        whole.addWidget(bar)
        self.bar = bar
        thumbnails.changed.connect(self._on_changed)

    def show_picture(self, attachment: Attachment) -> None:
        """Open with `attachment`, fitted."""
        self._open(attachment, None, picture_line(attachment))

    def show_look(self, look: CloserLook) -> None:
        """Open with the part that the model looked at in the middle, and what is around it dimmed."""
        self._open(look.picture, look.area, f"The part that the model looked at: {picture_line(look.picture)}")
        area = QRectF(look.area.x, look.area.y, look.area.width, look.area.height)
        self._zoom.show_part(area, _PART_SHARE, _PART_SCALE)

    def show_marks(self, attachment: Attachment, marks: Sequence[Mark], number: int = 0) -> None:
        """Open with `marks` on the picture, and mark `number` in the middle; 0 for all of it."""
        self._open(attachment, None, picture_line(attachment), marks)
        self._go_to(number)

    def scale(self) -> float:
        """Screen pixels a picture pixel now."""
        return self._zoom.scale

    def shown(self) -> QRectF:
        """Where the picture lies."""
        return self._zoom.shown()

    def lit(self) -> int:
        """The number of the mark that is brought out, 0 for none."""
        return self._layer.lit

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: D102
        around = bool(self._layer.marks) and not self._hidden and self.bar.ends(forward=forward)
        if (self.hasFocus() or around) and self._step(forward):
            self.setFocus(Qt.FocusReason.TabFocusReason)
            return True
        self._light(0)
        return super().focusNextPrevChild(forward)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102
        match event.key():
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self._zoom_by(STEP)
            case Qt.Key.Key_Minus:
                self._zoom_by(1 / STEP)
            case Qt.Key.Key_0:
                self._set_scale(None)
            case Qt.Key.Key_1:
                self._set_scale(1.0)
            case Qt.Key.Key_M if self._layer.marks:
                self.bar.hiding.toggle()
            case Qt.Key.Key_Left:
                self._pan(QPointF(self.width() / 8, 0))
            case Qt.Key.Key_Right:
                self._pan(QPointF(-self.width() / 8, 0))
            case Qt.Key.Key_Up:
                self._pan(QPointF(0, self.height() / 8))
            case Qt.Key.Key_Down:
                self._pan(QPointF(0, -self.height() / 8))
            case _:
                super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: D102
        self._zoom_by(STEP ** (event.angleDelta().y() / 120), event.position())

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        if not self.shown().contains(event.position()):
            self.close_over()
            return
        self._drag_from = event.position()
        self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        if self._drag_from is not None:
            self._pan(event.position() - self._drag_from)
            self._drag_from = event.position()
        else:
            self._light(self._mark_under(event.position()))

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: D102
        self._drag_from = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:  # noqa: D102
        self._set_scale(1.0 if self._zoom.fits else None)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        super().resizeEvent(event)
        self.update()

    def event(self, event: QEvent) -> bool:  # noqa: D102
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            number = self._mark_under(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), self._layer.tool_tip(number), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: D102
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(self._look.palette.sunken))
        if self._attachment is None:
            return
        shown = self.shown()
        # Real pixels stay pixels when they are enlarged.
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.scale() < 2)
        image = self._thumbnails.image(self._attachment, self._zoom.wanted())
        if image is not None:
            painter.drawImage(shown, image)
            if self._part is not None:
                self._paint_light(painter, shown, self._part)
            if not self._hidden:
                self._layer.paint(painter, self._look, shown, self._room())
        else:
            painter.setPen(QColor(self._look.palette.ink_2))
            missing = self._thumbnails.is_missing(self._attachment)
            words = "This picture can no longer be opened." if missing else "Opening the picture"
            painter.drawText(shown, Qt.AlignmentFlag.AlignCenter, words)

    def _open(self, attachment: Attachment, part: Rect | None, words: str, marks: Sequence[Mark] = ()) -> None:
        self._attachment, self._part, self._words = attachment, part, words
        self._layer.set_marks(marks)
        self._layer.light(0)
        self.bar.show_for(words, marked=bool(marks))
        self.setAccessibleName(words)
        self.setAccessibleDescription(self._layer.description())
        self._zoom.begin(QSize(attachment.width, attachment.height))
        self.update()
        self.open_over()

    # --- Marks ---

    def _step(self, forward: bool) -> bool:
        """To the next mark; False when there is none any more."""
        numbers = [] if self._hidden else [mark.number for mark in self._layer.marks]
        at = numbers.index(self._layer.lit) if self._layer.lit in numbers else (-1 if forward else len(numbers))
        at += 1 if forward else -1
        if not 0 <= at < len(numbers):
            return False
        self._go_to(numbers[at])
        return True

    def _go_to(self, number: int) -> None:
        """Bring a mark out, and into sight where it is small."""
        mark = self._layer.mark(number)
        self._light(number if mark is not None else 0)
        if mark is not None:
            box = mark.box
            self._zoom.show_part(QRectF(QPointF(box.x0, box.y0), QPointF(box.x1, box.y1)), _MARK_SHARE, _MARK_SCALE)
            self.update()

    def _light(self, number: int) -> None:
        if self._layer.light(number):
            mark = self._layer.mark(number)
            words = self._words if mark is None else f"{mark.number}  {mark_line(mark)}"
            self.bar.say(words)
            self.setAccessibleName(words)
            self.update()

    def _hide_marks(self, hidden: bool) -> None:
        self._hidden = hidden
        self._light(0)
        self.update()

    def _mark_under(self, at: QPointF) -> int:
        return 0 if self._hidden else self._layer.at(self._look, self.shown(), self._room(), at)

    def _save(self) -> None:
        if self._attachment is None:
            return
        chosen = choose_saved_picture(self, f"{title_of(self._attachment).replace('/', ' ')}, marked.png")
        if chosen is not None:
            self.save_marked_wanted.emit(self._attachment, self._layer.marks, chosen)

    # --- Zoom ---

    def _paint_light(self, painter: QPainter, shown: QRectF, part: Rect) -> None:
        """Dim what lies around the part."""
        lit = QRectF(
            shown.x() + part.x * shown.width(),
            shown.y() + part.y * shown.height(),
            part.width * shown.width(),
            part.height * shown.height(),
        )
        around, inside = QPainterPath(), QPainterPath()
        around.addRect(shown)
        inside.addRect(lit)
        painter.fillPath(around - inside, QColor(self._look.palette.scrim))
        painter.setPen(QPen(QColor(self._look.palette.scrim_ink), 2))
        painter.drawRect(lit.adjusted(-1, -1, 1, 1))

    def _room(self) -> QRectF:
        edge = self._look.sizes.space_3
        return QRectF(edge, edge, self.width() - 2 * edge, max(1, self.height() - 3 * edge - self.bar.height()))

    def _set_scale(self, scale: float | None) -> None:
        self._zoom.set_scale(scale)
        self.update()

    def _zoom_by(self, factor: float, around: QPointF | None = None) -> None:
        self._zoom.by(factor, around)
        self.update()

    def _pan(self, by: QPointF) -> None:
        self._zoom.pan(by)
        self.update()

    def _on_changed(self, attachment: str) -> None:
        if self._attachment is not None and attachment == self._attachment.id:
            self.update()

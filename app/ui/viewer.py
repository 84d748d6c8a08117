"""A picture large: fitted or at its real size, zoomed with the wheel, moved with the pointer."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.domain.conversation import Attachment, CloserLook
from app.domain.geometry import Rect
from app.look import Look
from app.ui.buttons import Button, IconButton
from app.ui.icons import Icons
from app.ui.painting import paint_surface
from app.ui.sheet import Overlay
from app.ui.text import ElidedLabel
from app.ui.themed import Themed
from app.ui.thumbnails import Thumbnails
from app.ui.words import picture_line

_STEP = 1.25
_LARGEST = 8.0
_PART_SHARE = 0.6
"""A part that is shown fills as much of the view at most, so that one sees what is around it."""
_PART_SCALE = 2.0


class _Bar(QWidget, Themed):
    """The viewer's buttons on a surface of their own."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look

    def set_look(self, look: Look) -> None:
        self._look = look
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = self._look.palette
        paint_surface(painter, QRectF(self.rect()), self._look.sizes.radius_m, colours.raised, colours.line)


class PictureViewer(Overlay):
    """Esc closes, + and - zoom, 0 fits, 1 shows one picture pixel as one pixel of the screen."""

    def __init__(self, look: Look, icons: Icons, thumbnails: Thumbnails, parent: QWidget) -> None:
        super().__init__(look, parent)
        self._thumbnails = thumbnails
        self._attachment: Attachment | None = None
        self._part: Rect | None = None
        """What is lit, as shares of the picture; None: all of it."""
        self._scale: float | None = None
        """Screen pixels a picture pixel; None: fitted."""
        self._middle = QPointF(0.5, 0.5)
        """What is in the middle of the view, as a share of the picture."""
        self._drag_from: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Picture")
        sizes = look.sizes
        self._caption = ElidedLabel("", "caption")
        fit = Button(look, "Fit", "plain")
        fit.describe("Fit the picture into the window", "0")
        real = Button(look, "100 %", "plain")
        real.describe("Show the picture at its real size", "1")
        out = IconButton(look, icons, "out", "Zoom out", "-")
        closer = IconButton(look, icons, "in", "Zoom in", "+")
        close = IconButton(look, icons, "close", "Close", "Esc")
        fit.clicked.connect(lambda: self._set_scale(None))
        real.clicked.connect(lambda: self._set_scale(1.0))
        out.clicked.connect(lambda: self._zoom(1 / _STEP))
        closer.clicked.connect(lambda: self._zoom(_STEP))
        close.clicked.connect(self.close_over)
        bar = _Bar(look)
        row = QHBoxLayout(bar)
        row.setContentsMargins(sizes.space_3, sizes.space_2, sizes.space_2, sizes.space_2)
        row.setSpacing(sizes.space_2)
        row.addWidget(self._caption, 1)
        for button in (out, closer, fit, real, close):
            row.addWidget(button)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(sizes.space_3, sizes.space_3, sizes.space_3, sizes.space_3)
        whole.addStretch(1)
        whole.addWidget(bar)
        self._bar = bar
        thumbnails.changed.connect(self._on_changed)

    def show_picture(self, attachment: Attachment) -> None:
        """Open with `attachment`, fitted."""
        self._open(attachment, None, picture_line(attachment))

    def show_look(self, look: CloserLook) -> None:
        """Open with the part that the model looked at in the middle, and what is around it dimmed."""
        self._open(look.picture, look.area, f"The part that the model looked at: {picture_line(look.picture)}")
        room, ratio = self._room().size() * _PART_SHARE, self.devicePixelRatioF()
        width, height = look.area.width * look.picture.width, look.area.height * look.picture.height
        filling = min(room.width() * ratio / max(1.0, width), room.height() * ratio / max(1.0, height), _PART_SCALE)
        if filling > self._fitted():
            self._scale = filling
            self._middle = QPointF(*look.area.centre)

    def scale(self) -> float:
        """Screen pixels a picture pixel now."""
        return self._scale if self._scale is not None else self._fitted()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102
        match event.key():
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self._zoom(_STEP)
            case Qt.Key.Key_Minus:
                self._zoom(1 / _STEP)
            case Qt.Key.Key_0:
                self._set_scale(None)
            case Qt.Key.Key_1:
                self._set_scale(1.0)
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
        self._zoom(_STEP ** (event.angleDelta().y() / 120), event.position())

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        if not self._shown().contains(event.position()):
            self.close_over()
            return
        self._drag_from = event.position()
        self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        if self._drag_from is not None:
            self._pan(event.position() - self._drag_from)
            self._drag_from = event.position()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: D102
        self._drag_from = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:  # noqa: D102
        self._set_scale(1.0 if self._scale is None else None)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        super().resizeEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: D102
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(self._look.palette.sunken))
        if self._attachment is None:
            return
        shown = self._shown()
        # Real pixels stay pixels when they are enlarged.
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.scale() < 2)
        image = self._thumbnails.image(self._attachment, self._wanted(self._attachment))
        if image is not None:
            painter.drawImage(shown, image)
            if self._part is not None:
                self._light(painter, shown, self._part)
        else:
            painter.setPen(QColor(self._look.palette.ink_2))
            missing = self._thumbnails.is_missing(self._attachment)
            words = "This picture can no longer be opened." if missing else "Opening the picture"
            painter.drawText(shown, Qt.AlignmentFlag.AlignCenter, words)

    def _open(self, attachment: Attachment, part: Rect | None, words: str) -> None:
        self._attachment, self._part = attachment, part
        self._caption.set_whole(words)
        self.setAccessibleName(words)
        self._set_scale(None)
        self.open_over()

    def _light(self, painter: QPainter, shown: QRectF, part: Rect) -> None:
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

    def _wanted(self, attachment: Attachment) -> QSize:
        """The whole picture or a half, a quarter, … of it: never painted smaller than half of what was decoded."""
        step = 1
        while self.scale() * 2 * step <= 1:
            step *= 2
        return QSize(-(-attachment.width // step), -(-attachment.height // step))

    def _room(self) -> QRectF:
        edge = self._look.sizes.space_3
        return QRectF(edge, edge, self.width() - 2 * edge, max(1, self.height() - 3 * edge - self._bar.height()))

    def _fitted(self) -> float:
        if self._attachment is None:
            return 1.0
        room, ratio = self._room(), self.devicePixelRatioF()
        return min(1.0, room.width() * ratio / self._attachment.width, room.height() * ratio / self._attachment.height)

    def _shown(self) -> QRectF:
        """Where the picture lies, in logical pixels."""
        if self._attachment is None:
            return QRectF()
        scale = self.scale() / self.devicePixelRatioF()
        area = QRectF(0, 0, self._attachment.width * scale, self._attachment.height * scale)
        at = QPointF(area.width() * self._middle.x(), area.height() * self._middle.y())
        area.moveTopLeft(self._room().center() - at)
        return area

    def _set_scale(self, scale: float | None) -> None:
        self._scale = scale
        if scale is None:
            self._middle = QPointF(0.5, 0.5)
        self.update()

    def _zoom(self, factor: float, around: QPointF | None = None) -> None:
        """Zoom so that what lies under `around` stays there."""
        before = self._shown()
        pivot = around if around is not None and before.contains(around) else self._room().center()
        scale = min(_LARGEST, max(min(0.1, self._fitted()), self.scale() * factor))
        grown = scale / self.scale()
        self._scale = scale
        away = (pivot - self._room().center()) * (1 - 1 / grown)
        self._middle += QPointF(away.x() / max(1.0, before.width()), away.y() / max(1.0, before.height()))
        self._keep_inside()

    def _pan(self, by: QPointF) -> None:
        shown = self._shown()
        self._middle -= QPointF(by.x() / max(1.0, shown.width()), by.y() / max(1.0, shown.height()))
        self._keep_inside()

    def _keep_inside(self) -> None:
        self._middle = QPointF(min(1.0, max(0.0, self._middle.x())), min(1.0, max(0.0, self._middle.y())))
        self.update()

    def _on_changed(self, attachment: str) -> None:
        if self._attachment is not None and attachment == self._attachment.id:
            self.update()

"""The pages with mouse and keyboard: reading on, selecting and copying, taking a region or a table."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QMenu, QWidget

from app.look import Look
from app.ui.document_viewer.canvas import PageCanvas
from app.ui.document_viewer.selection import Spot
from engine.protocol import Box

_ZOOM_STEP = 1.2
_LEAST_REGION = 8.0
_EDGE_MS = 40
_MOST_TABLES = 12


class PageReader(PageCanvas):
    """Drag selects words, Alt-drag or a drag in `taking` takes a region."""

    region_taken = Signal(int, object)
    """Page and `Box`."""
    table_wanted = Signal(int, int)
    """Page and which of its tables, from 0."""
    taking_changed = Signal(bool)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(look, parent)
        self._taking = False
        self._region: tuple[int, QPointF, QPointF] | None = None
        self._selecting = False
        self._at = QPointF()
        self._follow = QTimer(self, interval=_EDGE_MS)
        self._follow.timeout.connect(self._scroll_along)
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)

    def set_taking(self, taking: bool) -> None:
        """Whether the next drag takes a region."""
        if taking == self._taking:
            return
        self._taking = taking
        self._region = None
        self.viewport().setCursor(Qt.CursorShape.CrossCursor if taking else Qt.CursorShape.IBeamCursor)
        self.viewport().update()
        self.taking_changed.emit(taking)

    def taking(self) -> bool:
        """Whether the next drag takes a region."""
        return self._taking

    def selected_text(self) -> str:
        """What is selected, pages apart by a blank line."""
        parts = []
        for page in self.selection.pages:
            content = self.content_of(page)
            if content is not None and (text := content.text(self.selection.on(page, content))):
                parts.append(text)
        return "\n\n".join(parts)

    def copy(self) -> None:
        """Put what is selected on the clipboard."""
        if text := self.selected_text():
            QGuiApplication.clipboard().setText(text)

    # --- Mouse ---

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        if event.button() != Qt.MouseButton.LeftButton:
            return
        at = event.position()
        if self._taking or event.modifiers() & Qt.KeyboardModifier.AltModifier:
            page = self.page_at(at)
            info = self.info_of(page)
            if info is not None and info.width and self.page_area(page).contains(at):
                self._region = page, at, at
            return
        spot = self._spot(at)
        if spot is None:
            self.selection.clear()
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.selection.extend(spot)
        else:
            self.selection.begin(spot)
        self._selecting = spot is not None
        self.viewport().update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        self._at = event.position()
        if self._region is not None:
            page, start, _ = self._region
            self._region = page, start, _inside(self._at, self.page_area(page))
            self.viewport().update()
        elif self._selecting and event.buttons() & Qt.MouseButton.LeftButton:
            self._extend()
            outside = not self.viewport().rect().contains(self._at.toPoint())
            if outside and not self._follow.isActive():
                self._follow.start()
            elif not outside:
                self._follow.stop()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self._follow.stop()
        self._selecting = False
        region, self._region = self._region, None
        if region is None:
            return
        page, start, end = region
        drawn, area = QRectF(start, end).normalized(), self.page_area(page)
        self.viewport().update()
        if min(drawn.width(), drawn.height()) >= _LEAST_REGION:
            self.set_taking(False)
            drawn.translate(-area.topLeft())
            across, down = max(1.0, area.width()), max(1.0, area.height())
            box = Box(drawn.left() / across, drawn.top() / down, drawn.right() / across, drawn.bottom() / down)
            self.region_taken.emit(page, box)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        spot = self._spot(event.position())
        content = self.content_of(spot[0]) if spot is not None else None
        if spot is not None and content is not None:
            self.selection.take(spot[0], content.word_at(spot[1]))
            self.viewport().update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: D102
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        page = self.page_at(QPointF(event.pos())) if by_mouse else self.page
        content = self.content_of(page)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Copy", self.copy).setEnabled(bool(self.selected_text()))
        menu.addAction("Select the page", lambda: self._select_page(page)).setEnabled(content is not None)
        tables = min(content.tables, _MOST_TABLES) if content is not None else 0
        if tables:
            menu.addSeparator()
        for index in range(tables):
            words = "Save table as CSV…" if tables == 1 else f"Save table {index + 1} as CSV…"
            menu.addAction(words).triggered.connect(lambda _on=False, at=index: self.table_wanted.emit(page, at))
        menu.popup(event.globalPos())

    # --- Keyboard ---

    def event(self, event: QEvent) -> bool:  # noqa: D102
        # Before the window's shortcuts take them.
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            copies = event.matches(QKeySequence.StandardKey.Copy)
            if copies or event.matches(QKeySequence.StandardKey.SelectAll):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: D102
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        down, across = self.verticalScrollBar(), self.horizontalScrollBar()
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self._select_page(self.page)
        elif control and event.key() in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_by(_ZOOM_STEP)
        elif control and event.key() == Qt.Key.Key_Minus:
            self.zoom_by(1 / _ZOOM_STEP)
        elif control and event.key() == Qt.Key.Key_0:
            self.set_zoom(None)
        else:
            match event.key():
                case Qt.Key.Key_PageDown:
                    self.scroll_screens(1)
                case Qt.Key.Key_PageUp:
                    self.scroll_screens(-1)
                case Qt.Key.Key_Home:
                    down.setValue(0)
                case Qt.Key.Key_End:
                    down.setValue(down.maximum())
                case Qt.Key.Key_Down:
                    down.setValue(down.value() + down.singleStep())
                case Qt.Key.Key_Up:
                    down.setValue(down.value() - down.singleStep())
                case Qt.Key.Key_Right:
                    across.setValue(across.value() + across.singleStep())
                case Qt.Key.Key_Left:
                    across.setValue(across.value() - across.singleStep())
                case _:
                    event.ignore()

    # --- Painting ---

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: D102
        super().paintEvent(event)
        if self._region is None:
            return
        painter = QPainter(self.viewport())
        colour = QColor(self._look.palette.page_accent)
        painter.setPen(QPen(colour, 1.5))
        colour.setAlphaF(0.12)
        painter.setBrush(colour)
        painter.drawRect(QRectF(self._region[1], self._region[2]).normalized())
        painter.end()

    # --- Inside ---

    def _spot(self, at: QPointF) -> Spot | None:
        page = self.page_at(at)
        content = self.content_of(page)
        if content is None or not content.length:
            return None
        return page, content.position_at(at - self.page_area(page).topLeft())

    def _extend(self) -> None:
        if (spot := self._spot(self._at)) is not None:
            self.selection.extend(spot)
            self.viewport().update()

    def _scroll_along(self) -> None:
        """The pointer is held beyond the edge while it selects."""
        height = self.viewport().height()
        beyond = min(self._at.y(), 0) + max(self._at.y() - height, 0)
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + round(beyond / 2))
        self._extend()

    def _select_page(self, page: int) -> None:
        content = self.content_of(page)
        if content is not None:
            self.selection.take(page, (0, content.length))
            self.viewport().update()


def _inside(point: QPointF, area: QRectF) -> QPointF:
    return QPointF(
        min(max(point.x(), area.left()), area.right()),
        min(max(point.y(), area.top()), area.bottom()),
    )

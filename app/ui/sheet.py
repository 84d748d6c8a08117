"""What stands in front of the window's contents: a veil, and something on it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QVBoxLayout, QWidget

from app.look import Look
from app.ui.painting import Card, paint_shadow
from app.ui.themed import Themed


class Overlay(QWidget, Themed):
    """Covers its parent, keeps the Tab key inside, and gives the focus back when it goes."""

    closed = Signal()

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self._focus_before: QWidget | None = None
        self.hide()
        parent.installEventFilter(self)

    def open_over(self) -> None:
        """Cover the parent and take the focus."""
        self._focus_before = QApplication.focusWidget()
        self.setGeometry(self._area())
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def close_over(self) -> None:
        """Go away."""
        if self.isHidden():
            return
        before, self._focus_before = self._focus_before, None
        self.hide()
        if before is not None and before.isVisible():
            before.setFocus(Qt.FocusReason.OtherFocusReason)
        self.closed.emit()

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._look = look
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: D102
        if event.type() == QEvent.Type.Resize and watched is self.parent():
            self.setGeometry(self._area())
        return super().eventFilter(watched, event)

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: D102
        inside = [each for each in self.findChildren(QWidget) if _takes_tab(each)]
        if not inside:
            return True
        current = QApplication.focusWidget()
        at = inside.index(current) if current in inside else (-1 if forward else 0)
        chosen = inside[(at + (1 if forward else -1)) % len(inside)]
        chosen.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
        return True

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        QPainter(self).fillRect(self.rect(), QColor(self._look.palette.veil))

    def _area(self) -> QRect:
        parent = self.parentWidget()
        return parent.rect() if parent is not None else self.rect()


def _takes_tab(widget: QWidget) -> bool:
    return widget.isVisible() and widget.isEnabled() and bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)


class Sheet(Overlay):
    """A card in the middle of the veil: a `column` that scrolls, and a `foot` under it that stays in sight. Esc or a
    click beside it closes it."""

    def __init__(self, look: Look, name: str, parent: QWidget) -> None:
        super().__init__(look, parent)
        sizes = look.sizes
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._card = Card(look, sizes.radius_l, self)
        inside = QVBoxLayout(self._card)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.setSpacing(0)
        scroll = QScrollArea()
        scroll.setObjectName("sheet")
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setSizeAdjustPolicy(QScrollArea.SizeAdjustPolicy.AdjustToContents)
        content = QWidget()
        content.setObjectName("column")
        self.column = QVBoxLayout(content)
        self.column.setContentsMargins(sizes.space_5, sizes.space_5, sizes.space_5, sizes.space_5)
        self.column.setSpacing(sizes.space_3)
        scroll.setWidget(content)
        line = QFrame()
        line.setObjectName("line")
        line.setFixedHeight(1)
        foot = QWidget()
        self.foot = QVBoxLayout(foot)
        self.foot.setContentsMargins(sizes.space_5, sizes.space_3, sizes.space_5, sizes.space_4)
        self.foot.setSpacing(sizes.space_2)
        scroll.verticalScrollBar().rangeChanged.connect(self._make_room)
        inside.addWidget(scroll)
        inside.addWidget(line)
        inside.addWidget(foot)
        self._scroll, self._content, self._foot = scroll, content, foot
        content.installEventFilter(self)

    def place(self) -> None:
        """Put the card in the middle, as high as its contents and no higher than the window."""
        edge = self._look.sizes.space_4
        width = min(self._look.sizes.sheet_width, self.width() - 2 * edge)
        needed = _height(self._content, width - 2) + 1 + _height(self._foot, width - 2)
        height = min(needed + 2, self.height() - 2 * edge)
        self._card.setGeometry((self.width() - width) // 2, (self.height() - height) // 2, width, height)

    def open_over(self) -> None:  # noqa: D102
        super().open_over()
        self.place()

    def _make_room(self, _least: int, most: int) -> None:
        """The bar stands in the margin, so that nothing moves when it comes."""
        edge = self._look.sizes.space_5
        bar = self._scroll.verticalScrollBar().sizeHint().width() if most else 0
        self.column.setContentsMargins(edge, edge, edge - bar, edge)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: D102
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_shadow(painter, QRectF(self._card.geometry()), self._card.radius, self._look)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: D102
        if event.type() == QEvent.Type.LayoutRequest and watched is self._content and self.isVisible():
            self.place()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: D102
        super().resizeEvent(event)
        self.place()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: D102
        if not self._card.geometry().contains(event.position().toPoint()):
            self.close_over()


def _height(widget: QWidget, width: int) -> int:
    """What the contents of `widget` need at that width."""
    layout = widget.layout()
    wraps = layout is not None and layout.hasHeightForWidth()
    return layout.heightForWidth(width) if layout is not None and wraps else widget.sizeHint().height()


class SidebarVeil(Overlay):
    """Behind the sidebar while it lies over a narrow window."""

    def mousePressEvent(self, _event: QMouseEvent) -> None:  # noqa: D102
        self.close_over()


class DropVeil(Overlay):
    """Says that what is dragged over the window can be let go."""

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(look, parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: D102
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours, sizes = self._look.palette, self._look.sizes
        paper = QColor(colours.paper)
        paper.setAlphaF(0.92)
        painter.fillRect(self.rect(), paper)
        inset = QRectF(self.rect()).adjusted(sizes.space_4, sizes.space_4, -sizes.space_4, -sizes.space_4)
        painter.setPen(QPen(QColor(colours.accent), 2, Qt.PenStyle.DashLine))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(inset, sizes.radius_l, sizes.radius_l)
        font = QFont(self.font())
        font.setPixelSize(sizes.font_xl)
        painter.setFont(font)
        painter.setPen(QColor(colours.ink))
        painter.drawText(
            inset, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, "Let go to add it to the question"
        )

"""A small window on top of all others, that stays out of the way of what is pointed at."""

from __future__ import annotations

import os
from collections.abc import Sequence

from PySide6.QtCore import QRect, QRectF, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QCloseEvent, QKeyEvent, QMouseEvent, QRegion
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.capture.source import is_wayland
from app.look import Look, style_sheet
from app.overlay.pointer_native import blends
from app.ui.buttons import Button, IconButton
from app.ui.front import lift
from app.ui.guide_place import card_place
from app.ui.icons import Icons
from app.ui.painting import Card, rounded
from app.ui.text import label

WIDTH = 340


class FloatingCard(QWidget):
    """Comes up without taking the keyboard from the program that is worked in, can be moved with the mouse, and tells a
    screen reader what is new. One who fills it adds parts to `column` and buttons to `row`, and calls `present`.

    With `takes_keyboard` False a click on it leaves the keyboard where it is.
    """

    stop_wanted = Signal()

    def __init__(
        self, look: Look, icons: Icons, style: str, name: str, *, takes_keyboard: bool = True, stop: str = "Stop"
    ) -> None:
        super().__init__(None, Qt.WindowType.Tool)
        self._look, self._style = look, style
        flags = Qt.WindowType.Tool | Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint
        self.setWindowFlags(flags if takes_keyboard else flags | Qt.WindowType.WindowDoesNotAcceptFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_MacAlwaysShowToolWindow)
        # The main window may be hidden meanwhile: closing this one must not end the program.
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setWindowTitle(f"Fingerpost: {name.lower()}")
        self.setAccessibleName(name)
        self._was_moved = self._is_cut = False
        self.where = label("", "caption")
        self.say = QLabel()
        self.say.setTextFormat(Qt.TextFormat.RichText)
        self.say.setWordWrap(True)
        self.say.setProperty("kind", "step")
        close = IconButton(look, icons, "close", stop)
        self.stop = Button(look, "Stop", "plain")
        self.row = QHBoxLayout()
        self.row.setSpacing(look.sizes.space_1)
        self._card = Card(look, look.sizes.radius_l, strong=True)
        self.column = QVBoxLayout()
        self._whole = self._laid_out(close)
        self._themed: list[Card | Button] = [self._card, close, self.stop]
        close.clicked.connect(self.stop_wanted)
        self.stop.clicked.connect(self.stop_wanted)
        # Else the first button would look as if it had been chosen.
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFocus()

    def add_button(self, text: str, kind: str = "word") -> Button:
        """A button in the row, left of those that end it."""
        button = Button(self._look, text, "primary" if kind == "primary" else "word")
        self.row.addWidget(button)
        QWidget.setTabOrder(button, self.stop)
        self._themed.append(button)
        return button

    def add_text(self, kind: str) -> QLabel:
        """A line of text under what it says."""
        text = label("", kind, wrap=True)
        self.column.addWidget(text)
        return text

    def set_look(self, look: Look) -> None:
        """Paint with `look` from now on."""
        self._look = look
        self.setStyleSheet(style_sheet(look, self._style))
        for widget in self._themed:
            widget.set_look(look)

    def present(self, told: str) -> None:
        """Come up if it is not there yet, as high as its words, and have a screen reader say `told` once."""
        if told != self.say.accessibleName():
            self.say.setAccessibleName(told)
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.say, told))
        if not self.isVisible():
            # Without a compositor its corners would be black.
            self._is_cut = not blends(is_wayland(os.environ))
        self._fit()
        if not self.isVisible():
            self.show()
        lift(self)

    def keep_away(self, screen: QRect, areas: Sequence[QRect]) -> None:
        """Stand in a corner of `screen` that covers none of `areas`, unless the person has moved the card."""
        if self._was_moved and not any(self.geometry().intersects(area) for area in areas):
            return
        now = self.pos() if self.isVisible() else None
        self.move(card_place(self.size(), screen, areas, self._look.sizes.space_5, now))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Whoever closes the card ends what it shows."""
        event.ignore()
        self.stop_wanted.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc ends it."""
        if event.key() == Qt.Key.Key_Escape:
            self.stop_wanted.emit()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the card."""
        handle = self.windowHandle()
        if event.button() == Qt.MouseButton.LeftButton and handle is not None:
            self._was_moved = True
            handle.startSystemMove()

    def _laid_out(self, close: QWidget) -> QVBoxLayout:
        sizes = self._look.sizes
        top, bottom = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.where, 1)
        top.addWidget(close)
        bottom.addLayout(self.row)
        bottom.addStretch(1)
        bottom.addWidget(self.stop)
        self.column.setSpacing(sizes.space_2)
        self.column.addWidget(self.say)
        whole = QVBoxLayout(self._card)
        whole.setContentsMargins(sizes.space_4, sizes.space_2, sizes.space_3, sizes.space_3)
        whole.setSpacing(sizes.space_2)
        whole.addLayout(top)
        whole.addLayout(self.column)
        whole.addLayout(bottom)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._card)
        return whole

    def _fit(self) -> None:
        """As high as its words. What grows at the bottom of the screen grows upwards."""
        height = self._whole.totalHeightForWidth(WIDTH)
        bottom, before = self.geometry().bottom(), self.height()
        self.resize(WIDTH, height)
        if self._is_cut:
            self.setMask(QRegion(rounded(QRectF(self.rect()), self._card.radius).toFillPolygon().toPolygon()))
        screen = self.screen().availableGeometry()
        if self.isVisible() and height != before and bottom + height - before > screen.bottom():
            self.move(self.x(), self.y() + before - height)

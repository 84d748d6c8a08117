"""The walk-through's card: a small window on top of all others that says the step in words."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QCloseEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.domain.guide import GuideView
from app.look import Look, style_sheet
from app.ui.buttons import Button, IconButton
from app.ui.front import lift
from app.ui.guide_place import card_place
from app.ui.icons import Icons
from app.ui.painting import Card
from app.ui.text import label

PLANNING = "Working out the steps"
REPLANNING = "Finding the way from here"
LOOKING = "Looking for it"
DONE = "Done. That was the last step."
WIDTH = 340
_BOLD = re.compile(r"\*\*(.+?)\*\*")


class GuideCard(QWidget):
    """Shows a `GuideView`. It comes up without taking the keyboard from the program that is worked in, can be moved
    with the mouse, and tells a screen reader each new step."""

    back_wanted = Signal()
    skip_wanted = Signal()
    again_wanted = Signal()
    stop_wanted = Signal()

    def __init__(self, look: Look, icons: Icons, style: str) -> None:
        super().__init__(None, Qt.WindowType.Tool)
        self._look, self._style = look, style
        self.setWindowFlags(Qt.WindowType.Tool | Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_MacAlwaysShowToolWindow)
        # The main window may be hidden meanwhile: closing this one must not end the program.
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setWindowTitle("Fingerpost: step by step")
        self.setAccessibleName("Step by step")
        self._was_moved = False
        self._where = label("", "caption")
        self._say = QLabel()
        self._say.setTextFormat(Qt.TextFormat.RichText)
        self._say.setWordWrap(True)
        self._say.setProperty("kind", "step")
        self._watch = label("", "caption", wrap=True)
        self._note = label("", "notice", wrap=True)
        close = IconButton(look, icons, "close", "Stop the walk-through")
        self._back = Button(look, "Back", "word")
        self._skip = Button(look, "Skip", "word")
        self._again = Button(look, "Show me again", "word")
        self._stop = Button(look, "Stop", "plain")
        self._card = Card(look, look.sizes.radius_l, strong=True)
        self._column = self._laid_out(close)
        self._themed = (self._card, close, self._back, self._skip, self._again, self._stop)
        close.clicked.connect(self.stop_wanted)
        self._stop.clicked.connect(self.stop_wanted)
        self._back.clicked.connect(self.back_wanted)
        self._skip.clicked.connect(self.skip_wanted)
        self._again.clicked.connect(self.again_wanted)
        # Else the first button would look as if it had been chosen.
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFocus()
        self.set_look(look)

    def _laid_out(self, close: QWidget) -> QVBoxLayout:
        sizes = self._look.sizes
        top, row = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self._where, 1)
        top.addWidget(close)
        row.setSpacing(sizes.space_1)
        for button in (self._back, self._skip, self._again):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self._stop)
        column = QVBoxLayout(self._card)
        column.setContentsMargins(sizes.space_4, sizes.space_2, sizes.space_3, sizes.space_3)
        column.setSpacing(sizes.space_2)
        column.addLayout(top)
        for part in (self._say, self._watch, self._note):
            column.addWidget(part)
        column.addLayout(row)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._card)
        return column

    def set_look(self, look: Look) -> None:
        """Paint with `look` from now on."""
        self._look = look
        self.setStyleSheet(style_sheet(look, self._style))
        for widget in self._themed:
            widget.set_look(look)

    def show_view(self, view: GuideView) -> None:
        """Show `view`, and come up if it is not there yet."""
        self._where.setText(where_words(view))
        sentence = sentence_of(view)
        self._say.setText(bold_html(sentence))
        self._watch.setText(view.watch)
        self._note.setText(view.note)
        for text in (self._watch, self._note):
            text.setVisible(bool(text.text()))
        self._back.setEnabled(view.can_go_back)
        self._skip.setEnabled(view.can_skip)
        self._again.setEnabled(view.state in ("showing", "lost") and view.step > 0)
        self._stop.set_words("Close" if view.state in ("done", "lost") else "Stop")
        told = ". ".join(filter(None, (self._where.text(), sentence.replace("**", ""), view.note)))
        if told != self._say.accessibleName():
            self._say.setAccessibleName(told)
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self._say, told))
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
        """Whoever closes the card ends the walk-through."""
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

    def _fit(self) -> None:
        """As high as its words. What grows at the bottom of the screen grows upwards."""
        bottom = self.geometry().bottom()
        height = self._column.totalHeightForWidth(WIDTH)
        before = self.height()
        self.resize(WIDTH, height)
        screen = self.screen().availableGeometry()
        if self.isVisible() and height != before and bottom + height - before > screen.bottom():
            self.move(self.x(), self.y() + before - height)


def where_words(view: GuideView) -> str:
    """Where in the whole a step is."""
    if not view.step:
        return "Step by step"
    return f"Step {view.step} of {view.total}{'' if view.plan_is_whole else ' or more'}"


def sentence_of(view: GuideView) -> str:
    """What the card says in large letters, with ``**`` around what is bold."""
    match view.state:
        case "planning":
            return PLANNING
        case "replanning":
            return REPLANNING
        case "done":
            return DONE
        case "lost":
            return view.say or "The walk-through has ended."
        case _:
            return view.say or LOOKING


def bold_html(text: str) -> str:
    """Plain text with ``**bold**`` words as HTML; nothing else in it means anything."""
    return _BOLD.sub(r"<b>\1</b>", html.escape(text, quote=False))

"""The bar over the conversation: its title and what can be done with it."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from app.look import Look
from app.ui.buttons import IconButton
from app.ui.icons import Icons
from app.ui.text import ElidedLabel, EscapableField

ThemeChoice = Literal["system", "light", "dark"]


class _Title(ElidedLabel):
    clicked = Signal()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()


class HeaderBar(QWidget):
    """A click on the title, or Rename, turns it into a field: Enter keeps the new title, Esc the old one."""

    renamed = Signal(str)
    """The new title of the open conversation."""
    delete_wanted = Signal()
    theme_chosen = Signal(str)
    """``system``, ``light`` or ``dark``."""
    model_wanted = Signal()
    acting_switched = Signal(bool)
    """Whether answers offer to do things for the person, until the program ends."""
    sidebar_wanted = Signal()

    def __init__(self, look: Look, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        sizes = look.sizes
        self.setFixedHeight(sizes.bar_height)
        self._can_rename = False
        self._sidebar = IconButton(look, icons, "sidebar", "Show conversations", "Ctrl+K")
        self._title = _Title("", "heading")
        self._field = EscapableField()
        self._field.setObjectName("title")
        self._field.setAccessibleName("Title of the conversation")
        self._field.setAcceptDrops(False)
        self._field.hide()
        self._more = IconButton(look, icons, "more", "More")
        self._menu = QMenu(self)
        self._rename = self._menu.addAction("Rename")
        self._delete = self._menu.addAction("Delete")
        self._menu.addSeparator()
        self._themes = self._theme_menu()
        self._menu.addAction("Model…").triggered.connect(self.model_wanted)
        acting = self._menu.addAction("Offer to act for me, until I quit")
        acting.setCheckable(True)
        acting.toggled.connect(self.acting_switched)
        self._more.setMenu(self._menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(sizes.space_5, 0, sizes.space_4, 0)
        row.setSpacing(sizes.space_2)
        row.addWidget(self._sidebar)
        row.addWidget(self._title, 1)
        row.addWidget(self._field, 1)
        row.addWidget(self._more)
        self._row = row
        self._side = (sizes.space_5, sizes.space_3)
        self._sidebar.clicked.connect(self.sidebar_wanted)
        self._title.clicked.connect(self.rename)
        self._field.editingFinished.connect(self._keep)
        self._field.escaped.connect(self._give_up)
        self._rename.triggered.connect(self.rename)
        self._delete.triggered.connect(self.delete_wanted)
        self.set_title("New question", can_rename=False)

    def set_title(self, title: str, *, can_rename: bool) -> None:
        """Show the title; without a conversation there is nothing to rename or delete."""
        self._give_up()
        self._can_rename = can_rename
        self._title.set_whole(title)
        self._title.setCursor(Qt.CursorShape.IBeamCursor if can_rename else Qt.CursorShape.ArrowCursor)
        self._rename.setEnabled(can_rename)
        self._delete.setEnabled(can_rename)

    def set_theme(self, theme: ThemeChoice) -> None:
        """Show which theme is chosen. Emits nothing."""
        self._themes[theme].setChecked(True)

    def set_narrow(self, narrow: bool) -> None:
        """Offer the way to the sidebar when it is folded away."""
        self._sidebar.setVisible(narrow)
        self._row.setContentsMargins(self._side[1] if narrow else self._side[0], 0, self._side[1], 0)

    def rename(self) -> None:
        """Turn the title into a field."""
        if not self._can_rename:
            return
        self._field.setText(self._title.whole())
        self._title.hide()
        self._field.show()
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)
        self._field.selectAll()

    def _keep(self) -> None:
        if self._field.isHidden():
            return
        title = self._field.text().strip()
        before = self._title.whole()
        self._give_up()
        if title and title != before:
            self._title.set_whole(title)
            self.renamed.emit(title)

    def _give_up(self) -> None:
        self._field.hide()
        self._title.show()

    def _theme_menu(self) -> dict[str, QAction]:
        menu = self._menu.addMenu("Theme")
        group = QActionGroup(self)
        actions = {}
        for value, words in (("system", "As the system"), ("light", "Light"), ("dark", "Dark")):
            action = menu.addAction(words)
            action.setCheckable(True)
            action.setActionGroup(group)
            action.triggered.connect(lambda _checked=False, theme=value: self.theme_chosen.emit(theme))
            actions[value] = action
        actions["system"].setChecked(True)
        return actions

"""Buttons: one class, told apart for the style sheet by their kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from app.look import Look
from app.ui.icons import Icons
from app.ui.themed import Themed

Kind = Literal["primary", "big", "plain", "quiet", "word", "link", "round", "card", "chip", "foot", "row"]


class Button(QPushButton, Themed):
    """A push button with a name, a tool tip that tells its shortcut, and an icon in the palette's colour.

    The mouse does not take the focus away from what the person types in; Tab still reaches it.
    """

    def __init__(
        self,
        look: Look,
        text: str,
        kind: Kind,
        icons: Icons | None = None,
        icon: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._icons = icons
        self._icon = icon
        self._words = text
        self.setProperty("kind", kind)
        self.setText(text)
        self.setAccessibleName(text)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._tint()

    def describe(self, name: str, shortcut: str = "") -> None:
        """Set what is read aloud and shown as tool tip, with the shortcut in brackets."""
        self.setAccessibleName(name)
        self.setToolTip(f"{name} ({shortcut})" if shortcut else name)

    def set_words(self, text: str) -> None:
        """Change the words, and what is read aloud with them."""
        self._words = text
        self.setAccessibleName(text)
        if self.text():
            self.setText(text)

    def set_drawing(self, icon: str) -> None:
        """Change the icon."""
        self._icon = icon
        self._tint()

    def set_compact(self, compact: bool) -> None:
        """Show the icon alone; the name stays for the tool tip and for reading aloud."""
        words = "" if compact else self._words
        if words != self.text():
            self.setText(words)
            self._tint()
        if compact and not self.toolTip():
            self.setToolTip(self._words)

    def whole_width(self) -> int:
        """The width it needs with its words, whether it shows them now or not."""
        if self.text():
            return self.sizeHint().width()
        return (
            self.sizeHint().width() + 2 * self._look.sizes.space_1 + self.fontMetrics().horizontalAdvance(self._words)
        )

    def set_look(self, look: Look) -> None:  # noqa: D102
        self._look = look
        self._tint()

    def _tint(self) -> None:
        if self._icons is None or not self._icon:
            return
        colours, sizes = self._look.palette, self._look.sizes
        colour = colours.accent_ink if self.property("kind") in ("primary", "big", "round") else colours.ink_2
        gap = sizes.space_1 if self.text() else 0
        self.setIconSize(QSize(sizes.icon + gap, sizes.icon))
        self.setIcon(self._icons.icon(self._icon, colour, sizes.icon, gap))


class IconButton(Button):
    """A button with an icon and no words."""

    def __init__(
        self, look: Look, icons: Icons, icon: str, name: str, shortcut: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(look, "", "quiet", icons, icon, parent)
        self.describe(name, shortcut)
        self.setFixedSize(look.sizes.control + look.sizes.space_1, look.sizes.control)


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a `ChoiceButton`: what it means, what the menu says, and what the button says when it is taken."""

    value: str
    entry: str
    words: str


@dataclass(frozen=True, slots=True)
class Switch:
    """Something to switch on beside the choices: what the menu says, the whole explanation, and what the button adds to
    its words while it is on."""

    entry: str
    explanation: str
    words: str


class ChoiceButton(Button):
    """A word that says its state and opens a menu to change it."""

    chosen = Signal(str)
    switched = Signal(bool)

    def __init__(
        self,
        look: Look,
        name: str,
        choices: Sequence[Choice],
        icons: Icons | None = None,
        icon: str = "",
        switch: Switch | None = None,
    ) -> None:
        super().__init__(look, choices[0].words, "word", icons, icon)
        self._name = name
        self._choices = {choice.value: choice for choice in choices}
        self._switch = switch
        self._menu = QMenu(self)
        self._group = QActionGroup(self)
        self._actions: dict[str, QAction] = {}
        for choice in choices:
            action = self._menu.addAction(choice.entry)
            action.setCheckable(True)
            action.setActionGroup(self._group)
            action.triggered.connect(lambda _checked=False, value=choice.value: self._take(value))
            self._actions[choice.value] = action
        self._switch_action = self._add_switch(switch) if switch is not None else None
        self.setMenu(self._menu)
        self.set_value(choices[0].value)

    def value(self) -> str:
        """What is chosen now."""
        return self._value

    def set_value(self, value: str) -> None:
        """Show `value` as chosen. Emits nothing."""
        self._value = value
        self._actions[value].setChecked(True)
        self._tell()

    def set_switch(self, on: bool) -> None:
        """Show the switch on or off. Emits nothing."""
        if self._switch_action is not None:
            self._switch_action.setChecked(on)
            self._tell()

    def _add_switch(self, switch: Switch) -> QAction:
        self._menu.addSeparator()
        self._menu.setToolTipsVisible(True)
        action = self._menu.addAction(switch.entry)
        action.setCheckable(True)
        action.setToolTip(switch.explanation)
        action.triggered.connect(self._flip)
        return action

    def _flip(self, on: bool) -> None:
        self._tell()
        self.switched.emit(on)

    def _tell(self) -> None:
        choice = self._choices[self._value]
        words, entry = choice.words, choice.entry
        if self._switch is not None and self._switch_action is not None and self._switch_action.isChecked():
            words, entry = f"{words}, {self._switch.words}", f"{entry}. {self._switch.explanation}"
        self.set_words(words)
        self.setAccessibleName(f"{self._name}: {entry}")
        self.setToolTip(entry)

    def _take(self, value: str) -> None:
        self.set_value(value)
        self.chosen.emit(value)

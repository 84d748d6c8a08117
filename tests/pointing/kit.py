"""Widgets with the words of one picture. Each knows by the property ``phrase`` what it stands for."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QColor
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QMainWindow,
    QMenu,
    QPushButton,
    QRadioButton,
    QSlider,
    QSpinBox,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from tests.pointing.icons import icon
from tests.pointing.landscape import landscape
from tests.pointing.looks import Dress
from tests.pointing.phrases import Voice


class Kit:
    """Makes the parts of a window in the dress and the language of its picture."""

    def __init__(self, voice: Voice, dress: Dress) -> None:
        self.voice = voice
        self.dress = dress
        self.chance = voice.chance

    @property
    def ink(self) -> QColor:
        return QColor(self.dress.skin.colours[2])

    def label_of(self, phrase: str, ellipsis: bool = True) -> str:
        """The phrase as it is written on a control, with a mnemonic where this picture has them."""
        words = self.voice(phrase)
        if not ellipsis:
            words = words.rstrip("…").rstrip()
        if not self.dress.mnemonics or not words[0].isalpha():
            return words
        at = self.chance.choice([i for i, letter in enumerate(words) if letter.isalpha()][:4])
        return f"{words[:at]}&{words[at:]}"

    def button(self, phrase: str, *, primary: bool = False, disabled: bool | None = None) -> QPushButton:
        made = QPushButton(self.label_of(phrase))
        made.setProperty("primary", primary)
        made.setDefault(primary)
        made.setAutoDefault(False)
        made.setDisabled(self.chance.random() < 0.08 if disabled is None else disabled)
        return self._known(made, phrase)

    def tool(self, phrase: str, *, text: bool = False, beside: bool = True) -> QToolButton:
        made = QToolButton()
        made.setIcon(icon(phrase, self.ink))
        made.setIconSize(QSize(20, 20))
        made.setToolTip(self.voice(phrase).rstrip("…").rstrip())
        made.setAutoRaise(True)
        if text:
            made.setText(self.voice(phrase).rstrip("…").rstrip())
            style = Qt.ToolButtonStyle
            made.setToolButtonStyle(style.ToolButtonTextBesideIcon if beside else style.ToolButtonTextUnderIcon)
        return self._known(made, phrase)

    def tool_bar(self, window: QMainWindow, phrases: Sequence[str], text: bool | None = None) -> QToolBar:
        bar = QToolBar()
        bar.setMovable(False)
        with_text = self.chance.random() < 0.45 if text is None else text
        beside = self.chance.random() < 0.5
        for place, phrase in enumerate(phrases):
            if place and self.chance.random() < 0.2:
                bar.addSeparator()
            bar.addWidget(self.tool(phrase, text=with_text, beside=beside))
        window.addToolBar(bar)
        return bar

    def check(self, phrase: str) -> QCheckBox:
        made = QCheckBox(self.label_of(phrase))
        made.setChecked(self.chance.random() < 0.5)
        return self._known(made, phrase)

    def radios(self, phrases: Sequence[str]) -> list[QRadioButton]:
        made = [self._known(QRadioButton(self.label_of(phrase)), phrase) for phrase in phrases]
        self.chance.choice(made).setChecked(True)
        return made

    def line(self, phrase: str, text: str = "") -> QLineEdit:
        made = self._known(QLineEdit(text), phrase)
        if phrase == "password":
            made.setEchoMode(QLineEdit.EchoMode.Password)
        return made

    def combo(self, phrase: str, choices: Sequence[str]) -> QComboBox:
        made = self._known(QComboBox(), phrase)
        made.addItems(list(choices))
        made.setCurrentIndex(self.chance.randrange(len(choices)))
        return made

    def spin(self, phrase: str, most: int = 99) -> QSpinBox:
        made = self._known(QSpinBox(), phrase)
        made.setRange(0, most)
        made.setValue(self.chance.randint(1, most))
        return made

    def slider(self, phrase: str) -> QSlider:
        made = self._known(QSlider(Qt.Orientation.Horizontal), phrase)
        made.setRange(0, 100)
        made.setValue(self.chance.randint(10, 90))
        made.setMinimumWidth(120)
        return made

    def form(self, rows: Sequence[QWidget], above: bool | None = None) -> QLayout:
        """Fields with their labels before them or above them. A label is the field's buddy."""
        stacked = self.chance.random() < 0.25 if above is None else above
        form = QFormLayout()
        form.setSpacing(self.dress.spacing)
        form.setRowWrapPolicy(
            QFormLayout.RowWrapPolicy.WrapAllRows if stacked else QFormLayout.RowWrapPolicy.DontWrapRows
        )
        colon = self.chance.random() < 0.6
        for field in rows:
            phrase = field.property("phrase")
            label = QLabel(self.label_of(phrase, ellipsis=False) + (":" if colon else ""))
            label.setBuddy(field)
            form.addRow(label, field)
        return form

    def group(self, phrase: str, content: QLayout | Sequence[QWidget]) -> QGroupBox:
        made = self._known(QGroupBox(self.voice(phrase).rstrip("…").rstrip()), phrase)
        made.setLayout(content if isinstance(content, QLayout) else self.column(content))
        return made

    def column(self, widgets: Sequence[QWidget | QLayout | None]) -> QVBoxLayout:
        """One under the other; None is room that stretches."""
        return self._stacked(QVBoxLayout(), widgets)

    def row(self, widgets: Sequence[QWidget | QLayout | None]) -> QHBoxLayout:
        return self._stacked(QHBoxLayout(), widgets)

    def list_of(self, entries: Sequence[tuple[str, str]]) -> QListWidget:
        """A list of (phrase or "", text)."""
        made = QListWidget()
        for phrase, text in entries:
            item = QListWidgetItem(text)
            item.setData(Qt.ItemDataRole.UserRole, phrase)
            made.addItem(item)
        made.setCurrentRow(self.chance.randrange(len(entries)))
        made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        return made

    def table(self, headers: Sequence[str], rows: Sequence[Sequence[str]], stretch: int = 0) -> QTableWidget:
        """A table of `rows` under headers that are phrases."""
        made = QTableWidget(len(rows), len(headers))
        made.setHorizontalHeaderLabels([self.voice(phrase) for phrase in headers])
        made.horizontalHeader().setProperty("phrases", list(headers))
        made.verticalHeader().setVisible(False)
        made.setShowGrid(self.chance.random() < 0.4)
        made.setAlternatingRowColors(self.chance.random() < 0.4)
        made.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        for y, row in enumerate(rows):
            for x, text in enumerate(row):
                made.setItem(y, x, QTableWidgetItem(text))
        made.resizeColumnsToContents()
        for x in range(len(headers)):
            made.setColumnWidth(x, made.columnWidth(x) + 16)
        made.horizontalHeader().setStretchLastSection(stretch == len(headers) - 1)
        if stretch < len(headers) - 1:
            made.horizontalHeader().setSectionResizeMode(stretch, made.horizontalHeader().ResizeMode.Stretch)
        if self.chance.random() < 0.7:
            made.selectRow(self.chance.randrange(len(rows)))
        return made

    def menus(self, window: QMainWindow, layout: Sequence[tuple[str, Sequence[str]]]) -> list[QMenu]:
        """A menu bar; "-" is a separator, "~" before a phrase makes the entry one that is checked or not."""
        made = []
        for title, phrases in layout:
            menu = window.menuBar().addMenu(self.label_of(title))
            menu.menuAction().setProperty("phrase", title)
            for phrase in phrases:
                if phrase == "-":
                    menu.addSeparator()
                else:
                    menu.addAction(self._action(menu, phrase))
            made.append(menu)
        return made

    def text(self, words: str, wrap: bool = True) -> QLabel:
        made = QLabel(words)
        made.setWordWrap(wrap)
        return made

    def one_app(self) -> str:
        """A program's name for a title bar."""
        return self.voice.one("held_apps" if self.voice.held else "apps")

    def prose(self, lines: int) -> list[str]:
        """Lines that mention controls in running text."""
        names = ("save", "cancel", "open", "print", "help", "close", "apply", "view", "send", "delete")
        return [
            self.voice.sentence(*(self.voice(phrase).rstrip("…").rstrip() for phrase in self.chance.sample(names, 2)))
            for _ in range(lines)
        ]

    def code(self, lines: int) -> list[str]:
        """Lines that look like a program."""
        shapes = (
            "def {0}({1}):",
            "    {0} = {1}.load()",
            "    return {0}",
            "for {0} in {1}:",
            "    # {0} before {1}",
            "",
        )
        words = ("items", "result", "path", "open_file", "save", "total", "cancelled", "print_all", "index", "view")
        return [self.chance.choice(shapes).format(*self.chance.sample(words, 2)) for _ in range(lines)]

    def dates(self, count: int) -> list[str]:
        return [f"2024-{self.chance.randint(1, 12):02}-{self.chance.randint(1, 28):02}" for _ in range(count)]

    def canvas(self) -> QLabel:
        """A photograph, as far as that can be painted: sky, hills and a sun."""
        made = QLabel()
        made.setAlignment(Qt.AlignmentFlag.AlignCenter)
        made.setPixmap(landscape(self.chance, 520, 360))
        made.setProperty("picture", True)
        return made

    def split(self, way: Qt.Orientation, *parts: tuple[QWidget, int]) -> QSplitter:
        """Widgets side by side with their shares of the room."""
        made = QSplitter(way)
        for widget, share in parts:
            made.addWidget(widget)
            made.setStretchFactor(made.count() - 1, share)
        made.setSizes([share * 220 for _, share in parts])
        return made

    def _action(self, menu: QMenu, phrase: str) -> QAction:
        name = phrase.lstrip("~")
        action = QAction(self.label_of(name), menu)
        action.setProperty("phrase", name)
        if phrase.startswith("~"):
            action.setCheckable(True)
            action.setChecked(self.chance.random() < 0.6)
        elif self.chance.random() < 0.15:
            action.setEnabled(False)
        if name in SHORTCUTS:
            action.setShortcut(SHORTCUTS[name])
        return action

    def _stacked(self, box, widgets):  # type: ignore[no-untyped-def]
        box.setSpacing(self.dress.spacing)
        for widget in widgets:
            if widget is None:
                box.addStretch(1)
            elif isinstance(widget, QWidget):
                box.addWidget(widget)
            else:
                box.addLayout(widget)
        return box

    def _known(self, widget, phrase: str):  # type: ignore[no-untyped-def]
        widget.setProperty("phrase", phrase)
        if isinstance(widget, QAbstractButton):
            widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return widget


SHORTCUTS = {
    "new": "Ctrl+N", "open": "Ctrl+O", "save": "Ctrl+S", "save_as": "Ctrl+Shift+S", "print": "Ctrl+P", "quit": "Ctrl+Q",
    "undo": "Ctrl+Z", "redo": "Ctrl+Shift+Z", "cut": "Ctrl+X", "copy": "Ctrl+C", "paste": "Ctrl+V", "find": "Ctrl+F",
    "select_all": "Ctrl+A", "close": "Ctrl+W", "full_screen": "F11", "replace": "Ctrl+H", "zoom_in": "Ctrl++",
}  # fmt: skip

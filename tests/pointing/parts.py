"""What stands where in a window: every control and every entry of a bar, list, tree, table or menu."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QModelIndex, QPoint, QRect, QRectF, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QGroupBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QListWidget,
    QMenu,
    QMenuBar,
    QPlainTextEdit,
    QProgressBar,
    QRadioButton,
    QSlider,
    QSpinBox,
    QStatusBar,
    QStyle,
    QStyleOptionButton,
    QTabBar,
    QTableWidget,
    QToolBar,
    QTreeWidget,
    QWidget,
)

from engine.protocol import ElementRole, ElementState

CONTROLS: frozenset[str] = frozenset({
    "menu", "menu_item", "button", "toggle_button", "check_box", "radio_button", "switch", "link", "text_field",
    "password_field", "combo_box", "list_item", "cell", "column_header", "tree_item", "tab", "slider", "spin_box",
})  # fmt: skip
"""What can be asked for. A label or a group's title is right only where it has just the words that were asked for."""


@dataclass(slots=True)
class Part:
    """`rect` is in pixels of whatever holds it: the window when it was walked, the picture when it was placed.
    `text` is what is written on it, "" for an icon; `name` what it is called. `clear` is the share of it that can be
    seen. `line` is its place among its like in its view, from 0, or -1."""

    role: ElementRole
    name: str
    rect: QRectF
    text: str = ""
    phrase: str = ""
    states: tuple[ElementState, ...] = ()
    value: str = ""
    description: str = ""
    parent: int = -1
    line: int = -1
    clear: float = 1.0
    window: int = 0
    label: QRectF | None = field(default=None)
    """Where the label of a field stands."""


def plain(label: str) -> str:
    """Without the mnemonic's sign."""
    return re.sub(r"&(.)", r"\1", label)


def parts_of(window: QWidget) -> list[Part]:
    """All parts of a laid out window, parents before their children. The first is the window itself."""
    role: ElementRole = "dialog" if window.inherits("QDialog") else "menu" if isinstance(window, QMenu) else "window"
    parts = [Part(role, window.windowTitle(), QRectF(window.rect()))]
    if isinstance(window, QMenu):
        parts += [replace(part, parent=0) for part in _menu_entries(window)]
    else:
        _walk(window, window, 0, parts)
    _name_fields(window, parts)
    return parts


def _walk(window: QWidget, widget: QWidget, parent: int, parts: list[Part]) -> None:
    for child in widget.children():
        if not isinstance(child, QWidget) or child.isHidden() or not child.isVisibleTo(window) or child.isWindow():
            continue
        seen = _seen(window, child)
        if seen.isEmpty():
            continue
        place, part = parent, _part(window, child)
        if part is not None:
            parts.append(replace(part, parent=parent))
            place = len(parts) - 1
        for entry in _entries(child):
            rect = entry.rect.translated(QPoint(child.mapTo(window, QPoint(0, 0)))) & QRectF(seen)
            whole = entry.rect.width() * entry.rect.height()
            if whole and rect.width() * rect.height() > 0.85 * whole:
                parts.append(replace(entry, rect=rect, parent=place))
        if not isinstance(child, (QComboBox, QAbstractSpinBox, QTabBar, QLineEdit, QPlainTextEdit, QMenuBar)):
            _walk(window, child, place, parts)


def _seen(window: QWidget, widget: QWidget) -> QRect:
    rect = QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())
    while widget is not window:
        widget = widget.parentWidget()
        rect &= QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())
    return rect


def _part(window: QWidget, widget: QWidget) -> Part | None:
    rect = QRectF(QRect(widget.mapTo(window, QPoint(0, 0)), widget.size()))
    phrase = widget.property("phrase") or ""
    states: tuple[ElementState, ...] = () if widget.isEnabled() else ("disabled",)
    if isinstance(widget, (QCheckBox, QRadioButton)):
        element = QStyle.SubElement
        option = QStyleOptionButton()
        widget.initStyleOption(option)
        box = isinstance(widget, QCheckBox)
        click = element.SE_CheckBoxClickRect if box else element.SE_RadioButtonClickRect
        rect = QRectF(widget.style().subElementRect(click, option, widget).translated(rect.topLeft().toPoint()))
        rect.setWidth(min(rect.width(), widget.sizeHint().width()))
        text = plain(widget.text())
        checked: tuple[ElementState, ...] = ("checked",) if widget.isChecked() else ()
        return Part("check_box" if box else "radio_button", text, rect, text, phrase, (*states, *checked))
    if isinstance(widget, QAbstractButton):
        if not phrase:
            return None
        text = plain(widget.text())
        return Part("button", text or widget.toolTip(), rect, text, phrase, states, description=widget.toolTip())
    if isinstance(widget, QLineEdit):
        hidden = widget.echoMode() == QLineEdit.EchoMode.Password
        value = "" if hidden else widget.text()
        return Part("password_field" if hidden else "text_field", "", rect, "", phrase, states, value)
    if isinstance(widget, QComboBox):
        return Part("combo_box", "", rect, widget.currentText(), phrase, states, widget.currentText())
    if isinstance(widget, QSpinBox):
        return Part("spin_box", "", rect, widget.text(), phrase, states, widget.text())
    if isinstance(widget, QSlider):
        return Part("slider", "", rect, "", phrase, states, str(widget.value()))
    if isinstance(widget, QProgressBar):
        return Part("progress_bar", "", rect, value=str(widget.value()))
    if isinstance(widget, QLabel):
        if link := widget.property("link"):
            rect.setWidth(min(rect.width(), widget.sizeHint().width()))
            return Part("link", link, rect, link, phrase)
        if not widget.wordWrap():
            rect.setWidth(min(rect.width(), widget.sizeHint().width()))
        text = plain(widget.text())
        return Part("image" if widget.property("picture") else "label", text, rect, text)
    if isinstance(widget, QGroupBox):
        return Part("group", widget.title(), rect, widget.title())
    if isinstance(widget, QPlainTextEdit):
        return Part("text_field", "", rect, value=widget.toPlainText())
    for kind, role in CONTAINERS:
        if isinstance(widget, kind):
            return Part(role, "", rect)
    return None


CONTAINERS: tuple[tuple[type[QWidget], ElementRole], ...] = (
    (QMenuBar, "menu_bar"), (QToolBar, "tool_bar"), (QTabBar, "tab_list"), (QListWidget, "list"),
    (QTreeWidget, "tree"), (QTableWidget, "table"), (QStatusBar, "status_bar"),
)  # fmt: skip


def _entries(widget: QWidget) -> Iterator[Part]:
    """The parts of a widget that are no widgets, in its own coordinates."""
    if isinstance(widget, QMenuBar):
        for action in widget.actions():
            text = plain(action.text())
            yield Part("menu", text, QRectF(widget.actionGeometry(action)), text, action.property("phrase") or "")
    elif isinstance(widget, QTabBar):
        phrases = _known_tabs(widget)
        for at in range(widget.count()):
            text = plain(widget.tabText(at))
            states: tuple[ElementState, ...] = ("selected",) if at == widget.currentIndex() else ()
            phrase = phrases[at] if at < len(phrases) else ""
            yield Part("tab", text, QRectF(widget.tabRect(at)), text, phrase, states, line=at)
    elif isinstance(widget, QAbstractItemView) and not isinstance(widget, QHeaderView):
        yield from _view_entries(widget)


def _known_tabs(bar: QTabBar) -> list[str]:
    holder = bar.parentWidget()
    return (holder.property("phrases") if holder else None) or []


def _menu_entries(menu: QMenu) -> Iterator[Part]:
    line = 0
    for action in menu.actions():
        if action.isSeparator():
            continue
        text = plain(action.text())
        states: tuple[ElementState, ...] = () if action.isEnabled() else ("disabled",)
        checked: tuple[ElementState, ...] = ("checked",) if action.isChecked() else ()
        rect = QRectF(menu.actionGeometry(action))
        yield Part("menu_item", text, rect, text, action.property("phrase") or "", (*states, *checked), line=line)
        line += 1


def _view_entries(view: QAbstractItemView) -> Iterator[Part]:
    shift = view.viewport().mapTo(view, QPoint(0, 0))
    port = QRectF(view.viewport().rect())
    role: ElementRole = (
        "cell" if isinstance(view, QTableWidget) else "tree_item" if isinstance(view, QTreeWidget) else "list_item"
    )
    if isinstance(view, QTableWidget):
        head = view.horizontalHeader()
        place = head.viewport().mapTo(view, QPoint(0, 0))
        for at, phrase in enumerate(head.property("phrases") or ()):
            rect = QRectF(head.sectionViewportPosition(at), 0, head.sectionSize(at), head.height())
            if rect.right() <= head.width() + 1:
                text = view.horizontalHeaderItem(at).text()
                yield Part("column_header", text, rect.translated(place), text, phrase, line=at)
    for line, index in enumerate(_indexes(view)):
        rect = QRectF(view.visualRect(index))
        clear = rect & port
        if clear.width() * clear.height() < 0.85 * rect.width() * rect.height() or rect.isEmpty():
            continue
        text = str(index.data() or "")
        hint = view.sizeHintForIndex(index).width()
        cut = hint > rect.width() + 2
        if role == "cell" and cut:
            continue
        chosen = view.selectionModel().isSelected(index)
        phrase = index.data(Qt.ItemDataRole.UserRole) or ""
        place = index.row() if role == "cell" else line
        yield Part(role, text, clear.translated(shift), text, phrase, ("selected",) if chosen else (), line=place)


def _indexes(view: QAbstractItemView) -> Iterator[QModelIndex]:
    model = view.model()
    columns = view.columnCount() if isinstance(view, QTableWidget) else 1

    def below(parent: QModelIndex) -> Iterator[QModelIndex]:
        for row in range(model.rowCount(parent)):
            for column in range(columns):
                index = model.index(row, column, parent)
                yield index
                if column == 0 and model.rowCount(index):
                    yield from below(index)

    return below(QModelIndex())


def _name_fields(window: QWidget, parts: list[Part]) -> None:
    """Fields are called what their label says."""
    for label in window.findChildren(QLabel):
        buddy = label.buddy()
        if buddy is None or not buddy.isVisibleTo(window):
            continue
        at = QRectF(QRect(buddy.mapTo(window, QPoint(0, 0)), buddy.size()))
        for part in parts:
            if part.rect == at and part.role in ("text_field", "password_field", "combo_box", "spin_box", "slider"):
                part.name = plain(label.text()).rstrip(":")
                part.label = QRectF(QRect(label.mapTo(window, QPoint(0, 0)), label.size()))
                break

"""Windows as programs draw them, with what is written where: for the tests and figures of reading screenshots.

They are painted by Qt: widgets in a light and a dark look, and single texts whose ink is known to the pixel.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QLinearGradient, QPainter, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QGroupBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QTableWidget,
    QTabWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

WORDS = re.findall(
    r"\S+",
    "File Edit View Insert Format Tools Help Options Preferences Cancel Apply Save Open Close Print Delete Rename Copy "
    "Paste Undo Redo Find Replace Search Page margins Header Footer Paragraph Illustration Little Initial Install "
    "Illegal Filter All Ill Idle List Größe Müller Straße Übersicht Schließen Ändern Löschen Öffnen Café Préférences "
    "Über Maßstab Zürich Language Network Display Sound Bluetooth Keyboard Mouse Password Account Privacy Updates "
    "Version Background Colour Width Height Left Right Top Bottom Align Center Zoom Full screen Show Hide Toolbar "
    "Status Bar Recent Documents Downloads Pictures Music Videos Desktop Home Trash Properties Details Size Modified "
    "Type Name Date Time Owner Group Permissions General Advanced Security Layout Styles Themes Fonts Effects",
)
PHRASES = (
    "Save as…", "Open file…", "Print…", "Page setup…", "Don't save", "Sign in", "Log out", "100 %", "1,234.56 €",
    "12.03.2026", "v2.4.1", "readme.md", "snake_case_name", "C:\\Users\\Anna", "/home/anna/notes.txt", "Ctrl+Shift+S",
    "Ctrl+Z", "F11", "anna@example.org", "https://example.org", "3 of 12", "16:45", "OK", "No", "On", "Off", "A4",
    "B", "I", "Wi-Fi", "USB-C", "PDF/A", "?", "+", "Yes to all", "Select all…", "Margins (mm):", "Name:", "E-mail:",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    """A text and where its ink is, in pixels, or the part of its widget that holds it."""

    text: str
    area: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture and all that is written on it."""

    picture: Image.Image
    written: tuple[Written, ...]


@dataclass(frozen=True, slots=True)
class Paint:
    """Colours of a text and what is behind it; `to` where that fades into another."""

    ink: str
    ground: str
    to: str = ""


PAINTS = {
    "light": Paint("#1c1c1c", "#f6f6f6"),
    "white": Paint("#000000", "#ffffff"),
    "dark": Paint("#e8e8e8", "#232629"),
    "accent": Paint("#ffffff", "#2a6fdb"),
    "orange": Paint("#ffffff", "#e8590c"),
    "disabled": Paint("#a0a0a0", "#f0f0f0"),
    "disabled dark": Paint("#6e7175", "#2a2e32"),
    "link": Paint("#1a5fb4", "#ffffff"),
    "gradient": Paint("#ffffff", "#1f4e9c", "#7b3fa0"),
    "pale gradient": Paint("#303030", "#fafafa", "#d8dde6"),
    "error": Paint("#c01c28", "#fdf2f2"),
}


def labels(count: int, seed: int = 0) -> list[str]:
    """Different texts as controls have them."""
    chance = random.Random(seed)
    made: dict[str, None] = dict.fromkeys(PHRASES[: count // 3])
    while len(made) < count:
        made[" ".join(chance.sample(WORDS, chance.choice((1, 1, 2, 2, 3))))] = None
    return list(made)


def painted(
    texts: Sequence[str],
    paint: Paint,
    pixels: int = 12,
    family: str = "DejaVu Sans",
    scale: float = 1.0,
    width: int = 960,
    bold: bool = False,
) -> Scene:
    """Single texts in columns. `pixels`: the font's size at scale 1. The ink's boxes are exact."""
    font = QFont(family)
    font.setPixelSize(pixels)
    font.setBold(bold)
    step, column = round((pixels + 12) * scale), round(240 * scale)
    columns = max(1, round(width * scale) // column)
    rows = -(-len(texts) // columns)
    size = QSize(columns * column, rows * step + 8)
    image = _blank(size, paint)
    written = []
    for index, text in enumerate(texts):
        place = QPoint(index % columns * column + round(11 * scale), index // columns * step + 4)
        alone = QImage(column, step, QImage.Format.Format_RGB32)
        alone.fill(QColor("white"))
        _draw(alone, text, font, scale, "#000000", QPoint(0, 0))
        ink = np.argwhere(_pixels(alone).min(axis=2) < 160)
        (y0, x0), (y1, x1) = ink.min(axis=0), ink.max(axis=0) + 1
        _draw(image, text, font, scale, paint.ink, place)
        written.append(
            Written(text, (place.x() + int(x0), place.y() + int(y0), place.x() + int(x1), place.y() + int(y1)))
        )
    return Scene(Image.fromarray(_pixels(image)), tuple(written))


def _draw(image: QImage, text: str, font: QFont, scale: float, colour: str, place: QPoint) -> None:
    painter = QPainter(image)
    painter.setFont(font)
    painter.setPen(QColor(colour))
    painter.translate(place)
    painter.scale(scale, scale)
    painter.drawText(QRect(2, 0, 2_000, font.pixelSize() + 10), Qt.AlignmentFlag.AlignVCenter, text)
    painter.end()


def _blank(size: QSize, paint: Paint) -> QImage:
    image = QImage(size, QImage.Format.Format_RGB32)
    image.fill(QColor(paint.ground))
    if paint.to:
        fade = QLinearGradient(0, 0, size.width(), 0)
        fade.setColorAt(0, QColor(paint.ground))
        fade.setColorAt(1, QColor(paint.to))
        painter = QPainter(image)
        painter.fillRect(image.rect(), fade)
        painter.end()
    return image


def _pixels(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(bytes(image.constBits()), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3)


def window(
    size: tuple[int, int] = (1920, 1080), *, dark: bool = False, scale: float = 1.0, pixels: int = 12, seed: int = 0
) -> Scene:
    """A window full of controls, about a hundred texts. `size` is in pixels, whatever the scale."""
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    wide, high = round(size[0] / scale), round(size[1] / scale)
    top = QWidget()
    top.setPalette(_dark() if dark else _light())
    font = QFont("DejaVu Sans")
    font.setPixelSize(pixels)
    top.setFont(font)
    top.resize(wide, high)
    filling = _Filling(top, labels(140, seed))
    filling.fill(wide, high)
    top.ensurePolished()
    image = QImage(*size, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    top.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    top.show()
    app.processEvents()
    top.render(image)
    written = tuple(
        Written(text, (round(area.left() * scale), round(area.top() * scale),
                       round((area.right() + 1) * scale), round((area.bottom() + 1) * scale)))
        for text, area in filling.areas()
    )  # fmt: skip
    top.close()
    top.deleteLater()
    return Scene(Image.fromarray(_pixels(image)), written)


class _Filling:
    """Places controls on a window and knows where each text went."""

    def __init__(self, top: QWidget, texts: list[str]) -> None:
        self._top = top
        self._texts = texts
        self._widgets: list[tuple[str, QWidget]] = []
        self._items: list[tuple[str, QWidget, QRect]] = []

    def fill(self, width: int, height: int) -> None:
        kinds = (QPushButton, QLabel, QCheckBox, QRadioButton, QLineEdit, QComboBox, QPushButton, QLabel)
        column = 210
        x, y, index = 16, 12, 0
        limit = max(column, width - 2 * 330)
        while y + 40 < height and self._texts:
            text = self._texts.pop()
            widget = self._control(kinds[index % len(kinds)], text)
            widget.setGeometry(x, y, column - 20, max(24, widget.sizeHint().height()))
            self._widgets.append((text, widget))
            index += 1
            x += column
            if x + column > limit:
                x, y = 16, y + 46
        self._tree(QRect(limit + 10, 12, 310, height // 2))
        self._table(QRect(limit + 10, height // 2 + 20, 310, height // 3))

    def _control(self, kind: type[QWidget], text: str) -> QWidget:
        if kind is QComboBox:
            box = QComboBox(self._top)
            box.addItem(text)
            return box
        widget = kind(text.replace("&", "&&"), self._top)  # type: ignore[call-arg]
        if kind is QPushButton and len(self._widgets) % 3 == 0:
            widget.setStyleSheet("background:#2a6fdb;color:white;border-radius:5px")
        elif len(self._widgets) % 11 == 5:
            widget.setEnabled(False)
        return widget

    def _tree(self, area: QRect) -> None:
        tree = QTreeWidget(self._top)
        tree.setGeometry(area)
        tree.setHeaderLabels(["Folder"])
        for _ in range(min(12, len(self._texts))):
            tree.addTopLevelItem(QTreeWidgetItem([self._texts.pop()]))
        self._tree_widget = tree

    def _table(self, area: QRect) -> None:
        tabs = QTabWidget(self._top)
        tabs.setGeometry(area)
        table = QTableWidget(6, 2)
        table.setHorizontalHeaderLabels(["Key", "Value"])
        tabs.addTab(table, "Table")
        tabs.addTab(QGroupBox(), "Other")

    def areas(self) -> list[tuple[str, QRect]]:
        found = [(text, widget.geometry()) for text, widget in self._widgets]
        tree = self._tree_widget
        corner = tree.viewport().mapTo(self._top, QPoint(0, 0))
        for index in range(tree.topLevelItemCount()):
            item = tree.topLevelItem(index)
            found.append((item.text(0), tree.visualItemRect(item).translated(corner)))
        return found


def _light() -> QPalette:
    return QPalette(QColor("#f0f0f0"))


def _dark() -> QPalette:
    palette = QPalette(QColor("#2a2e32"))
    for group in (QPalette.ColorGroup.Active, QPalette.ColorGroup.Inactive):
        for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
            palette.setColor(group, role, QColor("#e6e6e6"))
            palette.setColor(QPalette.ColorGroup.Disabled, role, QColor("#7c8085"))
    palette.setColor(QPalette.ColorRole.Base, QColor("#1b1e20"))
    return palette

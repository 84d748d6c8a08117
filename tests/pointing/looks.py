"""How the windows of the set look: style, colours, font and density."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

FONTS = Path(__file__).resolve().parents[2] / "resources" / "fonts"
ACCENTS = ("#3b7ddd", "#2a9d5c", "#c0392b", "#8e44ad", "#d17b0f", "#0b8a8f")
FAMILIES = ("Noto Sans", "DejaVu Sans", "Liberation Sans", "Noto Sans", "Nimbus Sans")
HELD_FAMILIES = ("Noto Serif", "URW Gothic", "Liberation Serif", "Noto Sans")


@dataclass(frozen=True, slots=True)
class Skin:
    """A style by name. `base` is Qt's; `sheet` a style sheet with {accent} in it; `colours` are window, field, text,
    button and line."""

    name: str
    base: str
    colours: tuple[str, str, str, str, str]
    sheet: str = ""
    dark: bool = False


FLAT = """
QPushButton, QToolButton, QComboBox, QLineEdit, QSpinBox {{ border: 1px solid {line}; border-radius: {radius}px;
  padding: {pad}px {wide}px; background: {button}; }}
QToolButton {{ border: none; background: transparent; }}
QToolButton:checked {{ background: {accent}; color: white; }}
QPushButton:default, QPushButton[primary="true"] {{ background: {accent}; color: white; border-color: {accent}; }}
QPushButton:disabled, QToolButton:disabled {{ color: {faint}; }}
QTabBar::tab {{ padding: 6px 14px; border: none; border-bottom: 2px solid transparent; background: transparent; }}
QTabBar::tab:selected {{ border-bottom: 2px solid {accent}; }}
QTabWidget::pane {{ border-top: 1px solid {line}; }}
QMenu {{ background: {field}; border: 1px solid {line}; padding: 4px; }}
QMenu::item {{ padding: 5px 28px 5px 28px; border-radius: 4px; }}
QMenu::item:selected {{ background: {accent}; color: white; }}
QMenu::separator {{ height: 1px; background: {line}; margin: 4px 8px; }}
QHeaderView::section {{ background: {window}; border: none; border-bottom: 1px solid {line}; padding: 5px 8px; }}
QAbstractItemView {{ background: {field}; border: 1px solid {line}; border-radius: {radius}px; }}
QAbstractItemView::item {{ padding: 3px 4px; }}
QAbstractItemView::item:selected {{ background: {accent}; color: white; }}
QGroupBox {{ border: 1px solid {line}; border-radius: {radius}px; margin-top: 20px; padding: 6px; font-weight: bold; }}
QGroupBox::title {{ subcontrol-origin: margin; subcontrol-position: top left; left: 2px; }}
"""
SKINS = (
    Skin("fusion light", "Fusion", ("#efefef", "#ffffff", "#1a1a1a", "#f4f4f4", "#c4c4c4")),
    Skin("fusion dark", "Fusion", ("#2d2d30", "#1f1f22", "#e6e6e6", "#3a3a3e", "#515156"), dark=True),
    Skin("classic", "Windows", ("#d4d0c8", "#ffffff", "#000000", "#d4d0c8", "#808080")),
    Skin("flat light", "Fusion", ("#fafafa", "#ffffff", "#22252a", "#ffffff", "#d5d8dd"), FLAT),
    Skin("flat dark", "Fusion", ("#1e2127", "#262a31", "#d7dae0", "#323842", "#424955"), FLAT, dark=True),
)
HELD_SKINS = (
    Skin("paper", "Fusion", ("#f5efe0", "#fffaf0", "#3b2f1e", "#ebe2cd", "#cbbd9c"), FLAT),
    Skin("high contrast", "Windows", ("#000000", "#000000", "#ffffff", "#101010", "#ffffff"), dark=True),
    Skin("midnight", "Fusion", ("#141a2e", "#1b2340", "#cfd8f6", "#27325a", "#3a4777"), FLAT, dark=True),
    Skin("fusion light", "Fusion", ("#efefef", "#ffffff", "#1a1a1a", "#f4f4f4", "#c4c4c4")),
)


@dataclass(frozen=True, slots=True)
class Dress:
    """What one picture wears. `spacing` and `padding` are logical pixels."""

    skin: Skin
    accent: str
    family: str
    points: int
    spacing: int
    padding: int
    radius: int
    mnemonics: bool


def choose(chance: random.Random, held: bool) -> Dress:
    return Dress(
        skin=chance.choice(HELD_SKINS if held else SKINS),
        accent=chance.choice(ACCENTS),
        family=chance.choice(HELD_FAMILIES if held else FAMILIES),
        points=chance.choice((8, 9, 9, 10, 10, 11, 12, 14)),
        spacing=chance.choice((4, 6, 8, 12)),
        padding=chance.choice((3, 4, 6)),
        radius=chance.choice((0, 3, 6)),
        mnemonics=chance.random() < 0.6,
    )


def load_fonts() -> None:
    """The fonts that the product comes with; those of the system are known already."""
    for path in sorted(FONTS.glob("*.ttf")):
        QFontDatabase.addApplicationFont(str(path))


def put_on(app: QApplication, dress: Dress) -> None:
    """Dress all windows that are made from now on."""
    skin = dress.skin
    window, field, text, button, line = skin.colours
    app.setStyleSheet("")
    app.setStyle(QStyleFactory.create(skin.base))
    app.setPalette(palette(dress))
    font = QFont(dress.family)
    font.setPointSize(dress.points)
    font.setStyleStrategy(QFont.StyleStrategy.PreferAntialias)
    app.setFont(font)
    if skin.sheet:
        app.setStyleSheet(
            skin.sheet.format(
                accent=dress.accent,
                window=window,
                field=field,
                button=button,
                line=line,
                radius=dress.radius,
                pad=dress.padding,
                wide=dress.padding * 3,
                faint=QColor(text).lighter(160).name() if not skin.dark else "#777777",
            )
        )


def palette(dress: Dress) -> QPalette:
    window, field, text, button, line = (QColor(colour) for colour in dress.skin.colours)
    faint = QColor(text)
    faint.setAlphaF(0.45)
    made = QPalette(button, window)
    group = QPalette.ColorGroup
    role = QPalette.ColorRole
    for which, colour in (
        (role.Window, window),
        (role.Base, field),
        (role.AlternateBase, window),
        (role.Button, button),
        (role.WindowText, text),
        (role.Text, text),
        (role.ButtonText, text),
        (role.Highlight, QColor(dress.accent)),
        (role.HighlightedText, QColor(Qt.GlobalColor.white)),
        (role.Mid, line),
        (role.Link, QColor(dress.accent).lighter(150 if dress.skin.dark else 100)),
        (role.ToolTipBase, field),
        (role.ToolTipText, text),
        (role.PlaceholderText, faint),
    ):
        made.setColor(which, colour)
    for which in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(group.Disabled, which, faint)
    return made

"""What holds for every widget that paints with the look itself instead of through the style sheet."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QWidget

from app.look import Look


class Themed:
    """A widget that is told when the look changes. `retheme` reaches it wherever it sits."""

    def set_look(self, look: Look) -> None:
        """Paint with `look` from now on."""
        raise TypeError(f"{type(self).__name__} does not take a look")


def retheme(root: QWidget, look: Look) -> None:
    """Give `look` to every `Themed` widget below `root`."""
    for widget in root.findChildren(QWidget):
        if isinstance(widget, Themed):
            widget.set_look(look)


def qt_palette(look: Look) -> QPalette:
    """The palette for whatever the style sheet does not reach: text, selection, placeholders, tool tips."""
    colours = look.palette
    palette = QPalette()
    roles = {
        QPalette.ColorRole.Window: colours.paper,
        QPalette.ColorRole.Base: colours.surface,
        QPalette.ColorRole.AlternateBase: colours.sunken,
        QPalette.ColorRole.Button: colours.surface,
        QPalette.ColorRole.WindowText: colours.ink,
        QPalette.ColorRole.Text: colours.ink,
        QPalette.ColorRole.ButtonText: colours.ink,
        QPalette.ColorRole.BrightText: colours.ink,
        QPalette.ColorRole.ToolTipBase: colours.raised,
        QPalette.ColorRole.ToolTipText: colours.ink,
        QPalette.ColorRole.PlaceholderText: colours.ink_3,
        QPalette.ColorRole.Highlight: colours.accent,
        QPalette.ColorRole.HighlightedText: colours.accent_ink,
        QPalette.ColorRole.Link: colours.accent,
        QPalette.ColorRole.LinkVisited: colours.accent,
        QPalette.ColorRole.Accent: colours.accent,
        QPalette.ColorRole.Mid: colours.line,
        QPalette.ColorRole.Dark: colours.line_strong,
    }
    for role, colour in roles.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(colours.ink_3))
    return palette

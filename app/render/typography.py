"""Fonts, colours and distances of an answer, worked out of a `Look`: every block asks here."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QColor, QFont, QFontDatabase

from app.look import Look

LINE_HEIGHT = 1.5
HEADING_LINE_HEIGHT = 1.3


@dataclass(frozen=True, slots=True)
class TextStyle:
    """How a run of lines is set: `line_height` in pixels from one baseline to the next."""

    font: QFont
    colour: QColor
    line_height: float


class Typography:
    """The styles of one look. `base` gives the family, which is the application's."""

    def __init__(self, look: Look, base: QFont) -> None:
        palette, sizes = look.palette, look.sizes
        self.look = look
        self._base = base
        self.ink = QColor(palette.ink)
        self.quiet = QColor(palette.ink_2)
        self.faint = QColor(palette.ink_3)
        self.accent = QColor(palette.accent)
        self.accent_ink = QColor(palette.accent_ink)
        self.soft = QColor(palette.accent_soft)
        self.warn = QColor(palette.warn)
        self.mark = QColor(palette.mark)
        self.mark_ink = QColor(palette.mark_ink)
        self.line = QColor(palette.line)
        self.line_strong = QColor(palette.line_strong)
        self.code_paper = QColor(palette.code)
        self.selection = mix(self.accent, QColor(palette.paper), 0.2)
        self.link_line = mix(self.accent, QColor(palette.paper), 0.45)
        small = (sizes.font_s + sizes.font_m) // 2
        self.body = TextStyle(self._font(sizes.font_answer), self.ink, sizes.font_answer * LINE_HEIGHT)
        self.cell = TextStyle(self._font(small), self.ink, small * LINE_HEIGHT)
        self.cell_head = TextStyle(self._font(small, bold=True), self.quiet, small * LINE_HEIGHT)
        self.code = TextStyle(self._fixed(small), self.ink, round(small * LINE_HEIGHT))
        self.tex = TextStyle(self._fixed(small), self.quiet, small * LINE_HEIGHT)
        self.label = TextStyle(self._font(sizes.font_s), self.quiet, sizes.font_s * LINE_HEIGHT)
        self._headings = (
            sizes.font_xl,
            (sizes.font_l + sizes.font_xl) // 2,
            sizes.font_l,
            sizes.font_answer,
            sizes.font_answer,
            sizes.font_m,
        )

    def heading(self, level: int) -> TextStyle:
        """The style of a heading of level 1 to 6."""
        size = self._headings[level - 1]
        return TextStyle(self._font(size, bold=True), self.ink if level < 5 else self.quiet, size * HEADING_LINE_HEIGHT)

    def inline_code(self, style: TextStyle) -> QFont:
        """The fixed-width font beside text of `style`; its letters are wide, so it is a little smaller."""
        font = self._fixed(round(style.font.pixelSize() * 0.88))
        font.setWeight(style.font.weight())
        return font

    def note(self, style: TextStyle) -> QFont:
        """The font of a small remark beside text of `style`."""
        return self._font(min(self.look.sizes.font_s, style.font.pixelSize()))

    def _font(self, size: int, *, bold: bool = False) -> QFont:
        font = QFont(self._base)
        font.setPixelSize(size)
        font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        return font

    def _fixed(self, size: int) -> QFont:
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(size)
        font.setStyleHint(QFont.StyleHint.Monospace)
        return font


def mix(colour: QColor, paper: QColor, share: float) -> QColor:
    """`share` of `colour` (0..1) on `paper`."""
    return QColor.fromRgbF(
        paper.redF() + (colour.redF() - paper.redF()) * share,
        paper.greenF() + (colour.greenF() - paper.greenF()) * share,
        paper.blueF() + (colour.blueF() - paper.blueF()) * share,
    )

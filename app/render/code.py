"""Code: coloured, never wrapped, with its language and a button that copies it."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QPainter,
    QTextCharFormat,
    QTextLayout,
    QTextLine,
    QTextOption,
)
from PySide6.QtWidgets import QToolButton

from app.render.blocks import Code
from app.render.flow import edge, format_range
from app.render.highlight import Highlighter, Ink
from app.render.sheet import Press, Range, Sheet
from app.render.sideways import BAR, Sideways
from app.render.typography import Typography
from app.render.units import cut, units, word_in

_TAB = 4
_COPIED_MS = 2000
_NAMES = {
    "bash": "Shell", "sh": "Shell", "shell": "Shell", "zsh": "Shell", "console": "Terminal", "powershell": "PowerShell",
    "py": "Python", "js": "JavaScript", "javascript": "JavaScript", "ts": "TypeScript", "typescript": "TypeScript",
    "cpp": "C++", "cs": "C#", "csharp": "C#", "html": "HTML", "css": "CSS", "php": "PHP", "sql": "SQL", "xml": "XML",
    "json": "JSON", "yaml": "YAML", "yml": "YAML", "toml": "TOML", "ini": "INI", "latex": "LaTeX", "tex": "TeX",
}  # fmt: skip
"""Languages whose written name is not their tag with a capital."""


class CodeSheet(Sheet):
    """Lines of code on their own paper. A line is laid out when it is first painted."""

    def __init__(self, press: Press, code: Code) -> None:
        typography = press.typography
        sizes = typography.look.sizes
        self._press = press
        self._style = typography.code
        self._metrics = QFontMetricsF(self._style.font)
        self._pad = sizes.space_4
        self._head = sizes.space_6 + sizes.space_1
        self._radius = sizes.radius_m
        self._inks: dict[Ink, QTextCharFormat] = ink_formats(typography)
        self._highlighter = Highlighter(code.language)
        self._sideways = Sideways(press.host, typography)
        self._column = QRectF()
        self._height = 0
        self._lines: list[str] = []
        self._starts: list[int] = []
        self._widths: list[float] = []
        self._laid_out: dict[int, tuple[QTextLayout, QTextLine]] = {}
        self._code = code
        self._button = _CopyButton(press)
        self._button.clicked.connect(lambda: self._button.copy(self._code.text))
        self.take(code)

    def take(self, code: Code) -> None:
        """Show other code, most likely the same with more at its end."""
        if code.language != self._code.language:
            self._highlighter = Highlighter(code.language)
        changed = self._highlighter.update(code.text, whole=not code.open)
        before, self._lines = self._lines, code.text.split("\n")
        same = 0
        while same < min(len(before), len(self._lines)) and before[same] == self._lines[same]:
            same += 1
        self._code = code
        self._starts = list(accumulate((units(line) + 1 for line in self._lines), initial=0))
        self._widths = self._widths[:same] + [
            self._metrics.horizontalAdvance(line.expandtabs(_TAB)) for line in self._lines[same:]
        ]
        for line in [line for line in self._laid_out if line >= min(same, changed)]:
            del self._laid_out[line]

    @property
    def length(self) -> int:
        """One position a character."""
        return self._starts[-1] - 1

    def arrange(self, column: QRectF) -> int:
        """Header, lines, and a bar when a line is too long."""
        self._column = column
        body = round(len(self._lines) * self._style.line_height)
        inner = column.width() - 2 * self._pad
        widest = max(self._widths, default=0.0)
        self._height = self._head + body + self._pad + (BAR - self._pad // 2 if widest > inner else 0)
        left, top = round(column.left()), round(column.top())
        view = QRect(left + self._pad, top + self._head, round(inner), body + self._pad // 2)
        self._sideways.arrange(widest + 2, view)
        self._button.place(left + round(column.width()) - self._pad // 2, top + self._head // 2)
        return self._height

    def paint(self, painter: QPainter, clip: QRectF, selection: Range) -> None:
        """Paint the paper, the header and the lines in view."""
        typography = self._press.typography
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(typography.line)
        painter.setBrush(typography.code_paper)
        paper = QRectF(0.5, 0.5, self._column.width() - 1, self._height - 1)
        painter.drawRoundedRect(paper, self._radius, self._radius)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        label = QRectF(self._pad, 0, self._column.width() / 2, self._head)
        painter.setFont(typography.label.font)
        painter.setPen(typography.label.colour)
        painter.drawText(label, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.name)
        inner = QRectF(self._pad, self._head, self._column.width() - 2 * self._pad, self._height - self._head)
        painter.save()
        painter.setClipRect(inner.adjusted(-1, 0, 1, 0), Qt.ClipOperation.IntersectClip)
        self._paint_lines(painter, clip.intersected(inner), selection)
        painter.restore()

    def _paint_lines(self, painter: QPainter, clip: QRectF, selection: Range) -> None:
        height = self._style.line_height
        first = max(0, int((clip.top() - self._head) // height))
        last = min(len(self._lines) - 1, int((clip.bottom() - self._head) // height))
        x = self._pad - self._sideways.offset
        painter.setPen(self._style.colour)
        for index in range(first, last + 1):
            layout, line = self._line(index)
            top = self._head + index * height
            begin = max(0, selection[0] - self._starts[index])
            length = self._starts[index + 1] - self._starts[index]
            end = min(length, selection[1] - self._starts[index])
            if begin < end:
                left, right = edge(line, begin), edge(line, end)
                # A line break that is selected shows as half a letter.
                right += self._metrics.averageCharWidth() / 2 if end == length else 0
                painter.fillRect(QRectF(x + left, top, right - left, height), self._press.typography.selection)
            layout.draw(painter, QPointF(x, top + round((height - line.height()) / 2)))

    def _line(self, index: int) -> tuple[QTextLayout, QTextLine]:
        if index in self._laid_out:
            return self._laid_out[index]
        layout = QTextLayout(self._lines[index], self._style.font)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.NoWrap)
        option.setTabStopDistance(self._metrics.horizontalAdvance(" " * _TAB))
        layout.setTextOption(option)
        formats = []
        at = 0
        for count, ink in self._highlighter.lines[index]:
            formats.append(format_range(at, count, self._inks[ink]))
            at += count
        layout.setFormats(formats)
        layout.setCacheEnabled(True)
        layout.beginLayout()
        line = layout.createLine()
        line.setLineWidth(1e6)
        layout.endLayout()
        self._laid_out[index] = layout, line
        return layout, line

    @property
    def name(self) -> str:
        """The language as people write it."""
        language = self._code.language
        return _NAMES.get(language.lower(), language[:1].upper() + language[1:]) if language else ""

    def position_at(self, point: QPointF) -> int:
        """The position nearest to a point; above and below the lines it is an end."""
        index = int((point.y() - self._head) // self._style.line_height)
        if index < 0:
            return 0
        if index >= len(self._lines):
            return self.length
        x = point.x() - self._pad + self._sideways.offset
        return self._starts[index] + self._line(index)[1].xToCursor(x)

    def copied(self, start: int, end: int) -> str:
        """The code as it came, with its tabs."""
        return cut(self._code.text, start, end)

    def word_at(self, position: int) -> Range:
        """The word around a position, inside its line."""
        index = max(0, bisect_right(self._starts, position) - 1)
        begin, end = word_in(self._lines[min(index, len(self._lines) - 1)], position - self._starts[index])
        return self._starts[index] + begin, self._starts[index] + end

    def scroll_sideways(self, pixels: int) -> bool:
        """Scroll the lines."""
        return self._sideways.scroll(pixels)

    def close(self) -> None:
        """Remove the bar and the button."""
        self._sideways.close()
        self._button.hide()
        self._button.deleteLater()


class _CopyButton(QToolButton):
    """Copies, and says so for a moment. Its right edge stays where it was put."""

    def __init__(self, press: Press) -> None:
        super().__init__(press.host)
        typography = press.typography
        sizes = typography.look.sizes
        self.setFont(typography.label.font)
        quiet, ink, line, accent = (
            colour.name() for colour in (typography.quiet, typography.ink, typography.line, typography.accent)
        )
        # Set here and not in the application's style sheet, because the block has its own paper.
        self.setStyleSheet(
            "QToolButton { background: transparent; border: 1px solid transparent;"
            f" border-radius: {sizes.radius_s}px; padding: {sizes.space_1 // 2}px {sizes.space_2}px; color: {quiet}; }}"
            f"QToolButton:hover {{ background: {line}; color: {ink}; }}"
            f"QToolButton:focus {{ border-color: {accent}; }}"
        )
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setAccessibleName("Copy code")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._right, self._middle = 0, 0
        self._timer = QTimer(self, singleShot=True, interval=_COPIED_MS)
        self._timer.timeout.connect(lambda: self._say("Copy"))
        self._say("Copy")
        self.show()

    def copy(self, text: str) -> None:
        """Put `text` on the clipboard."""
        QGuiApplication.clipboard().setText(text)
        self._say("Copied")
        self._timer.start()

    def place(self, right: int, middle: int) -> None:
        """End at `right`, centred on `middle`."""
        self._right, self._middle = right, middle
        size = self.sizeHint()
        self.setGeometry(right - size.width(), middle - size.height() // 2, size.width(), size.height())

    def _say(self, text: str) -> None:
        self.setText(text)
        self.place(self._right, self._middle)


def ink_formats(typography: Typography) -> dict[Ink, QTextCharFormat]:
    """How each ink is drawn."""
    palette = typography.look.palette
    colours: dict[Ink, str] = {
        "ink": palette.ink,
        "quiet": palette.ink_2,
        "keyword": palette.accent,
        "string": palette.ok,
        "number": palette.warn,
        "comment": palette.ink_2,
        "title": palette.ink,
        "removed": palette.bad,
        "added": palette.ok,
    }
    formats: dict[Ink, QTextCharFormat] = {}
    for ink, colour in colours.items():
        form = QTextCharFormat()
        form.setForeground(QColor(colour))
        if ink == "comment":
            form.setFontItalic(True)
        if ink == "title":
            form.setFontWeight(QFont.Weight.DemiBold)
        formats[ink] = form
    return formats

"""Code has colours that can be read, and growing code keeps them."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QFont
from pytestqt.qtbot import QtBot

from app.look import Theme
from app.render.code import ink_formats
from app.render.highlight import Highlighter
from app.render.typography import Typography
from tests.app.render.palette import look

SOURCE = "\n".join(
    f'def f{n}(x: int) -> str:\n    """A\n    doc."""\n    return f"{{x}}" + {n}  # why\n' for n in range(90)
)


def luminance(colour: QColor) -> float:
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.getRgbF()[:3]]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_ink_is_readable_on_its_paper(theme: Theme, qtbot: QtBot) -> None:
    """4.5:1 is what the eye needs for text of this size (WCAG AA)."""
    typography = Typography(look(theme), QFont())
    paper = luminance(typography.code_paper)
    for ink, form in ink_formats(typography).items():
        light, dark = sorted((luminance(form.foreground().color()), paper), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, ink


def test_growing_code_gets_the_colours_of_the_whole() -> None:
    """Only the end is read again, even when a long string or comment is open in between."""
    growing = Highlighter("python")
    for at in range(0, len(SOURCE), 61):
        growing.update(SOURCE[: at + 61], whole=False)
    whole = Highlighter("python")
    whole.update(SOURCE, whole=True)
    assert growing.lines == whole.lines
    assert len({ink for line in whole.lines for _, ink in line}) >= 6


@pytest.mark.parametrize("text", ["", "\n", "\n\n\nx", "x\n\n", "\tx = '''\n\n", "a\x00b"])
@pytest.mark.parametrize("language", ["python", "bash", "html", "unheard-of", ""])
def test_every_line_has_its_runs(text: str, language: str) -> None:
    """A run that is missing or too long would colour the next line."""
    highlighter = Highlighter(language)
    highlighter.update(text, whole=True)
    assert [sum(count for count, _ in line) for line in highlighter.lines] == [len(line) for line in text.split("\n")]


def test_the_first_changed_line_is_told() -> None:
    highlighter = Highlighter("python")
    highlighter.update("a = 1\nb = 2\nc", whole=False)
    assert highlighter.update("a = 1\nb = 2\nc = '", whole=False) == 2

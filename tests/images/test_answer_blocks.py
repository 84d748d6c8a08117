"""How an answer looks, by probing pixels: colours from the palette, distances of the page, nothing clipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from PySide6.QtGui import QColor, QFont, QFontDatabase, QImage
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.look import Look, Theme
from app.render.view import AnswerView
from tests.app.render.palette import RESOURCES, look

Drawn = Callable[..., tuple[QImage, AnswerView, Look]]


@pytest.fixture(autouse=True)
def _font(qapp: QApplication) -> Iterator[None]:
    before = QApplication.font()
    files = ("NotoSans-Regular.ttf", "NotoSans-Bold.ttf")
    added = [QFontDatabase.addApplicationFont(str(RESOURCES / "fonts" / name)) for name in files]
    QApplication.setFont(QFont("Noto Sans"))
    yield
    QApplication.setFont(before)
    for font in added:
        QFontDatabase.removeApplicationFont(font)


@pytest.fixture
def drawn(qtbot: QtBot) -> Drawn:
    """An answer on paper, 600 pixels wide."""
    kept = []

    def draw(markdown: str, theme: Theme = "light") -> tuple[QImage, AnswerView, Look]:
        style = look(theme)
        parent = QWidget()
        qtbot.addWidget(parent)
        kept.append(parent)
        view = AnswerView(style, parent)
        view.resize(600, 10)
        view.set_text(markdown)
        image = QImage(view.size(), QImage.Format.Format_RGB32)
        image.fill(QColor(style.palette.paper))
        view.render(image, renderFlags=QWidget.RenderFlag.DrawChildren)
        return image, view, style

    return draw


def ink_rows(image: QImage, paper: str, left: int = 0, right: int | None = None) -> list[int]:
    """Rows that hold anything but paper."""
    columns = range(left, image.width() if right is None else right)
    return [y for y in range(image.height()) if any(image.pixelColor(x, y).name() != paper for x in columns)]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_code_lies_on_its_own_rounded_paper(drawn: Drawn, theme: Theme) -> None:
    image, _, style = drawn("```python\nx = 1\n```", theme)
    palette = style.palette
    assert image.pixelColor(300, image.height() - 6).name() == palette.code
    assert image.pixelColor(0, 0).name() == palette.paper
    assert image.pixelColor(300, 0).name() == palette.line
    colours = {image.pixelColor(x, y).name() for x in range(60) for y in range(36, image.height() - 16)}
    assert palette.warn in colours, "the number has its colour"


def test_a_quote_has_one_bar_from_its_first_to_its_last_line(drawn: Drawn) -> None:
    """Also through the air between its paragraphs, and not in the air before it."""
    image, view, style = drawn("before\n\n> one\n>\n> two\n>\n> - three\n\nafter")
    bar = [y for y in range(image.height()) if image.pixelColor(1, y).name() == style.palette.line_strong]
    first, last = view.widgets[1].geometry(), view.widgets[3].geometry()
    assert bar == list(range(first.top() + style.sizes.space_3, last.bottom() + 1))


def test_a_table_has_a_line_below_each_row(drawn: Drawn) -> None:
    image, _, style = drawn("| a | b |\n|---|---|\n| c | d |\n| e | f |")
    strong = [y for y in range(image.height()) if image.pixelColor(60, y).name() == style.palette.line_strong]
    thin = [y for y in range(image.height()) if image.pixelColor(60, y).name() == style.palette.line]
    assert len(strong) == 1
    assert len(thin) == 2
    assert thin[-1] == image.height() - 1
    assert thin[1] - thin[0] == thin[0] - strong[0]


def test_lines_of_a_paragraph_are_evenly_apart(drawn: Drawn) -> None:
    """Inline code, emphasis, small notes and subscripts do not push lines apart."""
    plain = drawn("xxxx xxxx " * 40)[1]
    rich = drawn("`xxxx` **xxxx** *xxxx* $x_1$ [xx](https://x.example) " * 12)[1]
    lines = plain.height() / plain.typography.body.line_height
    assert lines == pytest.approx(round(lines), abs=0.05)
    lines = rich.height() / rich.typography.body.line_height
    assert lines == pytest.approx(round(lines), abs=0.05)


def test_the_last_line_is_not_clipped(drawn: Drawn) -> None:
    """Letters with descenders end inside every kind of block."""
    for markdown in ("gjpqy", "# gjpqy", "- gjpqy", "> gjpqy", "a\n\n$$\\frac{g}{y}$$"):
        image, _, style = drawn(markdown)
        assert max(ink_rows(image, style.palette.paper, left=20)) < image.height() - 1, markdown


def test_a_formula_stands_on_the_line(drawn: Drawn) -> None:
    """An x of the maths font ends on the row where an x of the text ends."""
    image, _, style = drawn("x$\\;\\;\\;\\;\\;\\;\\;\\;x$")
    split = 14
    text = ink_rows(image, style.palette.paper, right=split)
    formula = ink_rows(image, style.palette.paper, left=split)
    assert abs(max(text) - max(formula)) <= 1


def test_headings_have_more_air_above_than_below(drawn: Drawn) -> None:
    image, view, style = drawn("above\n\n## Heading\n\nbelow")
    rows = ink_rows(image, style.palette.paper)
    blank = [after - before for before, after in pairwise(rows) if after - before > 5]
    above, below = blank
    assert above > 1.6 * below
    assert view.widgets[1].sheet.length == len("Heading")


def test_an_emoji_does_not_shift_what_follows(drawn: Drawn) -> None:
    """Positions are counted in the same units as Qt counts them."""
    _, view, _ = drawn("🎉🎉 `code` **bold** end")
    assert view.plain_text() == "🎉🎉 code bold end"
    widget = view.widgets[0]
    assert widget.text(*widget.sheet.word_at(widget.sheet.length)) == "end"
    _, view, _ = drawn("```\n🎉 a = 1\n```")
    widget = view.widgets[0]
    assert widget.text(0, widget.sheet.length) == "🎉 a = 1"


def test_only_the_palette_is_used(drawn: Drawn) -> None:
    """Orange is the mark's alone: it is never in an answer."""
    image, _, style = drawn("# A\n\n`b` $c$ [d](https://e.example)\n\n```js\nlet f = 1\n```\n\n- [x] g", "dark")
    mark = QColor(style.palette.mark)
    assert not any(image.pixelColor(x, y) == mark for x in range(image.width()) for y in range(image.height()))

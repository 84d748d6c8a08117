"""Formulas: what can be set stands on the line, what can not is shown as it was written, and nothing hangs."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.render.maths import FormulaRequest, MathsSetter, set_formula


def request(tex: str, *, ratio: float = 1.0, colour: str = "#000000") -> FormulaRequest:
    return FormulaRequest(tex, display=False, size=16, colour=colour, ratio=ratio)


@pytest.mark.parametrize(
    "tex",
    [
        "",
        "a & b",
        r"\frac{a}{",
        r"\sqrt",
        "x^",
        r"\begin{matrix} 1",
        r"\left( x",
        "{" * 4000,
        r"\def\a{\b\b}\def\b{\c\c}\a",
        r"\rule{999999px}{999999px}",
        "x" * 3000,
        "\x00\ud800",
    ],
)
def test_tex_that_can_not_be_set_is_left_as_text(tex: str, qtbot: QtBot) -> None:
    """None, and no exception: the text comes from a model and can be anything."""
    assert set_formula(request(tex)) is None


@pytest.mark.parametrize(
    "tex",
    [
        r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}",
        r"\begin{cases} 1 & x > 0 \\ 0 & \text{else} \end{cases}",
        r"\begin{aligned} a &= b \\ c &= d \end{aligned}",
        r"\underbrace{a + b}_{n}",
        r"\xrightarrow{f}",
        r"\hat{x} \cdot \vec{y} \in \mathbb{R}^n",
    ],
)
def test_what_models_write_can_be_set(tex: str, qtbot: QtBot) -> None:
    made = set_formula(request(tex))
    assert made is not None
    image = made.pixmap.toImage()
    inked = sum(image.pixelColor(x, y).alpha() > 128 for x in range(image.width()) for y in range(image.height()))
    assert inked > 20


def test_the_baseline_is_where_the_letters_stand(qtbot: QtBot) -> None:
    """An x has nothing below the line; a fraction has its bar a little above it and reaches below."""
    x, fraction = set_formula(request("x")), set_formula(request(r"\frac{x}{y}"))
    assert x is not None
    assert fraction is not None
    image = x.pixmap.toImage()
    rows = [y for y in range(image.height()) if any(image.pixelColor(c, y).alpha() > 100 for c in range(image.width()))]
    assert max(rows) + 1 == pytest.approx(x.ascent, abs=1)
    assert fraction.ascent > x.ascent + 2
    assert fraction.descent > x.descent + 4


def test_a_sharp_screen_gets_a_sharp_picture(qtbot: QtBot) -> None:
    plain, sharp = set_formula(request("x^2")), set_formula(request("x^2", ratio=2.0))
    assert plain is not None
    assert sharp is not None
    assert sharp.pixmap.width() == pytest.approx(2 * plain.pixmap.width(), abs=2)
    assert sharp.width == pytest.approx(plain.width, abs=1)


def test_a_formula_is_set_once_and_the_rest_waits_its_turn(qtbot: QtBot) -> None:
    setter = MathsSetter()
    first = setter.get(request("x_0"))
    assert first is not None
    assert setter.get(request("x_0")) is first
    many = [request(f"\\sqrt{{x_{{{n}}}}} + \\frac{{1}}{{{n}}}") for n in range(40)]
    now = [setter.get(each) for each in many]
    assert None in now
    assert setter.waits(many[-1])
    qtbot.waitUntil(lambda: not any(setter.waits(each) for each in many), timeout=10000)
    assert all(setter.get(each) for each in many)

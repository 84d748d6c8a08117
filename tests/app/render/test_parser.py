"""Markdown as models write it, and what of it becomes a formula, a link or plain words."""

from __future__ import annotations

import pytest

from app.render.blocks import Formula, Prose, Spans, Style, Table, Words
from app.render.parser import BlockParser


def spans(text: str) -> Spans:
    content = BlockParser().parse(text).blocks[0].content
    assert isinstance(content, Prose)
    return content.spans


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $10.",
        "It costs $5, or 10$ elsewhere.",
        "From $5-$10 a month",
        "US$5 or A$7",
        "$HOME and $PATH",
        "$HOME/$USER is a path",
        "a $ b $ c",
        "Pay $100 today and the rest ($200) later",
        "`$x$` in code",
        "\\$x\\$ escaped",
    ],
)
def test_money_and_shell_are_not_maths(text: str) -> None:
    assert not [span for span in spans(text) if isinstance(span, Formula)]


@pytest.mark.parametrize(
    ("text", "tex", "display"),
    [
        ("so $x$ is", "x", False),
        ("so $E = mc^2$, then", "E = mc^2", False),
        ("so $a_1 * b_2 * c$ is", "a_1 * b_2 * c", False),
        ("so $2x + 1$ is", "2x + 1", False),
        (r"so \(\frac{1}{2}\) is", r"\frac{1}{2}", False),
        (r"so $\text{if } x$ is", r"\text{if } x", False),
        ("so $$x^2$$ is", "x^2", True),
        (r"so \[x^2\] is", "x^2", True),
    ],
)
def test_maths_in_a_line(text: str, tex: str, display: bool) -> None:
    (formula,) = [span for span in spans(text) if isinstance(span, Formula)]
    assert (formula.tex, formula.display) == (tex, display)
    assert formula.source in text


def test_a_link_says_where_it_leads() -> None:
    """A text that shows another address than the target must not deceive."""
    assert spans("[https://bank.example](https://thief.example/x)")[1] == Words(
        "\u00a0thief.example", Style.NOTE, "https://thief.example/x"
    )
    assert len(spans("[bank.example](https://bank.example/)")) == 1
    assert spans("see https://example.org/a_b_c.")[1] == Words(
        "https://example.org/a_b_c", link="https://example.org/a_b_c"
    )


@pytest.mark.parametrize("target", ["javascript:alert(1)", "file:///etc/passwd", "//host/share", "data:text/html,x"])
def test_what_can_not_be_followed_is_no_link(target: str) -> None:
    assert not any(isinstance(span, Words) and span.link for span in spans(f"[here]({target})"))


def test_a_picture_is_its_text_and_html_is_text() -> None:
    assert spans("![a map](file:///secret.png)") == (Words("a map", Style.ITALIC),)
    assert spans("<img src=x> <b>bold</b>") == (Words("<img src=x> <b>bold</b>"),)
    assert spans("one<br>two") == (Words("one\ntwo"),)


def test_levels_of_lists_and_quotes() -> None:
    blocks = BlockParser().parse("3. a\n   - [x] b\n\n     c\n4. d\n\n> e\n>\n> f").blocks
    markers = [(tuple(level.marker for level in block.levels), block.fresh, block.tight) for block in blocks]
    assert markers == [
        (("3.",), 1, False),
        (("3.", "[x]"), 1, True),
        (("3.", "[x]"), 0, False),
        (("4.",), 1, True),
        (("",), 1, False),
        (("",), 0, False),
    ]
    assert blocks[4].levels == blocks[5].levels


def test_a_table_knows_its_alignment() -> None:
    content = BlockParser().parse("| a | b | c |\n|---|--:|:-:|\n| 1 | 2 |").blocks[0].content
    assert isinstance(content, Table)
    assert content.aligns == ("left", "right", "center")
    assert content.rows == (((Words("1"),), (Words("2"),), ()),)

"""The named values: complete, readable, and the only colours there are."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import get_args

import pytest

from app.look import Theme, load_look, style_sheet

ROOT = Path(__file__).parent.parent.parent
LOOK = ROOT / "resources" / "look"

# Every colour of text with every ground it stands on.
PAIRS = [
    (text, ground)
    for text, grounds in {
        "ink": ("paper", "surface", "raised", "sunken", "accent_soft", "code", "line"),
        "ink_2": ("paper", "surface", "raised", "sunken", "code"),
        "ink_3": ("paper", "surface", "raised", "sunken", "code"),
        "accent": ("paper", "surface", "raised", "sunken", "accent_soft"),
        "accent_ink": ("accent", "accent_strong"),
        "mark_ink": ("mark",),
        "page_ink": ("page", "page_mark", "page_found"),
        "page_ink_2": ("page", "page_mark", "page_found"),
        "page_accent": ("page",),
        "ok": ("paper", "surface", "raised", "sunken"),
        "warn": ("paper", "surface", "raised", "sunken"),
        "bad": ("paper", "surface", "raised", "sunken"),
    }.items()
    for ground in grounds
]


def _luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(first: str, second: str) -> float:
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", get_args(Theme))
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_can_be_read(theme: Theme, text: str, ground: str) -> None:
    palette = load_look(theme, LOOK).palette
    assert _contrast(getattr(palette, text), getattr(palette, ground)) >= 4.5


def test_words_on_a_picture_can_be_read_over_white() -> None:
    """White at the scrim's opacity over a white picture is the worst case."""
    palette = load_look("light", LOOK).palette
    alpha = int(palette.scrim[1:3], 16) / 255
    grey = round(255 * (1 - alpha))
    assert _contrast(palette.scrim_ink, f"#{grey:02x}{grey:02x}{grey:02x}") >= 4.5


def test_a_style_sheet_takes_colours_and_sizes_by_name() -> None:
    look = load_look("dark", LOOK)
    assert style_sheet(look, "a { color: $accent; margin: ${space_2}px }") == "a { color: #4fb8ae; margin: 8px }"
    with pytest.raises(KeyError):
        style_sheet(look, "$puce")


@pytest.mark.parametrize("theme", get_args(Theme))
def test_the_products_style_sheet_can_be_filled(theme: Theme) -> None:
    assert "$" not in style_sheet(load_look(theme, LOOK), (LOOK / "style.qss").read_text(encoding="utf-8"))


def test_no_colour_is_written_anywhere_else() -> None:
    colour = re.compile(r"#[0-9a-fA-F]{6}\b|\brgba?\(")
    sheet = (LOOK / "style.qss").read_text(encoding="utf-8")
    assert not colour.search(sheet)
    for path in (ROOT / "app" / "ui").rglob("*.py"):
        assert not colour.search(path.read_text(encoding="utf-8")), path.name


def test_both_themes_name_the_same_values() -> None:
    light, dark = load_look("light", LOOK), load_look("dark", LOOK)
    assert dataclasses.asdict(light.palette).keys() == dataclasses.asdict(dark.palette).keys()
    assert light.sizes == dark.sizes

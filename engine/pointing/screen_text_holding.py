"""Which lines are long enough to hold some words, by their size alone."""

from __future__ import annotations

from engine.pointing.screen_text_regions import Region

_NARROW, _SLIM, _WIDE = frozenset("iljI|!.,:;'"), frozenset("ftr1-()[]/ "), frozenset("mwMW@—…")
_WIDTHS = (0.17, 0.23, 0.63, 0.41)
"""The least widths of narrow, slim, wide and all other letters, as shares of the font's size: a little less than those
of condensed fonts."""
_TALLEST = 1.1
"""The height of ink, as a share of the font's size, of a line with an accent on a capital and a descender."""


def may_hold(box: Region, label: str) -> bool:
    """Whether a line with ink in `box` is long enough for `label`."""
    return box.width >= sum(_width(letter) for letter in label.strip()) * box.height / _TALLEST


def _width(letter: str) -> float:
    narrow, slim, wide, other = _WIDTHS
    if letter in _NARROW:
        return narrow
    if letter in _SLIM:
        return slim
    return wide if letter in _WIDE else other

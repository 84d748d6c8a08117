"""Text positions as Qt counts them: in UTF-16 units, of which an emoji takes two."""

from __future__ import annotations

import re

_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


def units(text: str) -> int:
    """The length of a text."""
    return len(text) if text.isascii() else len(text) + len(_ASTRAL.findall(text))


def cut(text: str, start: int, end: int) -> str:
    """A part of a text; half of a character is left out."""
    if text.isascii():
        return text[start:end]
    return text.encode("utf-16-le", "replace")[2 * start : 2 * end].decode("utf-16-le", "ignore")


def word_in(text: str, position: int) -> tuple[int, int]:
    """The word around a position of a text."""
    text = _ASTRAL.sub("  ", text)
    start = end = max(0, min(position, len(text)))
    while start > 0 and _is_word(text[start - 1]):
        start -= 1
    while end < len(text) and _is_word(text[end]):
        end += 1
    return start, end


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"

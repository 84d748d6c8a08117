"""Whether a dollar sign opens a formula or a price."""

from __future__ import annotations

import re

_TEX = re.compile(r"[\\^_=<>{}|+]")
_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}")
_LONGEST = 400


def closing_dollar(source: str, start: int) -> int:
    """Where the formula that opens with the ``$`` at `start` closes, or -1 when there is none."""
    before = source[start - 1 : start] if start else ""
    after = source[start + 1 : start + 2]
    if before.isalnum() or before == "$" or not after or after.isspace() or after == "$":
        return -1
    end = start + 1
    while True:
        end = source.find("$", end + 1)
        if end < 0 or end - start > _LONGEST:
            return -1
        if source[end - 1] != "\\":
            break
    follows = source[end + 1 : end + 2]
    content = source[start + 1 : end]
    if content[-1].isspace() or follows.isalnum() or follows == "$" or "`" in content:
        return -1
    return end if looks_like_maths(content) else -1


def looks_like_maths(content: str) -> bool:
    """Tell ``x_1 + 2`` from ``5, or perhaps 10``: words that are no commands need a sign of TeX beside them, and behind
    an amount they are prose."""
    if not _WORD.search(content):
        return True
    if content[0].isdigit() and " " in content and "\\" not in content:
        return False
    return " " not in content or _TEX.search(content) is not None

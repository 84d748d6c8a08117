"""Text that is still being written, read the way it will most likely end. An opened ``**`` is bold at once, a row of
pipes is a table from its first cell on, and a sign that could still become anything waits for the next one."""

from __future__ import annotations

import re

from app.render.dollars import closing_dollar, looks_like_maths

_ITEM = r"(?:[-*+]|\d{1,9}[.)])"
# A last line that says nothing yet: the beginning of a marker, an underline, a task box, a fence with half a name.
_UNDECIDED = re.compile(
    rf"[\s>]*(?:{_ITEM}[ \t]+)*"
    r"(?:[-=_*+~`]{1,2}|[-=_*]{3,}|\#{1,6}|\d{1,9}[.)]?|[-*+]|\\|\$|!|<|\[[ xX]?\]?|`{3,}[^`]*|~{3,}.*)?[ \t]*"
)
_FENCE = re.compile(rf"[\s>]*(?:{_ITEM}[ \t]+)*(`{{3,}}|~{{3,}})")
_ROW = re.compile(rf"([\s>]*(?:{_ITEM}[ \t]+)*)\|")
_DELIMITERS = re.compile(r"[\s>]*\|[\s:|-]*")
_CELL_BORDER = re.compile(r"(?<!\\)\|")
_HALF_BREAK = re.compile(r"<(?:b|br|br\s*/?)?$", re.IGNORECASE)
# A label, then perhaps half of its target. A number in brackets is a reference, and a letter before them an index.
_HALF_LINK = re.compile(r"(?<![\w\]])!?\[(?!\d+\]?$)([^\[\]]*)(?:\](?:\([^()\s]*(?:\s[^()]*)?)?)?$")
_HALF_ADDRESS = re.compile(r"<(https?:[^\s<>]*)$")
_EMPHASIS = {"*": ("**", "*"), "_": ("__", "_"), "~": ("~~",)}


def settle(tail: str) -> str:
    """The last block of a text as it is best read now. Only its end changes, never the number of earlier lines."""
    lines = tail.split("\n")
    fence = _open_fence(lines)
    last = lines[-1]
    if fence:
        # Half of a closing fence is not a line of code.
        return "\n".join(lines[:-1]) if last.strip() and set(last.strip()) == {fence} else tail
    if last and _UNDECIDED.fullmatch(last):
        lines = [*lines[:-1], ""]
    return "\n".join(_promise_table(lines))


def settle_inline(text: str) -> str:
    """A line's text with what it opened closed again, and its last half sign left out."""
    text = _HALF_LINK.sub(r"\1", text)
    text = _HALF_ADDRESS.sub(r"\1", text)
    text = _HALF_BREAK.sub("", text)
    opened: list[str] = []
    at = 0
    while at < len(text):
        sign = text[at]
        if sign == "\\" and text[at + 1 : at + 2] in ("(", "["):
            closer = {"(": "\\)", "[": "\\]"}[text[at + 1]]
            end = text.find(closer, at + 2)
            if end < 0:
                return _close(text[:at], opened)
            at = end + 2
        elif sign == "\\":
            if at + 1 == len(text):
                return _close(text[:at], opened)
            at += 2
        elif sign == "`":
            run = _run(text, at)
            end = _closing_ticks(text, at + run, run)
            if end < 0:
                inside = text[at + run :].rstrip("`")
                return _close(text[:at] + ("`" * run + inside + "`" * run if inside.strip() else ""), opened)
            at = end
        elif sign == "$":
            end = _after_maths(text, at)
            if end < 0:
                return _close(text[:at], opened)
            at = end
        elif sign in _EMPHASIS:
            run = _run(text, at)
            if at + run == len(text):
                return _close(text[:at], opened)
            _emphasise(text, at, run, opened)
            at += run
        else:
            at += 1
    return _close(text, opened)


def _open_fence(lines: list[str]) -> str:
    """The character of the code fence that is open at the end, or empty."""
    fence = ""
    for line in lines[:-1]:
        if fence:
            stripped = line.strip(" \t>")
            if len(stripped) >= len(fence) and set(stripped) == {fence[0]}:
                fence = ""
        elif ("```" in line or "~~~" in line) and (match := _FENCE.match(line)):
            fence = match.group(1)
    return fence[:1]


def _promise_table(lines: list[str]) -> list[str]:
    """A first row of pipes gets the delimiter row it is waiting for."""
    ended = lines[-1] == ""
    rows = lines[:-1] if ended else lines
    count = 0
    while count < min(3, len(rows)) and _ROW.match(rows[-1 - count]):
        count += 1
    if count == 2 and not ended and _DELIMITERS.fullmatch(rows[-1]):
        rows, count = rows[:-1], 1
    match = _ROW.match(rows[-1]) if count == 1 else None
    if match is None:
        return lines
    columns = _columns(rows[-1])
    if columns == 0:
        return [*rows[:-1], ""]
    indent = re.sub(r"[^\s>]", " ", match.group(1))
    return [*rows, indent + "|" + "---|" * columns]


def _columns(row: str) -> int:
    inner = row.strip(" \t>").removeprefix("|").strip()
    if not inner:
        return 0
    return len(_CELL_BORDER.split(inner.removesuffix("|")))


def _after_maths(text: str, at: int) -> int:
    """The position behind the formula or price at `at`; -1 when a formula is open there."""
    if text.startswith("$$", at):
        end = text.find("$$", at + 2)
        return end + 2 if end >= 0 else -1
    end = closing_dollar(text, at)
    if end >= 0:
        return end + 1
    content = text[at + 1 :]
    if not content:
        return -1
    opens = not (content[0].isspace() or content[0].isdigit() or "$" in content or text[at - 1 : at].isalnum())
    return -1 if opens and looks_like_maths(content) else at + 1


def _emphasise(text: str, at: int, run: int, opened: list[str]) -> None:
    """Follow one run of emphasis signs: close what it closes, remember what it opens."""
    sign = text[at]
    before, after = text[at - 1 : at] if at else " ", text[at + run]
    opens = not after.isspace() and (sign == "~" or run > 1 or not before.isalnum()) and after not in ".,;:!?)"
    closes = not before.isspace()
    for marker in _EMPHASIS[sign]:
        while run >= len(marker):
            if closes and marker in opened:
                del opened[opened.index(marker) :]
            elif opens and not (sign == "_" and before.isalnum()):
                opened.append(marker)
            run -= len(marker)


def _close(text: str, opened: list[str]) -> str:
    """Close from the inside out; an opener with nothing behind it goes."""
    text = text.rstrip()
    while opened and text.endswith(opened[-1]):
        text = text.removesuffix(opened.pop()).rstrip()
    return text + "".join(reversed(opened))


def _run(text: str, at: int) -> int:
    end = at
    while end < len(text) and text[end] == text[at]:
        end += 1
    return end - at


def _closing_ticks(text: str, at: int, run: int) -> int:
    """The position behind the next run of exactly `run` backticks, or -1."""
    for match in re.finditer("`+", text[at:]):
        if len(match.group()) == run:
            return at + match.end()
    return -1

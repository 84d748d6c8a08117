"""How Excel shows a number: the common part of the format codes of ECMA-376 part 1, 18.8.31, in English."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache

_BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 14: "yyyy-mm-dd",
    15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss",
    22: "yyyy-mm-dd h:mm", 37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)", 39: "#,##0.00;(#,##0.00)",
    40: "#,##0.00;(#,##0.00)", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss", 48: "0.0E+0", 49: "@",
}  # fmt: skip
"""Those that are not written into a file. Dates of 14 and 22 follow the system in Excel; here they are unmistakable."""

_TOKEN = re.compile(
    r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|AM/PM|A/P|y+|m+|d+|h+|s+|\.0+|General|E[+-]0+|[0#?,.]+|%|@|.', re.I | re.S
)
_PLACES = re.compile(r"[0#?]")
_EPOCH, _EPOCH_1904 = dt.datetime(1899, 12, 30), dt.datetime(1904, 1, 1)
_LAST_DAY = 2_958_466


def code_of(number: int, own: dict[int, str]) -> str:
    """The code of format `number`, of those of the file or the built-in ones."""
    return own.get(number) or _BUILT_IN.get(number, "General")


def shown(value: float, code: str, since_1904: bool = False) -> str:
    """`value` as a cell of format `code` shows it; a format that is not understood gives the plain number."""
    sections = _sections(code)
    section = sections[0]
    # A section of its own for negative numbers says how the minus is shown.
    if value < 0 and len(sections) > 1:
        section, value = sections[1], -value
    elif value == 0 and len(sections) > 2:
        section = sections[2]
    tokens = _tokens(section)
    if any(_is_date(token) for token in tokens):
        return _date(value, tokens, since_1904)
    return _number(value, tokens)


def plain(value: float) -> str:
    """As a cell without a format shows it."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.12g}"


@lru_cache(maxsize=256)
def _sections(code: str) -> tuple[str, ...]:
    found, current = [], ""
    for token in _TOKEN.findall(code):
        if token == ";":
            found.append(current)
            current = ""
        else:
            current += token
    return (*found, current)


@lru_cache(maxsize=256)
def _tokens(section: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(section))


def _is_date(token: str) -> bool:
    lowered = token.lower()
    return lowered[0] in "ymdhs" or lowered in ("[h]", "[hh]", "[m]", "[mm]", "[s]", "[ss]")


def _literal(token: str) -> str | None:
    """What a token that stands for itself adds; None for the others."""
    if token.startswith('"'):
        return token.strip('"')
    if token.startswith("\\"):
        return token[1:]
    if token.startswith("_"):
        return ""
    if token.startswith("*"):
        return ""
    if token.startswith("["):
        # A currency: [$€-407]. Colours and conditions show nothing.
        return token[2:-1].partition("-")[0] if token.startswith("[$") else ""
    return None


def _number(value: float, tokens: tuple[str, ...]) -> str:
    shapes = [token for token in tokens if _PLACES.search(token) and _literal(token) is None and token[0] not in "eE"]
    if not shapes or "General" in tokens or "/" in tokens:
        return _words(tokens) or plain(value)
    scientific = next((token for token in tokens if token[0] in "eE" and len(token) > 1), "")
    shape = "".join(shapes)
    value *= 100 ** tokens.count("%")
    digits = _digits(value, shape, scientific)
    out, placed = [], False
    for token in tokens:
        text = _literal(token)
        if text is not None:
            out.append(text)
        elif token in shapes:
            out += [] if placed else [digits]
            placed = True
        elif token not in (scientific, "@"):
            out.append(token)
    text = "".join(out).strip()
    return f"-{text}" if value < 0 and digits.strip("0.,") else text


def _words(tokens: tuple[str, ...]) -> str:
    """What a section without places for digits shows: "-" or "none"; ``""`` where it has none, or more than that."""
    texts = [token if token in "-+ " else _literal(token) for token in tokens]
    return "".join(text or "" for text in texts).strip() if None not in texts else ""


def _digits(value: float, shape: str, scientific: str) -> str:
    whole, _, fraction = shape.partition(".")
    thousands = whole.rstrip(",")
    value = abs(value) / 1000 ** (len(whole) - len(thousands))
    most, least = len(_PLACES.findall(fraction)), fraction.count("0")
    if scientific:
        text = f"{value:.{most}E}"
        mantissa, _, exponent = text.partition("E")
        return f"{mantissa}E{exponent[0]}{int(exponent[1:]):0{scientific.count('0')}d}"
    text = f"{value:,.{most}f}" if "," in thousands else f"{value:.{most}f}"
    while most > least and text.endswith("0"):
        text, most = text[:-1], most - 1
    text = text.rstrip(".")
    filled = thousands.count("0")
    head, dot, tail = text.partition(".")
    if not filled and head == "0":
        head = ""
    return head.zfill(filled) + dot + tail


def _date(value: float, tokens: tuple[str, ...], since_1904: bool) -> str:
    if not 0 <= value < _LAST_DAY:
        return plain(value)
    moment = (_EPOCH_1904 if since_1904 else _EPOCH) + dt.timedelta(seconds=round(value * 86_400, 3))
    if not any(token.lower().startswith("s") for token in tokens):
        # The nearest second, so that 14:30 is not shown as 14:29.
        moment += dt.timedelta(milliseconds=500)
    half = any(token.upper() in ("AM/PM", "A/P") for token in tokens)
    out = []
    for index, token in enumerate(tokens):
        lowered = token.lower()
        if lowered in ("am/pm", "a/p"):
            out.append("AM" if moment.hour < 12 else "PM")
        elif lowered[0] == "m" and _is_minute(tokens, index):
            out.append(f"{moment.minute:0{min(len(token), 2)}d}")
        elif lowered in ("[h]", "[hh]"):
            out.append(str(int(value * 24 + 1e-9)))
        elif lowered in ("[m]", "[mm]"):
            out.append(str(int(value * 1_440 + 1e-9)))
        elif lowered in ("[s]", "[ss]"):
            out.append(str(round(value * 86_400)))
        elif lowered.startswith(".0"):
            out.append(f".{moment.microsecond:06d}"[: len(token)])
        elif lowered[0] in "ymdhs":
            out.append(_date_part(lowered, moment, half))
        else:
            text = _literal(token)
            out.append(token if text is None and token != "@" else text or "")
    return "".join(out).strip()


def _is_minute(tokens: tuple[str, ...], index: int) -> bool:
    """Whether an "m" means minutes: after hours or before seconds."""
    if len(tokens[index]) > 2:
        return False
    before = next((token.lower() for token in reversed(tokens[:index]) if _is_date(token)), "")
    after = next((token.lower() for token in tokens[index + 1 :] if _is_date(token)), "")
    return before.strip("[]").startswith("h") or after.strip("[]").startswith("s")


def _date_part(token: str, moment: dt.datetime, half: bool) -> str:
    size = len(token)
    match token[0]:
        case "y":
            return f"{moment.year % 100:02d}" if size <= 2 else f"{moment.year:04d}"
        case "m":
            name = _MONTHS[moment.month - 1]
            return {1: str(moment.month), 2: f"{moment.month:02d}", 3: name[:3], 5: name[0]}.get(size, name)
        case "d":
            name = _DAYS[moment.weekday()]
            return {1: str(moment.day), 2: f"{moment.day:02d}", 3: name[:3]}.get(size, name)
        case "h":
            hour = (moment.hour % 12 or 12) if half else moment.hour
            return f"{hour:0{min(size, 2)}d}"
        case _:
            return f"{moment.second:0{min(size, 2)}d}"


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

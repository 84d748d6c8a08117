"""What an answer is made of: a flat sequence of blocks, each with the lists and quotes it stands in. Pure values, so
that two parses can be compared and only what differs is drawn again."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Literal

Align = Literal["left", "center", "right"]


class Style(enum.Flag):
    """How a run of words is set."""

    PLAIN = 0
    BOLD = enum.auto()
    ITALIC = enum.auto()
    STRIKE = enum.auto()
    CODE = enum.auto()
    NOTE = enum.auto()
    """Small and quiet, added by the program: seen, but not part of the text that is copied."""
    CITATION = enum.auto()
    """``[3]``, shown as a numbered mark. Its link says which."""
    SIGN = enum.auto()
    """``③``, which may stand for a mark on the picture. Its link says which."""


@dataclass(frozen=True, slots=True)
class Words:
    """A run of text in one style. A line break is ``\\n``. `link` is the target, empty without one."""

    text: str
    style: Style = Style.PLAIN
    link: str = ""


@dataclass(frozen=True, slots=True)
class Formula:
    """TeX inside a line. `source` is what was written, with its delimiters; `display` asks for the large form."""

    tex: str
    source: str
    display: bool = False


Span = Words | Formula
Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Prose:
    """A paragraph, or a heading of level 1 to 6."""

    spans: Spans
    heading: int = 0


@dataclass(frozen=True, slots=True)
class Code:
    """Lines of code. `open` while more of it may come."""

    text: str
    language: str = ""
    open: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Every row has as many cells as `head`, and `aligns` has one entry a column."""

    head: tuple[Spans, ...]
    rows: tuple[tuple[Spans, ...], ...]
    aligns: tuple[Align, ...]


@dataclass(frozen=True, slots=True)
class Maths:
    """A formula on lines of its own. `open` while its end has not come."""

    tex: str
    source: str
    open: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A thematic break."""


@dataclass(frozen=True, slots=True)
class Level:
    """A quote or a list item around a block. `line` is where it begins and tells it from its neighbours. `marker` is a
    list item's: ``•``, a number with its point, or ``[ ]`` and ``[x]`` for a task. `depth` counts the lists around."""

    kind: Literal["quote", "item"]
    line: int
    marker: str = ""
    depth: int = 0


Content = Prose | Code | Table | Maths | Rule


@dataclass(frozen=True, slots=True)
class Block:
    """Something to draw, from outermost to innermost `levels`; the last `fresh` of them begin here. `line` is its first
    line in the whole answer, `tight` says that no empty line stands before it."""

    content: Content
    line: int
    levels: tuple[Level, ...] = ()
    fresh: int = 0
    tight: bool = False

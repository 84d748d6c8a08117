"""Markdown -> `Block` values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from markdown_it import MarkdownIt
from markdown_it.token import Token

from app.render.blocks import Align, Block, Code, Content, Level, Maths, Prose, Rule, Spans, Table, Words
from app.render.inline import spans
from app.render.syntax import STREAMING, markdown

_TASK = re.compile(r"\[([ xX])\](?:[ \t]+|$)")


@dataclass(frozen=True, slots=True)
class Parsed:
    """The blocks of a text and where its last top-level block, or the last item of its last list, begins: before `cut`
    (a line of the text) nothing will change when text is added. `next_number` counts on in an ordered list."""

    blocks: tuple[Block, ...]
    cut: int
    next_number: int | None
    references: dict[str, Any]


class BlockParser:
    """Turns text into blocks; knows nothing of earlier calls."""

    def __init__(self) -> None:
        self._markdown: MarkdownIt = markdown()

    def parse(
        self,
        text: str,
        *,
        first_line: int = 0,
        after_blank: bool = True,
        number: int | None = None,
        references: dict[str, Any] | None = None,
        streaming: bool = False,
        cited: frozenset[int] = frozenset(),
    ) -> Parsed:
        """Parse `text`, whose first line is line `first_line` of the answer.

        `after_blank`: whether an empty line stands before it. `number`: what the first item counts as, where the text
        goes on with an ordered list. `references`: link definitions known so far. `streaming`: more text may follow.
        `cited`: the numbers in brackets that are marks.
        """
        environment: dict[str, Any] = {"references": dict(references or {}), STREAMING: streaming}
        tokens = self._markdown.parse(text, environment)
        cut, next_number = _cut(tokens, number)
        walk = _Walk(text.split("\n"), first_line, after_blank, number, cited)
        blocks = list(walk.blocks(tokens))
        if streaming and blocks and isinstance(code := blocks[-1].content, Code):
            blocks[-1] = replace(blocks[-1], content=replace(code, open=True))
        return Parsed(tuple(blocks), cut, next_number, environment["references"])


def _cut(tokens: Sequence[Token], number: int | None) -> tuple[int, int | None]:
    tops = [index for index, token in enumerate(tokens) if token.level == 0 and token.nesting >= 0]
    if not tops:
        return 0, number
    last = tokens[tops[-1]]
    if last.type not in ("ordered_list_open", "bullet_list_open"):
        return _first_line(last), None
    items = [token for token in tokens[tops[-1] :] if token.type == "list_item_open" and token.level == 1]
    if last.type == "bullet_list_open":
        return _first_line(items[-1]), None
    start = number if number is not None and len(tops) == 1 else int(last.attrs.get("start", 1))
    return _first_line(items[-1]), start + len(items) - 1


def _first_line(token: Token) -> int:
    return token.map[0] if token.map else 0


class _Walk:
    """One pass over the tokens of a text, keeping the levels that are open."""

    def __init__(
        self, lines: list[str], first_line: int, after_blank: bool, number: int | None, cited: frozenset[int]
    ) -> None:
        self._cited = cited
        self._lines = lines
        self._first_line = first_line
        self._after_blank = after_blank
        self._levels: list[Level] = []
        self._fresh = 0
        self._numbers: list[int | None] = []
        self._number = number

    def blocks(self, tokens: Sequence[Token]) -> Iterator[Block]:
        index = 0
        while index < len(tokens):
            token = tokens[index]
            line = _first_line(token)
            match token.type:
                case "bullet_list_open":
                    self._numbers.append(None)
                case "ordered_list_open":
                    # Only a list that begins the text can be one that goes on.
                    goes_on = self._number is not None and not self._levels and line == 0
                    start = self._number if goes_on else int(token.attrs.get("start", 1))
                    self._numbers.append(start)
                case "bullet_list_close" | "ordered_list_close":
                    self._numbers.pop()
                case "list_item_open":
                    self._open(self._item(tokens, index))
                    if tokens[index + 1].type == "list_item_close":
                        yield self._block(Prose(()), line)
                case "blockquote_open":
                    self._open(Level("quote", self._first_line + line))
                case "list_item_close" | "blockquote_close":
                    self._levels.pop()
                    self._fresh = 0
                case "paragraph_open":
                    yield from self._paragraph(tokens[index + 1], line)
                case "heading_open":
                    content = spans(tokens[index + 1].children or (), self._cited)
                    yield self._block(Prose(content, heading=int(token.tag[1:])), line)
                case "fence":
                    language = token.info.split(maxsplit=1)[0] if token.info.strip() else ""
                    yield self._block(Code(token.content.removesuffix("\n"), language), line)
                case "code_block":
                    yield self._block(Code(token.content.removesuffix("\n")), line)
                case "maths_block":
                    yield self._block(Maths(token.content, token.meta["source"], token.meta["open"]), line)
                case "hr":
                    yield self._block(Rule(), line)
                case "table_open":
                    end = next(at for at in range(index, len(tokens)) if tokens[at].type == "table_close")
                    yield self._block(_table(tokens[index:end], self._cited), line)
                    index = end
            index += 1

    def _open(self, level: Level) -> None:
        self._levels.append(level)
        self._fresh += 1

    def _item(self, tokens: Sequence[Token], index: int) -> Level:
        number = self._numbers[-1]
        if number is None:
            marker = "•"
            if index + 2 < len(tokens) and tokens[index + 1].type == "paragraph_open":
                task = _TASK.match(tokens[index + 2].content)
                if task:
                    marker = "[ ]" if task.group(1) == " " else "[x]"
        else:
            marker = f"{number}."
            self._numbers[-1] = number + 1
        return Level("item", self._first_line + _first_line(tokens[index]), marker, len(self._numbers))

    def _paragraph(self, inline: Token, line: int) -> Iterator[Block]:
        content = spans(inline.children or (), self._cited)
        if self._fresh and self._levels[-1].marker.startswith("["):
            first = content[0] if content else None
            if isinstance(first, Words):
                rest = _TASK.sub("", first.text, count=1)
                content = (replace(first, text=rest), *content[1:]) if rest else content[1:]
        if content or self._levels:
            yield self._block(Prose(content), line)

    def _block(self, content: Content, line: int) -> Block:
        before = self._lines[line - 1] if line else ("" if self._after_blank else "text")
        fresh, self._fresh = self._fresh, 0
        tight = bool(before.strip(" \t>"))
        return Block(content, self._first_line + line, tuple(self._levels), fresh, tight)


def _table(tokens: Sequence[Token], cited: frozenset[int]) -> Table:
    rows: list[list[Spans]] = []
    aligns: list[Align] = []
    for index, token in enumerate(tokens):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in ("th_open", "td_open"):
            if token.type == "th_open":
                style = str(token.attrs.get("style", ""))
                aligns.append(cast(Align, style.removeprefix("text-align:") or "left"))
            rows[-1].append(spans(tokens[index + 1].children or (), cited))
    return Table(tuple(rows[0]), tuple(tuple(row) for row in rows[1:]), tuple(aligns))

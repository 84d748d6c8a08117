"""Markdown: headings, paragraphs, lists, code and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from engine.documents.document import Document, Span, Table
from engine.documents.job import Job
from engine.documents.readers.text import paragraphs, read_text
from engine.documents.text.flow import Block, flow, title_of
from engine.documents.text.markup import parse_markup

_MOST = 4_000_000
"""Characters; what is longer is read as plain text, since parsing it takes too long."""
_NESTING = 60
"""Levels; the parser leaves out in silence what is nested deeper, so such a file is read as plain text."""
_FRONT = re.compile(r"---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|$)", re.S)


def read(path: Path, name: str, job: Job) -> Document:
    """A document of kind ``markdown``, in sections by its headings."""
    text, notes = read_text(path, job)
    blocks = list(blocks_of(text))
    flowed = flow(blocks, job)
    return Document(
        "markdown", title_of(blocks, name), flowed.page_word, flowed.pages, flowed.outline, (*notes, *flowed.notes)
    )


def blocks_of(text: str) -> Iterator[Block]:
    """The blocks of `text`; metadata at its beginning as code."""
    front = _FRONT.match(text)
    if front:
        yield Span(front.group(1).rstrip(), "code")
        text = text[front.end() :]
    tokens = _parse(text)
    if tokens is None:
        yield from paragraphs(text)
    else:
        yield from _blocks(tokens)


def _parse(text: str) -> list[Token] | None:
    if len(text) > _MOST:
        return None
    parser = MarkdownIt("commonmark", {"maxNesting": _NESTING}).enable(["table", "strikethrough"])
    tokens = parser.parse(text)
    deepest = max((child.level for token in tokens for child in (token, *(token.children or ()))), default=0)
    return None if deepest >= _NESTING - 2 else tokens


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    lists: list[int] = []
    mark = ""
    rows: list[list[str]] = []
    heading = in_table = 0
    for token in tokens:
        match token.type:
            case "heading_open":
                heading = int(token.tag[1])
            case "heading_close":
                heading = 0
            case "bullet_list_open":
                lists.append(-1)
            case "ordered_list_open":
                lists.append(int(token.attrGet("start") or 1) if token.attrGet("start") != 0 else 0)
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "list_item_open":
                mark = "  " * (len(lists) - 1) + ("• " if lists[-1] < 0 else f"{lists[-1]}. ")
                lists[-1] += lists[-1] >= 0
            case "list_item_close":
                mark = ""
            case "table_open":
                rows, in_table = [], 1
            case "tr_open":
                rows.append([])
            case "table_close":
                in_table = 0
                yield Table(tuple(tuple(row) for row in rows))
            case "inline" if in_table:
                rows[-1].append(_inline(token))
            case "inline":
                text = _inline(token)
                if text.strip():
                    yield Span(text, "heading", heading) if heading else Span(mark + text)
                    mark = ""
            case "fence" | "code_block":
                if token.content.strip():
                    yield Span(token.content.strip("\n").rstrip(), "code")
            case "html_block":
                yield from parse_markup(token.content).blocks


def _inline(token: Token) -> str:
    return "".join(_pieces(token.children or ())).strip()


def _pieces(children: Sequence[Token]) -> Iterator[str]:
    for child in children:
        match child.type:
            case "text" | "code_inline" | "text_special":
                yield child.content
            case "softbreak":
                yield " "
            case "hardbreak":
                yield "\n"
            case "image":
                yield from _pieces(child.children or ())
            case "html_inline" if child.content.lower().startswith("<br"):
                yield "\n"

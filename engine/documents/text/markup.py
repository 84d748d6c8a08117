"""HTML as paragraphs, headings, lists and tables. Scripts and styles are left out; nothing is loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from engine.documents.document import Span, Table
from engine.documents.text.encodings import decode, marked_encoding
from engine.documents.text.flow import Block

_SKIPPED = frozenset((
    "script", "style", "template", "noscript", "iframe", "object", "svg", "head", "datalist", "audio", "video",
))  # fmt: skip
_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dialog", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
    "legend", "li", "main", "menu", "nav", "ol", "option", "p", "pre", "section", "summary", "table", "td",
    "tfoot", "th", "thead", "tr", "ul", "caption", "title",
))  # fmt: skip
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_CHARSET = re.compile(rb"""(?:charset\s*=\s*["']?\s*|<\?xml[^>]*encoding\s*=\s*["'])([A-Za-z0-9_.:-]+)""", re.I)
_MOST_SPANNED = 1_000


@dataclass(frozen=True, slots=True)
class Content:
    """What a page of HTML says."""

    title: str
    blocks: list[Block]


def parse_html(data: bytes, declared: str = "") -> Content:
    """The content of `data`, however broken. `declared` is the encoding that came with it."""
    return parse_markup(html_text(data, declared))


def html_text(data: bytes, declared: str = "") -> str:
    """`data` decoded by its byte order mark, by `declared`, by what it says itself, or by guessing."""
    if not declared and not marked_encoding(data):
        found = _CHARSET.search(data[:4096])
        declared = found.group(1).decode("ascii") if found else ""
        # What browsers do: pages that say so are in the larger set of characters of the same name.
        declared = {"iso-8859-1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932"}.get(
            declared.lower(), declared
        )
    return decode(data, declared)


def parse_markup(text: str) -> Content:
    """The content of HTML that is already decoded."""
    builder = _Builder()
    if text.strip():
        # A target, so that no tree is built: pages may be nested as deep as they like.
        parser = etree.HTMLParser(target=builder, encoding="utf-8", no_network=True, huge_tree=True)
        try:
            etree.fromstring(text.encode("utf-8", "replace"), parser)
        except etree.ParseError:
            builder.close()
    return Content(" ".join("".join(builder.title).split()), builder.blocks)


@dataclass(slots=True)
class _Grid:
    """A table that is being read. `layout`: it holds other tables, so that it is no table but a way to place things."""

    rows: list[list[str]] = field(default_factory=list)
    below: dict[int, int] = field(default_factory=dict)
    caption: str = ""
    layout: bool = False
    cell: tuple[int, int] | None = None

    def add(self, text: str) -> None:
        if not self.rows:
            self.rows.append([])
        row = self.rows[-1]
        self._skip_spanned(row)
        across, down = self.cell or (1, 1)
        for offset in range(across):
            if down > 1:
                self.below[len(row)] = down - 1
            row.append("" if offset else text)
        self.cell = None

    def begin_row(self) -> None:
        if self.rows:
            self._skip_spanned(self.rows[-1])
        self.rows.append([])

    def _skip_spanned(self, row: list[str]) -> None:
        """Empty cells where one of a row above reaches down."""
        while self.below.get(len(row), 0) > 0:
            self.below[len(row)] -= 1
            row.append("")


class _Builder:
    """Called by the parser with each tag and each piece of text."""

    def __init__(self) -> None:
        self.title: list[str] = []
        self.blocks: list[Block] = []
        self._open: list[str] = []
        self._skipping = 0
        self._text: list[str] = []
        self._captions: list[str] = []
        self._lists: list[int] = []
        self._mark = ""
        self._grids: list[_Grid] = []
        self._pre = 0
        self._in_title = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        self._open.append(tag)
        if self._skipping:
            self._in_title = tag == "title" and "head" in self._open[-4:]
            return
        if tag in _SKIPPED or "hidden" in attributes or _HIDDEN.search(attributes.get("style", "")):
            self._flush()
            self._skipping = len(self._open)
            return
        if tag in _BLOCKS:
            self._begin_block(tag, attributes)
        elif tag == "br":
            self._text.append("\n")
        elif tag == "img" and attributes.get("alt", "").strip():
            self._captions.append(" ".join(attributes["alt"].split()))

    def end(self, tag: str) -> None:
        tag = tag.rpartition(":")[2]
        if tag not in self._open:
            return
        while self._open:
            closed = self._open.pop()
            if self._skipping:
                self._in_title = False
                if len(self._open) < self._skipping:
                    self._skipping = 0
            elif closed in _BLOCKS:
                self._end_block(closed)
            if closed == tag:
                return

    def data(self, text: str) -> None:
        if self._in_title:
            self.title.append(text)
        elif not self._skipping:
            self._text.append(text if self._pre else _BREAKS.sub(" ", text))

    def comment(self, text: str) -> None:
        """Left out."""

    def close(self) -> None:
        while self._open:
            self.end(self._open[-1])
        self._flush()
        while self._grids:
            self._end_table()

    def _begin_block(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "title":
            self._in_title = True
            return
        self._flush()
        if tag == "pre":
            self._pre += 1
        elif tag in ("ul", "ol", "menu"):
            self._lists.append(_number(attributes.get("start", ""), 1) if tag == "ol" else 0)
        elif tag == "li":
            self._mark = self._next_mark()
        elif tag == "table":
            self._begin_table()
        elif tag == "tr" and self._grids:
            self._grids[-1].begin_row()
        elif tag in ("td", "th") and self._grids:
            across, down = _number(attributes.get("colspan", ""), 1), _number(attributes.get("rowspan", ""), 1)
            self._grids[-1].cell = max(1, across), max(1, down)

    def _end_block(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        elif tag in ("td", "th") and self._grids and not self._grids[-1].layout:
            self._grids[-1].add(self._take())
        elif tag == "caption" and self._grids and not self._grids[-1].layout:
            self._grids[-1].caption = " ".join(self._take().split())
        else:
            self._flush(tag)
        if tag == "pre":
            self._pre -= 1
        elif tag in ("ul", "ol", "menu") and self._lists:
            self._lists.pop()
        elif tag == "li":
            self._mark = ""
        elif tag == "table" and self._grids:
            self._end_table()

    def _next_mark(self) -> str:
        if not self._lists:
            return "• "
        indent = "  " * (len(self._lists) - 1)
        if not self._lists[-1]:
            return f"{indent}• "
        self._lists[-1] += 1
        return f"{indent}{self._lists[-1] - 1}. "

    def _begin_table(self) -> None:
        for grid in self._grids:
            if not grid.layout:
                grid.layout = True
                for block in _texts(grid):
                    self.blocks.append(block)
        self._grids.append(_Grid())

    def _end_table(self) -> None:
        grid = self._grids.pop()
        if grid.layout:
            return
        width = max((len(row) for row in grid.rows), default=0)
        rows = [row for row in grid.rows if any(row)]
        if width < 2 or len(rows) < 2:
            self.blocks += _texts(grid)
        else:
            padded = tuple(tuple(row) + ("",) * (width - len(row)) for row in rows)
            self.blocks.append(Table(padded, caption=grid.caption))

    def _take(self) -> str:
        """The text so far, with descriptions of pictures, for a cell."""
        text = "".join(self._text)
        lines = [" ".join(line.split()) for line in text.split("\n")]
        found = "\n".join([*(line for line in lines if line), *self._captions])
        self._text, self._captions, self._mark = [], [], ""
        return found

    def _flush(self, tag: str = "") -> None:
        """The text so far becomes a block; inside of a cell it becomes a line of it."""
        text, captions = "".join(self._text), self._captions
        if self._grids and not self._grids[-1].layout:
            if text.strip() or self._mark:
                self._text = [text.rstrip(), "\n", self._mark] if self._mark or text.strip() else [text]
                self._mark = ""
            return
        self._text, self._captions = [], []
        if self._pre:
            if text.strip():
                self.blocks.append(Span(text.strip("\n").rstrip(), "code"))
        else:
            lines = [" ".join(line.split()) for line in text.split("\n")]
            joined = "\n".join(line for line in lines if line)
            if joined:
                level = int(tag[1]) if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit() else 0
                if level:
                    self.blocks.append(Span(joined.replace("\n", " "), "heading", level))
                else:
                    self.blocks.append(Span(self._mark + joined, "caption" if tag == "figcaption" else "text"))
                self._mark = ""
        self.blocks += [Span(caption, "caption") for caption in captions]


_BREAKS = re.compile(r"[\r\n]+")


def _texts(grid: _Grid) -> Iterator[Span]:
    """The cells of what is no table, one after the other."""
    if grid.caption:
        yield Span(grid.caption, "caption")
    for row in grid.rows:
        for cell in row:
            if cell.strip():
                yield Span(cell.strip())


def _number(text: str, default: int) -> int:
    return min(int(text), _MOST_SPANNED) if text.isascii() and text.isdigit() and len(text) < 10 else default

"""Pages cut into passages: pieces small enough to be found and cited, whole enough to be understood."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.documents.boxes import boxes_of
from engine.documents.document import Document, Page, Span
from engine.protocol import Box, OutlineEntry

TARGET = 800
"""Characters of a passage. One that begins with a sentence of up to `MOST` holds that."""
MOST = 1000
ENOUGH = 500
"""From here on a passage ends rather than cut the next paragraph."""
SECTION = 200
"""From here on a heading begins a new passage."""
REST = 120
"""A page's last passage is not shorter where there is one before it."""
OVERLAP = 120
"""What two pieces of a sentence that had to be cut share."""
HEADING_MOST = 200
PATH = " › "
"""Between the headings that a passage stands under, outermost first."""

_SENTENCE_END = re.compile(r"[.!?…][\"'”’»“)\]]*\s+|[。！？｡][」』”）]*|\n+")
_ABBREVIATION = re.compile(
    r"(?:\b\w|\b(?:mr|mrs|ms|dr|prof|st|no|nos|fig|vol|art|sec|cf|vs|approx|inc|ltd|nr|bzw|ca|abs|str|usw|inkl|vgl|"
    r"mme|mlle|núm|sr|sra)|\d)\.$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of page `page`. `number` counts from 1 within the document, `heading` is what it stands under, `boxes`
    are its lines, empty where the format has no places."""

    number: int
    page: int
    label: str
    heading: str
    text: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage that has no number yet."""

    heading: str
    text: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class _Slice:
    """``span.text[start:end]`` of the page's span `span`. `again` is a row of headings that is repeated."""

    span: int
    start: int
    end: int
    again: bool = False


def passages(document: Document) -> list[Passage]:
    """All passages, numbered in reading order. The same document always gives the same ones."""
    cutter, made = Cutter(document.outline), list[Passage]()
    for page in document.pages:
        for piece in cutter.cut(page):
            made.append(Passage(len(made) + 1, page.number, page.label, piece.heading, piece.text, piece.boxes))
    return made


class Cutter:
    """Cuts one page after the other. Headings hold from page to page, and come from the table of contents where the
    text has none of its own."""

    def __init__(self, outline: Sequence[OutlineEntry], path: Sequence[tuple[int, str]] = ()) -> None:
        self._path = list(path)
        self._entries: dict[int, list[OutlineEntry]] = {}
        for entry in outline:
            self._entries.setdefault(entry.page, []).append(entry)

    @property
    def path(self) -> tuple[tuple[int, str], ...]:
        """Levels and titles that the next page begins under."""
        return tuple(self._path)

    def cut(self, page: Page) -> list[Piece]:
        """The passages of `page`, which follows the one that was cut before."""
        headings = self._headings(page)
        made, held = list[tuple[str, list[_Slice]]](), list[_Slice]()
        size, heading = 0, self._heading()
        header = _Header(page)
        for index, span in enumerate(page.spans):
            header.see(index)
            units = list(_units(span))
            if index in headings:
                if size >= SECTION:
                    made.append((heading, held))
                    held, size = [], 0
                self._enter(headings[index], " ".join(span.text.split()))
                heading = self._heading()
            elif (size >= ENOUGH and size + len(span.text) > TARGET) or header.begins(index, held):
                made.append((heading, held))
                held, size, heading = [], 0, self._heading()
            for start, end in units:
                if size and size + end - start > TARGET:
                    made.append((heading, held))
                    held, size, heading = [], 0, self._heading()
                if not held and header.row is not None and header.row != index and span.kind == "table":
                    held.append(_Slice(header.row, 0, len(page.spans[header.row].text), again=True))
                    size += len(page.spans[header.row].text)
                held.append(_Slice(index, start, end))
                size += end - start
        if held:
            made.append((heading, held))
        _merge_rest(made)
        return [piece for heading, slices in made if (piece := _piece(page, heading, slices)).text]

    def _headings(self, page: Page) -> dict[int, int]:
        """Spans that are headings, with their levels. Entries of the outline that no span shows hold from the top."""
        found = {
            index: max(1, span.level)
            for index, span in enumerate(page.spans)
            if span.kind == "heading" or (span.level and span.kind == "text")
        }
        for entry in self._entries.get(page.number, ()):
            title = _plain(entry.title)
            at = next((index for index, span in enumerate(page.spans) if _plain(span.text) == title), None)
            if at is None:
                self._enter(entry.level, " ".join(entry.title.split()))
            else:
                found[at] = entry.level
        return found

    def _enter(self, level: int, title: str) -> None:
        while self._path and self._path[-1][0] >= level:
            self._path.pop()
        if title:
            self._path.append((level, title[:HEADING_MOST]))

    def _heading(self) -> str:
        titles = [title for _, title in self._path]
        while len(titles) > 1 and len(PATH.join(titles)) > HEADING_MOST:
            titles.pop(0)
        return PATH.join(titles)


class _Header:
    """The row of headings of the table that a span belongs to."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._first_rows = {" | ".join(table.rows[0]) for table in page.tables if table.rows}
        self.row: int | None = None

    def see(self, index: int) -> None:
        """Go on to span `index`. A table ends with the last row of it, or where the first row of another begins."""
        span = self._page.spans[index]
        if span.kind != "table":
            self.row = None
        elif self.row is None or span.text in self._first_rows:
            # A row of headings that fills a passage by itself is not worth repeating.
            self.row = index if len(span.text) <= TARGET // 3 else None

    def begins(self, index: int, held: Sequence[_Slice]) -> bool:
        """Whether span `index` begins a table, and rows of another are held."""
        return self.row == index and any(self._page.spans[one.span].kind == "table" for one in held)


def _units(span: Span) -> Iterator[tuple[int, int]]:
    """Where the sentences of a text, the lines of code and the rows of a table begin and end; what is longer than a
    passage may be is cut between words, with an overlap."""
    for begin, end in _sentences(span):
        start = begin
        while end - start > MOST:
            cut = start + TARGET
            blank = span.text.rfind(" ", start + TARGET // 2, cut)
            cut = blank if blank > 0 else cut
            yield start, cut
            blank = span.text.find(" ", cut - OVERLAP, cut)
            start = blank + 1 if blank > 0 else cut - OVERLAP
        yield start, end


def _sentences(span: Span) -> Iterator[tuple[int, int]]:
    text, start = span.text, 0
    if span.kind == "table":
        yield 0, len(text)
        return
    for match in _SENTENCE_END.finditer(text):
        if "\n" not in match.group():
            if span.kind == "code":
                continue
            after = text[match.end() : match.end() + 1]
            if after.islower() or _ABBREVIATION.search(text, max(0, match.start() - 8), match.start() + 1):
                continue
        yield start, match.end()
        start = match.end()
    if start < len(text):
        yield start, len(text)


def _merge_rest(made: list[tuple[str, list[_Slice]]]) -> None:
    """A few last words go with the passage before them."""
    if len(made) < 2:
        return
    (heading, before), (_, rest) = made[-2:]
    if _size(rest) < REST and _size(before) + _size(rest) <= MOST:
        made[-2:] = [(heading, [*before, *(one for one in rest if not one.again)])]


def _size(slices: Sequence[_Slice]) -> int:
    return sum(one.end - one.start for one in slices)


def _piece(page: Page, heading: str, slices: Sequence[_Slice]) -> Piece:
    texts, boxes = list[str](), list[Box]()
    at = 0
    while at < len(slices):
        first = last = slices[at]
        while at + 1 < len(slices) and slices[at + 1].span == first.span:
            at += 1
            last = slices[at]
        at += 1
        span = page.spans[first.span]
        texts.append(span.text[first.start : last.end].strip())
        if not first.again:
            boxes += boxes_of(span, first.start, last.end)
    return Piece(heading, "\n".join(text for text in texts if text), tuple(boxes))


def _plain(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())

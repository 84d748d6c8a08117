"""From paragraphs, headings and tables in reading order to pages: for formats that have no pages of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from engine.documents.document import Page, Span, Table
from engine.documents.job import Job
from engine.protocol import OutlineEntry, PageWord

Block = Span | Table
PART = 3_000
"""Characters of a part of a long text, about a page of paper."""
LONGEST_SECTION = 12_000
"""Characters after which a section goes on on another page, at the end of a paragraph."""
_LONGEST_TITLE = 200
_MOST_ENTRIES = 2_000


@dataclass(frozen=True, slots=True)
class Flowed:
    """The pages that blocks were laid out on. `notes` say what is not on them."""

    page_word: PageWord
    pages: tuple[Page, ...]
    outline: tuple[OutlineEntry, ...]
    notes: tuple[str, ...]


def flow(blocks: Iterable[Block], job: Job) -> Flowed:
    """Sections by their headings where there are at least two, else parts of about `PART` characters. There is always
    at least one page."""
    kept, notes = _within(blocks, job)
    level = _section_level(kept)
    # Parts of a very long text are longer, so that all of it has its page.
    size = max(PART, 2 * sum(map(_length, kept)) // job.limits.pages)
    groups = _sections(kept, level, max(size, LONGEST_SECTION)) if level else _cut(kept, size)
    pages, outline = [], []
    for number, (label, group) in enumerate(groups, start=1):
        if number > job.limits.pages:
            notes.append(f"Only the first {job.limits.pages:,} parts were read.")
            break
        pages.append(page_of(number, group, label))
        outline += [
            OutlineEntry(block.text[:_LONGEST_TITLE], block.level, number)
            for block in group
            if isinstance(block, Span) and block.kind == "heading"
        ]
    if not pages:
        pages, notes = [Page(1, ())], [*notes, "No text was found in it."]
    return Flowed("section" if level else "part", tuple(pages), tuple(outline[:_MOST_ENTRIES]), tuple(notes))


def page_of(number: int, blocks: Sequence[Block], label: str = "") -> Page:
    """A page of `blocks`, with each table among the spans as well."""
    spans: list[Span] = []
    for block in blocks:
        spans += row_spans(block) if isinstance(block, Table) else [block]
    tables = tuple(block for block in blocks if isinstance(block, Table))
    return Page(number, tuple(spans), label=label, tables=tables)


def row_spans(table: Table) -> list[Span]:
    """A span for each row that says anything, cells joined by " | ", after the caption where there is one."""
    spans = [Span(table.caption, "caption", box=table.box)] if table.caption else []
    for row in table.rows:
        cells = [" ".join(cell.split()) for cell in row]
        if any(cells):
            spans.append(Span(" | ".join(cells), "table", box=table.box))
    return spans


def pieces(text: str, longest: int) -> list[str]:
    """`text` in pieces of at most `longest` characters, cut at the end of a line, a sentence or a word where there is
    one in the second half, and without the blanks at the cuts."""
    found, start = [], 0
    while len(text) - start > longest:
        window = text[start : start + longest]
        cut = _cut_at(window)
        found.append(window[:cut])
        start += cut
    found.append(text[start:])
    return [piece.strip("\n") for piece in found if piece.strip()]


def title_of(blocks: Iterable[Block], name: str, declared: str = "") -> str:
    """What the file says it is called, else its first heading, else its name without the ending."""
    headings = (block.text for block in blocks if isinstance(block, Span) and block.kind == "heading")
    title = " ".join((declared.strip() or next(headings, "")).split())
    return title[:_LONGEST_TITLE] or name.rpartition(".")[0] or name


_END = re.compile(r"(?s:.*)(?:\n|(?<=[.!?])[ \t]|[。！？])")


def _cut_at(window: str) -> int:
    half = len(window) // 2
    found = _END.match(window)
    if found and found.end() > half:
        return found.end()
    blank = max(window.rfind(" "), window.rfind("\t"))
    return blank + 1 if blank > half else len(window)


def _within(blocks: Iterable[Block], job: Job) -> tuple[list[Block], list[str]]:
    """Those within the limit of characters, with long paragraphs in pieces."""
    kept: list[Block] = []
    room = job.limits.characters
    for count, block in enumerate(blocks):
        if count % 1_000 == 0:
            job.checkpoint()
        for piece in _small(block):
            room -= _length(piece)
            if room < 0:
                return kept, [f"Only the first {job.limits.characters:,} characters were read."]
            kept.append(piece)
    return kept, []


def _small(block: Block) -> Iterator[Block]:
    if isinstance(block, Table) or len(block.text) <= PART:
        yield block
    else:
        for piece in pieces(block.text, PART):
            yield replace(block, text=piece)


def _length(block: Block) -> int:
    if isinstance(block, Table):
        return sum(len(cell) for row in block.rows for cell in row)
    return len(block.text)


def _section_level(blocks: Iterable[Block]) -> int:
    """The level of headings that begin a section: the highest at which the text has two parts or more; 0 for none."""
    levels = sorted(block.level for block in blocks if isinstance(block, Span) and block.kind == "heading")
    return levels[1] if len(levels) > 1 else 0


def _sections(blocks: Sequence[Block], level: int, longest: int) -> Iterator[tuple[str, list[Block]]]:
    section: list[Block] = []
    for block in blocks:
        begins = isinstance(block, Span) and block.kind == "heading" and block.level <= level
        # A heading right below another of these stays with it: the title of a book and that of its first chapter.
        if begins and not all(isinstance(one, Span) and one.kind == "heading" for one in section):
            yield from _labelled(section, longest)
            section = []
        section.append(block)
    yield from _labelled(section, longest)


def _labelled(section: Sequence[Block], longest: int) -> Iterator[tuple[str, list[Block]]]:
    headings = [block.text for block in section if isinstance(block, Span) and block.kind == "heading"]
    label = headings[0][:_LONGEST_TITLE] if headings else ""
    for _, group in _cut(section, longest):
        yield label, group


def _cut(blocks: Sequence[Block], size: int) -> Iterator[tuple[str, list[Block]]]:
    """Groups of about `size` characters, each with an empty label."""
    group: list[Block] = []
    length = 0
    for block in blocks:
        if group and length + _length(block) // 2 > size:
            yield "", group
            group, length = [], 0
        group.append(block)
        length += _length(block)
    if group:
        yield "", group

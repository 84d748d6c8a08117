"""How documents are written for the model: a head for each, then passages with their numbers in brackets."""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.documents.answers.sources import Source, Sources
from engine.documents.search.passages import Passage
from engine.protocol import DocumentInfo, DocumentKind

OUTLINE_MOST = 1200
"""Characters of a table of contents."""
NAMED = 3
"""Documents without a passage that are still written about, each by itself."""
_EXACT: frozenset[DocumentKind] = frozenset({"code", "csv", "json", "xlsx", "xls", "ods"})
"""Kinds in which brackets are never references."""
_REFERENCE = re.compile(r"(?<![\w\])\\])\[(\d+(?:\s*[,;–-]\s*\d+)*)\](?!\()")


def write_documents(sources: Sequence[tuple[Source, Sequence[int]]], marks: Sources, known: set[str]) -> str:
    """What stands before a question: these passages of these documents. Those that an earlier message was about are
    `known`."""
    silent = [source for source, numbers in sources if not numbers]
    blocks = [
        _block(source, numbers, marks, source.document in known)
        for source, numbers in sources
        if numbers or len(silent) <= NAMED
    ]
    if len(silent) > NAMED:
        blocks.append(f"There are {len(silent)} more documents, of which no passage is shown here.")
    return "\n\n".join(blocks)


def write_found(found: Sequence[tuple[Source, Passage]], marks: Sources) -> str:
    """Passages of any documents, as the result of a search."""
    lines = []
    name, heading = "", ""
    for source, passage in found:
        if source.name != name:
            lines.append(f"From {source.name}:")
            name, heading = source.name, ""
        lines.append(write_passage(source, passage, marks.mark(source.document, passage.number), heading))
        heading = passage.heading
    return "\n\n".join(lines)


def write_passage(source: Source, passage: Passage, mark: int, heading: str = "") -> str:
    """A passage with its number and place, and with its heading where that is not the one before. Numbers in brackets
    that it has itself are put into parentheses: they are not ours, and must not be cited."""
    place = place_of(source.info, passage.page, passage.label)
    if passage.heading not in ("", heading, passage.label) and not passage.text.startswith(passage.heading):
        place += f", {passage.heading}"
    if _is_recognised(source.info, passage.page):
        place += ", recognised from a picture"
    text = passage.text if source.info.kind in _EXACT else _REFERENCE.sub(r"(\1)", passage.text)
    return f"[{mark}] ({place}) {text}"


def place_of(info: DocumentInfo, page: int, label: str) -> str:
    """A page by its number, and by its label where that says more."""
    place = f"{info.page_word} {page}"
    return f"{place} “{label}”" if label and label != str(page) else place


def count_pages(info: DocumentInfo, number: int) -> str:
    """So many pages, slides or whatever they are called."""
    return f"{number:,} {info.page_word}{'' if number == 1 else 's'}"


def unread_pages(info: DocumentInfo) -> list[int]:
    """Pages of which no text is known though something is there."""
    return [page.number for page in info.pages if page.problem or (page.scanned and not page.characters)]


def name_pages(info: DocumentInfo, numbers: Sequence[int]) -> str:
    """For example ``Pages 3, 5 to 8 and 12``, from ascending numbers."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    names = [str(first) if first == last else f"{first} to {last}" for first, last in runs]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{info.page_word.capitalize()}{'' if len(numbers) == 1 else 's'} {listed}"


def _block(source: Source, numbers: Sequence[int], marks: Sources, known: bool) -> str:
    lines = [_head(source, len(numbers), known)]
    heading = ""
    for number in numbers:
        passage = source.index.passage(number)
        lines.append(write_passage(source, passage, marks.mark(source.document, number), heading))
        heading = passage.heading
    return "\n\n".join(lines)


def _head(source: Source, given: int, known: bool) -> str:
    info = source.info
    if known:
        return f"More of the document {source.name}:"
    lines = [f"Document: {source.name} ({info.kind}, {count_pages(info, len(info.pages))})"]
    if info.title and info.title != source.name:
        lines[0] += f", “{info.title}”"
    if unread := unread_pages(info):
        lines.append(f"{name_pages(info, unread)}: no text could be read there.")
    if not info.passages:
        lines.append("It has no text.")
    elif given < info.passages:
        if outline := _outline(info):
            lines.append(f"Contents: {outline}")
        lines.append(
            f"Only {given} of its {info.passages:,} passages are shown here."
            if given
            else "None of its passages are shown here."
        )
    return "\n".join(lines)


def _outline(info: DocumentInfo) -> str:
    """The upper levels of the table of contents, as many as there is room for."""
    for level in sorted({entry.level for entry in info.outline}, reverse=True):
        entries = [f"{entry.title} ({entry.page})" for entry in info.outline if entry.level <= level]
        text = "; ".join(entries)
        if len(text) <= OUTLINE_MOST:
            return text
    return ""


def _is_recognised(info: DocumentInfo, page: int) -> bool:
    return any(known.number == page and known.recognised for known in info.pages[page - 1 : page])

"""Plain text and source code, in any encoding."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.documents.document import Document, Page, Span
from engine.documents.job import Job
from engine.documents.sniff import kind_of
from engine.documents.text.encodings import clean, file_encoding
from engine.documents.text.flow import PART, flow, pieces, title_of

_CHUNK = 1 << 20
_BLANK_LINES = re.compile(r"\n[ \t\f\v]*\n\s*")


def read(path: Path, name: str, job: Job) -> Document:
    """Text as paragraphs in parts; code verbatim, with the lines as labels of its parts."""
    text, notes = read_text(path, job)
    if kind_of(path, name, job.limits) == "code":
        return code_document(text, name, notes, job)
    flowed = flow(paragraphs(text), job)
    return Document("text", title_of((), name), flowed.page_word, flowed.pages, flowed.outline, (*notes, *flowed.notes))


def read_text(path: Path, job: Job) -> tuple[str, tuple[str, ...]]:
    """The text of a file as far as the limit of characters goes, and a note where it goes further. Raises OSError."""
    encoding = file_encoding(path)
    found, room = [], job.limits.characters
    with path.open(encoding=encoding, errors="replace") as file:
        while room > 0 and (piece := file.read(min(_CHUNK, room))):
            job.checkpoint()
            found.append(clean(piece))
            room -= len(piece)
        notes = (f"Only the first {job.limits.characters:,} characters were read.",) if file.read(1) else ()
    text = "".join(found)
    if "�" in text:
        notes = (*notes, "Some of its characters could not be made out, and are shown as �.")
    return text, notes


def paragraphs(text: str) -> Iterator[Span]:
    """What stands between blank lines."""
    for paragraph in _BLANK_LINES.split(text):
        if paragraph.strip():
            yield Span(paragraph.strip("\n").rstrip())


def code_document(text: str, name: str, notes: tuple[str, ...], job: Job, kind: str = "code") -> Document:
    """Verbatim text as a document of kind ``code`` or ``json``."""
    pages: list[Page] = []
    size = max(PART, 2 * len(text) // job.limits.pages)
    for first, last, spans in _parts(text.split("\n"), size):
        job.checkpoint()
        if len(pages) == job.limits.pages:
            notes = (*notes, f"Only the first {first - 1:,} lines were read.")
            break
        label = f"lines {first}–{last}" if last > first else f"line {first}"
        pages.append(Page(len(pages) + 1, spans, label=label))
    if not pages:
        pages, notes = [Page(1, ())], (*notes, "No text was found in it.")
    return Document("json" if kind == "json" else "code", title_of((), name), "part", tuple(pages), notes=notes)


def _parts(lines: Iterable[str], size: int) -> Iterator[tuple[int, int, tuple[Span, ...]]]:
    """First line, last line (from 1), spans of each part of about `size` characters. A part ends at a blank line if
    there is one in its second half."""
    part: list[str] = []
    first, length = 1, 0
    for line in lines:
        if part and length + len(line) > size:
            keep = _last_blank(part) or len(part)
            yield from _part(first, part[:keep])
            part, first = part[keep:], first + keep
            length = sum(len(one) + 1 for one in part)
        part.append(line)
        length += len(line) + 1
    yield from _part(first, part)


def _last_blank(part: list[str]) -> int:
    """After how many lines to cut, 0 for no place in the second half."""
    return next((index + 1 for index in range(len(part) - 1, len(part) // 2, -1) if not part[index].strip()), 0)


def _part(first: int, lines: list[str]) -> Iterator[tuple[int, int, tuple[Span, ...]]]:
    text = "\n".join(lines)
    found = pieces(text, 2 * PART)
    for index in range(0, len(found), 2):
        yield first, first + len(lines) - 1, tuple(Span(piece, "code") for piece in found[index : index + 2])

"""Web pages that were saved."""

from __future__ import annotations

from pathlib import Path

from engine.documents.document import Document
from engine.documents.job import Job
from engine.documents.text.flow import flow, title_of
from engine.documents.text.markup import parse_html

_MOST = 1 << 26
"""Bytes; what people write has a thousandth of this."""


def read(path: Path, name: str, job: Job) -> Document:
    """The text of a page as a browser without scripts would show it."""
    with path.open("rb") as file:
        data = file.read(_MOST)
        more = bool(file.read(1))
    content = parse_html(data)
    flowed = flow(content.blocks, job)
    notes = (f"Only the first {_MOST >> 20} MB were read.",) if more else ()
    title = title_of(content.blocks, name, content.title)
    return Document("html", title, flowed.page_word, flowed.pages, flowed.outline, (*notes, *flowed.notes))

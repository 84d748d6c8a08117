"""Word documents: text, tables, notes, comments, text boxes, headers and footers, in the order in which they read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.documents.document import Document, Span
from engine.documents.job import Job
from engine.documents.limits import open_zip
from engine.documents.office.docx_body import Body, Notes
from engine.documents.office.docx_styles import Numbering, Styles
from engine.documents.office.ooxml import Package, attribute, child, children
from engine.documents.sniff import is_macro_file
from engine.documents.text.flow import Block, flow, title_of


def read(path: Path, name: str, job: Job) -> Document:
    """A document of kind ``docx``, in sections by its headings. What tracked changes deleted is left out."""
    with open_zip(path, job.limits, name) as file:
        package = Package(file, name)
        main = package.main
        body = Body(
            Styles(_first(package, main, "styles")),
            Numbering(_first(package, main, "numbering")),
            _notes(package, main),
        )
        root = child(package.root(main), "body")
        blocks = [] if root is None else list(_watched(body.blocks(root), job))
        blocks += _margins(package, main, body)
        declared, macros = package.title(), is_macro_file(file.names)
    flowed = flow(blocks, job)
    notes = [*flowed.notes]
    if body.changed:
        notes.append("It has tracked changes: text that was inserted is read, text that was deleted is not.")
    if body.pictures:
        notes.append(pictures_note(body.pictures))
    if macros:
        notes.append("It has macros, which were not run.")
    title = title_of(blocks, name, declared or body.title)
    return Document("docx", title, flowed.page_word, flowed.pages, flowed.outline, tuple(notes))


def pictures_note(count: int) -> str:
    """Says that pictures inside of a document were not looked at."""
    if count == 1:
        return "The picture in it was not looked at, only its description where it has one."
    return f"The {count:,} pictures in it were not looked at, only their descriptions where they have any."


def _watched(blocks: Iterator[Block], job: Job) -> Iterator[Block]:
    for count, block in enumerate(blocks):
        if count % 500 == 0:
            job.checkpoint()
        yield block


def _first(package: Package, main: str, kind: str) -> Any:
    found = package.related(main, kind)
    return package.root(found[0]) if found else None


def _notes(package: Package, main: str) -> Notes:
    return Notes(
        _by_id(_first(package, main, "footnotes"), "footnote"),
        _by_id(_first(package, main, "endnotes"), "endnote"),
        _by_id(_first(package, main, "comments"), "comment"),
    )


def _by_id(root: Any, name: str) -> dict[str, Any]:
    return {} if root is None else {attribute(one, "id"): one for one in children(root, name)}


def _margins(package: Package, main: str, body: Body) -> list[Span]:
    """What headers and footers say, each once, after the text."""
    found: dict[str, Span] = {}
    for kind, word in (("header", "Header"), ("footer", "Footer")):
        for part in package.related(main, kind):
            text = body.text_of(package.root(part))
            if text.strip():
                found[f"{word}: {text}"] = Span(f"{word}: {text}", "note")
    return list(found.values())

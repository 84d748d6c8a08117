"""Texts and presentations of OpenDocument, as LibreOffice writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.documents.document import Document, Page, Span, Table
from engine.documents.job import Job
from engine.documents.limits import open_zip, parse_xml
from engine.documents.office.odf_text import Styles, Text, open_content, title_in
from engine.documents.office.ooxml import attribute, child, children, local
from engine.documents.readers.docx import pictures_note
from engine.documents.sniff import kind_of
from engine.documents.text.flow import Block, flow, page_of, title_of
from engine.protocol import Box, OutlineEntry

_LENGTH = re.compile(r"(-?\d+(?:\.\d+)?)(cm|mm|in|pt|pc|px)\Z")
_POINTS = {"cm": 72 / 2.54, "mm": 72 / 25.4, "in": 72.0, "pt": 1.0, "pc": 12.0, "px": 0.75}


def read(path: Path, name: str, job: Job) -> Document:
    """A document of kind ``odt``, in sections by its headings, or ``odp``, a page for each slide."""
    kind = kind_of(path, name, job.limits)
    with open_zip(path, job.limits, name) as file:
        content = open_content(file, name)
        styles = parse_xml(file.read("styles.xml"), name) if "styles.xml" in file else None
        roots = (content,) if styles is None else (styles, content)
        text = Text(file, name, Styles(*roots))
        declared = title_in(file, name)
        body = child(content, "body")
        if kind == "odp":
            return _presentation(name, job, text, declared, _inside(body, "presentation"), roots)
        return _text(name, job, text, declared, _inside(body, "text"), styles)


def _inside(body: Any, name: str) -> Any:
    found = None if body is None else child(body, name)
    return () if found is None else found


def _text(name: str, job: Job, text: Text, declared: str, body: Any, styles: Any) -> Document:
    blocks = list(text.blocks(body))
    blocks += _margins(text, styles)
    flowed = flow(blocks, job)
    notes = [*flowed.notes, *_notes(text)]
    title = title_of(blocks, name, declared or text.title)
    return Document("odt", title, flowed.page_word, flowed.pages, flowed.outline, tuple(notes))


def _notes(text: Text) -> list[str]:
    notes = []
    if text.changed:
        notes.append("It has tracked changes: text that was inserted is read, text that was deleted is not.")
    if text.pictures:
        notes.append(pictures_note(text.pictures))
    return notes


def _margins(text: Text, styles: Any) -> list[Span]:
    """What headers and footers say, each once."""
    found: dict[str, Span] = {}
    for element in () if styles is None else styles.iter():
        word = {"header": "Header", "header-left": "Header", "footer": "Footer", "footer-left": "Footer"}.get(
            local(element)
        )
        said = text.text_of(element) if word else ""
        if said:
            found[f"{word}: {said}"] = Span(f"{word}: {said}", "note")
    return list(found.values())


def _presentation(name: str, job: Job, text: Text, declared: str, body: Any, roots: tuple[Any, ...]) -> Document:
    width, height = _slide_size(roots)
    hidden = _hidden_styles(roots)
    pages: list[Page] = []
    slides = list(children(body, "page"))
    for count, slide in enumerate(slides[: job.limits.pages], start=1):
        job.checkpoint()
        blocks = list(_slide(text, slide, width, height))
        blocks.sort(key=lambda block: not (isinstance(block, Span) and block.kind == "heading"))
        label = "hidden" if attribute(slide, "style-name") in hidden else ""
        pages.append(replace(page_of(count, blocks, label), width=width, height=height))
        job.progress(count, len(slides))
    notes = _notes(text)
    if len(slides) > job.limits.pages:
        notes.append(f"It has {len(slides):,} slides; only the first {job.limits.pages:,} were read.")
    if not pages:
        pages, notes = [Page(1, ())], [*notes, "There are no slides in it."]
    outline = [
        OutlineEntry(span.text[:200], 1, page.number) for page in pages for span in page.spans if span.kind == "heading"
    ]
    title = title_of((span for page in pages for span in page.spans), name, declared)
    return Document("odp", title, "slide", tuple(pages), tuple(outline), tuple(notes))


def _slide(text: Text, slide: Any, width: float, height: float) -> Iterator[Block]:
    notes: list[Block] = []
    for shape in slide:
        if local(shape) == "notes":
            for frame in children(shape, "frame"):
                notes += [replace(one, kind="note") for one in text.blocks((frame,)) if isinstance(one, Span)]
            continue
        box = _box(shape, width, height)
        title = attribute(shape, "class") == "title"
        for block in _shape(text, shape):
            if isinstance(block, Table):
                yield replace(block, box=box)
            elif title and block.kind == "text":
                yield Span(" ".join(block.text.split()), "heading", 1, box)
            else:
                yield replace(block, box=box)
    yield from notes


def _shape(text: Text, shape: Any) -> Iterator[Block]:
    if local(shape) == "g":
        for one in shape:
            yield from _shape(text, one)
    elif local(shape) not in ("forms", ""):
        yield from text.blocks((shape,)) if local(shape) in _READ else text.blocks(shape)


_READ = ("frame", "custom-shape", "rect", "ellipse", "annotation")


def _box(shape: Any, width: float, height: float) -> Box | None:
    values = [_points(attribute(shape, side)) for side in ("x", "y", "width", "height")]
    x, y, across, down = values
    if x is None or y is None or across is None or down is None:
        return None
    box = Box(
        *(min(max(share, 0.0), 1.0) for share in (x / width, y / height, (x + across) / width, (y + down) / height))
    )
    return box if box.x1 > box.x0 and box.y1 > box.y0 else None


def _points(length: str) -> float | None:
    found = _LENGTH.match(length)
    return float(found.group(1)) * _POINTS[found.group(2)] if found else None


def _slide_size(roots: tuple[Any, ...]) -> tuple[float, float]:
    """Width and height of the slides in points: the largest page there is, since notes are upright."""
    found = (720.0, 540.0)
    sizes = []
    for root in roots:
        for element in root.iter():
            if local(element) == "page-layout-properties":
                width, height = _points(attribute(element, "page-width")), _points(attribute(element, "page-height"))
                if width and height and width > 0 and height > 0:
                    sizes.append((width, height))
    wide = [size for size in sizes if size[0] > size[1]] or sizes
    return wide[0] if wide else found


def _hidden_styles(roots: tuple[Any, ...]) -> set[str]:
    return {
        attribute(element, "name")
        for root in roots
        for element in root.iter()
        if local(element) == "style"
        for properties in children(element, "drawing-page-properties")
        if attribute(properties, "visibility") == "hidden"
    }

"""Presentations: the slides in their order, with what stands in shapes, tables, charts and diagrams, and the notes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.documents.document import Document, Page, Span, Table
from engine.documents.job import Job
from engine.documents.limits import open_zip
from engine.documents.office.ooxml import POINT, Package, attribute, child, children, local, number
from engine.documents.office.pptx_shapes import Layouts, Shapes, text_of
from engine.documents.readers.docx import pictures_note
from engine.documents.sniff import is_macro_file
from engine.documents.text.flow import page_of, title_of
from engine.protocol import OutlineEntry


def read(path: Path, name: str, job: Job) -> Document:
    """A document of kind ``pptx``, a page for each slide; boxes are those of the shapes."""
    with open_zip(path, job.limits, name) as file:
        package = Package(file, name)
        main = package.main
        root = package.root(main)
        size = _size(root)
        slides = _slides(package, main, root)
        notes = []
        if len(slides) > job.limits.pages:
            notes.append(f"It has {len(slides):,} slides; only the first {job.limits.pages:,} were read.")
        pages: list[Page] = []
        layouts = Layouts(package)
        pictures = 0
        for count, slide in enumerate(slides[: job.limits.pages], start=1):
            job.checkpoint()
            page, seen = _page(package, slide, count, size, layouts)
            pages.append(page)
            pictures += seen
            job.progress(count, len(slides))
        declared, macros = package.title(), is_macro_file(file.names)
    if pictures:
        notes.append(pictures_note(pictures))
    if macros:
        notes.append("It has macros, which were not run.")
    if not pages:
        pages, notes = [Page(1, ())], [*notes, "There are no slides in it."]
    outline = tuple(
        OutlineEntry(span.text[:200], 1, page.number)
        for page in pages
        for span in [next((span for span in page.spans if span.kind == "heading"), None)]
        if span is not None
    )
    title = title_of((span for page in pages for span in page.spans), name, declared)
    return Document("pptx", title, "slide", tuple(pages), outline, tuple(notes))


def _size(root: Any) -> tuple[int, int]:
    """Width and height of a slide in EMU; 4:3 where it is not said."""
    element = child(root, "sldSz")
    width = 0 if element is None else number(attribute(element, "cx"))
    height = 0 if element is None else number(attribute(element, "cy"))
    return (width, height) if width > 0 and height > 0 else (9_144_000, 6_858_000)


def _slides(package: Package, main: str, root: Any) -> list[str]:
    """The parts of the slides, in the order in which they are shown."""
    relations = package.relations(main)
    listed = child(root, "sldIdLst")
    found = []
    for element in () if listed is None else children(listed, "sldId"):
        # Its own id has no namespace, that of the relation has one.
        identity = next((value for key, value in element.attrib.items() if key.endswith("}id")), "")
        relation = relations.get(identity)
        if relation is not None and relation.target in package:
            found.append(relation.target)
    return found


def _page(package: Package, slide: str, count: int, size: tuple[int, int], layouts: Layouts) -> tuple[Page, int]:
    """The page of a slide, and how many pictures are on it."""
    root = package.root(slide)
    shapes = Shapes(package, slide, size, layouts.of(slide))
    tree = child(root, "cSld", "spTree")
    blocks: list[Span | Table] = [] if tree is None else shapes.read(tree)
    # The title first, wherever it was drawn.
    blocks.sort(key=lambda block: not (isinstance(block, Span) and block.kind == "heading"))
    blocks += [Span(text, "note") for text in (*_notes(package, slide), *_comments(package, slide))]
    label = "hidden" if attribute(root, "show") in ("0", "false") else ""
    page = page_of(count, blocks, label)
    width, height = size[0] / POINT, size[1] / POINT
    return Page(count, page.spans, label=label, width=width, height=height, tables=page.tables), shapes.pictures


def _notes(package: Package, slide: str) -> list[str]:
    found = []
    for part in package.related(slide, "notesSlide"):
        tree = child(package.root(part), "cSld", "spTree")
        for shape in () if tree is None else children(tree, "sp"):
            place = child(shape, "nvSpPr", "nvPr", "ph")
            body = child(shape, "txBody")
            if body is not None and (place is None or attribute(place, "type", "body") == "body"):
                found += [text for text, _ in text_of(body)]
    return found


def _comments(package: Package, slide: str) -> list[str]:
    found = []
    for part in package.related(slide, "comments"):
        for element in package.root(part).iter():
            if local(element) == "text" and (element.text or "").strip():
                found.append(f"Comment: {' '.join(element.text.split())}")
            elif local(element) == "txBody":
                found += [f"Comment: {text}" for text, _ in text_of(element)]
    return found

"""E-books: the chapters in the order of the book, with its own table of contents."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from engine.documents.document import Document, DocumentError, Page, Span
from engine.documents.job import Job
from engine.documents.limits import SafeZip, open_zip, parse_xml
from engine.documents.office.ooxml import attribute, child, children, local
from engine.documents.text.flow import Block, flow
from engine.documents.text.markup import parse_html
from engine.protocol import OutlineEntry

_TEXT = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")
_MOST_ENTRIES = 2_000


def read(path: Path, name: str, job: Job) -> Document:
    """A document of kind ``epub``, a page or more for each file of the book."""
    with open_zip(path, job.limits, name) as file:
        place = _package_place(file, name)
        root = parse_xml(file.read(place), name)
        folder = posixpath.dirname(place)
        items = {
            attribute(item, "id"): (_joined(folder, attribute(item, "href")), attribute(item, "media-type"))
            for item in children(_required(root, "manifest", name), "item")
        }
        _refuse_locked(file, name, {target for target, kind in items.values() if kind in _TEXT})
        contents = _contents(file, name, root, folder, items)
        labels = {target: title for title, _, target in reversed(contents)}
        pages: list[Page] = []
        first_page: dict[str, int] = {}
        missing = 0
        spine = list(children(_required(root, "spine", name), "itemref"))
        for count, reference in enumerate(spine, start=1):
            job.checkpoint()
            target, _ = items.get(attribute(reference, "idref"), ("", ""))
            if target not in file:
                missing += 1
                continue
            first_page[target] = len(pages) + 1
            content = parse_html(file.read(target))
            pages += _pages(content.blocks, labels.get(target, ""), len(pages), job)
            job.progress(count, len(spine))
        title = _title(root)
    notes = [f"{missing} of its chapters are missing in the file."] if missing else []
    if len(pages) > job.limits.pages:
        notes.append(f"Only the first {job.limits.pages:,} parts were read.")
        pages = pages[: job.limits.pages]
    if not any(page.spans for page in pages):
        pages, notes = pages or [Page(1, ())], [*notes, "No text was found in it."]
    outline = tuple(
        OutlineEntry(entry, level, first_page[target])
        for entry, level, target in contents[:_MOST_ENTRIES]
        if first_page.get(target, len(pages) + 1) <= len(pages)
    )
    return Document("epub", title or name.rpartition(".")[0] or name, "section", tuple(pages), outline, tuple(notes))


def _pages(blocks: list[Block], label: str, before: int, job: Job) -> Iterator[Page]:
    heading = next((one.text for one in blocks if isinstance(one, Span) and one.kind == "heading"), "")
    for page in flow(blocks, job).pages if blocks else ():
        yield replace(page, number=before + page.number, label=label or page.label or heading)


def _package_place(file: SafeZip, name: str) -> str:
    container = "META-INF/container.xml"
    if container in file:
        for element in parse_xml(file.read(container), name).iter():
            if local(element) == "rootfile" and attribute(element, "full-path") in file:
                return attribute(element, "full-path")
    place = next((member for member in file.names if member.lower().endswith(".opf")), "")
    if not place:
        raise _incomplete(name)
    return place


def _required(root: Any, part: str, name: str) -> Any:
    found = child(root, part)
    if found is None:
        raise _incomplete(name)
    return found


def _incomplete(name: str) -> DocumentError:
    return DocumentError(
        "document_unreadable", f"{name} is incomplete: the list of its chapters is missing. Get the book again."
    )


def _refuse_locked(file: SafeZip, name: str, texts: set[str]) -> None:
    """Fonts are often scrambled, which does no harm; text is where a shop has locked the book."""
    place = "META-INF/encryption.xml"
    if place not in file:
        return
    for element in parse_xml(file.read(place), name).iter():
        if local(element) == "CipherReference" and unquote(attribute(element, "URI")) in texts:
            raise DocumentError(
                "document_unreadable",
                f"{name} is locked by the shop that it comes from, so it can only be read in that shop's own program.",
            )


def _joined(folder: str, href: str) -> str:
    return posixpath.normpath(posixpath.join(folder, unquote(href.partition("#")[0])))


def _title(root: Any) -> str:
    metadata = child(root, "metadata")
    title = None if metadata is None else next((one for one in metadata.iter() if local(one) == "title"), None)
    return "" if title is None else " ".join((title.text or "").split())


def _contents(
    file: SafeZip, name: str, root: Any, folder: str, items: dict[str, tuple[str, str]]
) -> list[tuple[str, int, str]]:
    """Title, level (from 1) and file of each entry of the table of contents."""
    manifest = child(root, "manifest")
    for item in children(manifest, "item"):
        target = _joined(folder, attribute(item, "href"))
        if "nav" in attribute(item, "properties").split() and target in file:
            found = list(_navigation(parse_xml_or_none(file.read(target), name), posixpath.dirname(target)))
            if found:
                return found
    for target, kind in items.values():
        if kind == "application/x-dtbncx+xml" and target in file:
            tree = parse_xml_or_none(file.read(target), name)
            points = None if tree is None else child(tree, "navMap")
            return [] if points is None else list(_points(points, posixpath.dirname(target), 1))
    return []


def parse_xml_or_none(data: bytes, name: str) -> Any:
    """A table of contents that is damaged is no reason to refuse a book."""
    try:
        return parse_xml(data, name)
    except DocumentError:
        return None


def _navigation(root: Any, folder: str) -> Iterator[tuple[str, int, str]]:
    for element in () if root is None else root.iter():
        if local(element) == "nav" and attribute(element, "type", "toc") == "toc":
            for one in children(element, "ol"):
                yield from _entries(one, folder, 1)
            return


def _entries(listed: Any, folder: str, level: int) -> Iterator[tuple[str, int, str]]:
    for item in children(listed, "li"):
        for one in item:
            match local(one):
                case "a":
                    title = " ".join("".join(one.itertext()).split())
                    if title:
                        yield title[:200], level, _joined(folder, attribute(one, "href"))
                case "ol":
                    yield from _entries(one, folder, level + 1)


def _points(parent: Any, folder: str, level: int) -> Iterator[tuple[str, int, str]]:
    for point in children(parent, "navPoint"):
        text, content = child(point, "navLabel", "text"), child(point, "content")
        if text is not None and content is not None and (text.text or "").strip():
            yield " ".join(text.text.split())[:200], level, _joined(folder, attribute(content, "src"))
        yield from _points(point, folder, level + 1)

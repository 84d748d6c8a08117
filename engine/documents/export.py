"""What was read of a document, written out: as plain text, as Markdown, as JSON values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from typing import Any

from engine.documents.answers.written import place_of
from engine.documents.document import Page, Span
from engine.documents.search.index import Index
from engine.protocol import DocumentInfo


def as_text(index: Index) -> Iterator[str]:
    """Paragraphs, with a line above each page."""
    info = index.info()
    for page in index.pages():
        if _has_pages(info):
            yield f"— {place_of(info, page.number, page.label)} —"
        if page.problem:
            yield f"({page.problem})"
        for is_row, spans in groupby(page.spans, lambda span: span.kind == "table"):
            texts = [span.text for span in spans]
            if is_row:
                yield "\n".join(texts)
            else:
                yield from texts


def as_markdown(index: Index) -> Iterator[str]:
    """Blocks of Markdown: headings with their levels, tables as tables, code as code. A comment names
    each page."""
    info = index.info()
    for page in index.pages():
        if _has_pages(info):
            yield f"<!-- {place_of(info, page.number, page.label).replace('--', '—')} -->"
        if page.problem:
            yield f"*{page.problem}*"
        yield from _blocks(page)


def as_json(index: Index, file: str) -> dict[str, Any]:
    """All of it, with places: boxes are [x0, y0, x1, y1] in 0 to 1 of the page."""
    info = index.info()
    return {
        "file": file,
        "kind": info.kind,
        "title": info.title,
        "page_word": info.page_word,
        "notes": list(info.notes),
        "outline": [asdict(entry) for entry in info.outline],
        "pages": [
            {
                "page": page.number,
                "label": page.label,
                "width": page.width,
                "height": page.height,
                "scanned": page.scanned,
                "recognised": page.recognised,
                "problem": page.problem,
                "spans": [
                    {
                        "text": span.text,
                        "kind": span.kind,
                        "level": span.level,
                        "box": list(asdict(span.box).values()) if span.box else None,
                    }
                    for span in page.spans
                ],
                "tables": [{"caption": table.caption, "rows": table.rows} for table in page.tables],
            }
            for page in index.pages()
        ],
    }


def _has_pages(info: DocumentInfo) -> bool:
    """Whether its pages are worth naming: sections have their headings."""
    return len(info.pages) > 1 and info.page_word in ("page", "slide", "sheet")


def _blocks(page: Page) -> Iterator[str]:
    tables = iter(page.tables)
    rows = 0
    for span in page.spans:
        if span.kind != "table":
            yield _block(span)
            continue
        if rows == 0:
            table = next(tables, None)
            if table is None:
                yield span.text
                continue
            rows = len(table.rows)
            yield _table(table.rows)
        rows -= 1


def _block(span: Span) -> str:
    match span.kind:
        case "heading":
            return f"{'#' * min(max(span.level, 1), 6)} {' '.join(span.text.split())}"
        case "code":
            fence = "```" if "```" not in span.text else "~~~~"
            return f"{fence}\n{span.text}\n{fence}"
        case "note":
            return "\n".join(f"> {line}" for line in span.text.splitlines())
    return span.text


def _table(rows: tuple[tuple[str, ...], ...]) -> str:
    lines = ["| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([*lines[:1], "|" + " --- |" * len(rows[0]), *lines[1:]]) if rows else ""

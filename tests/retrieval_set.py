"""Documents and questions with known pages, for measuring the search, from ``tests/data/retrieval``.

A document is a text file with a form feed between pages. A paragraph that begins with ``#`` is a heading, one with
lines of cells parted by " | " a table. A question is a line of JSON with ``document``, ``language``, ``question`` and
``page``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.documents.document import Document, Page, Span, Table
from engine.documents.search.index import Index

FOLDER = Path(__file__).parent / "data" / "retrieval"


@dataclass(frozen=True, slots=True)
class Question:
    document: str
    language: str
    question: str
    page: int


def questions() -> list[Question]:
    lines = (FOLDER / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [Question(**json.loads(line)) for line in lines]


def documents() -> dict[str, Document]:
    return {path.stem: read(path) for path in sorted(FOLDER.glob("*.txt"))}


def read(path: Path) -> Document:
    pages = path.read_text(encoding="utf-8").split("\f")
    read_pages = tuple(Page(number, *_content(text)) for number, text in enumerate(pages, 1))
    return Document("text", path.stem, "page", read_pages)


def indexes(root: Path) -> dict[str, Index]:
    return {
        name: Index.build(root, hashlib.sha256(name.encode()).hexdigest(), document)
        for name, document in documents().items()
    }


def _content(text: str) -> tuple[tuple[Span, ...], str, float, float, tuple[Table, ...]]:
    spans, tables = list[Span](), list[Table]()
    for block in _blocks(text):
        if block.startswith("#"):
            spans.append(Span(block.lstrip("# "), "heading", len(block) - len(block.lstrip("#"))))
        elif " | " in block.partition("\n")[0]:
            rows = tuple(tuple(line.split(" | ")) for line in block.split("\n"))
            tables.append(Table(rows))
            spans += [Span(" | ".join(row), "table") for row in rows]
        else:
            spans.append(Span(block))
    return tuple(spans), "", 0.0, 0.0, tuple(tables)


def _blocks(text: str) -> Iterator[str]:
    return (block.strip() for block in text.split("\n\n") if block.strip())

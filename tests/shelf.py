"""Documents that were read already, for questions about them: their indexes, without any file.

contract = shelve("contract.pdf", ["The rent is 900 euros.", ...])     a text a page
request = Generate("r1", (Message("user", (contract, Text("What is the rent?"))),))
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from engine.documents.document import Document, Page, Span
from engine.documents.places import documents_folder
from engine.documents.search.index import Index
from engine.protocol import DocumentKind, DocumentRef, OutlineEntry, SourceRead

WORDS = ("harbour", "lantern", "meadow", "violin", "granite", "compass", "thimble", "orchard", "saddle", "pepper")


def shelve(
    name: str, pages: Sequence[str | Page], kind: DocumentKind = "pdf", outline: Sequence[OutlineEntry] = ()
) -> DocumentRef:
    """Keep the index of a document with these pages. Needs a `FINGERPOST_HOME` of the test's own."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    made = tuple(
        replace(page, number=number) if isinstance(page, Page) else Page(number, (Span(page),), width=595, height=842)
        for number, page in enumerate(pages, 1)
    )
    document = Document(kind, name, "page", made, tuple(outline))
    Index.build(documents_folder(), digest, document).close()
    return DocumentRef(digest, f"/documents/{name}", name)


def filler(number: int, letters: int = 400) -> str:
    """Text about nothing that anyone asks for."""
    words = (WORDS[(number + at * (1 + number % 3)) % len(WORDS)] for at in range(letters // 8))
    return f"Chapter {number}. " + " ".join(words) + "."


def answered(ref: DocumentRef, source: SourceRead) -> DocumentRef:
    """`ref` as it is in the conversation once its question was answered."""
    return replace(ref, passages=source.passages, marks=source.marks, found=source.found)


def call(name: str, **arguments: Any) -> str:
    """How the model calls a tool."""
    given = "".join(f"<parameter={key}>\n{value}\n</parameter>\n" for key, value in arguments.items())
    return f"<tool_call>\n<function={name}>\n{given}</function>\n</tool_call>"

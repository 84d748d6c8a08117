"""The documents of turns <-> rows of the database."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from app.domain.documents import DocumentAttachment, ShownPage
from app.store.content import ContentFiles
from app.store.papers import DocumentFiles
from app.store.rows import storable

_COLUMNS = "turn, position, sha256, path, name, kind, pages, page_word, notes"


def write_documents(connection: sqlite3.Connection, turn: str, documents: Sequence[DocumentAttachment]) -> None:
    """The documents of a new turn."""
    for position, document in enumerate(documents):
        connection.execute(
            f"INSERT INTO document ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                turn,
                position,
                document.id,
                storable(str(document.path)),
                storable(document.name),
                document.kind,
                document.pages,
                document.page_word,
                storable(json.dumps(document.notes, ensure_ascii=False)),
            ),
        )
        connection.executemany(
            "INSERT INTO page_picture (turn, position, page, sha256, width, height) VALUES (?, ?, ?, ?, ?, ?)",
            [(turn, position, each.page, each.id, each.width, each.height) for each in document.shown],
        )


def read_documents(
    connection: sqlite3.Connection, pictures: ContentFiles, papers: DocumentFiles, turns: Sequence[str]
) -> dict[str, tuple[DocumentAttachment, ...]]:
    """The documents of each of `turns`, where there are any. The path is that of the copy, if there is one."""
    found: dict[str, list[DocumentAttachment]] = defaultdict(list)
    for turn in turns:
        shown = _shown(connection, pictures, turn)
        for _, position, digest, path, name, kind, pages, page_word, notes in connection.execute(
            f"SELECT {_COLUMNS} FROM document WHERE turn = ? ORDER BY position", (turn,)
        ):
            found[turn].append(
                DocumentAttachment(
                    digest,
                    papers.copy_of(digest) or Path(path),
                    name,
                    kind,
                    pages,
                    tuple(json.loads(notes)),
                    "ready",
                    page_word=page_word,
                    shown=tuple(shown[position]),
                )
            )
    return {turn: tuple(documents) for turn, documents in found.items()}


def is_document_used(connection: sqlite3.Connection, digest: str) -> bool:
    """Whether a turn has this document."""
    query = "SELECT EXISTS (SELECT 1 FROM document WHERE sha256 = ?)"
    return bool(connection.execute(query, (digest,)).fetchone()[0])


def _shown(connection: sqlite3.Connection, pictures: ContentFiles, turn: str) -> dict[int, list[ShownPage]]:
    shown: dict[int, list[ShownPage]] = defaultdict(list)
    for position, page, digest, width, height in connection.execute(
        "SELECT position, page, sha256, width, height FROM page_picture WHERE turn = ? ORDER BY position, page", (turn,)
    ):
        shown[position].append(ShownPage(page, digest, pictures.path_of(digest, "image/png"), width, height))
    return shown

"""What was read of a document, on the disk: a SQLite file by the hash of the document's bytes. The reader process
writes it, every process may read it."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from engine.documents.document import Document, DocumentError, Page, Table
from engine.documents.search.lexicon import SCHEMA as WORDS_SCHEMA
from engine.documents.search.lexicon import Lexicon
from engine.documents.search.passages import Cutter, Passage, Piece
from engine.documents.search.storing import (
    pack_boxes,
    pack_spans,
    pack_tables,
    unpack_boxes,
    unpack_spans,
    unpack_tables,
)
from engine.protocol import DocumentInfo, OutlineEntry, PageInfo

VERSION = 1
"""Of the schema and of how words and passages are cut. An index of another version is built again."""
PATIENCE = 10.0
"""Seconds until another process is through with writing a page; it takes milliseconds."""

_SCHEMA = (
    WORDS_SCHEMA
    + """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE pages (
    number INTEGER PRIMARY KEY, label TEXT NOT NULL, width REAL NOT NULL, height REAL NOT NULL,
    characters INTEGER NOT NULL, scanned INTEGER NOT NULL, recognised INTEGER NOT NULL, problem TEXT NOT NULL,
    path TEXT NOT NULL, said BLOB NOT NULL, boxes BLOB NOT NULL, tables BLOB NOT NULL
);
CREATE TABLE passages (
    number INTEGER PRIMARY KEY, page INTEGER NOT NULL, part INTEGER NOT NULL, words INTEGER NOT NULL,
    label TEXT NOT NULL, heading TEXT NOT NULL, text TEXT NOT NULL, boxes BLOB NOT NULL
);
CREATE INDEX passages_in_order ON passages (page, part, number, words);
"""
)
_PAGE = "number, label, width, height, scanned, recognised, problem, said, boxes, tables"
_PASSAGE = "number, page, label, heading, text, boxes"
_DIGEST = re.compile(r"[0-9a-f]{64}")


class IndexDamaged(DocumentError):
    """The file of an index is not what was written. It is of no more use, and the document is read again."""

    def __init__(self) -> None:
        super().__init__(
            "document_unreadable", "What was read of this document is damaged on the disk. Add the document again."
        )


class Index:
    """One document. Every method raises `IndexDamaged` where the disk has lost something. To be used by one thread at
    a time; close it at the end.

    Passages keep their numbers for as long as the index lives: those of pages that are recognised later come after the
    last. In reading order they are by page."""

    def __init__(self, root: Path, digest: str, connection: sqlite3.Connection) -> None:
        self.digest = digest
        self._root = root
        self._connection = connection
        self._facts: dict[str, Any] = {
            name: json.loads(value) for name, value in connection.execute("SELECT name, value FROM facts")
        }
        self.lexicon = Lexicon(connection, self._facts["language"])

    @classmethod
    def build(cls, root: Path, digest: str, document: Document) -> Self:
        """Write the index of `document`, whose bytes have the sha256 `digest`, and open it. It is there whole or not at
        all, whenever the process ends. Raises `DocumentError` where the disk is full or may not be written."""
        path = _path(root, digest)
        draft = path.with_name(f".{path.name}.{os.getpid()}.partial")
        try:
            root.mkdir(parents=True, exist_ok=True)
            draft.unlink(missing_ok=True)
            _write(draft, document)
            _keep(draft, path)
        except (OSError, sqlite3.Error) as error:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise _not_written(root, error) from error
        index = cls.open(root, digest)
        if index is None:
            raise IndexDamaged
        return index

    @classmethod
    def open(cls, root: Path, digest: str) -> Self | None:
        """The index of the document with the sha256 `digest`; None where there is none, or an older or damaged one that
        has to be built again. Nothing but `update_page` writes."""
        path = _path(root, digest)
        if not _is_whole(path):
            return None
        try:
            # Not mode=ro: what a writer that was killed has left is undone by the next who opens the file.
            uri = f"{path.resolve().as_uri()}?mode=rw"
            connection = sqlite3.connect(uri, PATIENCE, isolation_level=None, check_same_thread=False, uri=True)
        except sqlite3.Error:
            return None
        try:
            connection.execute("PRAGMA query_only = ON")
            if connection.execute("PRAGMA user_version").fetchone() == (VERSION,):
                return cls(root, digest, connection)
        except (sqlite3.Error, ValueError, KeyError):
            pass
        connection.close()
        return None

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def page_count(self) -> int:
        """Pages, read or not."""
        return int(self._one("SELECT count(*) FROM pages")[0])

    def info(self) -> DocumentInfo:
        """What is told of the document."""
        rows = self._all(
            "SELECT number, label, width, height, characters, scanned, recognised, problem FROM pages ORDER BY number"
        )
        pages = tuple(
            PageInfo(number, label, width, height, characters, bool(scanned), bool(recognised), problem)
            for number, label, width, height, characters, scanned, recognised, problem in rows
        )
        return DocumentInfo(
            document=self.digest,
            kind=self._facts["kind"],
            title=self._facts["title"],
            page_word=self._facts["page_word"],
            pages=pages,
            outline=self._outline,
            notes=tuple(self._facts["notes"]),
            passages=self._one("SELECT count(*) FROM passages")[0],
            characters=sum(page.characters for page in pages),
        )

    def page(self, number: int) -> Page:
        """Page `number` as it was read, places to a hundredth of a point. Raises KeyError where there is none."""
        row = self._one(f"SELECT {_PAGE} FROM pages WHERE number = ?", number)
        if row is None:
            raise KeyError(number)
        return _page(row)

    def pages(self) -> Iterator[Page]:
        """All pages, one at a time."""
        for number in range(1, self.page_count + 1):
            yield self.page(number)

    def table(self, page: int, number: int) -> Table:
        """Table `number` (from 0) of a page. Raises KeyError where there is none."""
        tables = self.page(page).tables
        if not 0 <= number < len(tables):
            raise KeyError(number)
        return tables[number]

    def passage(self, number: int) -> Passage:
        """The passage with this number. Raises KeyError where there is none."""
        row = self._one(f"SELECT {_PASSAGE} FROM passages WHERE number = ?", number)
        if row is None:
            raise KeyError(number)
        return _passage(row)

    def passages(self, page: int = 0) -> list[Passage]:
        """All passages, or those of one page, in reading order."""
        chosen = "WHERE page = ?" if page else "WHERE ? = 0"
        rows = self._all(f"SELECT {_PASSAGE} FROM passages {chosen} ORDER BY page, part", page)
        return [_passage(row) for row in rows]

    def lengths(self) -> list[tuple[int, int, int]]:
        """Number, page and words of all passages, in reading order."""
        return self._all("SELECT number, page, words FROM passages ORDER BY page, part")

    def update_page(self, page: Page) -> None:
        """Put `page` in the place of the one with its number, as after it was recognised. Raises `DocumentError` where
        the disk is full or may not be written."""
        (path,) = self._one("SELECT path FROM pages WHERE number = ?", page.number) or ("[]",)
        pieces = Cutter(self._outline, json.loads(path)).cut(page)
        before = self.passages(page.number)
        try:
            self._connection.execute("PRAGMA query_only = OFF")
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                for passage in before:
                    self.lexicon.remove(passage.number, passage.heading, passage.text)
                self._connection.execute("DELETE FROM passages WHERE page = ?", (page.number,))
                (last,) = self._connection.execute("SELECT coalesce(max(number), 0) FROM passages").fetchone()
                last = max(last, *(passage.number for passage in before)) if before else last
                numbers = [passage.number for passage in before]
                numbers += range(last + 1, last + 1 + len(pieces))
                _write_page(self._connection, page, path)
                _write_passages(self._connection, self.lexicon, page, list(zip(numbers, pieces, strict=False)))
                self.lexicon.settle()
                _write_fact(self._connection, "language", self.lexicon.language)
        except sqlite3.Error as error:
            raise _not_written(self._root, error) from error
        finally:
            self._connection.execute("PRAGMA query_only = ON")

    @property
    def _outline(self) -> tuple[OutlineEntry, ...]:
        return tuple(OutlineEntry(*entry) for entry in self._facts["outline"])

    def _one(self, statement: str, *values: object) -> Any:
        with sound():
            return self._connection.execute(statement, values).fetchone()

    def _all(self, statement: str, *values: object) -> list[Any]:
        with sound():
            return self._connection.execute(statement, values).fetchall()


@contextmanager
def sound() -> Iterator[None]:
    """What goes wrong inside means that the index is damaged."""
    try:
        yield
    except (sqlite3.DatabaseError, zlib.error, ValueError, StopIteration) as error:
        raise IndexDamaged from error


def delete(root: Path, digest: str) -> None:
    """Forget what was read of a document, and what a build of it may have left behind. Raises `OSError`."""
    path = _path(root, digest)
    for leftover in (path, path.with_name(f"{path.name}-journal"), *root.glob(f".{path.name}.*.partial")):
        leftover.unlink(missing_ok=True)


def _path(root: Path, digest: str) -> Path:
    if not _DIGEST.fullmatch(digest):
        raise ValueError(f"{digest!r} is not a sha256 in hexadecimal")
    return root / f"{digest}.sqlite"


def _is_whole(path: Path) -> bool:
    """Whether the file is as long as its own header says."""
    try:
        with path.open("rb") as file:
            head = file.read(32)
        size = path.stat().st_size
    except OSError:
        return False
    if len(head) < 32 or not head.startswith(b"SQLite format 3\0"):
        return False
    page = int.from_bytes(head[16:18], "big")
    return size >= int.from_bytes(head[28:32], "big") * (65_536 if page == 1 else page)


def _write(path: Path, document: Document) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA page_size = 8192;")
        connection.executescript(_SCHEMA)
        connection.execute("BEGIN")
        lexicon, cutter, number = Lexicon(connection), Cutter(document.outline), 1
        for page in document.pages:
            path_before = json.dumps(cutter.path)
            pieces = cutter.cut(page)
            _write_page(connection, page, path_before)
            _write_passages(connection, lexicon, page, list(enumerate(pieces, number)))
            number += len(pieces)
        lexicon.settle()
        facts = {
            "kind": document.kind,
            "title": document.title,
            "page_word": document.page_word,
            "outline": [(entry.title, entry.level, entry.page) for entry in document.outline],
            "notes": document.notes,
            "language": lexicon.language,
        }
        for name, value in facts.items():
            _write_fact(connection, name, value)
        connection.execute("COMMIT")
        connection.execute("INSERT INTO said (said) VALUES ('optimize')")
        connection.execute(f"PRAGMA user_version = {VERSION}")
    finally:
        connection.close()


def _write_fact(connection: sqlite3.Connection, name: str, value: object) -> None:
    connection.execute("INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)", (name, json.dumps(value)))


def _write_page(connection: sqlite3.Connection, page: Page, path: str) -> None:
    said, boxes = pack_spans(page.spans)
    connection.execute(
        "INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            page.number, _clean(page.label), page.width, page.height, sum(len(span.text) for span in page.spans),
            page.scanned, page.recognised, _clean(page.problem), path, said, boxes, pack_tables(page.tables),
        ),
    )  # fmt: skip


def _write_passages(
    connection: sqlite3.Connection, lexicon: Lexicon, page: Page, pieces: Sequence[tuple[int, Piece]]
) -> None:
    for part, (number, piece) in enumerate(pieces):
        heading, text = _clean(piece.heading), _clean(piece.text)
        length = lexicon.add(number, heading, text)
        connection.execute(
            "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (number, page.number, part, length, _clean(page.label), heading, text, pack_boxes(piece.boxes)),
        )


def _clean(text: str) -> str:
    """Halves of surrogate pairs, which broken PDF fonts give, can not be stored as UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _keep(draft: Path, path: Path) -> None:
    """`draft` becomes `path`, whole even when the power fails."""
    with draft.open("r+b") as file:
        os.fsync(file.fileno())
    draft.replace(path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _page(row: Any) -> Page:
    number, label, width, height, scanned, recognised, problem, said, boxes, tables = row
    with sound():
        return Page(
            number=number,
            spans=unpack_spans(said, boxes),
            label=label,
            width=width,
            height=height,
            tables=unpack_tables(tables),
            scanned=bool(scanned),
            recognised=bool(recognised),
            problem=problem,
        )


def _passage(row: Any) -> Passage:
    number, page, label, heading, text, boxes = row
    with sound():
        return Passage(number, page, label, heading, text, unpack_boxes(boxes))


def _not_written(root: Path, error: Exception) -> DocumentError:
    full = "full" in str(error).lower() or getattr(error, "errno", None) in (28, 122)
    if full:
        return DocumentError("disk_full", "The disk is full, so what was read could not be kept. Free some space.")
    return DocumentError(
        "folder_refused", f"What was read could not be written to {root} ({error}). Allow yourself to write there."
    )

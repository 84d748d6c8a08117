"""The tables, as the list of steps that lead to them. A step that has been released is never changed again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from app.store.errors import NEWER, StoreError


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the database to the newest version (``PRAGMA user_version``), each step in a transaction of its own.

    Raises:
        StoreError: it was written by a newer program; nothing is changed then.
    """
    version = version_of(connection)
    if version > len(MIGRATIONS):
        raise StoreError(NEWER)
    for number, step in enumerate(MIGRATIONS[version:], version + 1):
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            # Another window may have taken the step while this one waited for the lock.
            if version_of(connection) < number:
                step(connection)
                connection.execute(f"PRAGMA user_version = {number}")


def version_of(connection: sqlite3.Connection) -> int:
    """How many steps the database has behind it; 0 for an empty one."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _conversations(connection: sqlite3.Connection) -> None:
    """Version 1. `rowid` orders turns by age, whatever the clock did; it grows within a table's life.

    `conversation.deleted` is the time it was put into the bin, or NULL. In `turn`, small columns come first: a row of
    the sidebar then never reads through a long answer. `turn.parent` has no cascade, because SQLite follows one only
    1,000 levels deep; all turns of a conversation go at once.
    """
    for statement in (
        """CREATE TABLE conversation (
            id TEXT NOT NULL UNIQUE,
            title TEXT NOT NULL,
            head TEXT REFERENCES turn (id) DEFERRABLE INITIALLY DEFERRED,
            created REAL NOT NULL,
            updated REAL NOT NULL,
            deleted REAL
        ) STRICT""",
        """CREATE TABLE turn (
            id TEXT NOT NULL UNIQUE,
            conversation TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
            parent TEXT REFERENCES turn (id),
            created REAL NOT NULL,
            state TEXT NOT NULL DEFAULT 'waiting',
            model TEXT NOT NULL DEFAULT '',
            reasoning_seconds REAL NOT NULL DEFAULT 0,
            total_seconds REAL NOT NULL DEFAULT 0,
            tokens_per_second REAL NOT NULL DEFAULT 0,
            image_tokens INTEGER NOT NULL DEFAULT 0,
            notices TEXT NOT NULL DEFAULT '[]',
            offers TEXT NOT NULL DEFAULT '[]',
            error TEXT NOT NULL DEFAULT '',
            question TEXT NOT NULL,
            text TEXT NOT NULL DEFAULT '',
            reasoning TEXT NOT NULL DEFAULT ''
        ) STRICT""",
        """CREATE TABLE attachment (
            turn TEXT NOT NULL REFERENCES turn (id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            sha256 TEXT NOT NULL,
            media_type TEXT NOT NULL,
            width INTEGER NOT NULL,
            height INTEGER NOT NULL,
            source TEXT NOT NULL,
            title TEXT NOT NULL,
            place TEXT,
            PRIMARY KEY (turn, position)
        ) STRICT, WITHOUT ROWID""",
        "CREATE TABLE draft (only INTEGER PRIMARY KEY CHECK (only = 1), text TEXT NOT NULL) STRICT",
        "CREATE INDEX conversation_by_update ON conversation (updated)",
        "CREATE INDEX conversation_by_head ON conversation (head)",
        "CREATE INDEX turn_by_conversation ON turn (conversation)",
        "CREATE INDEX turn_by_parent ON turn (parent)",
        "CREATE INDEX attachment_by_content ON attachment (sha256)",
    ):
        connection.execute(statement)


def _closer_looks(connection: sqlite3.Connection) -> None:
    """Version 2. Parts of pictures that the model looked at, as JSON."""
    connection.execute("ALTER TABLE turn ADD COLUMN looks TEXT NOT NULL DEFAULT '[]'")


def _plain_page(connection: sqlite3.Connection) -> None:
    """Version 3. The text that a Base model continues."""
    connection.execute("CREATE TABLE page (only INTEGER PRIMARY KEY CHECK (only = 1), text TEXT NOT NULL) STRICT")


def _evidence(connection: sqlite3.Connection) -> None:
    """Version 4. What of documents an answer was given and cites, as JSON."""
    for name in ("citations", "sources", "searches"):
        connection.execute(f"ALTER TABLE turn ADD COLUMN {name} TEXT NOT NULL DEFAULT '[]'")


def _documents(connection: sqlite3.Connection) -> None:
    """Version 5. The documents of a question, and those of their pages that are shown to the model as pictures. `path`
    is where the file was when it was added."""
    for statement in (
        """CREATE TABLE document (
            turn TEXT NOT NULL REFERENCES turn (id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            sha256 TEXT NOT NULL,
            path TEXT NOT NULL,
            name TEXT NOT NULL,
            kind TEXT,
            pages INTEGER NOT NULL,
            page_word TEXT NOT NULL,
            notes TEXT NOT NULL,
            PRIMARY KEY (turn, position)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE page_picture (
            turn TEXT NOT NULL,
            position INTEGER NOT NULL,
            page INTEGER NOT NULL,
            sha256 TEXT NOT NULL,
            width INTEGER NOT NULL,
            height INTEGER NOT NULL,
            PRIMARY KEY (turn, position, page),
            FOREIGN KEY (turn, position) REFERENCES document (turn, position) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX document_by_content ON document (sha256)",
        "CREATE INDEX page_picture_by_content ON page_picture (sha256)",
    ):
        connection.execute(statement)


def _pointing(connection: sqlite3.Connection) -> None:
    """Version 6. Places that an answer points at, and the elements of a captured window, as JSON."""
    connection.execute("ALTER TABLE turn ADD COLUMN marks TEXT NOT NULL DEFAULT '[]'")
    connection.execute("ALTER TABLE attachment ADD COLUMN elements TEXT NOT NULL DEFAULT '[]'")


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    _conversations,
    _closer_looks,
    _plain_page,
    _evidence,
    _documents,
    _pointing,
)
"""Step n leads from version n to version n + 1."""

"""Opening the database: newer ones are refused, damaged ones set aside."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from app.store.errors import NEWER, DamagedError, StoreError, explained
from app.store.schema import MIGRATIONS, migrate, version_of

NAME = "history.sqlite"
_SUSPECT = "history-suspect"
"""A file of this name says that damage was met: the whole database is then checked before it is opened again."""
_BUSY_SECONDS = 2.0
"""How long the window may stand still before it says that another program holds the lock."""


class Database:
    """The one connection to ``history.sqlite`` in `folder`, for the thread that made it.

    `set_aside` is where a damaged database was moved to when this one was begun, else None.

    Raises:
        StoreError: it can not be opened, or was written by a newer program.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.set_aside: Path | None = None
        with explained():
            try:
                self._connection = self._open()
            except DamagedError:
                self.set_aside = _set_aside(folder)
                self._connection = self._open()
            self._suspect.unlink(missing_ok=True)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for queries. Raises `StoreError` for what goes wrong inside."""
        try:
            with explained():
                yield self._connection
        except DamagedError:
            with suppress(OSError):
                self._suspect.touch()
            raise

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The connection inside a transaction: committed at the end, rolled back on any exception."""
        with self.reading() as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection

    def close(self) -> None:
        """Close the connection; may be called again."""
        self._connection.close()

    @property
    def _suspect(self) -> Path:
        return self._folder / _SUSPECT

    def _open(self) -> sqlite3.Connection:
        path = self._folder / NAME
        with explained():
            _refuse_newer(path)
            # Made here, because SQLite would give it the permissions of any other file.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
            try:
                for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "secure_delete = ON"):
                    connection.execute(f"PRAGMA {pragma}")
                if self._suspect.exists():
                    _check(connection)
                migrate(connection)
            except BaseException:
                connection.close()
                raise
        return connection


def _refuse_newer(path: Path) -> None:
    """Look at the version without writing a byte. Raises `StoreError`."""
    if not path.exists():
        return
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_BUSY_SECONDS)
    try:
        if version_of(connection) > len(MIGRATIONS):
            raise StoreError(NEWER)
    finally:
        connection.close()


def _check(connection: sqlite3.Connection) -> None:
    """Read every page. Raises `DamagedError`, or SQLite's own error for damage it can not even walk over."""
    if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        raise DamagedError


def damaged_files(folder: Path) -> list[Path]:
    """The databases that were set aside in `folder`."""
    return sorted(folder.glob("history-damaged-*.sqlite"))


def _set_aside(folder: Path) -> Path:
    """Rename the database with the files that belong to it, and return its new place."""
    target = folder / time.strftime("history-damaged-%Y-%m-%d-%H%M%S.sqlite")
    for suffix in ("-shm", "-wal", ""):
        part = folder / f"{NAME}{suffix}"
        if part.exists():
            part.replace(target.with_name(target.name + suffix))
    return target

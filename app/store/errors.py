"""What can go wrong with the history, in a person's words."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

FULL = "The disk is full, so this could not be kept. Free some space, then try again."
BUSY = "Another program is using Fingerpost's history. Close other windows of Fingerpost, then try again."
DAMAGED = "The history is damaged. Start Fingerpost again: it sets the damaged file aside and begins a new one."
READ_ONLY = "Fingerpost may not write to its history. Allow it to write to its folder, then start it again."
UNREADABLE = "The disk with Fingerpost's history reports an error. Check the disk, then try again."
NEWER = "This history was written by a newer Fingerpost and was left as it is. Update Fingerpost to open it."
GONE = "This conversation is no longer in the history. Begin a new one."

_SENTENCES = {
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_PERM: READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: READ_ONLY,
    sqlite3.SQLITE_IOERR: UNREADABLE,
}
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NOT_ALLOWED = {errno.EACCES, errno.EPERM, errno.EROFS}


class StoreError(Exception):
    """The history could not be read or written, and is as it was before. `str()` is a sentence with what to do next."""


class DamagedError(StoreError):
    """The database file holds something that is no sound database."""

    def __init__(self) -> None:
        super().__init__(DAMAGED)


@contextmanager
def explained() -> Iterator[None]:
    """Turn what SQLite and the file system raise into `StoreError`; errors of the program itself pass unchanged."""
    try:
        yield
    except sqlite3.Error as error:
        # The low byte is the kind, the rest says where it happened. The module's own errors have no code.
        code = getattr(error, "sqlite_errorcode", None)
        sentence = None if code is None else _SENTENCES.get(code & 0xFF)
        if sentence is None:
            raise
        raise (DamagedError() if sentence is DAMAGED else StoreError(sentence)) from error
    except OSError as error:
        raise StoreError(_sentence_of(error)) from error


def _sentence_of(error: OSError) -> str:
    if error.errno in _NO_ROOM:
        return FULL
    return READ_ONLY if error.errno in _NOT_ALLOWED else UNREADABLE

"""A table of a document as a file that spreadsheet programs open."""

from __future__ import annotations

import csv
import os
import tempfile
from pathlib import Path

from engine.documents.document import DocumentError, Table
from engine.documents.search.index import Index


def save_table(index: Index, page: int, number: int, to: Path) -> str:
    """Write table `number` (from 0) of `page` as CSV, whole or not at all; returns a sentence that says so.

    Raises:
        DocumentError: the page has no such table, or the file can not be written.
    """
    try:
        table = index.table(page, number)
    except KeyError:
        raise DocumentError(
            "bad_request", "There is no such table on this page any more. Open the page again."
        ) from None
    try:
        _write(table, to)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DocumentError(
            "folder_refused", f"{to.name} could not be written: {reason}. Choose another folder."
        ) from error
    rows = len(table.rows)
    return f"The table is saved as {to.name}, with {rows:,} {'row' if rows == 1 else 'rows'}."


def _write(table: Table, to: Path) -> None:
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=to.parent)
    part = Path(name)
    try:
        # With the mark at its start that spreadsheet programs know UTF-8 by.
        with os.fdopen(handle, "w", encoding="utf-8-sig", errors="replace", newline="") as file:
            csv.writer(file).writerows(table.rows)
        part.replace(to)
    except BaseException:
        part.unlink(missing_ok=True)
        raise

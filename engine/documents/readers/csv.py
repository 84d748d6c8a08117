"""Tables as text: comma, semicolon, tab or bar between the cells, streamed, since they may be huge."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from engine.documents.document import Document, Page, Table
from engine.documents.job import Job
from engine.documents.text.encodings import clean, file_encoding
from engine.documents.text.flow import page_of, title_of

ROWS = 500
"""Rows of a part."""
_SAMPLE = 50
_LONGEST_LINE = 1 << 20
_CELLS = 2_000_000
_LONGEST_CELL = 100_000


def read(path: Path, name: str, job: Job) -> Document:
    """A document of kind ``csv`` in parts of `ROWS` rows, each with the names of the columns as its first row."""
    encoding = file_encoding(path)
    rows, notes = _rows(path, encoding, job)
    names = _names(rows)
    body = rows[1:] if names else rows
    pages: list[Page] = []
    first = 2 if names else 1
    for start in range(0, len(body), ROWS):
        job.checkpoint()
        part = body[start : start + ROWS]
        width = max(len(row) for row in (*part, names))
        padded = tuple(row + ("",) * (width - len(row)) for row in ([names, *part] if names else part))
        label = f"rows {first + start}–{first + start + len(part) - 1}"
        pages.append(page_of(len(pages) + 1, [Table(padded)], label))
    if not pages:
        pages = [page_of(1, [Table((names,))] if names else [], "")]
    return Document("csv", title_of((), name), "part", tuple(pages), notes=tuple(notes))


def _rows(path: Path, encoding: str, job: Job) -> tuple[list[tuple[str, ...]], list[str]]:
    """All rows that say anything within the limits, and notes on what is left out."""
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        sample = list(islice(_lines(file), _SAMPLE))
    separator, quoted = _dialect(sample)
    try:
        return _read_rows(path, encoding, separator, quoted, job)
    except csv.Error:
        # A quote that is never closed: then quotes are no more than characters.
        return _read_rows(path, encoding, separator, False, job)


def _read_rows(
    path: Path, encoding: str, separator: str, quoted: bool, job: Job
) -> tuple[list[tuple[str, ...]], list[str]]:
    rows: list[tuple[str, ...]] = []
    cells = characters = widest = 0
    full = False
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        lines = _lines(file)
        for count, row in enumerate(_parsed(lines, separator, quoted)):
            if count % 1_000 == 0:
                job.checkpoint()
            if not any(row):
                continue
            kept = tuple(clean(cell).strip()[:_LONGEST_CELL] for cell in row[: job.limits.columns])
            cells, characters = cells + len(kept), characters + sum(map(len, kept))
            widest = max(widest, len(row))
            if len(rows) >= job.limits.rows or cells > _CELLS or characters > job.limits.characters:
                full = True
                break
            rows.append(kept)
    notes = []
    if full:
        notes.append(f"It has about {_count_lines(path, encoding):,} rows; only the first {len(rows):,} were read.")
    if widest > job.limits.columns:
        notes.append(f"It has up to {widest:,} columns; only the first {job.limits.columns:,} were read.")
    return rows, notes


def _parsed(lines: Iterable[str], separator: str, quoted: bool) -> Iterator[list[str]]:
    rows = csv.reader(lines, delimiter=separator, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE)
    for index, row in enumerate(rows):
        # Excel's own line, which names the separator.
        if index == 0 and len(row) <= 2 and row and row[0].lower().startswith("sep="):
            continue
        yield row


def _lines(file: Iterable[str]) -> Iterator[str]:
    """Lines of at most `_LONGEST_LINE` characters."""
    readline = file.readline  # type: ignore[attr-defined]
    while line := readline(_LONGEST_LINE):
        yield line.replace("\0", "")


def _dialect(sample: list[str]) -> tuple[str, bool]:
    """The separator that cuts most lines into the same number of cells, and whether quotes mean anything."""
    if sample and sample[0].lower().startswith("sep=") and len(sample[0].strip()) == 5:
        return sample[0][4], True
    best, score = ",", 0.0
    for separator in ",;\t|":
        try:
            rows = [len(row) for row in csv.reader(sample, delimiter=separator) if row]
        except csv.Error:
            rows = [line.count(separator) + 1 for line in sample]
        width, agreeing = Counter(rows).most_common(1)[0] if rows else (1, 0)
        value = agreeing / max(len(rows), 1) + min(width, 20) / 100 if width > 1 else 0.0
        if value > score:
            best, score = separator, value
    return best, True


def _names(rows: list[tuple[str, ...]]) -> tuple[str, ...]:
    """The first row if it can be the names of columns: no number in it, and something below; else empty."""
    if len(rows) < 2 or any(_is_number(cell) for cell in rows[0]) or not all(rows[0][:1]):
        return ()
    return rows[0]


def _is_number(cell: str) -> bool:
    return bool(cell) and cell.strip("-+%$€£ ").replace(",", "").replace(".", "").isdigit()


def _count_lines(path: Path, encoding: str) -> int:
    """Line ends in the file; in UTF-16 and UTF-32 the byte of one is as good as the character."""
    with path.open("rb") as file:
        return sum(piece.count(b"\n") for piece in iter(lambda: file.read(_LONGEST_LINE), b""))

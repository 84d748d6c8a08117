"""Documents between processes: tuples of plain values, so that what comes back from a process that a file may have
taken over is nothing but data."""

from __future__ import annotations

import io
import pickle
from typing import Any

from engine.documents.document import Document, Page, Span, Table, Word
from engine.protocol import Box, OutlineEntry

Packed = tuple[Any, ...]


class PackingError(Exception):
    """Bytes that are no packed values."""


def dumps(values: Packed) -> bytes:
    """Tuples of None, booleans, numbers, texts and bytes as bytes."""
    return pickle.dumps(values, protocol=pickle.HIGHEST_PROTOCOL)


def loads(data: bytes | bytearray) -> Packed:
    """The values that `dumps` was given.

    Raises:
        PackingError: there is anything else in `data`; nothing of it is called.
    """
    try:
        values = _PlainUnpickler(io.BytesIO(data)).load()
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, LookupError, AttributeError, MemoryError) as error:
        raise PackingError("not packed values") from error
    if not isinstance(values, tuple) or not values:
        raise PackingError("not a packed tuple")
    return values


def pack_page(page: Page) -> Packed:
    """A page as plain values."""
    return (
        page.number,
        tuple([_pack_span(span) for span in page.spans]),
        page.label,
        float(page.width),
        float(page.height),
        tuple([(table.rows, _pack_box(table.box), table.caption, table.formulas) for table in page.tables]),
        page.scanned,
        page.recognised,
        page.problem,
    )


def unpack_page(values: Packed) -> Page:
    """The page that was packed.

    Raises:
        PackingError: it is none.
    """
    try:
        number, spans, label, width, height, tables, scanned, recognised, problem = values
        return Page(
            number,
            tuple([_unpack_span(span) for span in spans]),
            label,
            width,
            height,
            tuple([Table(rows, _unpack_box(box), caption, formulas) for rows, box, caption, formulas in tables]),
            scanned,
            recognised,
            problem,
        )
    except (TypeError, ValueError) as error:
        raise PackingError("not a packed page") from error


def pack_document(document: Document) -> Packed:
    """A document as plain values."""
    return (
        document.kind,
        document.title,
        document.page_word,
        tuple([pack_page(page) for page in document.pages]),
        tuple([(entry.title, entry.level, entry.page) for entry in document.outline]),
        document.notes,
    )


def unpack_document(values: Packed) -> Document:
    """The document that was packed.

    Raises:
        PackingError: it is none.
    """
    try:
        kind, title, page_word, pages, outline, notes = values
        return Document(
            kind,
            title,
            page_word,
            tuple([unpack_page(page) for page in pages]),
            tuple([OutlineEntry(*entry) for entry in outline]),
            tuple(notes),
        )
    except (TypeError, ValueError) as error:
        raise PackingError("not a packed document") from error


def _pack_span(span: Span) -> Packed:
    words = tuple([(word.text, word.box.x0, word.box.y0, word.box.x1, word.box.y1) for word in span.words])
    return span.text, span.kind, span.level, _pack_box(span.box), words


def _unpack_span(values: Packed) -> Span:
    text, kind, level, box, words = values
    return Span(
        text,
        kind,
        level,
        _unpack_box(box),
        tuple([Word(word, Box(x0, y0, x1, y1)) for word, x0, y0, x1, y1 in words]),
    )


def _pack_box(box: Box | None) -> Packed | None:
    return None if box is None else (box.x0, box.y0, box.x1, box.y1)


def _unpack_box(values: Packed | None) -> Box | None:
    return None if values is None else Box(*values)


class _PlainUnpickler(pickle.Unpickler):
    """Knows no classes and no functions."""

    def find_class(self, module: str, name: str, /) -> Any:
        raise pickle.UnpicklingError(f"{module}.{name} is no plain value")

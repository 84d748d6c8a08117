"""Reads a file, whatever kind it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import cast

from engine.documents.document import Document, DocumentError
from engine.documents.job import Job, Stopped
from engine.documents.sniff import kind_of
from engine.protocol import DocumentKind

Reader = Callable[[Path, str, Job], Document]

# By name: a reader and the libraries it needs are imported when the first file of its kind is read.
_READERS: dict[DocumentKind, str] = {
    "pdf": "pdf",
    "docx": "docx",
    "pptx": "pptx",
    "xlsx": "sheets",
    "xls": "sheets",
    "ods": "sheets",
    "odt": "odf",
    "odp": "odf",
    "epub": "epub",
    "html": "html",
    "markdown": "markdown",
    "text": "text",
    "code": "text",
    "csv": "csv",
    "json": "json",
    "email": "email",
    "picture": "picture",
}
_WORDS: dict[DocumentKind, str] = {
    "pdf": "a PDF",
    "docx": "a Word document",
    "pptx": "a PowerPoint presentation",
    "xlsx": "an Excel workbook",
    "xls": "an Excel 97 to 2003 workbook",
    "ods": "an OpenDocument spreadsheet",
    "odt": "an OpenDocument text",
    "odp": "an OpenDocument presentation",
    "epub": "an e-book",
    "html": "a web page",
    "email": "an e-mail",
    "picture": "a picture",
    "text": "plain text",
    "code": "plain text",
    "markdown": "plain text",
    "csv": "a table as text",
    "json": "JSON",
}
_SUFFIXES: dict[DocumentKind, tuple[str, ...]] = {
    "pdf": (".pdf",),
    "docx": (".docx", ".docm", ".dotx", ".dotm"),
    "pptx": (".pptx", ".pptm", ".ppsx", ".ppsm", ".potx", ".potm"),
    "xlsx": (".xlsx", ".xlsm", ".xltx", ".xltm", ".xlsb"),
    "xls": (".xls", ".xlt"),
    "ods": (".ods", ".ots"),
    "odt": (".odt", ".ott"),
    "odp": (".odp", ".otp"),
    "epub": (".epub",),
    "picture": (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".heic", ".heif", ".avif"),
}
_OTHER_FORMATS = frozenset((".doc", ".ppt", ".rtf", ".pages", ".numbers", ".key", ".msg"))
_ENDINGS = frozenset(suffix for suffixes in _SUFFIXES.values() for suffix in suffixes) | _OTHER_FORMATS


def read(path: Path, name: str, job: Job) -> Document:
    """The document at `path`, which the person calls `name`.

    Raises:
        DocumentError: it can not be read; PasswordNeeded where it can with a password.
        Stopped: by `job.checkpoint`.
    """
    try:
        _check_size(path, name, job)
        kind = kind_of(path, name, job.limits)
        document = reader_of(kind)(path, name, job)
    except (DocumentError, Stopped, MemoryError):
        raise
    except FileNotFoundError as error:
        raise DocumentError("document_unreadable", f"{name} is not there any more. Add it again.") from error
    except OSError as error:
        raise DocumentError(
            "document_unreadable", f"{name} can not be read from its disk. Copy it elsewhere and add the copy."
        ) from error
    except Exception as error:  # Files come from strangers: whatever a library makes of one is no crash.
        raise DocumentError(
            "document_unreadable",
            f"{name} is damaged, or made in a way that is not understood. Open it in the program it comes from and "
            "save it again, or as PDF.",
        ) from error
    if document.pages:
        job.progress(len(document.pages), len(document.pages))
    return _with_note_on_ending(document, name)


def reader_of(kind: DocumentKind) -> Reader:
    """The function that reads files of `kind`."""
    return cast(Reader, import_module(f"engine.documents.readers.{_READERS[kind]}").read)


def _check_size(path: Path, name: str, job: Job) -> None:
    size, most = path.stat().st_size, job.limits.file_bytes
    if size > most:
        raise DocumentError(
            "document_unreadable",
            f"{name} has {size / 1e6:,.0f} MB, and {most / 1e6:,.0f} MB is the most that is read. Split it and add "
            "the parts.",
        )


def _with_note_on_ending(document: Document, name: str) -> Document:
    suffix = Path(name).suffix.lower()
    if suffix not in _ENDINGS or suffix in _SUFFIXES.get(document.kind, ()):
        return document
    note = f"The name ends in {suffix}, but it is {_WORDS[document.kind]}, and was read as that."
    return replace(document, notes=(*document.notes, note))

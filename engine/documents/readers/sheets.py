"""Workbooks of Excel and spreadsheets of OpenDocument: a page for each sheet, its cells as tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.documents.document import Document, DocumentError, Page
from engine.documents.job import Job
from engine.documents.limits import open_zip
from engine.documents.office.sheet_pages import Sheets
from engine.documents.sniff import kind_of
from engine.documents.text.flow import title_of
from engine.protocol import DocumentKind, OutlineEntry


def read(path: Path, name: str, job: Job) -> Document:
    """A document of kind ``xlsx``, ``xls`` or ``ods``."""
    kind = kind_of(path, name, job.limits)
    if kind == "xls":
        return _binary(path, name, job, kind)
    with open_zip(path, job.limits, name) as file:
        if "xl/workbook.bin" in file:
            return _binary(path, name, job, kind)
        if kind == "ods":
            from engine.documents.office.ods_sheets import open_sheets  # noqa: PLC0415 - only what the kind needs

            return _document(kind, name, job, *open_sheets(file, name))
        from engine.documents.office.xlsx_sheets import open_workbook  # noqa: PLC0415

        return _document(kind, name, job, *open_workbook(file, name))


PageOf = Callable[[Sheets, int], Page]


def _binary(path: Path, name: str, job: Job, kind: DocumentKind) -> Document:
    from engine.documents.office.xls_sheets import open_binary  # noqa: PLC0415 - only where there is such a file

    return _document(kind, name, job, *open_binary(path, name))


def _document(
    kind: DocumentKind, name: str, job: Job, labels: list[str], page_of: PageOf, declared: str, notes: list[str]
) -> Document:
    """`page_of` reads the sheet of a number from 1; `labels` are the names of all of them."""
    total = min(len(labels), job.limits.pages)
    job.opened(total)
    sheets = Sheets(job)
    pages = []
    for number in range(job.first, total + 1):
        job.checkpoint()
        page = page_of(sheets, number)
        if job.emit is None:
            pages.append(page)
        else:
            job.emit(page)
        job.progress(number, total)
    if not labels:
        raise DocumentError("document_unreadable", f"{name} has no sheets. Choose another file.")
    if len(labels) > total:
        sheets.notes.append(f"It has {len(labels):,} sheets; only the first {total:,} were read.")
    outline = tuple(OutlineEntry(label, 1, number) for number, label in enumerate(labels[:total], start=1))
    title = title_of((), name, declared)
    return Document(kind, title, "sheet", tuple(pages), outline, (*notes, *sheets.notes))

"""PDF: text in reading order with a place for each word, tables, form fields, notes, outline."""

from __future__ import annotations

from pathlib import Path

from engine.documents.document import Document, Page, Span
from engine.documents.job import Job
from engine.documents.pdf.grids import find_grids
from engine.documents.pdf.layout import lay_out
from engine.documents.pdf.pdfium import Mark, PageError, Pdf, PdfPage, open_pdf
from engine.documents.pdf.shapes import Shapes
from engine.documents.pdf.words import Words
from engine.protocol import Box

_SCAN = 0.6
"""The part of a page that a picture covers when the page was scanned."""
_STAMP = 60
"""Letters of text that a scanner or a fax may have put over it."""
_MOST_WORDS = 50_000
"""On one page."""


def read(path: Path, name: str, job: Job) -> Document:
    """Read a PDF file. A page that can not be read is in it with its `problem`.

    Raises:
        PasswordNeeded: it is encrypted, and the job's password does not open it.
        DocumentError: it can not be read at all.
        Stopped: from the job's checkpoint.
    """
    with open_pdf(path, name, job.password) as pdf:
        total = min(pdf.pages, job.limits.pages)
        notes = _notes(pdf, job.limits.pages)
        job.opened(total)
        pages: list[Page] = []
        left = job.limits.characters
        for number in range(job.first, total + 1):
            job.checkpoint()
            page = _read_page(pdf, number)
            if left < 0:
                page = Page(number, (), page.label, page.width, page.height, problem=_TOO_MUCH)
            left -= sum(len(span.text) for span in page.spans)
            if job.emit is None:
                pages.append(page)
            else:
                job.emit(page)
            job.progress(number, total)
        outline = tuple(entry for entry in pdf.outline() if entry.page <= total)
        return Document("pdf", pdf.title or Path(name).stem, "page", tuple(pages), outline, notes)


_TOO_MUCH = "There is more text in this file than can be read at once. Split the file to read this page."


def _notes(pdf: Pdf, most: int) -> tuple[str, ...]:
    notes = []
    if pdf.pages > most:
        notes.append(f"It has {pdf.pages:,} pages. The first {most:,} were read.")
    if attached := pdf.attachments:
        listed = ", ".join(name or "one without a name" for name in attached[:10])
        more = f" and {len(attached) - 10} more" if len(attached) > 10 else ""
        notes.append(f"Files attached to it were not opened: {listed}{more}.")
    return tuple(notes)


def _read_page(pdf: Pdf, number: int) -> Page:
    label = pdf.label(number)
    try:
        with pdf.page(number) as page:
            return _read_open(page, number, label)
    except PageError:
        return Page(number, (), label, problem=f"Page {number} is damaged and could not be read.")


def _read_open(page: PdfPage, number: int, label: str) -> Page:
    words = page.words()
    if len(words.texts) > _MOST_WORDS:
        problem = f"Page {number} has too many words to be read: it may be a drawing made of text."
        return Page(number, (), label, page.width, page.height, problem=problem)
    shapes = page.shapes()
    letters = sum(map(len, words.texts))
    if letters and 2 * words.unmapped > letters:
        # The file draws letters without saying which: only a look at the page tells.
        words = words.only(words.sizes < 0)
        letters = 0
    laid = lay_out(words, find_grids(shapes), page.width, page.height)
    marks = tuple(_span(mark, page) for mark in page.marks())
    return Page(
        number,
        (*laid.spans, *marks),
        label,
        page.width,
        page.height,
        tuple(laid.tables),
        scanned=_is_scan(page, words, shapes, letters),
    )


def _is_scan(page: PdfPage, words: Words, shapes: Shapes, letters: int) -> bool:
    if letters == 0:
        return shapes.drawn or words.unmapped > 0
    covered = max(((box[2] - box[0]) * (box[3] - box[1]) for box in shapes.pictures), default=0.0)
    return letters < _STAMP and covered >= _SCAN * page.width * page.height


def _span(mark: Mark, page: PdfPage) -> Span:
    left, top, right, bottom = (
        min(max(side / whole, 0.0), 1.0) for side, whole in zip(mark.box, (page.width, page.height) * 2, strict=True)
    )
    return Span(mark.text, "form" if mark.form else "note", box=Box(left, top, right, bottom))

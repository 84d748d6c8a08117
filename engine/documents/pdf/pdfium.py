"""PDF files through PDFium: what is in them besides the text of their pages. PDFium is not thread-safe: one thread."""

from __future__ import annotations

import ctypes
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from engine.documents.document import DocumentError, PasswordNeeded
from engine.documents.pdf.shapes import MOST_OBJECTS, Shapes, shapes_of
from engine.documents.pdf.view import Side, View
from engine.documents.pdf.words import Words, words_of
from engine.protocol import OutlineEntry

PageError = pypdfium2.PdfiumError
"""A page that can not be loaded."""
_LONGEST_TEXT = 1 << 20
"""Bytes of a field, a note, a name."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A form field as ``name: value``, or what an annotation says."""

    text: str
    box: Side
    form: bool


class PdfPage:
    """A page that is open. Places are points from the top left corner of the page as it is shown: cropped, and turned
    as the page says."""

    def __init__(self, page: Any, form: Any) -> None:
        self._raw, self._form = page.raw, form
        self._view = View(page.get_bbox(), page.get_rotation())
        self.width, self.height = self._view.width, self._view.height

    def words(self) -> Words:
        """All words that can be seen."""
        return words_of(self._raw, self._view)

    def shapes(self) -> Shapes:
        """What is drawn besides text."""
        return shapes_of(self._raw, self._view)

    def marks(self) -> list[Mark]:
        """Form fields with a value, and annotations that say something."""
        marks = []
        for index in range(min(pdfium.FPDFPage_GetAnnotCount(self._raw), MOST_OBJECTS)):
            annotation = pdfium.FPDFPage_GetAnnot(self._raw, index)
            if not annotation:
                continue
            try:
                form = pdfium.FPDFAnnot_GetSubtype(annotation) == pdfium.FPDF_ANNOT_WIDGET
                if text := self._field(annotation) if form else _note(annotation):
                    marks.append(Mark(text, self._place(annotation), form))
            finally:
                pdfium.FPDFPage_CloseAnnot(annotation)
        return marks

    def _place(self, annotation: Any) -> Side:
        box = pdfium.FS_RECTF()
        pdfium.FPDFAnnot_GetRect(annotation, box)
        left, top, right, bottom = self._view.shown(np.array([[box.left, box.bottom, box.right, box.top]]))[0].tolist()
        return left, top, right, bottom

    def _field(self, annotation: Any) -> str:
        form = self._form
        if not form or pdfium.FPDFAnnot_GetFormFieldType(form, annotation) == pdfium.FPDF_FORMFIELD_PUSHBUTTON:
            return ""
        label = _string(lambda *room: pdfium.FPDFAnnot_GetFormFieldAlternateName(form, annotation, *room))
        name = label or _string(lambda *room: pdfium.FPDFAnnot_GetFormFieldName(form, annotation, *room))
        value = _string(lambda *room: pdfium.FPDFAnnot_GetFormFieldValue(form, annotation, *room))
        return f"{name}: {value}" if name and value else value


class Pdf:
    """A PDF file that is open."""

    def __init__(self, document: Any) -> None:
        self._document = document
        # Before any page is loaded, or fields have no values. Nothing in it runs: this PDFium has no JavaScript.
        with _quiet(), suppress(pypdfium2.PdfiumError):
            document.init_forms()
        self.pages = len(document)

    @property
    def title(self) -> str:
        """What the file says it is called, or ``""``."""
        return _told(lambda: self._document.get_metadata_value("Title"))

    @property
    def attachments(self) -> tuple[str, ...]:
        """Names of files inside it, the first hundred."""
        count = min(self._document.count_attachments(), 100)
        return tuple(_told(partial(_attachment_name, self._document, index)) for index in range(count))

    def outline(self) -> tuple[OutlineEntry, ...]:
        """The table of contents, as far as it leads to pages."""
        entries = []
        with _quiet():
            for bookmark in self._document.get_toc():
                place = bookmark.get_dest()
                page = place.get_index() if place else None
                if (title := _told(bookmark.get_title)) and page is not None and page < self.pages:
                    entries.append(OutlineEntry(title, bookmark.level + 1, page + 1))
                if len(entries) >= MOST_OBJECTS:
                    break
        return tuple(entries)

    def label(self, number: int) -> str:
        """What stands for page `number` (from 1) instead of its number, or ``""``."""
        label = _told(lambda: self._document.get_page_label(number - 1))
        return "" if label == str(number) else label

    @contextmanager
    def page(self, number: int) -> Iterator[PdfPage]:
        """Page `number`, from 1.

        Raises:
            PageError: it can not be loaded.
        """
        page = self._document[number - 1]
        try:
            yield PdfPage(page, self._document.formenv.raw if self._document.formenv else None)
        finally:
            page.close()

    def draw(self, number: int, scale: float, cut: Side) -> Image.Image:
        """Page `number` as an RGB picture with `scale` pixels a point, without the points `cut` away at the left,
        bottom, right and top. Annotations and form fields are drawn too.

        Raises:
            PageError: it can not be loaded.
        """
        page = self._document[number - 1]
        try:
            bitmap = page.render(scale=scale, crop=cut, rev_byteorder=True)
            picture: Image.Image = bitmap.to_pil().convert("RGB")
            return picture
        finally:
            page.close()


@contextmanager
def open_pdf(path: Path, name: str, password: str) -> Iterator[Pdf]:
    """The PDF file at `path`, which messages call `name`. What is damaged is repaired as far as PDFium can.

    Raises:
        PasswordNeeded: it is encrypted, and `password` does not open it.
        DocumentError: it is not there, or it can not be repaired, or it has no pages.
    """
    try:
        document = pypdfium2.PdfDocument(path, password=password.replace("\0", "") or None)
    except FileNotFoundError as error:
        raise DocumentError("document_unreadable", f"{name} is not there any more. Add it again.") from error
    except pypdfium2.PdfiumError as error:
        raise _refusal(error.err_code, name, bool(password)) from error
    try:
        yield Pdf(document)
    finally:
        document.close()


def _refusal(code: int | None, name: str, tried: bool) -> DocumentError:
    if code == pdfium.FPDF_ERR_PASSWORD:
        wrong, missing = f"This password does not open {name}. Type it again.", f"{name} needs a password to be read."
        return PasswordNeeded("password_needed", wrong if tried else missing)
    sentences = {
        pdfium.FPDF_ERR_SECURITY: "is protected in a way that can not be read here. Save it without protection and add "
        "it again.",
        pdfium.FPDF_ERR_FILE: "may not be read. Change its permissions or add a copy of it.",
        pdfium.FPDF_ERR_SUCCESS: "has no pages. Save it again in the program it comes from.",
    }
    damaged = "is damaged or cut short. Open it in the program it comes from and save it again."
    return DocumentError("document_unreadable", f"{name} {sentences.get(code or 0, damaged)}")


def _attachment_name(document: Any, index: int) -> str:
    return str(document.get_attachment(index).get_name())


def _note(annotation: Any) -> str:
    if pdfium.FPDFAnnot_GetSubtype(annotation) in (pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_POPUP):
        return ""
    said = _string(lambda *room: pdfium.FPDFAnnot_GetStringValue(annotation, b"Contents", *room))
    author = _string(lambda *room: pdfium.FPDFAnnot_GetStringValue(annotation, b"T", *room))
    return f"{author}: {said}" if said and author else said


def _string(fill: Callable[..., int]) -> str:
    """What `fill(buffer, bytes)` writes as UTF-16, called first without a buffer for the length."""
    size = fill(None, 0)
    if not 2 < size <= _LONGEST_TEXT:
        return ""
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    fill(buffer, size)
    return _clean(bytes(buffer)[: size - 2].decode("utf-16-le", "replace"))


def _told(call: Callable[[], str]) -> str:
    """What the library says, ``""`` where the file makes it fail or is no proper text."""
    try:
        return _clean(call())
    except (pypdfium2.PdfiumError, UnicodeDecodeError):
        return ""


def _clean(text: str) -> str:
    return " ".join(re.sub(r"[\x00-\x1f\ufffe\ud800-\udfff]", " ", text).split())


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the library's own warnings about odd files: they are no news to anyone here."""
    log = logging.getLogger("pypdfium2")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)

"""What a document is once it has been read: pages of text with places, whatever kind of file it was."""

from __future__ import annotations

from dataclasses import dataclass

from engine.protocol import Box, DocumentKind, FailureCode, OutlineEntry, PageWord, SpanKind


class DocumentError(Exception):
    """A file that can not be read. `code` is the protocol's failure code, `str()` a sentence for a person."""

    def __init__(self, code: FailureCode, message: str) -> None:
        super().__init__(message)
        self.code = code


class PasswordNeeded(DocumentError):
    """The file is encrypted, and the password is missing or wrong."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it stands on the page."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True)
class Span:
    """A paragraph, heading, row of a table or the like, in reading order. `words` are empty where the format has no
    places; `level` is that of a heading, from 1, else 0."""

    text: str
    kind: SpanKind = "text"
    level: int = 0
    box: Box | None = None
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells as text, all rows of the same length. `formulas` has the same shape where a sheet has any."""

    rows: tuple[tuple[str, ...], ...]
    box: Box | None = None
    caption: str = ""
    formulas: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """`number` counts from 1; `label` is what is printed on it or what a sheet is called, else ``""``. `width` and
    `height` are points, 0 where the format has no places. The text of each table is also among the spans (kind
    ``table``, a span per row, cells joined by " | "), so that spans alone are all there is to search.

    `scanned`: there is no text layer but there is something to see; `recognised`: the spans come from OCR.
    `problem` is a sentence where this page could not be read."""

    number: int
    spans: tuple[Span, ...]
    label: str = ""
    width: float = 0.0
    height: float = 0.0
    tables: tuple[Table, ...] = ()
    scanned: bool = False
    recognised: bool = False
    problem: str = ""

    @property
    def text(self) -> str:
        """All spans, a blank line between two."""
        return "\n\n".join(span.text for span in self.spans)


@dataclass(frozen=True, slots=True)
class Document:
    """A file that has been read. `notes` are sentences for a person: what was left out and why (rows over the cap,
    attachments that were not opened, macros that were not run)."""

    kind: DocumentKind
    title: str
    page_word: PageWord
    pages: tuple[Page, ...]
    outline: tuple[OutlineEntry, ...] = ()
    notes: tuple[str, ...] = ()

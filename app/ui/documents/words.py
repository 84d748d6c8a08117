"""Documents in words."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.documents import Citation, DocumentAttachment
from app.ui.document_viewer.words import PageWords, counted, place_words
from engine.protocol import DocumentKind, PageWord, SourceRead

_ICONS: dict[DocumentKind, str] = {
    "xlsx": "table",
    "xls": "table",
    "ods": "table",
    "csv": "table",
    "pptx": "slides",
    "odp": "slides",
    "email": "mail",
    "picture": "picture",
}


def icon_of(document: DocumentAttachment) -> str:
    """The drawing that stands for it."""
    if document.state == "password":
        return "lock"
    if document.state == "failed":
        return "warning"
    return _ICONS.get(document.kind, "document") if document.kind is not None else "document"


def state_line(document: DocumentAttachment) -> str:
    """ "Reading 120 of 312 pages", "12 pages, 2 notes", or what is wrong."""
    word = document.page_word
    match document.state:
        case "reading":
            return f"Reading {document.done:,} of {counted(document.total, word)}" if document.total else "Reading"
        case "failed":
            return document.sentence or "It can not be read. Remove it and try another file."
        case "password":
            return document.sentence or "It needs a password to be opened."
        case "ready":
            parts = [counted(document.pages, word)]
            if document.done < document.total:
                parts.append(f"recognising {document.done:,} of {document.total:,}")
            if document.notes:
                parts.append(counted(len(document.notes), "note"))
            return ", ".join(parts)


def read_words(document: DocumentAttachment, sources: Sequence[SourceRead]) -> str:
    """ "24 pages · all read · 11,480 tokens"; without what is not known yet."""
    parts = [counted(document.pages, document.page_word)] if document.pages else []
    source = next((each for each in sources if each.document == document.id), None)
    if source is not None:
        parts.append("all read" if source.whole else f"{len(source.pages):,} read")
        parts.append(counted(source.tokens, "token"))
    return " · ".join(parts)


def sources_line(sources: Sequence[SourceRead], words: PageWords) -> str:
    """ "Read: contract.pdf, 4 of 312 pages, 2,140 tokens"."""
    kinds = {words.get(each.document, "page") for each in sources}
    word = kinds.pop() if len(kinds) == 1 else "page"
    which = sources[0].name if len(sources) == 1 else f"{len(sources):,} documents"
    total, read = sum(each.total_pages for each in sources), sum(_pages_read(each) for each in sources)
    pages = f"all {counted(total, word)}" if read == total and total > 1 else f"{read:,} of {counted(total, word)}"
    return f"Read: {which}, {pages}, {counted(sum(each.tokens for each in sources), 'token')}"


def source_line(source: SourceRead, word: PageWord) -> str:
    """ "4 of 312 pages (3, 7–9), 2,140 tokens"."""
    if source.whole:
        return f"All {counted(source.total_pages, word)}, {counted(source.tokens, 'token')}"
    which = f" ({page_ranges(source.pages)})" if source.pages else ""
    return f"{len(source.pages):,} of {counted(source.total_pages, word)}{which}, {counted(source.tokens, 'token')}"


def page_ranges(pages: Sequence[int]) -> str:
    """ "3, 7–9, 12"."""
    runs: list[list[int]] = []
    for page in sorted(set(pages)):
        if runs and page == runs[-1][-1] + 1:
            runs[-1].append(page)
        else:
            runs.append([page])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def verdict(citation: Citation, words: PageWords) -> tuple[str, str]:
    """What was found out about a quote: a few words, and what follows them."""
    word = words.get(citation.passage.document, "page")
    place = place_words(citation.place, "", word)
    if citation.proved:
        where = "on" if word in ("page", "slide", "sheet") else "in"
        return f"✓ found {where} {place}", f"“{shortened(citation.quote)}”" if citation.quote else ""
    return "not proved", f"the quoted words are not in the document. {place.capitalize()} is the nearest."


def shortened(text: str, most: int = 160) -> str:
    """One line of at most `most` letters, cut at a word."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[:most].rsplit(" ", 1)[0] + "…"


def _pages_read(source: SourceRead) -> int:
    return source.total_pages if source.whole else len(source.pages)

"""How places in documents are called."""

from __future__ import annotations

from collections.abc import Mapping

from engine.protocol import PageWord, PassageFound

PageWords = Mapping[str, PageWord]
"""What the pages of a document, by its sha256, are called. A document that is not in it has pages."""


def place_words(page: int, label: str = "", word: PageWord = "page") -> str:
    """ "page 7", "slide 3", "sheet 2, Costs", "page 12 (printed iv)"."""
    said = f"{word} {page}"
    if not label or label == str(page):
        return said
    return f"{said} (printed {label})" if word == "page" else f"{said}, {label}"


def passage_place(passage: PassageFound, words: PageWords) -> str:
    """ "lease.pdf, page 7"."""
    return f"{passage.name}, {place_words(passage.page, passage.label, words.get(passage.document, 'page'))}"


def counted(number: int, word: str) -> str:
    """ "1 page", "1,204 pages"."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"

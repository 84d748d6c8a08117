"""Every place where a document says a text, letter for letter but for case, widths and line breaks."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from engine.documents.boxes import boxes_of
from engine.documents.document import Span
from engine.documents.search.index import Index
from engine.protocol import TextPlace

AROUND = 40
"""Characters that are told before and after a place."""


def find_text(index: Index, text: str, most: int) -> tuple[list[TextPlace], bool]:
    """The first `most` places of `text` in reading order, and whether there are more.

    Raises:
        IndexDamaged: the index has to be built again.
    """
    sought, _ = _folded(" ".join(text.split()))
    places: list[TextPlace] = []
    if not sought:
        return places, False
    for page in index.pages():
        for span in page.spans:
            for start, end in _occurrences(span.text, sought):
                if len(places) == most:
                    return places, True
                places.append(_place(page.number, span, start, end))
    return places, False


def _occurrences(text: str, sought: str) -> Iterator[tuple[int, int]]:
    """Where `sought`, which is folded, stands in `text`."""
    folded, origin = _folded(text)
    at = folded.find(sought)
    while at >= 0:
        yield origin[at], origin[at + len(sought) - 1] + 1
        at = folded.find(sought, at + len(sought))


def _folded(text: str) -> tuple[str, range | list[int]]:
    """`text` as it is compared, and which of its characters each of that comes from."""
    if text.isascii():
        return text.lower().translate(_SPACES), range(len(text))
    folded, origin = [], []
    for at, character in enumerate(text):
        for each in unicodedata.normalize("NFKC", character).casefold():
            folded.append(" " if each.isspace() else each)
            origin.append(at)
    return "".join(folded), origin


def _place(page: int, span: Span, start: int, end: int) -> TextPlace:
    before, after = span.text[max(0, start - AROUND) : start], span.text[end : end + AROUND]
    return TextPlace(page, boxes_of(span, start, end), before, span.text[start:end], after)


_SPACES = {ord(character): " " for character in "\t\n\r\v\f"}

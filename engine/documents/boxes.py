"""Which lines of a page a piece of its text stands on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.documents.document import Span
from engine.protocol import Box

SAME_LINE = 0.5
"""Two words are on one line where their heights overlap by this share of the smaller one."""
GAP = 3.0
"""The widest gap within a line, in heights of it: what is further away is the next column."""


def boxes_of(span: Span, start: int, end: int) -> tuple[Box, ...]:
    """The lines of ``span.text[start:end]``, top to bottom as they are read. A span that has a place and no words
    gives its own, and one without places nothing."""
    if start >= end:
        return ()
    if not span.words:
        return (span.box,) if span.box else ()
    return tuple(lines(box for box, first, last in word_places(span) if first < end and last > start))


def word_places(span: Span) -> Iterator[tuple[Box, int, int]]:
    """Each word's box with where it begins and ends in the span's text. A word that the text has otherwise, as one
    that was hyphenated on the page, stands where the one before it ends."""
    text, at = span.text, 0
    for word in span.words:
        plain = word.text.rstrip("-\u00ad\u2010")
        found = text.find(word.text, at)
        length = len(word.text)
        if found < 0 and plain and plain != word.text:
            found, length = text.find(plain, at), len(plain)
        if found < 0:
            found, length = at, max(0, min(len(word.text), len(text) - at))
        yield word.box, found, found + length
        at = found + length


def lines(boxes: Iterable[Box]) -> Iterator[Box]:
    """The unions of `boxes` that follow each other on one line."""
    boxes = iter(boxes)
    first = next(boxes, None)
    if first is None:
        return
    x0, y0, x1, y1 = first.x0, first.y0, first.x1, first.y1
    for box in boxes:
        shared = (y1 if y1 < box.y1 else box.y1) - (y0 if y0 > box.y0 else box.y0)
        height, other = y1 - y0, box.y1 - box.y0
        gap = box.x0 - x1 if box.x0 > x1 else x0 - box.x1
        if shared >= SAME_LINE * (height if height < other else other) and gap <= GAP * height:
            x0, y0, x1, y1 = min(x0, box.x0), min(y0, box.y0), max(x1, box.x1), max(y1, box.y1)
        else:
            yield Box(x0, y0, x1, y1)
            x0, y0, x1, y1 = box.x0, box.y0, box.x1, box.y1
    yield Box(x0, y0, x1, y1)

"""Whether a document says what is quoted from it, and where: by the page's own words, or by those of the OCR."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from engine.documents.boxes import boxes_of
from engine.documents.document import Page, Span
from engine.documents.search.index import Index, sound
from engine.documents.search.quote_words import NEGATIONS, SMALL, Token, joined, same_facts, same_word, tokens
from engine.documents.search.words import words
from engine.protocol import Box

SHORTEST = 12
"""Letters and digits of a quote that is looked for; half of that in scripts whose characters are words."""
NEAR_FROM = 4
"""Words of a part that may stand there a little differently."""
CLOSE = 85.0
"""How like the page a part must be before it is compared word by word, of 100."""
FREE = 10
"""One small word in so many may be left out or put in."""
CANDIDATES = 8
"""Pages on which a quote is looked for that stands nowhere word for word."""
GAP = 5
"""Words that an ellipsis may leave out with a negation among them."""

_ELLIPSIS = re.compile(r"[\[(]\s*(?:…|\.\s?\.\s?\.)\s*[\])]|…|\.\s?\.\s?\.+")


@dataclass(frozen=True, slots=True)
class QuotePlace:
    """Where a quote stands. `text` is what the page says there, `exact` whether that is the same but for case, blanks,
    hyphenation and marks, `score` how alike they are, up to 1. `boxes` are the lines of it on `page`; where it goes on
    overleaf, those before the end of the page."""

    page: int
    boxes: tuple[Box, ...]
    text: str
    exact: bool
    score: float


@dataclass(frozen=True, slots=True)
class _Match:
    """Words `first` to `last` (exclusive) of a text."""

    first: int
    last: int
    score: float


class _Text:
    """The words of a page, or of two that follow each other, with the spans they stand in."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self.recognised = any(page.recognised for page in pages)
        self.words = list[Token]()
        self.homes = list[tuple[Page, Span]]()
        for page in pages:
            for span in page.spans:
                said = tokens(span.text)
                self.words += said
                self.homes += [(page, span)] * len(said)
        self.letters, self.starts = joined(self.words)

    def place(self, matches: Sequence[_Match]) -> QuotePlace:
        """What `matches`, in order, come to."""
        page = self.homes[matches[0].first][0]
        boxes, texts = list[Box](), list[str]()
        for match in matches:
            pieces = list[str]()
            for home, span, start, end in self._pieces(match):
                pieces.append(span.text[start:end])
                if home is page:
                    boxes += boxes_of(span, start, end)
            texts.append(" ".join(pieces))
        score = min(match.score for match in matches)
        return QuotePlace(page.number, tuple(dict.fromkeys(boxes)), " … ".join(texts), score == 1, score)

    def _pieces(self, match: _Match) -> Iterator[tuple[Page, Span, int, int]]:
        at = match.first
        while at < match.last:
            page, span = self.homes[at]
            start = self.words[at].start
            while at < match.last and self.homes[at][1] is span:
                end = self.words[at].end
                at += 1
            yield page, span, start, end


def locate(index: Index, quote: str, page: int = 0) -> QuotePlace | None:
    """Where the document says `quote`; None where it does not, or where the quote is too short to tell. `page` is
    looked at first. An ellipsis leaves something out between parts that follow each other. Numbers and negations must
    be the same: a quote that has others is not found, however alike the rest is.

    Raises:
        IndexDamaged: the index has to be built again.
    """
    parts = [part for text in _ELLIPSIS.split(quote) if (part := tokens(text))]
    if sum(len(token.word) * (2 if _is_character(token) else 1) for part in parts for token in part) < SHORTEST:
        return None
    likely = _likely_pages(index, quote)
    if 1 <= page <= index.page_count:
        likely = [page, *(number for number in (page - 1, page + 1, *likely) if number != page)]
    numbers = [number for number in dict.fromkeys(likely) if 1 <= number <= index.page_count][: CANDIDATES + 3]
    pages = {number: index.page(number) for number in numbers}
    near: QuotePlace | None = None
    for overleaf in (False, True):
        for number in numbers:
            text = _text(index, pages, number, overleaf)
            found = _find(text, parts) if text else None
            if found and found.exact:
                return found
            if found and (near is None or found.score > near.score):
                near = found
        if near:
            return near
    return None


def _text(index: Index, pages: dict[int, Page], number: int, overleaf: bool) -> _Text | None:
    if not overleaf:
        return _Text([pages[number]])
    if number == index.page_count:
        return None
    after = pages.get(number + 1) or index.page(number + 1)
    return _Text([pages[number], after])


def _find(text: _Text, parts: Sequence[Sequence[Token]]) -> QuotePlace | None:
    """The parts, one after the other. Where the first comes several times, the place from which all follow."""
    begin = 0
    while (matches := _follow(text, parts, begin)) is not None:
        if all(_leaves_out(text, one, after) for one, after in pairwise(matches)):
            return text.place(matches)
        begin = matches[0].first + 1
    return None


def _follow(text: _Text, parts: Sequence[Sequence[Token]], begin: int) -> list[_Match] | None:
    matches = list[_Match]()
    for part in parts:
        match = _exact(text, part, begin) or _near(text, part, begin)
        if match is None:
            return None
        matches.append(match)
        begin = match.last
    return matches


def _leaves_out(text: _Text, one: _Match, after: _Match) -> bool:
    """Whether an ellipsis between the two is honest: a lone "not" is not to be left out."""
    between = text.words[one.last : after.first]
    return len(between) > GAP or not any(token.word in NEGATIONS for token in between)


def _exact(text: _Text, part: Sequence[Token], begin: int) -> _Match | None:
    letters, _ = joined(part)
    at = text.letters.find(letters, text.starts[begin]) if letters else -1
    while at >= 0:
        first = bisect_left(text.starts, at)
        last = bisect_left(text.starts, at + len(letters))
        whole = text.starts[first] == at and text.starts[last] == at + len(letters)
        if whole and same_facts(part, text.words[first:last]):
            return _Match(first, last, 1.0)
        at = text.letters.find(letters, at + 1)
    return None


def _near(text: _Text, part: Sequence[Token], begin: int) -> _Match | None:
    if len(part) < NEAR_FROM:
        return None
    letters, _ = joined(part)
    rest = text.letters[text.starts[begin] :]
    if len(letters) > len(rest) * 1.1:
        return None
    alignment = fuzz.partial_ratio_alignment(letters, rest, score_cutoff=CLOSE)
    if alignment is None:
        return None
    offset = text.starts[begin]
    # Some room at both ends: the alignment is of letters, and may begin or end inside of a word.
    first = max(begin, bisect_right(text.starts, alignment.dest_start + offset) - 3)
    last = min(len(text.words), bisect_left(text.starts, alignment.dest_end + offset) + 2)
    return _word_by_word(part, text, first, last)


def _word_by_word(part: Sequence[Token], text: _Text, first: int, last: int) -> _Match | None:
    """The same words, but for slips, inflections and a few small words too many or too few."""
    quoted, said = [token.word for token in part], [token.word for token in text.words[first:last]]
    opcodes = Levenshtein.opcodes(quoted, said)
    before = opcodes[0].dest_end if opcodes[0].tag == "insert" else 0
    behind = len(said) - opcodes[-1].dest_start if opcodes[-1].tag == "insert" else 0
    first, last, said = first + before, last - behind, said[before : len(said) - behind]
    if first >= last or not same_facts(part, text.words[first:last]):
        return None
    free = max(1, len(quoted) // FREE)
    for change in Levenshtein.opcodes(quoted, said):
        ours, theirs = quoted[change.src_start : change.src_end], said[change.dest_start : change.dest_end]
        if change.tag == "equal":
            continue
        if change.tag == "replace":
            odd = [pair for pair in zip(ours, theirs, strict=True) if not same_word(*pair, text.recognised)]
        else:
            odd = [(word, word) for word in ours + theirs]
        free -= len(odd)
        if free < 0 or not all(one in SMALL and other in SMALL for one, other in odd):
            return None
    alike = Levenshtein.normalized_similarity(" ".join(quoted), " ".join(said))
    return _Match(first, last, min(alike, 0.99))


def _likely_pages(index: Index, quote: str) -> list[int]:
    """Pages that say the rare words of `quote`, the likeliest first."""
    page_of = {number: page for number, page, _ in index.lengths()}
    scores = defaultdict[int, float](float)
    with sound():
        for word in dict.fromkeys(words(quote)):
            saying = index.lexicon.passages_with(word)
            pages = {page_of[number] for number, _, _ in saying if number in page_of}
            for page in pages:
                scores[page] += 1 / len(pages)
    return sorted(scores, key=lambda page: (-scores[page], page))[:CANDIDATES]


def _is_character(token: Token) -> bool:
    return len(token.word) == 1 and ord(token.word) > 0x0E00

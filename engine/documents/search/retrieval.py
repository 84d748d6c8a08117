"""The passages of one or several documents that say most about a question: BM25 over words with their inflections,
compounds and misspellings, and with less weight over three letters at a time. No model is needed.

    Robertson, Zaragoza: The Probabilistic Relevance Framework: BM25 and Beyond (2009), with fields (BM25F): a word of
    the heading counts as several of the text.

How rare a word is and how long passages are is counted over all documents of the question together, so that scores can
be compared between them."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rapidfuzz import process
from rapidfuzz.distance import OSA

from engine.documents.search.index import Index, sound
from engine.documents.search.lexicon import Lexicon, spelling
from engine.documents.search.meaning import Meaning
from engine.documents.search.passages import OVERLAP
from engine.documents.search.question import Sought, analyse
from engine.documents.search.words import is_unspaced, stem, words
from engine.protocol import PassageFound

K1 = 1.2
B = 0.6
HEADING = 1.5
"""Occurrences in the text that one in the heading is worth."""
NEIGHBOUR = 0.15
"""What a passage gets of the better score of the two beside it on the same page."""

# What an occurrence is worth that is not the word of the question itself.
INFLECTED = 0.9
COMPOUND = 0.5
MISSPELT = 0.6

SPELLING = 0.25
"""What three letters are worth that a passage and the question share, over a word: there are several to a word."""
MOST_LETTERS = 300

CANDIDATES = 50
"""Passages that are put in order by what they mean."""
MEANING = 1.5
"""What a passage is worth that means just what the question does, over the best score by words."""

COMPOUND_FROM = 4
"""Letters of a word that is looked for inside of others."""
SPLIT_FROM = 8
"""Letters of a word that is taken apart."""
MOST_VARIANTS = 64
SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？")


@dataclass(frozen=True, slots=True)
class _Hits:
    """Which passages of one index say one thing that is sought: `said` how often, `certain` without guessing."""

    said: Mapping[int, float]
    certain: frozenset[int]


class _Collection:
    """The documents of a question, counted together."""

    def __init__(self, indexes: Sequence[tuple[str, Index]]) -> None:
        self.lexicons = [index.lexicon for _, index in indexes]
        self.orders = [index.lengths() for _, index in indexes]
        self._lengths = [{number: words for number, _, words in order} for order in self.orders]
        self.size = sum(map(len, self.orders))
        self._average = max(sum(sum(each.values()) for each in self._lengths) / max(self.size, 1), 1)

    def rarity(self, count: float) -> float:
        """What something is worth that `count` of the passages say."""
        return math.log(1 + (self.size - min(count, self.size) + 0.5) / (count + 0.5))

    def norm(self, which: int, number: int) -> float:
        """How much the length of a passage weighs against what it says."""
        return K1 * (1 - B + B * self._lengths[which].get(number, 0) / self._average)


def search(
    indexes: Sequence[tuple[str, Index]], question: str, top: int = 10, meaning: Meaning | None = None
) -> list[PassageFound]:
    """The `top` passages that say most about `question`, best first, each by itself. `indexes` are documents with what
    the person calls them. With `meaning` the best of them are put in order by what they mean too. Scores are above 0,
    and comparable within one question.

    Raises:
        IndexDamaged: an index has to be built again.
    """
    sought = analyse(question)
    with sound():
        collection = _Collection(indexes)
        if not sought or not collection.size:
            return []
        scores = _by_words(collection, sought)
        for score, akin in zip(scores, _by_spelling(collection, question), strict=True):
            for number, worth in akin.items():
                score[number] = score.get(number, 0.0) + worth
        ranked = sorted(
            (
                (score, -which, -number)
                for which, order in enumerate(collection.orders)
                for number, score in _with_neighbours(order, scores[which]).items()
            ),
            reverse=True,
        )
    found = [
        _found(*indexes[-which], -number, score)
        for score, which, number in ranked[: max(top, CANDIDATES if meaning else 0)]
    ]
    return (_by_meaning(found, question, meaning) if meaning else found)[:top]


def _by_meaning(found: Sequence[PassageFound], question: str, meaning: Meaning) -> list[PassageFound]:
    texts = [f"{passage.heading}\n{passage.text}" for passage in found[:CANDIDATES]]
    best = max((passage.score for passage in found), default=0.0)
    raised = [
        replace(passage, score=round(passage.score + MEANING * best * near, 4))
        for passage, near in zip(found, meaning.nearness(question, texts), strict=False)
    ]
    return [*sorted(raised, key=lambda passage: -passage.score), *found[CANDIDATES:]]


def _by_words(collection: _Collection, sought: Sequence[Sought]) -> list[dict[int, float]]:
    """Per document, what its passages score for the words that they say."""
    scores = [dict[int, float]() for _ in collection.lexicons]
    for one in sought:
        found = [_hits(lexicon, one) for lexicon in collection.lexicons]
        count = sum(len(each.certain) for each in found) or sum(len(each.said) for each in found)
        worth = one.worth * collection.rarity(count) * (K1 + 1)
        for which, (score, each) in enumerate(zip(scores, found, strict=True)):
            for number, often in each.said.items():
                score[number] = score.get(number, 0.0) + worth * often / (often + collection.norm(which, number))
    return scores


def _by_spelling(collection: _Collection, question: str) -> list[dict[int, float]]:
    """Per document, what its passages score for letters that stand together in them as in the question: words that are
    akin share some, whatever the language does to them."""
    letters = spelling(words(question))[:MOST_LETTERS]
    counts = Counter[str]()
    for lexicon in collection.lexicons:
        counts.update(lexicon.count_spelling(letters))
    worth = {one: SPELLING * collection.rarity(count) * (K1 + 1) for one, count in counts.items()}
    return [
        {number: total / (1 + collection.norm(which, number)) for number, total in lexicon.passages_spelt_with(worth)}
        for which, lexicon in enumerate(collection.lexicons)
    ]


def joined(found: Sequence[PassageFound]) -> list[PassageFound]:
    """`found` with passages that follow each other on one page made one: it stands where the best of them stood, with
    the score of that and the number of the first. The others' numbers are those that follow."""
    best = dict[tuple[str, int, int], PassageFound]()
    members = dict[tuple[str, int, int], int]()
    for passage in sorted(found, key=lambda each: (each.document, each.page, each.number)):
        before = members.get((passage.document, passage.page, passage.number - 1))
        first = before if before is not None else passage.number
        members[passage.document, passage.page, passage.number] = first
        key = (passage.document, passage.page, first)
        best[key] = _join(best[key], passage) if key in best else passage
    return sorted(best.values(), key=lambda each: -each.score)


def _join(one: PassageFound, after: PassageFound) -> PassageFound:
    """Both, without what `after` repeats: part of a sentence that was cut, or a table's row of headings."""
    text, start = after.text, after.text.partition("\n")[0]
    if " | " in start and start in one.text.split("\n"):
        text = text[len(start) + 1 :]
    shared = 0
    if not one.text.endswith(SENTENCE_ENDS):
        shared = next((size for size in range(OVERLAP, OVERLAP // 2, -1) if one.text.endswith(after.text[:size])), 0)
    return replace(
        one,
        text=one.text + text[shared:] if shared else f"{one.text}\n{text}",
        boxes=tuple(dict.fromkeys((*one.boxes, *after.boxes))),
        score=max(one.score, after.score),
    )


def _hits(lexicon: Lexicon, sought: Sought) -> _Hits:
    if len(sought.words) > 1:
        numbers = frozenset(lexicon.passages_with_phrase(sought.words))
        return _Hits(dict.fromkeys(numbers, 1.0), numbers)
    said, certain = defaultdict[int, float](float), set[int]()
    for variant, worth in variants(lexicon, sought.words[0]).items():
        for number, in_heading, in_text in lexicon.passages_with(variant):
            said[number] += worth * (HEADING * in_heading + in_text)
            if worth >= INFLECTED:
                certain.add(number)
    return _Hits(said, frozenset(certain))


def variants(lexicon: Lexicon, word: str) -> dict[str, float]:
    """Words of the document that stand for `word`, with what each is worth: itself and its inflections, compounds that
    it is in, words that it is made of, and where there is nothing of these, what it may be a misspelling of."""
    if is_unspaced(word):
        found = [word] if len(word) > 1 else [*lexicon.beginning_with(word), *_ending_with(lexicon, word)]
        return dict.fromkeys(found, 1.0)
    if not word.isalpha():
        return {word: 1.0}
    shared = stem(word, lexicon.language)
    known = dict.fromkeys(lexicon.with_stem(shared), INFLECTED)
    if lexicon.has(word):
        known[word] = 1.0
    if len(shared) >= COMPOUND_FROM:
        for other in lexicon.containing(shared)[:MOST_VARIANTS]:
            known.setdefault(other, COMPOUND)
    if len(word) >= SPLIT_FROM:
        for part in _parts(lexicon, word):
            known.setdefault(part, COMPOUND)
    return known or _misspelt(lexicon, word)


def _ending_with(lexicon: Lexicon, character: str) -> list[str]:
    return [word for word in lexicon.containing(character) if len(word) == 2 and word[1] == character]


def _parts(lexicon: Lexicon, word: str) -> list[str]:
    """Words of the document that `word` is put together from, as German does, with their inflections."""
    for cut in range(len(word) - COMPOUND_FROM, COMPOUND_FROM - 1, -1):
        head, rest = word[:cut], word[cut:]
        heads = lexicon.with_stem(stem(head, lexicon.language)) or lexicon.with_stem(stem(head[:-1], lexicon.language))
        rests = lexicon.with_stem(stem(rest, lexicon.language))
        if heads and rests:
            return [*heads, *rests]
    return []


def _misspelt(lexicon: Lexicon, word: str) -> dict[str, float]:
    """A letter off, two in a long word; never in a short one, where it would be another word."""
    if len(word) < 5:
        return {}
    allowed = 1 if len(word) < 9 else 2
    close = process.extract(word, lexicon.all_words(), scorer=OSA.distance, score_cutoff=allowed, limit=5)
    return {other: MISSPELT for other, _, _ in close if other.isalpha()}


def _with_neighbours(order: Sequence[tuple[int, int, int]], scores: Mapping[int, float]) -> dict[int, float]:
    """What stands beside a good passage is more likely to be meant than what stands alone."""
    raised = dict(scores)
    for (number, page, _), (after, page_after, _) in pairwise(order):
        if page == page_after:
            for one, other in ((number, after), (after, number)):
                if one in scores and other in scores:
                    raised[one] = max(raised[one], scores[one] + NEIGHBOUR * scores[other])
    return raised


def _found(name: str, index: Index, number: int, score: float) -> PassageFound:
    passage = index.passage(number)
    return PassageFound(
        document=index.digest,
        name=name,
        number=number,
        page=passage.page,
        label=passage.label,
        heading=passage.heading,
        text=passage.text,
        boxes=passage.boxes,
        score=round(score, 4),
    )

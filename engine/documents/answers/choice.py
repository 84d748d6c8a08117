"""Which passages of which documents a question is given: all of short ones, of others those that say most about it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice, zip_longest

from engine.documents.answers.sources import Source
from engine.documents.answers.written import write_passage
from engine.documents.search.passages import Passage
from engine.documents.search.retrieval import search
from engine.protocol import PassageFound

WHOLE_MOST, WHOLE_SHARE = 8_192, 0.5
"""Tokens that documents may take to be given whole, and their share of the room: a processor reads 70 a second, and
what was read once is not read again for the next question."""
FOUND_MOST, FOUND_SHARE = 4_096, 0.4
"""The same for passages that are chosen."""
RANKED = 60
"""Passages of one document, or of all together, that are looked at."""
FLOOR = 0.25
"""Of the best one's score: what has less shares a word or two with the question, and takes seconds to be read."""
EACH = 4
"""Up to so many documents each have their best passages in, as comparing them needs; of more, the best of all count."""
LETTERS_OF_A_TOKEN = 12
"""More than any tokenizer has on average: a quick way to know that a document is too long."""
MARK = 1000
"""Stands for the number of a passage that has none yet."""

Count = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A document to choose from. `had` are the passages that the conversation has already."""

    source: Source
    had: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class Budget:
    """Tokens for documents that are given whole, and for passages that are chosen."""

    whole: int
    found: int

    @classmethod
    def of(cls, room: int) -> Budget:
        """What `room` tokens allow."""
        return cls(max(0, min(WHOLE_MOST, int(room * WHOLE_SHARE))), max(0, min(FOUND_MOST, int(room * FOUND_SHARE))))


class Chooser:
    """Chooses within one request, and counts each passage only once."""

    def __init__(self, count: Count) -> None:
        self._count = count
        self._costs: dict[tuple[str, int], int] = {}

    def choose(self, wanted: Sequence[Wanted], question: str, budget: Budget) -> dict[str, tuple[int, ...]]:
        """The numbers of the passages by document, in reading order. Raises `IndexDamaged`."""
        whole = self._whole(wanted, budget)
        rest = [each for each in wanted if each.source.document not in whole]
        left = budget.found if not whole else min(budget.found, budget.whole - sum(whole.values()))
        chosen = {
            each.source.document: tuple(passage.number for passage in each.source.index.passages())
            for each in wanted
            if each.source.document in whole
        }
        for document, numbers in self._found(rest, question, left).items():
            chosen[document] = numbers
        return chosen

    def cost(self, source: Source, passage: Passage) -> int:
        """Tokens of a passage as it will stand in the prompt."""
        key = (source.document, passage.number)
        if key not in self._costs:
            self._costs[key] = self._count(write_passage(source, passage, MARK) + "\n\n")
        return self._costs[key]

    def _whole(self, wanted: Sequence[Wanted], budget: Budget) -> dict[str, int]:
        """The documents to give whole, with their tokens. Where not all fit, half is left to passages of the others."""
        sizes = {
            each.source.document: size
            for each in wanted
            if not each.had and (size := self._size(each.source, budget.whole)) is not None
        }
        new = [each for each in wanted if each.source.info.passages]
        most = budget.whole if len(sizes) == len(new) and sum(sizes.values()) <= budget.whole else budget.whole // 2
        whole: dict[str, int] = {}
        for document, size in sorted(sizes.items(), key=lambda item: item[1]):
            if sum(whole.values()) + size > most:
                break
            whole[document] = size
        return whole

    def _size(self, source: Source, most: int) -> int | None:
        """Tokens of all of it, None for more than `most` and for nothing."""
        if not source.info.passages or source.info.characters > most * LETTERS_OF_A_TOKEN:
            return None
        size = 0
        for passage in source.index.passages():
            size += self.cost(source, passage)
            if size > most:
                return None
        return size

    def _found(self, wanted: Sequence[Wanted], question: str, budget: int) -> dict[str, tuple[int, ...]]:
        taken: dict[str, set[int]] = {each.source.document: set() for each in wanted}
        had = {each.source.document: each.had for each in wanted}
        sources = {each.source.document: each.source for each in wanted}
        left = budget

        def take(candidates: Iterator[tuple[str, int]], keep: int = 0) -> None:
            nonlocal left
            for document, number in candidates:
                if number in taken[document] or number in had[document]:
                    continue
                cost = self.cost(sources[document], sources[document].index.passage(number))
                if left - cost < keep:
                    return
                taken[document].add(number)
                left -= cost

        take(_ranked(wanted, question))
        if not any(taken.values()):
            # A question without a word of the documents, such as what they are about: their beginning says most.
            take(_openings(wanted), keep=budget // 2)
        elif len(wanted) <= EACH:
            take(islice(_openings(wanted), len(wanted)))
        for each in wanted:
            take(_between(each.source, taken[each.source.document]))
        return {each.source.document: _in_order(each.source, taken[each.source.document]) for each in wanted}


def _ranked(wanted: Sequence[Wanted], question: str) -> Iterator[tuple[str, int]]:
    """Documents and numbers, best first."""
    pairs = [(each.source.name, each.source.index) for each in wanted]
    groups = [[pair] for pair in pairs] if len(pairs) <= EACH else [pairs]
    lists = [_near_the_best(search(group, question, RANKED)) for group in groups]
    for found in chain.from_iterable(zip_longest(*lists)):
        if found is not None:
            yield found.document, found.number


def _near_the_best(ranked: Sequence[PassageFound]) -> list[PassageFound]:
    return [found for found in ranked if found.score >= FLOOR * ranked[0].score]


def _between(source: Source, taken: set[int]) -> Iterator[tuple[str, int]]:
    """What is missing between two passages that were taken."""
    order = _order(source)
    for before, number, after in zip(order, order[1:], order[2:], strict=False):
        if before in taken and after in taken:
            yield source.document, number


def _openings(wanted: Sequence[Wanted]) -> Iterator[tuple[str, int]]:
    for numbers in zip_longest(*(_order(each.source) for each in wanted)):
        for each, number in zip(wanted, numbers, strict=True):
            if number is not None:
                yield each.source.document, number


def _in_order(source: Source, numbers: set[int]) -> tuple[int, ...]:
    return tuple(number for number in _order(source) if number in numbers)


def _order(source: Source) -> list[int]:
    return [number for number, _, _ in source.index.lengths()]

"""Marks like ``[3]`` in the text of an answer, and what it quotes, checked against the documents."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

from engine.documents.answers.prose import Prose
from engine.documents.answers.sources import Sources
from engine.documents.search.quotes import SHORTEST, locate
from engine.documents.search.words import is_unspaced
from engine.protocol import Cited, Event, FinishReason, Notice, PassageFound, QuoteChecked, TextDelta

MARK = re.compile(r"\[(\d{1,4}(?:\s?[,;–-]\s?\d{1,4})*)\]")
"""One number, several, or a range."""
_UNFINISHED = re.compile(r"\[(?:\d{1,4}(?:\s?[,;–-]\s?\d{1,4})*\s?(?:[,;–-]\s?)?)?$")
_NUMBERS = re.compile(r"(\d+)(?:\s?[–-]\s?(\d+))?")
RANGE_MOST = 20
"""Numbers of a range that are told of."""

_QUOTED = re.compile(
    r"“([^“”]+)”|„([^„“”]+)[“”]|(?<!\w)\"(?=\S)([^\"\n]+)(?<=\S)\"(?!\w)|«([^«»]+)»|»([^«»]+)«|「([^「」]+)」|『([^『』]+)』"
)
_SENTENCE = re.compile(r"(?<=[.!?…])[\"”“»’)]*\s+(?![\[(])|(?<=[。！？])(?!\[)|\n")
LEAST_WORDS = 3
"""What is shorter is a name or a term."""


def numbers_of(mark: str) -> Iterator[int]:
    """The numbers of what stands in the brackets of a mark, for example of ``1, 3-5``."""
    for match in _NUMBERS.finditer(mark):
        first = int(match[1])
        last = int(match[2] or first)
        yield from range(first, min(last, first + RANGE_MOST - 1) + 1) if last >= first else (first, last)


class MarkFinder:
    """Finds marks in text that comes piece by piece. What may still become a mark is kept back."""

    def __init__(self) -> None:
        self._prose = Prose()
        self._held = ""

    def push(self, text: str) -> tuple[str, list[int]]:
        """The text that can be said, and the numbers of the marks in it, in order."""
        text = self._held + text
        unfinished = _UNFINISHED.search(text)
        end = unfinished.start() if unfinished else len(text)
        self._held = text[end:]
        return text[:end], self._marks(text[:end])

    def finish(self) -> str:
        """What was kept back, which is no mark."""
        rest, self._held = self._held, ""
        self._prose.push(rest)
        return rest

    def _marks(self, text: str) -> list[int]:
        # Code is cut by what was said before, so it is looked at as it comes.
        plain = self._prose.push(text)
        return [number for match in MARK.finditer(plain) for number in numbers_of(match[1])]


@dataclass(frozen=True, slots=True)
class Quote:
    """Words that an answer puts in quotation marks, with the numbers that it cites for them."""

    text: str
    numbers: tuple[int, ...]


def quotes_in(answer: str) -> list[Quote]:
    """What is quoted in `answer` with a mark in the same sentence: one that follows, else one before it."""
    text = Prose().push(answer)
    found = []
    for match in _QUOTED.finditer(text):
        quote = next(group for group in match.groups() if group)
        if not _says_enough(quote):
            continue
        after = _SENTENCE.split(text[match.end() :], maxsplit=1)[0]
        before = _SENTENCE.split(text[: match.start()])[-1]
        marks = _first_marks(after) or [mark[1] for mark in MARK.finditer(before)][-1:]
        if marks:
            found.append(Quote(quote.strip(), tuple(number for mark in marks for number in numbers_of(mark))))
    return found


def _says_enough(quote: str) -> bool:
    """Whether it can be looked for. Languages that do not set words apart need half the letters."""
    letters = sum(map(str.isalnum, quote))
    if any(map(is_unspaced, quote)):
        return letters >= SHORTEST // 2
    return letters >= SHORTEST and len(quote.split()) >= LEAST_WORDS


def _first_marks(text: str) -> list[str]:
    """The first mark and those right behind it."""
    marks: list[str] = []
    end = -1
    for match in MARK.finditer(text):
        if marks and text[end : match.start()].strip(" ,"):
            break
        marks.append(match[1])
        end = match.end()
    return marks


class Citing:
    """Adds `Cited` and `QuoteChecked` to the events of one answer."""

    def __init__(self, request_id: str, sources: Sources) -> None:
        self._request_id, self._sources = request_id, sources
        self._finder = MarkFinder()
        self._told: set[int] = set()
        self._answer = ""

    def events(self, answering: Generator[Event, None, FinishReason]) -> Generator[Event, None, FinishReason]:
        """The same events. The text is the same; each `Cited` comes before the first text with its mark, each
        `QuoteChecked` after all text."""
        try:
            reason = yield from self._marked(answering)
        except Exception:
            yield from self._rest()
            raise
        yield from self._rest()
        yield from self._checked()
        return reason

    def _marked(self, answering: Generator[Event, None, FinishReason]) -> Generator[Event, None, FinishReason]:
        reason: FinishReason = "stop"

        def listen() -> Generator[Event, None, None]:
            nonlocal reason
            reason = yield from answering

        for event in listen():
            match event:
                case TextDelta(channel="answer"):
                    text, numbers = self._finder.push(event.text)
                    yield from self._cited(numbers)
                    if text:
                        self._answer += text
                        yield replace(event, text=text)
                case TextDelta():
                    yield event
                case Notice(code="repetition"):
                    yield from self._rest()
                    self._finder, self._answer = MarkFinder(), ""
                    self._told.clear()
                    yield event
                case _:
                    yield from self._rest()
                    yield event
        return reason

    def _rest(self) -> Iterator[Event]:
        text = self._finder.finish()
        if text:
            self._answer += text
            yield TextDelta(self._request_id, "answer", text)

    def _cited(self, numbers: list[int]) -> Iterator[Event]:
        for number in numbers:
            passage = None if number in self._told else self._sources.cited(number)
            if passage is not None:
                self._told.add(number)
                yield Cited(self._request_id, number, passage)

    def _checked(self) -> Iterator[Event]:
        for quote in quotes_in(self._answer):
            cited = [(number, passage) for number in quote.numbers if (passage := self._sources.cited(number))]
            if cited:
                yield self._check(quote.text, cited)

    def _check(self, quote: str, cited: list[tuple[int, PassageFound]]) -> QuoteChecked:
        """Proved by a cited passage whose document says it, best by one on that very page."""
        proved = [
            QuoteChecked(self._request_id, number, quote, True, place.page, place.boxes)
            for number, passage in cited
            if (place := locate(self._sources[passage.document].index, quote, passage.page)) is not None
        ]
        pages = {number: passage.page for number, passage in cited}
        return next(
            (check for check in proved if check.page == pages[check.number]),
            proved[0] if proved else QuoteChecked(self._request_id, cited[0][0], quote, False, cited[0][1].page, ()),
        )

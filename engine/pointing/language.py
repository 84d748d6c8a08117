"""The words that people ask with, in several languages: ``resources/pointing/language.json``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Generic, TypeVar

from engine import resources
from engine.pointing.words import fold

V = TypeVar("V")

_TOKEN = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Token:
    """A word of what was said: `text` is folded, `start` and `end` are its place."""

    text: str
    start: int
    end: int


def tokens(said: str) -> tuple[Token, ...]:
    """The words of `said`; an apostrophe or a hyphen parts two."""
    return tuple(Token(fold(found[0]).text, found.start(), found.end()) for found in _TOKEN.finditer(said))


class Phrases(Generic[V]):
    """Phrases of one or more words, each of which means something."""

    def __init__(self, pairs: Iterable[tuple[str, V]]) -> None:
        self._meanings: dict[tuple[str, ...], V] = {}
        for phrase, meaning in pairs:
            self._meanings.setdefault(tuple(token.text for token in tokens(phrase)), meaning)
        self._longest = max(map(len, self._meanings), default=0)

    def at_start(self, words: Sequence[str]) -> Iterator[tuple[int, V]]:
        """How many of the first `words` are a phrase, and what it means; the longest first."""
        for length in range(min(self._longest, len(words)), 0, -1):
            if (meaning := self._meanings.get(tuple(words[:length]))) is not None:
                yield length, meaning

    def at_end(self, words: Sequence[str]) -> Iterator[tuple[int, V]]:
        """The same for the last `words`."""
        for length in range(min(self._longest, len(words)), 0, -1):
            if (meaning := self._meanings.get(tuple(words[-length:]))) is not None:
                yield length, meaning


@dataclass(frozen=True, slots=True)
class Language:
    """`roles` are by the names of `RoleWord`, `relations` by `Way`, `zones` by `Zone`; see `engine.pointing.query`."""

    articles: Phrases[bool]
    polite: Phrases[bool]
    frames: Phrases[bool]
    roles: Phrases[str]
    relations: Phrases[str]
    both: frozenset[str]
    zones: Phrases[str]
    ordinals: Phrases[int]
    fillers: frozenset[str]
    """Words that say nothing of what is meant."""


@cache
def language() -> Language:
    """The words, read once."""
    document = json.loads(resources.text("pointing/language.json"))
    return Language(
        articles=Phrases((phrase, True) for phrase in _all(document["articles"])),
        polite=Phrases((phrase, True) for phrase in _all(document["polite"])),
        frames=Phrases((phrase, True) for phrase in _all(document["frames"])),
        roles=Phrases(_by_meaning(document["roles"])),
        relations=Phrases(_by_meaning(document["relations"])),
        both=frozenset(document["and"]),
        zones=Phrases(_by_meaning(document["zones"])),
        ordinals=Phrases((phrase, int(number)) for number, listed in document["ordinals"].items() for phrase in listed),
        fillers=frozenset(_all(document["fillers"])),
    )


def _all(by_language: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for phrases in by_language.values():
        yield from phrases


def _by_meaning(meanings: Mapping[str, Mapping[str, Sequence[str]]]) -> Iterator[tuple[str, str]]:
    for meaning, by_language in meanings.items():
        for phrase in _all(by_language):
            yield phrase, meaning

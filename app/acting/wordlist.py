"""The words that acting goes by: what can not be undone, what reads like an order, which programs are terminals."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from engine.protocol import Element

_GAPS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class WordList:
    """All folded: without case, accents and punctuation."""

    consequences: frozenset[str]
    orders: tuple[str, ...]
    terminals: frozenset[str]

    def is_consequential(self, label: str) -> bool:
        """Whether a button of that name does what can hardly be undone: one of the words stands in it as a word."""
        words = f" {folded(label)} "
        return any(f" {word} " in words for word in self.consequences)

    def orders_in(self, texts: Iterable[str]) -> tuple[str, ...]:
        """Those of `texts` that read like an order to the assistant, shortened."""
        return tuple(
            " ".join(text.split())[:120] for text in texts if any(order in folded(text) for order in self.orders)
        )

    def is_terminal(self, program: str) -> bool:
        """Whether a program of that name runs commands that are typed into it."""
        return folded(program.removesuffix(".exe")) in self.terminals


def load_words(resources: Path) -> WordList:
    """The list that comes with the product."""
    data = json.loads((resources / "acting" / "words.json").read_text(encoding="utf-8"))
    return WordList(
        frozenset(folded(word) for words in data["consequences"].values() for word in words),
        tuple(folded(order) for order in data["orders"]),
        frozenset(folded(name) for name in data["terminals"]),
    )


def texts_of(elements: Iterable[Element]) -> tuple[str, ...]:
    """Everything that the parts of a window say."""
    return tuple(text for each in elements for text in (each.name, each.value, each.description) if text)


def folded(text: str) -> str:
    """Words with single spaces between them."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _GAPS.sub(" ", bare).strip()

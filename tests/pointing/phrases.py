"""The words of the set: phrases of real programs in nine languages, wants, contents and ways to ask."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).with_name("data")
LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv")


@dataclass(frozen=True, slots=True)
class Intent:
    """Something a person wants, in words that name no control; any phrase of `accepted` does it."""

    accepted: frozenset[str]
    language: str
    wording: str


@cache
def phrases() -> dict[str, dict[str, str]]:
    """Phrase id to its wording by language."""
    rows = (line.split("|") for line in _lines("phrases.txt"))
    return {row[0].lstrip("*"): dict(zip(LANGUAGES, row[1:], strict=True)) for row in rows}


@cache
def held_phrases() -> frozenset[str]:
    """Phrases that only the split ``held`` shows."""
    return frozenset(line[1:].split("|")[0] for line in _lines("phrases.txt") if line.startswith("*"))


@cache
def intents() -> tuple[Intent, ...]:
    rows = (line.split("|") for line in _lines("intents.txt"))
    return tuple(Intent(frozenset(row[0].split(",")), row[1], row[2]) for row in rows)


@cache
def contents() -> dict[str, Any]:
    """Names of files, people, mails and so on, and sentences by language."""
    return json.loads((DATA / "contents.json").read_text("utf-8"))


@cache
def wordings() -> dict[str, Any]:
    """By language: how a role, a relation, a place or a question is said."""
    return json.loads((DATA / "wordings.json").read_text("utf-8"))


def _lines(name: str) -> list[str]:
    return [line for line in (DATA / name).read_text("utf-8").splitlines() if line and not line.startswith("#")]


class Voice:
    """Phrases of one language for one picture; what it draws depends on its `chance` alone."""

    def __init__(self, language: str, chance: random.Random, held: bool) -> None:
        self.language = language
        self.chance = chance
        self.held = held

    def __call__(self, phrase: str) -> str:
        return phrases()[phrase][self.language]

    def extra(self, count: int) -> list[str]:
        """Phrase ids that are only in the held split, none elsewhere."""
        return self.chance.sample(sorted(held_phrases()), count) if self.held else []

    def some(self, kind: str, count: int) -> list[str]:
        """Different entries of a list of `contents`; all of them where it has fewer."""
        known = contents()[kind]
        return self.chance.sample(known, min(count, len(known)))

    def one(self, kind: str) -> str:
        return str(self.chance.choice(contents()[kind]))

    def sentence(self, *names: str) -> str:
        """A line of prose that mentions controls."""
        return str(self.chance.choice(contents()["sentences"][self.language])).format(*names, *names)

    def ask(self, name: str) -> str:
        """What a message box asks."""
        return str(self.chance.choice(contents()["questions"][self.language])).format(name)

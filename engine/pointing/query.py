"""What people say -> what they may mean by it. A word that may belong to a label or say what kind of thing is meant
is read both ways, and what is on the screen decides."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, cast

from engine.pointing.language import language, tokens

Way = Literal["left", "right", "near", "below", "above", "between", "inside"]
Zone = Literal[
    "top left", "top right", "bottom left", "bottom right", "top", "bottom", "left", "right", "middle",
    "tool_bar", "menu_bar", "status_bar", "sidebar", "dialog", "menu", "list", "table",
]  # fmt: skip

_MOST = 40
"""Readings of one query."""
_COST = {"role": 0.98, "zone": 0.95, "ordinal": 0.93, "relation": 0.95, "of": 0.88}
"""What is left of a reading's weight for each thing that was taken out of its label."""
_OPENING, _CLOSING = "\"“”„«»‹›「『”'‘’‚", "\"“”„«»‹›」』“'’‘"
_QUOTED = re.compile(r"(?<!\w)[\"“”„«»‹›「『‘‚']\s*([^\"“”„«»‹›「」『』‘’‚]+?)\s*[\"“”„«»‹›」』‘’'](?!\w)")
_AROUND = " \t\n?.!,;:¿¡" + _OPENING + _CLOSING


@dataclass(frozen=True, slots=True)
class Relation:
    """Where the thing is from others, which are named as people say them; ``between`` has two."""

    way: Way
    anchors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand a query. `label` are the words on the thing, ``""`` where the rest says which one it is.
    `role` is the kind that was named (a key of ``roles`` in language.json), `ordinal` counts from 1 and from -1 at the
    end, 0 for none. `weight` is 1 for what was said as it stands, and less the more was taken for something else.
    `quoted`: the label was in quotes, and is meant to the letter."""

    label: str
    role: str = ""
    zones: tuple[Zone, ...] = ()
    ordinal: int = 0
    relations: tuple[Relation, ...] = ()
    weight: float = 1.0
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    """What is left of the words, from `start` to `end`, and what was taken out of them."""

    start: int
    end: int
    reading: Reading


def understand(said: str) -> tuple[Reading, ...]:
    """The readings of `said`, likeliest first; none where it says nothing."""
    return _Reader(said).readings()


class _Reader:
    def __init__(self, said: str) -> None:
        self._said = said
        self._tokens = tokens(said)
        self._words = [token.text for token in self._tokens]
        self._quotes = [(found.start(1), found.end(1)) for found in _QUOTED.finditer(said)]
        self._held = [any(first <= token.start < last for first, last in self._quotes) for token in self._tokens]

    def readings(self) -> tuple[Reading, ...]:
        whole = self._said.strip()
        if not self._tokens:
            sign = whole.strip('"“”„«»') or whole
            return (Reading(sign),) if sign else ()
        found = [] if self._quotes else [Reading(self._text(0, len(self._tokens)))]
        waiting = deque([self._framed()])
        seen: set[tuple[int, int, Reading]] = set()
        while waiting and len(seen) < _MOST:
            part = waiting.popleft()
            key = (part.start, part.end, replace(part.reading, weight=0.0))
            if key in seen:
                continue
            seen.add(key)
            if reading := self._reading(part):
                found.append(reading)
            waiting.extend(self._peeled(part))
        found.sort(key=lambda reading: -reading.weight)
        unique = {replace(reading, weight=0.0): reading for reading in reversed(found)}
        return tuple(sorted(unique.values(), key=lambda reading: -reading.weight))

    def _framed(self) -> _Part:
        """All but what makes it a question."""
        start, end, words = 0, len(self._words), self._words
        lang = language()
        frames = 0
        while start < end and not self._held[start]:
            left = words[start:end]
            length = next((n for phrases in (lang.frames, lang.polite) for n, _ in phrases.at_start(left)), 0)
            # "Find" and "Show" alone are labels, and what follows a question is not one more.
            if not length or length >= len(left) or frames == 2:
                break
            start, frames = start + length, frames + 1
        while end - 1 > start and not self._held[end - 1]:
            length = next((n for n, _ in lang.polite.at_end(words[start:end])), 0)
            if not length or length >= end - start:
                break
            end -= length
        return _Part(start, end, Reading("", weight=0.995 if (start, end) != (0, len(words)) else 1.0))

    def _reading(self, part: _Part) -> Reading | None:
        """The part as a reading, unless it does not say which thing is meant."""
        start, end = part.start, part.end
        while start < end and (length := self._article(start, end)):
            start += length
        taken = part.reading
        if start == end:
            tells = taken.relations or (taken.role and (taken.ordinal or taken.zones or taken.role not in _VAGUE))
            return taken if tells else None
        quotes = [
            (first, last)
            for first, last in self._quotes
            if self._tokens[start].start <= first < self._tokens[end - 1].end
        ]
        if len(quotes) == 1:
            # Words beside the quote say something that this reading leaves out.
            weight = taken.weight * (1.0 if all(self._held[start:end]) else 0.85)
            return replace(taken, label=self._said[slice(*quotes[0])].strip(), quoted=True, weight=weight)
        return replace(taken, label=self._text(start, end))

    def _peeled(self, part: _Part) -> Iterator[_Part]:
        start, end = part.start, part.end
        while start < end and (length := self._article(start, end)):
            start += length
        if start == end:
            return
        part = replace(part, start=start)
        yield from self._without_role(part)
        yield from self._without_zone(part)
        yield from self._without_ordinal(part)
        yield from self._without_relation(part)

    def _without_role(self, part: _Part) -> Iterator[_Part]:
        if part.reading.role:
            return
        words = self._free(part)
        # The first noun of "the button Save" is not more a role than the last of "the Save button": both are tried.
        for length, role in language().roles.at_end(words):
            if not any(self._held[part.end - length : part.end]):
                yield _Part(part.start, part.end - length, self._took(part, "role", role=role))
        for length, role in language().roles.at_start(words):
            if not any(self._held[part.start : part.start + length]):
                yield _Part(part.start + length, part.end, self._took(part, "role", role=role))

    def _without_zone(self, part: _Part) -> Iterator[_Part]:
        if len(part.reading.zones) == 2:
            return
        words = self._free(part)
        for length, zone in language().zones.at_end(words):
            if not any(self._held[part.end - length : part.end]) and not self._goes_on(part.end - length, length):
                zones = (*part.reading.zones, cast(Zone, zone))
                yield _Part(part.start, part.end - length, self._took(part, "zone", zones=zones))
        for length, zone in language().zones.at_start(words):
            if not any(self._held[part.start : part.start + length]) and not self._goes_on(part.start, length):
                zones = (*part.reading.zones, cast(Zone, zone))
                yield _Part(part.start + length, part.end, self._took(part, "zone", zones=zones))

    def _goes_on(self, start: int, length: int) -> bool:
        """Whether a zone is the beginning of a relation: "right" of "right of Redo"."""
        return any(longer > length for longer, _ in language().relations.at_start(self._words[start:]))

    def _without_ordinal(self, part: _Part) -> Iterator[_Part]:
        if part.reading.ordinal:
            return
        words = self._free(part)
        for length, number in language().ordinals.at_start(words):
            if length < len(words) and not self._held[part.start]:
                yield _Part(part.start + length, part.end, self._took(part, "ordinal", ordinal=number))
        last = words[-1]
        if len(words) > 1 and last.isdecimal() and 0 < int(last) <= 99 and not self._held[part.end - 1]:
            for length, role in language().roles.at_end(words[:-1]):
                if length == len(words) - 1 and not part.reading.role:
                    taken = self._took(part, "ordinal", role=role, ordinal=int(last))
                    yield _Part(part.end, part.end, taken)

    def _without_relation(self, part: _Part) -> Iterator[_Part]:
        if len(part.reading.relations) == 2:
            return
        for at in range(part.start, part.end - 1):
            if self._held[at]:
                continue
            for length, way in language().relations.at_start(self._words[at : part.end]):
                rest = at + length
                if rest >= part.end or any(self._held[at:rest]):
                    continue
                if anchors := self._anchors(cast(Way, way), rest, part.end):
                    relations = (*part.reading.relations, Relation(cast(Way, way), anchors))
                    cost = "of" if length == 1 and way in ("inside", "near") else "relation"
                    yield _Part(part.start, at, self._took(part, cost, relations=relations))
                break

    def _anchors(self, way: Way, start: int, end: int) -> tuple[str, ...]:
        if way != "between":
            return (self._anchor(start, end),)
        for at in range(start + 1, end - 1):
            if self._words[at] in language().both and not self._held[at]:
                return self._anchor(start, at), self._anchor(at + 1, end)
        return ()

    def _anchor(self, start: int, end: int) -> str:
        """With its quotes, if it has some: it is understood in its turn."""
        for first, last in self._quotes:
            if self._tokens[start].start >= first and self._tokens[end - 1].end <= last:
                return f'"{self._said[first:last]}"'
        return self._text(start, end)

    def _took(self, part: _Part, cost: str, **changes: object) -> Reading:
        return replace(part.reading, weight=part.reading.weight * _COST[cost], **changes)  # type: ignore[arg-type]

    def _free(self, part: _Part) -> list[str]:
        return self._words[part.start : part.end]

    def _article(self, start: int, end: int) -> int:
        """Words of an article at `start`, 0 for none; a label that is nothing else is no article."""
        if self._held[start]:
            return 0
        return next((n for n, _ in language().articles.at_start(self._words[start:end]) if n < end - start), 0)

    def _text(self, start: int, end: int) -> str:
        """These words as they were written, with the signs at them (``C++``, ``Save…``)."""
        first = self._tokens[start - 1].end if start else 0
        last = self._tokens[end].start if end < len(self._tokens) else len(self._said)
        # What was taken out on either side leaves its hyphen.
        text = self._said[first:last].strip(_AROUND)
        if start and text.startswith("-"):
            text = text[1:]
        if end < len(self._tokens) and text.endswith("-"):
            text = text[:-1]
        return text.strip(_AROUND) or self._said[self._tokens[start].start : self._tokens[end - 1].end]


_VAGUE = ("button", "icon", "link", "menu_item", "label", "cell", "heading", "list_item", "row", "window")
"""Kinds of which there are many: alone they do not say which."""

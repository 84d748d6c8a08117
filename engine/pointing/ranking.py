"""Of everything on a screen that could be meant, what is meant most likely."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from engine.pointing.candidates import CONTAINERS, FIELDS, INTERACTIVE, Candidate, from_lines, pieces, target_of
from engine.pointing.fields import field_of
from engine.pointing.kinds import agreement, of_kind
from engine.pointing.matching import LEAST, SURE
from engine.pointing.places import alike, area, centre, holds, reading_order, share_within
from engine.pointing.query import Reading, understand
from engine.pointing.relations import relation_factors, zone_factors
from engine.pointing.screen_text_line import ScreenLine
from engine.pointing.words import fold
from engine.protocol import Box

_CLOSE = 0.12
"""How much less likely something may be to count among those of which the third or the lowest is asked for."""
_SHARPNESS = 0.045
"""How far the scores of two have to differ to tell them apart."""
_DEPTH = 2
_UNNAMED, _PIECE = 0.89, 0.8
"""How well an element, or a text, goes with words that name its place and kind alone."""
_READABLE = 0.6
"""What is read with less is hardly a text."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A candidate and how well it is what was asked for, 0 to 1. `likeness` is that of the words alone."""

    candidate: Candidate
    score: float
    likeness: float
    reading: Reading

    @property
    def certain(self) -> bool:
        """Whether its words are those that were asked for."""
        return self.likeness >= SURE


def _no_frame(label: Box) -> Box | None:
    return None


@dataclass(frozen=True, slots=True)
class Screen:
    """What is known of a screen: its elements, the lines of it that were read, and the `frame` that is painted beside
    a label."""

    elements: tuple[Candidate, ...]
    lines: tuple[ScreenLine, ...] = ()
    frame: Callable[[Box], Box | None] = field(default=_no_frame)


def rank(screen: Screen, readings: Sequence[Reading], depth: int = 0) -> list[Hit]:
    """What may be meant, best first, each place once."""
    hits: list[Hit] = []
    for reading in readings:
        hits += _hits(screen, reading, depth)
    return _distinct([hit for hit in hits if hit.score >= LEAST])


def confidences(hits: Sequence[Hit]) -> list[float]:
    """How sure each of the ranked `hits` is the one, 0 to 1: those that are alike share it."""
    if not hits:
        return []
    weights = [math.exp((hit.score - hits[0].score) / _SHARPNESS) for hit in hits]
    whole = sum(weights)
    return [_certainty(hit.score) * weight / whole for hit, weight in zip(hits, weights, strict=True)]


def _certainty(score: float) -> float:
    """What is barely alike is unlikely to be it."""
    return min(0.99, score if score >= 0.75 else max(0.0, score - 0.6 * (0.75 - score) - 0.05))


def _hits(screen: Screen, reading: Reading, depth: int) -> list[Hit]:
    pool = _named(screen, reading) if reading.label else _unnamed(screen, reading)
    hits = []
    for candidate, likeness in pool:
        score = likeness * reading.weight * agreement(reading.role, candidate.role) * _presence(candidate, reading)
        if score >= LEAST * 0.8:
            hits.append(Hit(candidate, score, likeness, reading))
    for relation in reading.relations:
        if depth >= _DEPTH or not hits:
            return []
        anchors = [rank(screen, understand(anchor), depth + 1)[:6] for anchor in relation.anchors]
        if not all(anchors):
            return []
        places = [
            [(hit.candidate, hit.score) for hit in ranked if hit.score >= ranked[0].score - _CLOSE]
            for ranked in anchors
        ]
        factors = relation_factors(relation.way, [hit.candidate for hit in hits], places)
        hits = [replace(hit, score=hit.score * factor) for hit, factor in zip(hits, factors, strict=True) if factor]
    if reading.zones and hits:
        close = [hit for hit in hits if hit.score >= max(hit.score for hit in hits) - _CLOSE]
        for zone in reading.zones:
            factors = zone_factors(zone, [hit.candidate for hit in close], screen.elements)
            close = [replace(hit, score=hit.score * factor) for hit, factor in zip(close, factors, strict=True)]
        hits = close
    return _nth(hits, reading.ordinal) if reading.ordinal else hits


def _named(screen: Screen, reading: Reading) -> list[tuple[Candidate, float]]:
    """What is called as the reading says."""
    label = fold(reading.label)
    # What is written smaller than it is asked for counts for less in the whole than on its own.
    found = [(one, likeness) for one in screen.elements if (likeness := one.likeness(label)) >= LEAST * 0.9]
    for written in from_lines(screen.lines, label):
        likeness = written.likeness(label)
        if likeness < LEAST * 0.9:
            continue
        if reading.role in FIELDS and (beside := field_of(written, screen.elements, screen.lines, screen.frame)):
            found.append((beside, likeness * 0.97))
            continue
        around = target_of(written, screen.elements)
        if around is None:
            found.append((written, likeness * 0.98))
        else:
            found.append((replace(around, text=written.text, words=written.box), likeness * 0.97))
    return found


def _unnamed(screen: Screen, reading: Reading) -> list[tuple[Candidate, float]]:
    """All of the kind that is asked for; without a kind, all that something happens with."""
    if reading.role:
        found = [one for one in screen.elements if of_kind(reading.role, one.role)]
        if reading.role == "row":
            headers = [one for one in screen.elements if one.role == "column_header"]
            found = [one for one in found if not any(share_within(header.box, one.box) > 0.6 for header in headers)]
        exactly = [one for one in found if one.role == reading.role]
        pieces_of_text = _pieces(screen) if reading.relations and reading.role not in FIELDS else []
        return [(one, _UNNAMED) for one in exactly or found] + pieces_of_text
    return [(one, _UNNAMED) for one in screen.elements if one.role in INTERACTIVE] + _pieces(screen)


def _pieces(screen: Screen) -> list[tuple[Candidate, float]]:
    """All that is written outside of the elements, and may be something to click."""
    known = [one.box for one in screen.elements if one.role not in CONTAINERS]
    return [
        (Candidate(text, (), box, words=box), _PIECE)
        for line in screen.lines
        if line.score >= _READABLE
        for text, box in pieces(line)
        if len(text) > 1 and not any(holds(element, *centre(box)) for element in known)
    ]


def _presence(candidate: Candidate, reading: Reading) -> float:
    """What can be clicked comes before what is only there."""
    factor = 0.96 if "disabled" in candidate.states else 1.0
    if reading.role or not candidate.role:
        return factor
    if candidate.role in ("window", "document"):
        return factor * 0.75
    if candidate.role in CONTAINERS:
        return factor * 0.88
    return factor if candidate.role in INTERACTIVE else factor * 0.94


def _nth(hits: list[Hit], ordinal: int) -> list[Hit]:
    """The one of those that are alike that comes at this place as one reads."""
    best = max((hit.score for hit in hits), default=0.0)
    alike_ones = _distinct([hit for hit in hits if hit.score >= best - _CLOSE])
    order = reading_order([hit.candidate.box for hit in alike_ones])
    if len(order) < abs(ordinal):
        return []
    return [alike_ones[order[ordinal - 1 if ordinal > 0 else ordinal]]]


def _distinct(hits: list[Hit]) -> list[Hit]:
    """Best first; of those at one place the best, of equals what something happens with, then the smaller."""

    def standing(hit: Hit) -> tuple[float, bool, float]:
        box = hit.candidate.box
        # A dialog's title says the same as the button that ends it, and stands above it.
        last = box.y0 if not hit.candidate.role else -area(box)
        return round(hit.score, 3), hit.candidate.role in INTERACTIVE, last

    kept: list[Hit] = []
    for hit in sorted(hits, key=standing, reverse=True):
        if not any(_same_place(hit, other) for other in kept):
            kept.append(hit)
    return kept


def _same_place(one: Hit, other: Hit) -> bool:
    """Whether they are one thing, or parts of one that go by the same name."""
    a, b = one.candidate, other.candidate
    if a.element >= 0 and a.element == b.element:
        return True
    if alike(a.box, b.box) > 0.6:
        return True
    within = max(share_within(a.box, b.box), share_within(b.box, a.box)) > 0.85
    if within and (a.element < 0 or b.element < 0):
        return True
    return within and bool({name.compact for name, _, _ in a.names} & {name.compact for name, _, _ in b.names})

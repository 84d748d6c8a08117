"""What the model points at, weighed against what is written there and the elements of the window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.pointing.evidence import Evidence, weigh
from engine.pointing.find import Search
from engine.pointing.matching import LEAST
from engine.pointing.places import alike, centre, clipped, grown, height, holds, share_within
from engine.pointing.query import Reading, understand
from engine.pointing.ranking import Hit, confidences, rank
from engine.pointing.screen_text_line import ScreenLine
from engine.pointing.words import fold
from engine.protocol import Box, Element, Grounded, Mark, Proof

_NEAR = 0.03
"""How far beside a thing the model may point and still mean it: a share of the picture."""
_ALL_AGREE, _TWO_AGREE, _ELSEWHERE, _MODEL_ALONE = 0.97, 0.92, 0.6, 0.4
_UNIQUE = 0.75
"""How sure something elsewhere must be to be meant in place of what the model points at."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A place for a mark, and whether it is where the model points."""

    hit: Hit
    evidence: Evidence
    near: bool


def check(search: Search, elements: Sequence[Element], marks: Sequence[Grounded]) -> tuple[Mark, ...]:
    """`marks`, in their order, each where it should be drawn. Raises what reading the picture raises."""
    return tuple(_checked(search, elements, mark) for mark in marks)


def _checked(search: Search, elements: Sequence[Element], mark: Grounded) -> Mark:
    readings = understand(mark.label)
    found = _near(search, elements, mark, readings) or _elsewhere(search, elements, mark, readings)
    seen = Proof("model", mark.label, mark.box)
    if found is None:
        note = f"Neither what is written there nor the window's own parts say that this is “{mark.label}”."
        return _mark(mark, mark.box, _MODEL_ALONE, confirmed=False, proofs=(seen,), note=note)
    proofs = (*found.evidence.proofs, seen)
    if found.near:
        agree = not found.evidence.against
        confidence = (_ALL_AGREE if len(proofs) == 3 else _TWO_AGREE) if agree else _MODEL_ALONE
        note = "" if agree else f"“{found.evidence.against}” stands here as well."
        box = _snapped(mark, found.hit)
        return _mark(mark, box, confidence * min(1.0, found.hit.score + 0.1), confirmed=agree, proofs=proofs, note=note)
    says = "is here, as the window says" if found.evidence.tree else "is written here"
    note = f"“{found.hit.candidate.text}” {says}; the model pointed elsewhere."
    return _mark(mark, found.hit.candidate.box, _ELSEWHERE, confirmed=False, proofs=proofs, note=note)


def _near(search: Search, elements: Sequence[Element], mark: Grounded, readings: Sequence[Reading]) -> _Found | None:
    """What goes by that name where the model points; the text there is read first."""
    down = max(0.04, 1.5 * height(mark.box))
    lines = search.lines_near([clipped(grown(mark.box, 0.08, down))])
    return _best(search, elements, mark, readings, lines)


def _best(
    search: Search,
    elements: Sequence[Element],
    mark: Grounded,
    readings: Sequence[Reading],
    lines: Sequence[ScreenLine],
) -> _Found | None:
    hits = [hit for hit in rank(search.screen(lines), readings) if _is_near(hit, mark.box)]
    # Of several with one name the model says which.
    hits.sort(key=lambda hit: (-round(hit.score, 1), _distance(hit.candidate.box, mark.box)))
    for hit in hits:
        if hit.score >= LEAST:
            evidence = weigh(hit.candidate, fold(hit.reading.label), elements, lines)
            if evidence.proofs:
                return _Found(hit, evidence, near=True)
    return None


def _elsewhere(
    search: Search, elements: Sequence[Element], mark: Grounded, readings: Sequence[Reading]
) -> _Found | None:
    """The one thing on the picture that goes by that name to the letter."""
    lines = search.all_lines()
    hits = rank(search.screen(lines), readings)
    if not hits or not hits[0].certain or confidences(hits)[0] < _UNIQUE:
        return None
    evidence = weigh(hits[0].candidate, fold(hits[0].reading.label), elements, lines)
    if evidence.against or not evidence.proofs:
        return None
    return _Found(hits[0], evidence, near=_is_near(hits[0], mark.box))


def _is_near(hit: Hit, box: Box) -> bool:
    there = hit.candidate.box
    return (
        alike(there, box) > 0.1
        or holds(grown(there, _NEAR / 2, _NEAR / 2), *centre(box))
        or (share_within(there, box) > 0.7 and height(there) > 0.2 * height(box))
        or _distance(there, box) < _NEAR
    )


def _distance(one: Box, other: Box) -> float:
    (x, y), (other_x, other_y) = centre(one), centre(other)
    return max(abs(x - other_x), abs(y - other_y))


def _snapped(mark: Grounded, hit: Hit) -> Box:
    """The element's box, or that of the text; the model's where it fits closely around the text, as a button's does."""
    candidate = hit.candidate
    if candidate.element >= 0 or mark.shape == "point":
        return candidate.box
    x, y = centre(mark.box)
    fits = share_within(candidate.box, mark.box) > 0.95 and height(mark.box) < 3 * height(candidate.box)
    return mark.box if fits and holds(candidate.box, x, y) else candidate.box


def _mark(
    mark: Grounded, box: Box, confidence: float, *, confirmed: bool, proofs: tuple[Proof, ...], note: str
) -> Mark:
    shape = mark.shape if box == mark.box else "box"
    return Mark(
        mark.number,
        mark.attachment,
        mark.label,
        clipped(box),
        shape,
        round(min(0.99, confidence), 3),
        confirmed,
        proofs,
        note,
    )

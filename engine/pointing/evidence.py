"""What speaks for a place, and what against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.pointing.candidates import FIELDS, Candidate, from_lines, text_at
from engine.pointing.fields import gap_between
from engine.pointing.matching import LEAST, SURE, likeness
from engine.pointing.places import height, share_within
from engine.pointing.screen_text_line import ScreenLine
from engine.pointing.words import Folded, fold, spoken
from engine.protocol import Box, Element, Proof

_LINES = 3.0
"""Heights of a line up to which an element is a single thing, and what is written in it is its name."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """`tree` and `ocr` where they speak for a place. `against`: what is written there instead."""

    tree: Proof | None = None
    ocr: Proof | None = None
    against: str = ""

    @property
    def proofs(self) -> tuple[Proof, ...]:
        """All there are."""
        return tuple(proof for proof in (self.ocr, self.tree) if proof is not None)

    @property
    def agree(self) -> bool:
        """Whether the text and the elements say the same."""
        return self.tree is not None and self.ocr is not None and not self.against


def weigh(candidate: Candidate, label: Folded, elements: Sequence[Element], lines: Sequence[ScreenLine]) -> Evidence:
    """What the elements and what was read say of a candidate that is asked for as `label` (``""``: by something else
    than its name)."""
    element = elements[candidate.element] if candidate.element >= 0 else None
    if element is None:
        written = candidate.words or candidate.box
        return Evidence(ocr=Proof("ocr", candidate.text, written))
    names = [fold(spoken(name)) for name in (element.name, element.description) if name.strip()]
    if element.role in FIELDS:
        names += [name for name, _, _ in candidate.names]
    tree = Proof("tree", spoken(element.name) or candidate.text, element.box, element.role)
    read = _written(candidate, element, names, label, lines)
    if read is None:
        return Evidence(tree, against=_instead(candidate, element, names, lines))
    if names and not any(_says(name, fold(read.text)) for name in names) and element.role not in FIELDS:
        return Evidence(ocr=read, against=spoken(element.name))
    return Evidence(tree if names else None, read)


def _written(
    candidate: Candidate, element: Element, names: Sequence[Folded], label: Folded, lines: Sequence[ScreenLine]
) -> Proof | None:
    """What is written at the element that is its name or what was asked for."""
    for name in [name for name in (label, *names) if name.compact]:
        for written in from_lines(lines, name):
            if written.likeness(name) < LEAST:
                continue
            if _belongs(written.box, candidate, element):
                return Proof("ocr", written.text, written.box)
    here = text_at(candidate, lines)
    for line in here:
        if any(_says(name, fold(line.text)) for name in names):
            return Proof("ocr", line.text, line.box)
    return None


def _belongs(text: Box, candidate: Candidate, element: Element) -> bool:
    if share_within(text, candidate.box) > 0.6:
        return True
    if element.role in FIELDS:
        return gap_between(text, candidate.box) is not None
    if element.role in ("check_box", "radio_button", "switch"):
        gap = text.x0 - candidate.box.x1
        return abs(gap) < 2 * height(text) and share_within(_row(candidate.box, text), candidate.box) > 0
    return False


def _row(box: Box, text: Box) -> Box:
    return Box(box.x0, text.y0, box.x1, text.y1)


def _says(name: Folded, text: Folded) -> bool:
    """Whether a text is a name, a part of it, or has it in it."""
    if likeness(name, text) >= LEAST or likeness(text, name) >= LEAST:
        return True
    words = set(text.words)
    return bool(words) and len(words & set(name.words)) >= max(1, len(words) // 2)


def _instead(candidate: Candidate, element: Element, names: Sequence[Folded], lines: Sequence[ScreenLine]) -> str:
    """What stands in a single thing that has another name, ``""`` where nothing speaks against it."""
    if element.role in FIELDS or not names:
        return ""
    here = [
        line
        for line in text_at(candidate, lines)
        # A line that reaches beyond it is read together with what stands beside it.
        if len(fold(line.text).compact) > 1 and line.score >= 0.7 and share_within(line.box, candidate.box) > 0.75
    ]
    if not here or height(candidate.box) > _LINES * max(height(line.box) for line in here):
        return ""
    value = fold(element.value)
    if value.compact and any(_says(value, fold(line.text)) for line in here):
        return ""
    return here[0].text


def confirms(evidence: Evidence, likeness_of_words: float) -> bool:
    """Whether two agree that this is what was asked for by its words."""
    return evidence.agree and likeness_of_words >= SURE

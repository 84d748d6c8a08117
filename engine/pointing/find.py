"""Words -> places on a screen, by its text and the elements of its window. No model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from PIL import Image

from engine.pointing.candidates import from_elements
from engine.pointing.evidence import Evidence, confirms, weigh
from engine.pointing.frames import Pixels, frame_near
from engine.pointing.matching import LEAST
from engine.pointing.places import clipped, grown, height
from engine.pointing.query import Reading, understand
from engine.pointing.ranking import Hit, Screen, confidences, rank
from engine.pointing.screen_text_line import ScreenLine
from engine.pointing.words import fold
from engine.protocol import Box, Element, FoundFor, Mark

_GOOD = 0.85
"""From here on what the elements say is enough to read only what is written there."""
_LOOKED_AT = 6
"""Of the elements' best, at how many is read what is written there."""
_ALONE = 0.6
"""How sure the best must be to be the only one."""
_UNSEEN = 0.96
"""What is left where nothing is written: of two with one name, the one that can be read is meant."""
_AGAINST = 0.6
"""What is left of an element's score where something else is written."""


class ScreenText(Protocol):
    """What reads a picture; see `engine.pointing.screen_text.ScreenReader`."""

    def lines(
        self, attachment: str, picture: Callable[[], Image.Image], checkpoint: Callable[[], None]
    ) -> tuple[ScreenLine, ...]:
        """Everything."""

    def lines_near(
        self,
        attachment: str,
        picture: Callable[[], Image.Image],
        areas: Sequence[Box],
        checkpoint: Callable[[], None],
    ) -> tuple[ScreenLine, ...]:
        """What touches the areas."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that is named for good by `attachment`, and opened when something has to be read."""

    attachment: str
    open: Callable[[], Image.Image]


class Search:
    """Finds things on one picture. Reads only as much of it as it must. For one thread."""

    def __init__(
        self, picture: Picture, elements: Sequence[Element], text: ScreenText, checkpoint: Callable[[], None]
    ) -> None:
        self._picture, self._elements, self._text, self._checkpoint = picture, elements, text, checkpoint
        self.candidates = tuple(from_elements(elements))
        self._grey: Pixels | None = None

    def find(self, query: str, top: int) -> FoundFor:
        """The marks for `query`, best first and numbered by rank. Raises what reading the picture raises."""
        readings = understand(query)
        if not readings:
            return FoundFor(query, ())
        hits, lines = self._hits(readings)
        return FoundFor(query, tuple(self._marks(hits, lines, top)))

    def all_lines(self) -> tuple[ScreenLine, ...]:
        """Everything that is written on the picture."""
        return self._text.lines(self._picture.attachment, self._picture.open, self._checkpoint)

    def lines_near(self, areas: Sequence[Box]) -> tuple[ScreenLine, ...]:
        """What is written in the areas."""
        return self._text.lines_near(self._picture.attachment, self._picture.open, areas, self._checkpoint)

    def screen(self, lines: Sequence[ScreenLine]) -> Screen:
        """What is known of the screen once `lines` were read."""
        return Screen(self.candidates, tuple(lines), self._frame)

    def _frame(self, label: Box) -> Box | None:
        if self._grey is None:
            self._grey = np.asarray(self._picture.open().convert("L"), np.int16)
        return frame_near(self._grey, label)

    def _hits(self, readings: Sequence[Reading]) -> tuple[list[tuple[Hit, Evidence]], tuple[ScreenLine, ...]]:
        """First what the elements say, if it is clear and nothing that is written speaks against it; else all."""
        hits = rank(Screen(self.candidates), readings)
        if hits and hits[0].score >= _GOOD and not (hits[0].reading.relations or hits[0].reading.zones):
            close = [hit for hit in hits[:_LOOKED_AT] if hit.score >= hits[0].score - 0.15]
            lines = self.lines_near([around_with_label(hit.candidate.box) for hit in close])
            weighed = self._weighed(hits, lines)
            if not weighed[0][1].against:
                return weighed, lines
        lines = self.all_lines()
        return self._weighed(rank(self.screen(lines), readings), lines), lines

    def _weighed(self, hits: Sequence[Hit], lines: Sequence[ScreenLine]) -> list[tuple[Hit, Evidence]]:
        """With what speaks for and against each, best first."""
        weighed = []
        for hit in hits:
            evidence = weigh(hit.candidate, fold(hit.reading.label), self._elements, lines)
            # The elements may be those of a moment ago, or lie beneath another window: what is seen tells.
            factor = 1.0
            if evidence.tree is not None and evidence.against:
                factor = _AGAINST
            elif evidence.tree is not None and evidence.ocr is None:
                factor = _UNSEEN
            weighed.append((replace(hit, score=hit.score * factor), evidence))
        return sorted(weighed, key=lambda one: -one[0].score)

    def _marks(self, weighed: Sequence[tuple[Hit, Evidence]], lines: Sequence[ScreenLine], top: int) -> list[Mark]:
        kept = [one for one in weighed if one[0].score >= LEAST] or [
            one for one in weighed if one[0].score >= LEAST * _AGAINST and one[1].against
        ]
        sure = confidences([hit for hit, _ in kept])
        marks = []
        for number, ((hit, evidence), confidence) in enumerate(zip(kept[:top], sure, strict=False), 1):
            is_alone = confidence >= _ALONE
            marks.append(
                Mark(
                    number,
                    self._picture.attachment,
                    hit.candidate.text or hit.reading.label,
                    clipped(hit.candidate.box),
                    confidence=round(confidence, 3),
                    confirmed=is_alone and confirms(evidence, hit.likeness),
                    proofs=evidence.proofs,
                    note=_note(evidence, hit),
                )
            )
        return marks


def around_with_label(box: Box) -> Box:
    """A box with the space beside and above it where its label may be."""
    down = max(height(box), 0.02)
    return (
        clipped(Box(box.x0 - 0.2, box.y0 - 1.2 * down, box.x1 + 0.08, box.y1 + 0.3 * down))
        if down < 0.1
        else clipped(grown(box, 0.01, 0.01))
    )


def _note(evidence: Evidence, hit: Hit) -> str:
    if not evidence.against:
        return ""
    if evidence.tree is not None:
        return f"The program calls this “{evidence.tree.text}”, but “{evidence.against}” is written here."
    return f"“{hit.candidate.text}” is written here, but the program calls this “{evidence.against}”."

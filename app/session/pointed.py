"""`Pointed`: what an answer points at, as it comes in."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from app.domain.conversation import Answer
from engine.protocol import Grounded, Mark, Proof

CONFIDENCE = 0.5
"""Of what the model alone says."""


class Pointed:
    """Of one answer. What the model says is a mark at once, and later what became of it when it was weighed."""

    def __init__(self) -> None:
        self._said: dict[int, Grounded] = {}
        self._marks: dict[int, Mark] = {}

    @property
    def marks(self) -> tuple[Mark, ...]:
        """By number."""
        return tuple(self._marks[number] for number in sorted(self._marks))

    def take(self, said: Grounded) -> None:
        """The model points at something."""
        proof = Proof("model", said.label, said.box)
        self._said[said.number] = said
        self._marks[said.number] = Mark(
            said.number, said.attachment, said.label, said.box, said.shape, CONFIDENCE, proofs=(proof,)
        )

    def settle(self, said: Grounded, mark: Mark) -> bool:
        """`mark` is what became of `said`. False when it does not count any more."""
        if self._said.get(said.number) is not said:
            return False
        self._marks[said.number] = dataclasses.replace(mark, number=said.number)
        return True

    def put(self, marks: Iterable[Mark]) -> None:
        """What was found without the model."""
        self._marks = {mark.number: mark for mark in marks}

    def void_text(self) -> None:
        """The text so far does not count, and with it what it points at."""
        self._said.clear()
        self._marks.clear()

    def put_into(self, answer: Answer) -> Answer:
        """`answer` with all that is known."""
        return dataclasses.replace(answer, marks=self.marks)

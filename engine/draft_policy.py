"""How many tokens to guess at a time: what is fastest here and now, and none where guessing does not pay.

A guess pays or not by the machine, the model's precision and what is being written, so it is measured while answers
are written, over all requests of a loaded model.
"""

from __future__ import annotations

from collections import deque
from statistics import median

FIRST_TRIAL = 4
"""Rounds of each way at the beginning. The first does not count: it takes memory, and fills caches."""
RETRIAL = 4
"""Rounds of another way, now and then."""
TOKENS_BETWEEN = 128
"""Tokens between two trials: a way that takes twice as long then costs one part in thirty."""
SECONDS_KEPT = 15
"""The last rounds of a way, whose median counts: a machine that is busy for a moment changes nothing."""
GUESSES_KEPT = 48
"""The last guesses at a place."""


class DraftPolicy:
    """Ways to write are numbered by how many tokens are guessed: 0, a plain step, to `most`.

    A way's speed is the tokens a round yields, over its seconds. The yield follows from how often the first guess is
    right, how often the second behind a right one, and so on, which every round tells something about.
    """

    def __init__(self, most: int) -> None:
        self._seconds: list[deque[float]] = [deque(maxlen=SECONDS_KEPT) for _ in range(most + 1)]
        self._right: list[deque[bool]] = [deque(maxlen=GUESSES_KEPT) for _ in range(most)]
        self._due = deque(way for way in range(most + 1) for _ in range(FIRST_TRIAL)) if most else deque[int]()
        self._fresh = set(self._due)
        self._tried = self._tokens = 0

    def count(self) -> int:
        """How many tokens to guess now; 0: make a plain step."""
        return self._due[0] if self._due else self._best()

    def stepped(self, seconds: float) -> None:
        """A plain step took so long."""
        self._done(0, 1, seconds)

    def drafted(self, count: int, accepted: int, seconds: float) -> None:
        """A round with `count` guesses took so long, and the first `accepted` were right."""
        for place in range(min(accepted + 1, count)):
            self._right[place].append(place < accepted)
        self._done(count, 1 + accepted, seconds)

    def _done(self, way: int, tokens: int, seconds: float) -> None:
        if way in self._fresh:
            self._fresh.remove(way)
        else:
            self._seconds[way].append(seconds)
        if self._due and self._due[0] == way:
            self._due.popleft()
        self._tokens += tokens
        if not self._due and self._tokens >= TOKENS_BETWEEN and len(self._seconds) > 1:
            self._try_another()

    def _try_another(self) -> None:
        """Each of the other ways in turn."""
        best, self._tokens = self._best(), 0
        others = [way for way in range(len(self._seconds)) if way != best]
        self._tried += 1
        way = others[self._tried % len(others)]
        self._due.extend([way] * RETRIAL)
        if best == 0:
            # Nothing was guessed for long, and what is written now may be easier.
            for right in self._right:
                right.clear()

    def _best(self) -> int:
        return max(range(len(self._seconds)), key=self._speed)

    def _speed(self, way: int) -> float:
        """Tokens a second."""
        kept = self._seconds[way]
        if not kept:
            # Before the first measurement a plain step it is.
            return 0.0
        tokens = chance = 1.0
        for right in list(self._right)[:way]:
            # As if one guess more had been right and one wrong: a few tell little.
            chance *= (1 + sum(right)) / (2 + len(right))
            tokens += chance
        return tokens / max(median(kept), 1e-9)

"""Notices that the model goes in circles: the same run of tokens over and over, exactly.

For every period up to `MAX_PERIOD` it counts how long the output has repeated itself at that distance. That is one
comparison of a fixed, short window per token, whatever the length of the output, and needs no hash that could collide.
Text that is merely regular breaks its period at each name and number: the family writes every digit as its own token.
"""

from __future__ import annotations

import numpy as np

MAX_PERIOD = 256
"""Longest loop that is noticed, in tokens: the paragraphs that small tiers repeat are up to about 200 long."""
MIN_REPEATED = 128
"""Tokens that must repeat the ones before them, however short the loop. Above what is written on purpose: a rule of 40
dashes, a row of spaces, the separators of a wide table, the 100 zeros of a googol, 64 binary digits."""
LINE_PERIODS = range(8, 64)
"""Loops as long as a line. Equal lines are the commonest regular text of all: the rows of an empty table, of a board,
of a grid of zeros, calls in code."""
MIN_REPEATED_LINES = 300
"""What a loop of lines must repeat instead: above a 10 x 10 grid, an 8 x 8 board and an empty table of 20 rows, and
still a small part of the 2,048 tokens that a loop would waste."""
MIN_PASSES = 3
"""A longer passage is a loop when it comes this often in a row. Twice happens on purpose: a quotation, a refrain."""

_CAPACITY = 16 * MAX_PERIOD
"""Tokens kept before the last ones move to the front again, so that moving costs next to nothing per token."""


class Watchdog:
    """Watches the generated tokens of one attempt."""

    def __init__(self) -> None:
        self._needed = np.maximum(MIN_REPEATED, (MIN_PASSES - 1) * np.arange(MAX_PERIOD, 0, -1))
        self._repeated = np.zeros(MAX_PERIOD, dtype=np.int64)
        self._tokens = np.full(_CAPACITY, -1, dtype=np.int64)
        self._end = MAX_PERIOD

    def push(self, token: int) -> bool:
        """Take one token. True: it goes in circles, and goes on being True as long as it does."""
        if self._end == _CAPACITY:
            self._tokens[:MAX_PERIOD] = self._tokens[-MAX_PERIOD:]
            self._end = MAX_PERIOD
        # Ordered from the longest period to the shortest: index i looks MAX_PERIOD - i tokens back.
        same = self._tokens[self._end - MAX_PERIOD : self._end] == token
        self._repeated += 1
        self._repeated *= same
        self._tokens[self._end] = token
        self._end += 1
        loops = np.flatnonzero(self._repeated >= self._needed)
        if not len(loops):
            return False
        # A loop also repeats at each multiple of its period: the shortest one says what it is.
        shortest = int(loops[-1])
        return MAX_PERIOD - shortest not in LINE_PERIODS or int(self._repeated[shortest]) >= MIN_REPEATED_LINES

    def reset(self) -> None:
        """Forget everything: the answer starts again."""
        self._repeated[:] = 0
        self._tokens[:] = -1
        self._end = MAX_PERIOD

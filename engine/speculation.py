"""Writes with guesses: the next tokens are guessed by a small drafter and read by the model all at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.backends.base import Backend, State
from engine.draft_policy import DraftPolicy
from engine.tally import Tally


@dataclass(slots=True)
class Round:
    """What was read ahead: `logits` float32 [1 + guesses, vocab_size] behind the token that was written and behind each
    of `guesses`, of which `accepted` were written since."""

    guesses: tuple[int, ...]
    logits: NDArray[np.float32]
    seconds: float
    accepted: int = 0


class Speculator:
    """`Backend.step`, with what comes next often known already.

    The sampler picks each token from the model's own logits at that place, with the same draws as without guesses. If
    it picks what was guessed, the model has read it already and the next logits are there; if not, what was guessed is
    taken back. So the text is that of plain steps by construction, greedy and sampled, as far as the model's logits for
    one row and for several agree: there is no rule of acceptance that could change a probability.

    For one answer; `policy` learns from all of them. It holds no state.
    """

    def __init__(
        self, backend: Backend, policy: DraftPolicy, tally: Tally, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._backend, self._drafting = backend, backend.drafting
        self._policy, self._tally, self._clock = policy, tally, clock
        self._round: Round | None = None

    def step(self, state: State, token: int, position: int) -> NDArray[np.float32]:
        """Write `token` at M-RoPE position `position`; logits float32 [vocab_size] after it.

        `state` may have read further than `token`: see `settle`. Raises `OutOfMemory`; `state` is then lost.
        """
        ahead = self._round
        if ahead is not None:
            if token == ahead.guesses[ahead.accepted]:
                return self._accept(ahead)
            ahead.seconds += self._take_back(state, ahead)
            self._policy.drafted(len(ahead.guesses), ahead.accepted, ahead.seconds)
        count = 0 if self._drafting is None else self._policy.count()
        started = self._clock()
        if self._drafting is None or count == 0:
            logits = self._backend.step(state, token, position)
            self._policy.stepped(self._clock() - started)
            return logits
        guesses = self._drafting.draft(state, token, position, count)
        rows = self._drafting.verify(state, (token, *guesses), position)
        self._round = Round(guesses, rows, self._clock() - started)
        self._tally.drafted += count
        first: NDArray[np.float32] = rows[0]
        return first

    def settle(self, state: State) -> None:
        """Take back what `state` has read ahead, so that it can be read on from in another way."""
        if self._round is not None:
            self._take_back(state, self._round)

    def _accept(self, ahead: Round) -> NDArray[np.float32]:
        ahead.accepted += 1
        self._tally.accepted += 1
        if ahead.accepted == len(ahead.guesses):
            self._round = None
            self._policy.drafted(ahead.accepted, ahead.accepted, ahead.seconds)
        logits: NDArray[np.float32] = ahead.logits[ahead.accepted]
        return logits

    def _take_back(self, state: State, ahead: Round) -> float:
        """How long it took."""
        assert self._drafting is not None
        self._round = None
        started = self._clock()
        self._drafting.keep(state, 1 + ahead.accepted)
        return self._clock() - started

"""What was read before and may be read from again: states of the model, kept at the borders of a conversation.

The state of a linear-attention layer can not be cut back, only stored ahead. So it is stored where the next request
will most likely part from this one: after the system turn, after each picture, after the documents of the question,
and right before the think tag of the answer (the template drops the think block of an earlier answer, so nothing after
that stays the same). Text without a template goes on from its own end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.backends.base import State
from engine.prefill import common_prefix
from engine.prompt import Prompt
from engine.protocol import Generate, Image, Text

LAST_WORD = 8
"""Tokens at the end of a text that may be cut otherwise once it goes on."""


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """A state that has read what `identity` int64 [T] stands for, and is only ever copied from."""

    identity: NDArray[np.int64]
    state: State


class PrefixIndex:
    """Snapshots of at most `budget` bytes together; the longest unused goes first. Memory that several of them share
    counts once."""

    def __init__(self, budget: int) -> None:
        self._budget = budget
        # In the order of their last use.
        self._kept: list[Snapshot] = []

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def keeps(self) -> bool:
        """Whether there is any memory for snapshots."""
        return self._budget > 0

    @property
    def nbytes(self) -> int:
        """Bytes that would come free without the snapshots."""
        blocks: dict[int, int] = {}
        for snapshot in self._kept:
            blocks.update(snapshot.state.blocks())
        return sum(blocks.values())

    def longest(self, identity: NDArray[np.int64]) -> Snapshot | None:
        """The snapshot that has read the most of the beginning of `identity`, and nothing else."""
        best = max((kept for kept in self._kept if _begins(identity, kept.identity)), key=_length, default=None)
        if best is not None:
            self._kept.remove(best)
            self._kept.append(best)
        return best

    def store(self, identity: NDArray[np.int64], state: State) -> None:
        """Keep `state`, which must not be extended any more. One that does not fit the budget at all is let go."""
        self._kept = [kept for kept in self._kept if not _same(kept.identity, identity)]
        self._kept.append(Snapshot(identity.copy(), state))
        while self._kept and self.nbytes > self._budget:
            self._kept.pop(0)

    def clear(self) -> None:
        """Let all of them go."""
        self._kept.clear()


def identity_of(prompt: Prompt, pictures: Sequence[Image], grids: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    """Token ids, int64 [T], with those of a picture replaced by a negative number that only this picture at this size
    has: the tokens of all pictures look alike."""
    identity = prompt.tokens.copy()
    for span in prompt.images:
        seen = f"{pictures[span.index].attachment} {grids[span.index]}".encode()
        number = int.from_bytes(hashlib.sha256(seen).digest()[:8], "big") >> 1
        identity[span.at : span.at + span.count] = -1 - number
    return identity


def borders(prompt: Prompt, turn_token: int | None, think_token: int | None, *, raw: bool = False) -> tuple[int, ...]:
    """Where to store a state, in tokens from the start, ascending: before the second turn, after each picture, between
    documents and their question, and before the last think tag; in `raw` text before its last word. `turn_token` begins
    a turn; each is None in a vocabulary that lacks it."""
    tokens = prompt.tokens
    found = {prompt.opening, *(span.border for span in prompt.images)}
    if raw:
        found.add(len(tokens) - LAST_WORD)
    turns = np.flatnonzero(tokens == turn_token) if turn_token is not None else np.empty(0, np.int64)
    if len(turns) > 1:
        found.add(int(turns[1]))
    thinks = np.flatnonzero(tokens == think_token) if think_token is not None else np.empty(0, np.int64)
    if len(thinks) and len(turns) and thinks[-1] > turns[-1]:
        found.add(int(thinks[-1]))
    # The last token is always left to read: its logits are what the answer begins with.
    return tuple(sorted(border for border in found if 0 < border < len(tokens)))


def opening_of(prompt: Prompt, request: Generate, build: Callable[[Generate], Prompt]) -> int:
    """How many tokens of `prompt`, which is that of `request`, come before its last words where another text stands
    before them in the same message, else 0: as many as are alike whatever those words are."""
    last = request.messages[-1]
    match last.parts[-2:]:
        case (Text(), Text(text=words)) if not request.raw:
            others = Text("a" if words.startswith("1") else "1")
            changed = replace(last, parts=(*last.parts[:-1], others))
            other = build(replace(request, messages=(*request.messages[:-1], changed)))
            return common_prefix(prompt.tokens, other.tokens)
    return 0


def _begins(whole: NDArray[np.int64], part: NDArray[np.int64]) -> bool:
    return len(part) < len(whole) and np.array_equal(whole[: len(part)], part)


def _same(one: NDArray[np.int64], other: NDArray[np.int64]) -> bool:
    return len(one) == len(other) and np.array_equal(one, other)


def _length(snapshot: Snapshot) -> int:
    return len(snapshot.identity)

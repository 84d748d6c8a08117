"""Reads a prompt in the chunks that suit the back end."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.backends.base import Backend, Checkpoint, Chunk, ImageFeatures, PlacedImage, State
from engine.prompt import Prompt
from engine.tally import Tally


@dataclass(slots=True)
class Reading:
    """Where the model stands: `logits` float32 [vocab_size] after all that `state` has read, and the M-RoPE `position`
    of the first token it will write. `copies` of the state were made on the way, the last time it was extended."""

    state: State
    logits: NDArray[np.float32]
    position: int
    copies: tuple[State, ...] = ()


@dataclass(frozen=True, slots=True)
class Prefill:
    """Reads prompts with the same pictures; `features` holds, by their index, those that are still to be read."""

    backend: Backend
    features: Mapping[int, ImageFeatures]
    tally: Tally
    checkpoint: Checkpoint

    def read(
        self, state: State, prompt: Prompt, start: int, end: int, marks: Collection[int] = ()
    ) -> Iterator[Reading]:
        """Extend `state` by tokens `start` to `end`; where it stands after each chunk. Copies are made wherever it has
        read as many tokens of the prompt as one of `marks` says.

        Raises:
            Cancelled, OutOfMemory: `state` is then lost.
        """
        for chunk in chunks(prompt, self.features, start, end, self.backend.chunk_size):
            self.checkpoint()
            with self.tally.spending("prefill"):
                first = state.length
                within = [mark - first for mark in sorted(marks) if first < mark <= first + len(chunk.tokens)]
                logits, copies = self.backend.prefill_keeping(state, chunk, within, self.checkpoint)
            yield Reading(state, logits, prompt.next_position, copies)


def chunks(prompt: Prompt, features: Mapping[int, ImageFeatures], start: int, end: int, size: int) -> Iterator[Chunk]:
    """Tokens `start` to `end` of `prompt`, at most `size` at a time. A picture may be cut at any border; `features`
    holds each picture between them by its index."""
    images = tuple(
        PlacedImage(span.at, features[span.index], 0, span.count)
        for span in prompt.images
        if span.at < end and span.at + span.count > start
    )
    whole = Chunk(prompt.tokens, prompt.positions, images)
    for first in range(start, end, size):
        yield whole.part(first, min(first + size, end))


def common_prefix(one: NDArray[np.int64], other: NDArray[np.int64]) -> int:
    """How many leading tokens are the same."""
    shorter = min(len(one), len(other))
    different = np.flatnonzero(one[:shorter] != other[:shorter])
    return int(different[0]) if len(different) else shorter

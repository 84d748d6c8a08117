"""Reading a chunk with copies on the way, for a back end that can do no better than to read its parts one by one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.backends.base import Backend, Checkpoint, Chunk, State


def prefill_in_parts(
    backend: Backend, state: State, chunk: Chunk, marks: Sequence[int], checkpoint: Checkpoint
) -> tuple[NDArray[np.float32], tuple[State, ...]]:
    """`Backend.prefill_keeping` by its definition."""
    length = len(chunk.tokens)
    copies = []
    for first, last in pairwise(sorted({0, *marks, length})):
        logits = backend.prefill(state, chunk.part(first, last), checkpoint)
        if last in marks:
            copies.append(backend.copy_state(state))
    return logits, tuple(copies)

"""The contract between the session and a back end. Arrays cross this wall as NumPy, so that the session does not know
whether PyTorch or MLX is behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.protocol import ModelInfo
from engine.spec import ModelSpec

MOST_DRAFTS = 3
"""Tokens that are guessed at a time at most: the model cards advise 2 or 3."""

Checkpoint = Callable[[], None]
"""Called between layers and chunks of long work. Raises `Cancelled` when the person has pressed Stop."""


class Cancelled(Exception):
    """The work was stopped on request. A `State` that was being extended is then unusable and must be dropped."""


class OutOfMemory(Exception):
    """The device has no memory left for this step. `str()` is one sentence with what to do next."""


class DeviceLost(Exception):
    """The device failed in a way that leaves this process without it. `str()` is one sentence with what to do next."""


@dataclass(frozen=True, slots=True)
class Patches:
    """A prepared picture, as `engine.images` makes it.

    `pixels` is float32 [h * w, 3 * 2 * 16 * 16] in [-1, 1]: one row a patch in the order of the published image
    processor (2 x 2 merge groups together; channel, temporal copy, row, column inside a patch). `grid` is (h, w) in
    patches, both even. The language model sees h * w / 4 tokens.
    """

    pixels: NDArray[np.float32]
    grid: tuple[int, int]

    @property
    def tokens(self) -> int:
        """How many tokens the picture takes in the prompt, the two vision markers not counted."""
        return self.grid[0] * self.grid[1] // 4


class ImageFeatures(Protocol):
    """A picture after the vision tower and the merger: [tokens, hidden], in the back end's own array type."""

    @property
    def tokens(self) -> int:
        """How many rows there are."""

    @property
    def nbytes(self) -> int:
        """Bytes of device memory they hold."""


@dataclass(frozen=True, slots=True)
class PlacedImage:
    """Rows `first` to `first + count` of `features` take the place of the chunk's embeddings from index `at` on."""

    at: int
    features: ImageFeatures
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of the prompt. `tokens` int64 [T]; `positions` int64 [3, T]: M-RoPE positions on the temporal, height and
    width axes."""

    tokens: NDArray[np.int64]
    positions: NDArray[np.int64]
    images: tuple[PlacedImage, ...] = ()

    def part(self, first: int, last: int) -> Chunk:
        """Tokens `first` to `last` of it. A picture may be cut at any border."""
        images = []
        for image in self.images:
            begin, end = max(image.at, first), min(image.at + image.count, last)
            if begin < end:
                images.append(PlacedImage(begin - first, image.features, image.first + begin - image.at, end - begin))
        return Chunk(self.tokens[first:last], self.positions[:, first:last], tuple(images))


class State(Protocol):
    """What the model has read so far: KV cache of the full-attention layers, convolution and recurrent state of the
    linear ones. It can be extended, copied at a boundary and dropped; only `Drafting.keep` can cut it back."""

    @property
    def length(self) -> int:
        """Tokens read so far."""

    def blocks(self) -> Mapping[int, int]:
        """The blocks of device memory it holds, by their addresses, with their bytes. Copies may share blocks."""


class Drafting(Protocol):
    """Guesses tokens, and reads several at once so that a wrong guess costs nothing but time."""

    def draft(self, state: State, token: int, position: int, count: int) -> tuple[int, ...]:
        """The likeliest `count` tokens (1 to `MOST_DRAFTS`) behind `token`, which comes at M-RoPE position `position`
        and which `state` has not read. `state` reads nothing; it must have read a token before. Raises `OutOfMemory`.
        """

    def verify(self, state: State, tokens: Sequence[int], position: int) -> NDArray[np.float32]:
        """Extend `state` by 1 to ``1 + MOST_DRAFTS`` text tokens, the first at M-RoPE position `position`; logits after
        each, float32 [len(tokens), vocab_size]. Raises `OutOfMemory`; `state` is then lost."""

    def keep(self, state: State, count: int) -> None:
        """Make it as if `state` had read but the first `count` tokens (1 or more) of the last `verify`. Nothing may
        have been done with `state` in between."""


class Backend(Protocol):
    """A loaded model. Every method runs on the one thread that loaded it."""

    spec: ModelSpec
    info: ModelInfo

    @property
    def drafting(self) -> Drafting | None:
        """What guesses ahead; None for a model without a drafter."""

    @property
    def chunk_size(self) -> int:
        """The prefill chunk that is best on this device, in tokens."""

    @property
    def snapshot_bytes(self) -> int:
        """How much of the device's memory may be kept of what earlier requests have read."""

    def new_state(self, room: int = 0) -> State:
        """The state before the first token. Memory for `room` tokens is taken at once; beyond that it grows, and for a
        while takes twice as much. Raises `OutOfMemory`."""

    def copy_state(self, state: State, room: int = 0) -> State:
        """An independent copy, to go back to: the original may be extended without changing it. Memory for `room`
        tokens is taken when the copy is first extended."""

    def encode_image(self, patches: Patches, checkpoint: Checkpoint) -> ImageFeatures:
        """Run the vision tower. Raises `Cancelled` or `OutOfMemory`."""

    def prefill(self, state: State, chunk: Chunk, checkpoint: Checkpoint) -> NDArray[np.float32]:
        """Extend `state` by `chunk` in place and return the logits after its last token, float32 [vocab_size].

        Raises `Cancelled` or `OutOfMemory`; `state` is then lost.
        """

    def prefill_keeping(
        self, state: State, chunk: Chunk, marks: Sequence[int], checkpoint: Checkpoint
    ) -> tuple[NDArray[np.float32], tuple[State, ...]]:
        """`prefill`, and a copy of `state` as it is after each of `marks`: how many tokens of the chunk, from 1 to all,
        ascending. To read a few tokens takes as long as to read one of them, so all that can be is read at once."""

    def step(self, state: State, token: int, position: int) -> NDArray[np.float32]:
        """Extend `state` by one text token at M-RoPE position `position` (the same on all three axes); logits as in
        `prefill`."""

    def close(self) -> None:
        """Give the device memory back."""

"""What a conversation leaves behind in the layers: a KV cache in the full ones, two small states in the linear ones.

What was read with a trail can be taken back, token by token; what was read without can only be kept ahead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.spec import TextSpec

KV_BLOCK = 1024
"""Tokens by which a KV cache grows, so that decoding does not copy it at every token."""


class KvCache:
    """Keys and values of one full-attention layer, [kv heads, capacity, head_dim], filled up to `length`.

    A fork shares the buffers: the one that was forked from only ever writes behind what it has `_lent`, and the fork
    copies them before its own first write.
    """

    __slots__ = ("_keys", "_lent", "_owned", "_room", "_values", "length")

    def __init__(self, keys: Tensor, values: Tensor, length: int, owned: bool, room: int = 0) -> None:
        self._keys, self._values, self.length, self._owned = keys, values, length, owned
        self._room, self._lent = room, 0

    @classmethod
    def empty(cls, spec: TextSpec, dtype: torch.dtype, device: torch.device, room: int) -> KvCache:
        """A cache without tokens, and with memory for `room` of them."""
        shape = (spec.kv_heads, _capacity(room), spec.head_dim)
        return cls(
            torch.empty(shape, dtype=dtype, device=device), torch.empty(shape, dtype=dtype, device=device), 0, True
        )

    @property
    def past(self) -> int | Tensor:
        """How many tokens there are, for `attention.attend`."""
        return self.length

    def rows(self, length: int) -> tuple[Tensor, Tensor]:
        """Keys and values of the first `length` tokens, as views."""
        return self._keys[:, :length], self._values[:, :length]

    def append(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Add [kv heads, T, head_dim] of each and return all keys and values so far, as views."""
        end = self.length + keys.shape[1]
        if end > self._keys.shape[1] or not self._owned or self.length < self._lent:
            capacity = max(_capacity(end), _capacity(self._room), self._keys.shape[1])
            self._keys = self._grown(self._keys, capacity)
            self._values = self._grown(self._values, capacity)
            self._owned, self._lent = True, 0
        self._keys[:, self.length : end] = keys
        self._values[:, self.length : end] = values
        self.length = end
        return self.rows(end)

    def cut(self, length: int) -> None:
        """Drop all but the first `length` tokens."""
        self.length = length

    def fork(self, room: int = 0) -> KvCache:
        """A cache with the same tokens that may go another way, and then takes memory for `room` of them."""
        return self.fork_at(self.length, room)

    def fork_at(self, length: int, room: int = 0) -> KvCache:
        """`fork` with the first `length` tokens alone."""
        self._lent = max(self._lent, length)
        return KvCache(self._keys, self._values, length, owned=False, room=room)

    def blocks(self) -> dict[int, int]:
        """Bytes of both buffers by their addresses: a fork has the same until it writes."""
        return bytes_of(self._keys, self._values)

    def _grown(self, old: Tensor, capacity: int) -> Tensor:
        new = torch.empty((old.shape[0], capacity, old.shape[2]), dtype=old.dtype, device=old.device)
        new[:, : self.length] = old[:, : self.length]
        return new


@dataclass(slots=True)
class LinearCache:
    """State of one linear layer: `tail` [kernel - 1, channels], the last inputs of the convolution, and `recurrent`
    float32 [value heads, d_k, d_v]. Both are changed in place.

    After T tokens with a trail, `inputs` [kernel - 1 + T, channels] are those of the convolution, and `trail` holds
    `recurrent` after each of them but the last. Its memory is taken at the first such tokens, and used again.

    `marked` are copies on the way through a chunk of the prompt, until `TorchState.take_marked` has them.
    """

    tail: Tensor
    recurrent: Tensor
    inputs: Tensor | None = None
    trail: Tensor | None = None
    marked: tuple[LinearCache, ...] = ()

    @classmethod
    def empty(cls, spec: TextSpec, dtype: torch.dtype, device: torch.device) -> LinearCache:
        """The state before the first token: zeros."""
        shape = (spec.linear_value_heads, spec.linear_key_dim, spec.linear_value_dim)
        return cls(
            torch.zeros((spec.conv_kernel - 1, spec.linear_channels), dtype=dtype, device=device),
            torch.zeros(shape, dtype=torch.float32, device=device),
        )

    def fork(self) -> LinearCache:
        """An independent copy: a recurrent state can not be cut back, only kept."""
        return LinearCache(self.tail.clone(), self.recurrent.clone())

    def room_for_trail(self, states: int) -> Tensor:
        """Memory for at least so many states, [states, value heads, d_k, d_v]."""
        if self.trail is None or self.trail.shape[0] < states:
            self.trail = self.recurrent.new_empty((states, *self.recurrent.shape))
        return self.trail

    def go_back(self, count: int) -> None:
        """To where it was after the first `count` >= 1 tokens of the trail, which are not all of them."""
        assert self.inputs is not None
        assert self.trail is not None
        self.tail.copy_(self.inputs[count : count + self.tail.shape[0]])
        self.recurrent.copy_(self.trail[count - 1])

    def blocks(self) -> dict[int, int]:
        """Bytes of all states by their addresses."""
        return bytes_of(self.tail, self.recurrent, self.inputs, self.trail)


@dataclass(frozen=True, slots=True)
class Seen:
    """Tokens that the model has read: `hidden` and `embedded` [T, hidden], its normed last hidden states and the rows
    they came from, at M-RoPE `positions` int64 [3, T]."""

    hidden: Tensor
    embedded: Tensor
    positions: Tensor

    def first(self, count: int) -> Seen:
        """The first `count` of them."""
        return Seen(self.hidden[:count], self.embedded[:count], self.positions[:, :count])


@dataclass(slots=True)
class DraftCache:
    """What the drafter has read: `kv` of its one layer. Of `unread`, the last tokens of the model, it waits for one at
    least: an entry needs the token behind it."""

    kv: KvCache
    unread: list[Seen]

    def fork(self, room: int) -> DraftCache:
        """See `TorchState.fork`."""
        return DraftCache(self.kv.fork(room), list(self.unread))

    def blocks(self) -> dict[int, int]:
        """Bytes of all of it by their addresses."""
        rows = [row for seen in self.unread for row in (seen.hidden, seen.embedded, seen.positions)]
        return self.kv.blocks() | bytes_of(*rows)


@dataclass(slots=True, weakref_slot=True)
class TorchState:
    """One cache per layer, and how many tokens they have seen; `draft` is the drafter's, where there is one. The last
    `retraceable` tokens were read with a trail."""

    layers: list[KvCache | LinearCache]
    draft: DraftCache | None = None
    length: int = 0
    retraceable: int = 0

    @classmethod
    def empty(
        cls, spec: TextSpec, dtype: torch.dtype, device: torch.device, room: int = 0, drafts: bool = False
    ) -> TorchState:
        """The state of a conversation that has not begun, with memory for `room` tokens."""
        layers = [
            KvCache.empty(spec, dtype, device, room)
            if kind == "full_attention"
            else LinearCache.empty(spec, dtype, device)
            for kind in spec.layer_types
        ]
        return cls(layers, DraftCache(KvCache.empty(spec, dtype, device, room), []) if drafts else None)

    def fork(self, room: int = 0) -> TorchState:
        """A state with the same past that may go another way, and then takes memory for `room` tokens."""
        layers = [layer.fork(room) if isinstance(layer, KvCache) else layer.fork() for layer in self.layers]
        return TorchState(layers, None if self.draft is None else self.draft.fork(room), self.length)

    def take_marked(self, lengths: Sequence[int]) -> tuple[TorchState, ...]:
        """Forks as they were after `lengths` tokens in all, which the linear layers have marked. They have no drafter's
        cache yet: see `mtp.Drafter.fork_at`."""
        marked = []
        for index, length in enumerate(lengths):
            layers = [
                layer.fork_at(length) if isinstance(layer, KvCache) else layer.marked[index] for layer in self.layers
            ]
            marked.append(TorchState(layers, length=length))
        for layer in self.layers:
            if isinstance(layer, LinearCache):
                layer.marked = ()
        return tuple(marked)

    def keep(self, count: int) -> None:
        """Of the `retraceable` tokens only the first `count` (1 or more) have been read after all."""
        dropped = self.retraceable - count
        assert 0 <= dropped < self.retraceable
        self.retraceable = 0
        if not dropped:
            return
        self.length -= dropped
        for layer in self.layers:
            if isinstance(layer, KvCache):
                layer.cut(self.length)
            else:
                layer.go_back(count)
        if self.draft is not None:
            self.draft.unread[-1] = self.draft.unread[-1].first(count)

    def blocks(self) -> dict[int, int]:
        """Bytes of all caches by their addresses."""
        held = {address: size for layer in self.layers for address, size in layer.blocks().items()}
        return held if self.draft is None else held | self.draft.blocks()


def bytes_of(*tensors: Tensor | None) -> dict[int, int]:
    """Bytes of those that are there, by their addresses."""
    return {tensor.data_ptr(): tensor.nbytes for tensor in tensors if tensor is not None and tensor.nbytes}


def _capacity(tokens: int) -> int:
    return -(-tokens // KV_BLOCK) * KV_BLOCK

"""What a conversation leaves behind in the layers: a KV cache in the full ones, two small states in the linear ones.

What was read with a trail can be taken back, token by token; what was read without can only be kept ahead.
"""

from __future__ import annotations

from dataclasses import dataclass

import mlx.core as mx

from engine.spec import TextSpec

KV_BLOCK = 1024
"""Tokens by which a KV cache grows, so that decoding does not copy it at every token."""


class KvCache:
    """Keys and values of one full-attention layer, [1, kv heads, capacity, head_dim], filled up to `length`.

    The buffers are written in place as long as no other cache has them: a fork takes a copy of what is filled, or the
    very buffers where they are full.
    """

    __slots__ = ("_keys", "_owned", "_room", "_values", "length")

    def __init__(self, keys: mx.array, values: mx.array, length: int, owned: bool, room: int = 0) -> None:
        self._keys, self._values, self.length, self._owned, self._room = keys, values, length, owned, room

    @classmethod
    def empty(cls, spec: TextSpec, dtype: mx.Dtype, room: int) -> KvCache:
        """A cache without tokens, and with memory for `room` of them."""
        shape = (1, spec.kv_heads, _capacity(room), spec.head_dim)
        return cls(mx.zeros(shape, dtype), mx.zeros(shape, dtype), 0, owned=True)

    @property
    def arrays(self) -> tuple[mx.array, ...]:
        """Both buffers."""
        return self._keys, self._values

    def append(self, keys: mx.array, values: mx.array) -> tuple[mx.array, mx.array]:
        """Add [1, kv heads, T, head_dim] of each and return all keys and values so far."""
        end = self.length + keys.shape[2]
        if end > self._keys.shape[2] or not self._owned:
            capacity = max(_capacity(end), _capacity(self._room), self._keys.shape[2])
            self._keys = self._grown(self._keys, capacity)
            self._values = self._grown(self._values, capacity)
            self._owned = True
        self._keys[:, :, self.length : end] = keys
        self._values[:, :, self.length : end] = values
        self.length = end
        return self._keys[:, :, :end], self._values[:, :, :end]

    def cut(self, length: int) -> None:
        """Drop all but the first `length` tokens."""
        self.length = length

    def fork(self, room: int = 0) -> KvCache:
        """A cache with the same tokens that may go another way, and then takes memory for `room` of them."""
        if self.length == self._keys.shape[2]:
            self._owned = False
            return KvCache(self._keys, self._values, self.length, owned=False, room=room)
        keys, values = (mx.contiguous(buffer[:, :, : self.length]) for buffer in self.arrays)
        return KvCache(keys, values, self.length, owned=True, room=room)

    def _grown(self, old: mx.array, capacity: int) -> mx.array:
        batch, heads, _, dim = old.shape
        rest = mx.zeros((batch, heads, capacity - self.length, dim), old.dtype)
        return mx.concatenate([old[:, :, : self.length], rest], axis=2)


@dataclass(slots=True)
class LinearCache:
    """State of one linear layer: `tail` [1, kernel - 1, channels], the last inputs of the convolution, and `recurrent`
    float32 [1, value heads, d_v, d_k]. Neither is changed in place.

    After T tokens with a trail, `inputs` [1, kernel - 1 + T, channels] are those of the convolution, and `trail` holds
    `recurrent` after each of them.
    """

    tail: mx.array
    recurrent: mx.array
    inputs: mx.array | None = None
    trail: tuple[mx.array, ...] = ()

    @classmethod
    def empty(cls, spec: TextSpec, dtype: mx.Dtype) -> LinearCache:
        """The state before the first token: zeros."""
        shape = (1, spec.linear_value_heads, spec.linear_value_dim, spec.linear_key_dim)
        return cls(mx.zeros((1, spec.conv_kernel - 1, spec.linear_channels), dtype), mx.zeros(shape, mx.float32))

    @property
    def arrays(self) -> tuple[mx.array, ...]:
        """All states."""
        return (self.tail, self.recurrent, *self.trail, *(() if self.inputs is None else (self.inputs,)))

    def fork(self) -> LinearCache:
        """The same state, which may go another way."""
        return LinearCache(self.tail, self.recurrent)

    def go_back(self, count: int) -> None:
        """To where it was after the first `count` >= 1 tokens of the trail."""
        assert self.inputs is not None
        self.tail = mx.contiguous(self.inputs[:, count : count + self.tail.shape[1]])
        self.recurrent = self.trail[count - 1]

    def forget_trail(self) -> None:
        """What was read last stays read."""
        self.inputs, self.trail = None, ()


@dataclass(frozen=True, slots=True)
class Seen:
    """Tokens that the model has read: `hidden` and `embedded` [T, hidden], its normed last hidden states and the rows
    they came from, at M-RoPE `positions` [3, T]."""

    hidden: mx.array
    embedded: mx.array
    positions: mx.array

    @property
    def arrays(self) -> tuple[mx.array, ...]:
        """All of it."""
        return self.hidden, self.embedded, self.positions

    def first(self, count: int) -> Seen:
        """The first `count` of them."""
        return Seen(self.hidden[:count], self.embedded[:count], self.positions[:, :count])


@dataclass(slots=True)
class DraftCache:
    """What the drafter has read: `kv` of its one layer. Of `unread`, the last tokens of the model, it waits for one at
    least: an entry needs the token behind it."""

    kv: KvCache
    unread: list[Seen]

    @property
    def arrays(self) -> tuple[mx.array, ...]:
        """All of it."""
        return (*self.kv.arrays, *(array for seen in self.unread for array in seen.arrays))

    def fork(self, room: int) -> DraftCache:
        """See `MlxState.fork`."""
        return DraftCache(self.kv.fork(room), list(self.unread))


@dataclass(slots=True)
class MlxState:
    """One cache per layer, and how many tokens they have seen; `draft` is the drafter's, where there is one. The last
    `retraceable` tokens were read with a trail."""

    layers: list[KvCache | LinearCache]
    draft: DraftCache | None = None
    length: int = 0
    retraceable: int = 0

    @classmethod
    def empty(cls, spec: TextSpec, dtype: mx.Dtype, room: int = 0, drafts: bool = False) -> MlxState:
        """The state of a conversation that has not begun, with memory for `room` tokens."""
        layers = [
            KvCache.empty(spec, dtype, room) if kind == "full_attention" else LinearCache.empty(spec, dtype)
            for kind in spec.layer_types
        ]
        return cls(layers, DraftCache(KvCache.empty(spec, dtype, room), []) if drafts else None)

    @property
    def arrays(self) -> tuple[mx.array, ...]:
        """All that is held."""
        held = [array for layer in self.layers for array in layer.arrays]
        return (*held, *(() if self.draft is None else self.draft.arrays))

    def fork(self, room: int = 0) -> MlxState:
        """A state with the same past that may go another way, and then takes memory for `room` tokens."""
        layers = [layer.fork(room) if isinstance(layer, KvCache) else layer.fork() for layer in self.layers]
        return MlxState(layers, None if self.draft is None else self.draft.fork(room), self.length)

    def keep(self, count: int) -> None:
        """Of the `retraceable` tokens only the first `count` (1 or more) have been read after all."""
        dropped = self.retraceable - count
        assert 0 <= dropped < self.retraceable
        self.retraceable = 0
        self.length -= dropped
        for layer in self.layers:
            if isinstance(layer, KvCache):
                layer.cut(self.length)
                continue
            if dropped:
                layer.go_back(count)
            layer.forget_trail()
        if dropped and self.draft is not None:
            self.draft.unread[-1] = self.draft.unread[-1].first(count)

    def blocks(self) -> dict[int, int]:
        """Bytes of all arrays by their identities: MLX tells no addresses, and states share whole arrays."""
        return {id(array): array.nbytes for array in self.arrays if array.nbytes}


def _capacity(tokens: int) -> int:
    return -(-tokens // KV_BLOCK) * KV_BLOCK

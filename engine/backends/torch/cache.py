"""What a conversation leaves behind in the layers: a KV cache in the full ones, two small states in the linear ones."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.spec import TextSpec

KV_BLOCK = 1024
"""Tokens by which a KV cache grows, so that decoding does not copy it at every token."""


class KvCache:
    """Keys and values of one full-attention layer, [kv heads, capacity, head_dim], filled up to `length`.

    A fork shares the buffers: they are only ever appended to, so the one that was forked from may go on writing, and
    the fork copies them before its own first write.
    """

    __slots__ = ("_keys", "_owned", "_room", "_values", "length")

    def __init__(self, keys: Tensor, values: Tensor, length: int, owned: bool, room: int = 0) -> None:
        self._keys, self._values, self.length, self._owned = keys, values, length, owned
        self._room = room

    @classmethod
    def empty(cls, spec: TextSpec, dtype: torch.dtype, device: torch.device, room: int) -> KvCache:
        """A cache without tokens, and with memory for `room` of them."""
        shape = (spec.kv_heads, _capacity(room), spec.head_dim)
        return cls(
            torch.empty(shape, dtype=dtype, device=device), torch.empty(shape, dtype=dtype, device=device), 0, True
        )

    def append(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Add [kv heads, T, head_dim] of each and return all keys and values so far, as views."""
        end = self.length + keys.shape[1]
        if end > self._keys.shape[1] or not self._owned:
            capacity = max(_capacity(end), _capacity(self._room), self._keys.shape[1])
            self._keys = self._grown(self._keys, capacity)
            self._values = self._grown(self._values, capacity)
            self._owned = True
        self._keys[:, self.length : end] = keys
        self._values[:, self.length : end] = values
        self.length = end
        return self._keys[:, :end], self._values[:, :end]

    def fork(self, room: int = 0) -> KvCache:
        """A cache with the same tokens that may go another way, and then takes memory for `room` of them."""
        return KvCache(self._keys, self._values, self.length, owned=False, room=room)

    def blocks(self) -> dict[int, int]:
        """Bytes of both buffers by their addresses: a fork has the same until it writes."""
        return {buffer.data_ptr(): buffer.nbytes for buffer in (self._keys, self._values) if buffer.nbytes}

    def _grown(self, old: Tensor, capacity: int) -> Tensor:
        new = torch.empty((old.shape[0], capacity, old.shape[2]), dtype=old.dtype, device=old.device)
        new[:, : self.length] = old[:, : self.length]
        return new


@dataclass(slots=True)
class LinearCache:
    """State of one linear layer: `tail` [kernel - 1, channels], the last inputs of the convolution, and `recurrent`
    float32 [value heads, d_k, d_v]. Both are changed in place."""

    tail: Tensor
    recurrent: Tensor

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

    def blocks(self) -> dict[int, int]:
        """Bytes of both states by their addresses."""
        return {state.data_ptr(): state.nbytes for state in (self.tail, self.recurrent)}


@dataclass(slots=True)
class TorchState:
    """One cache per layer, and how many tokens they have seen."""

    layers: list[KvCache | LinearCache]
    length: int = 0

    @classmethod
    def empty(cls, spec: TextSpec, dtype: torch.dtype, device: torch.device, room: int = 0) -> TorchState:
        """The state of a conversation that has not begun, with memory for `room` tokens."""
        return cls(
            [
                KvCache.empty(spec, dtype, device, room)
                if kind == "full_attention"
                else LinearCache.empty(spec, dtype, device)
                for kind in spec.layer_types
            ]
        )

    def fork(self, room: int = 0) -> TorchState:
        """A state with the same past that may go another way, and then takes memory for `room` tokens."""
        layers = [layer.fork(room) if isinstance(layer, KvCache) else layer.fork() for layer in self.layers]
        return TorchState(layers, self.length)

    def blocks(self) -> dict[int, int]:
        """Bytes of all caches by their addresses."""
        return {address: size for layer in self.layers for address, size in layer.blocks().items()}


def _capacity(tokens: int) -> int:
    return -(-tokens // KV_BLOCK) * KV_BLOCK

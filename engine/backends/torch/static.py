"""A conversation's caches at addresses that never change, so that the work on them can be recorded once and repeated.

One conversation lives here at a time. It is copied in before its first step, and copied out when another one comes or
when something else than a step wants it.
"""

from __future__ import annotations

import weakref

import torch
from torch import Tensor

from engine.backends.base import MOST_DRAFTS
from engine.backends.torch.cache import KvCache, LinearCache, TorchState
from engine.spec import TextSpec


class StaticKv(KvCache):
    """All of the capacity is read at every step, and what lies behind `past`, int64 [], is masked: the length is a
    number on the device, not one of the program."""

    __slots__ = ("_past",)

    def __init__(self, keys: Tensor, values: Tensor, past: Tensor) -> None:
        super().__init__(keys, values, 0, owned=True)
        self._past = past

    @property
    def past(self) -> Tensor:
        """How many tokens there are, int64 []."""
        return self._past

    def append(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Write [kv heads, T, head_dim] of each behind `past`, which stays, and return the whole buffers."""
        place = self._past + torch.arange(keys.shape[1], device=keys.device)
        self._keys.index_copy_(1, place, keys)
        self._values.index_copy_(1, place, values)
        return self._keys, self._values

    def narrowed(self, capacity: int) -> StaticKv:
        """The first part of it."""
        return StaticKv(self._keys[:, :capacity], self._values[:, :capacity], self._past)

    def load(self, cache: KvCache) -> None:
        """Take over the tokens of `cache`. What was there is overwritten to the end: masked numbers count for nothing,
        but one that is none would spread."""
        for mine, theirs in zip((self._keys, self._values), cache.rows(cache.length), strict=True):
            mine[:, : cache.length] = theirs
            mine[:, cache.length :] = 0.0


class StaticCaches:
    """Memory for one conversation of up to `capacity` tokens. With `drafts` the way back from a verified guess has its
    fixed place too."""

    def __init__(self, spec: TextSpec, dtype: torch.dtype, device: torch.device, capacity: int, drafts: bool) -> None:
        self.capacity = capacity
        self.past = torch.zeros((), dtype=torch.int64, device=device)
        self._spec, self._dtype, self._device = spec, dtype, device
        self._owner: weakref.ref[TorchState] | None = None
        shape = (spec.kv_heads, capacity, spec.head_dim)
        self._layers: list[KvCache | LinearCache] = [
            StaticKv(
                torch.zeros(shape, dtype=dtype, device=device),
                torch.zeros(shape, dtype=dtype, device=device),
                self.past,
            )
            if kind == "full_attention"
            else LinearCache.empty(spec, dtype, device)
            for kind in spec.layer_types
        ]
        self.linear = tuple(layer for layer in self._layers if isinstance(layer, LinearCache))
        if drafts:
            for cache in self.linear:
                cache.room_for_trail(MOST_DRAFTS)

    def narrowed(self, capacity: int) -> TorchState:
        """The caches with room for only the first `capacity` tokens, for the model to work on."""
        layers = (layer.narrowed(capacity) if isinstance(layer, StaticKv) else layer for layer in self._layers)
        return TorchState(list(layers))

    @property
    def owner(self) -> TorchState | None:
        """Who lives here."""
        return None if self._owner is None else self._owner()

    def move_in(self, state: TorchState) -> None:
        """Make `state`, of less than `capacity` tokens, live here, where nobody does."""
        for mine, theirs in zip(self._layers, state.layers, strict=True):
            if isinstance(mine, StaticKv):
                assert isinstance(theirs, KvCache)
                mine.load(theirs)
            else:
                assert isinstance(mine, LinearCache)
                assert isinstance(theirs, LinearCache)
                mine.tail.copy_(theirs.tail)
                mine.recurrent.copy_(theirs.recurrent)
        # Its own memory is given back: the tokens are not kept twice.
        state.layers = self._layers
        self._owner = weakref.ref(state)

    def move_out(self) -> None:
        """Give whoever lives here memory of its own; one that nobody holds any more is forgotten."""
        state, self._owner = self.owner, None
        if state is not None:
            state.layers = [self._copy(layer, state) for layer in state.layers]

    def _copy(self, layer: KvCache | LinearCache, state: TorchState) -> KvCache | LinearCache:
        if isinstance(layer, KvCache):
            copy = KvCache.empty(self._spec, self._dtype, self._device, state.length)
            copy.append(*layer.rows(state.length))
            return copy
        if not state.retraceable:
            return layer.fork()
        inputs, trail = (None if step is None else step.clone() for step in (layer.inputs, layer.trail))
        return LinearCache(layer.tail.clone(), layer.recurrent.clone(), inputs, trail)

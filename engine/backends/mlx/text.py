"""The language model: gated delta layers and gated attention layers, three to one. One sequence; only caches and the
delta rule have a batch axis, of 1.

Numerical reference: transformers' ``models/qwen3_5``. Hidden states are [T, hidden].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import mlx.core as mx
from mlx.nn.layers.activations import silu

from engine.backends.mlx.attention import attend
from engine.backends.mlx.cache import KvCache, LinearCache, MlxState
from engine.backends.mlx.delta import Rule
from engine.backends.mlx.layers import GatedMlp, GatedNorm, Linear, Projection, RmsNorm, rotate
from engine.backends.mlx.quantize import Quantised
from engine.spec import RopeSpec, TextSpec


@dataclass(frozen=True, slots=True)
class DeltaMixer:
    """Token mixing by the gated delta rule. `rates` gives each value head's beta, then each one's step, in float32;
    `conv` float32 [channels, kernel, 1]."""

    spec: TextSpec
    qkv: Projection
    gate: Projection
    rates: Linear
    conv: mx.array
    rule: Rule
    norm: GatedNorm
    out: Projection

    def __call__(self, x: mx.array, cache: LinearCache, retraceable: bool) -> mx.array:
        """[T, hidden] -> [T, hidden]; `cache` moves on by T tokens and, if `retraceable`, knows the way back."""
        spec, length = self.spec, x.shape[0]
        mixed = self._convolve(self.qkv(x)[None], cache, retraceable)
        width = spec.linear_key_heads * spec.linear_key_dim
        q, k, v = mx.split(mixed, [width, 2 * width], axis=-1)
        q, k = (part.reshape(1, length, spec.linear_key_heads, -1) for part in (q, k))
        v = v.reshape(1, length, spec.linear_value_heads, -1)
        # In float16 the step would overflow before the softplus: float32 throughout.
        beta, step = mx.split(self.rates(x.astype(mx.float32))[None], 2, axis=-1)
        if retraceable:
            out, trail = self.rule.read_with_trail(q, k, v, beta, step, cache.recurrent)
            cache.recurrent, cache.trail = trail[-1], tuple(trail)
        else:
            out, cache.recurrent = self.rule.read(q, k, v, beta, step, cache.recurrent)
            cache.trail = ()
        gate = self.gate(x).reshape(length, -1, spec.linear_value_dim)
        return self.out(self.norm(out[0], gate).reshape(length, -1))

    def _convolve(self, x: mx.array, cache: LinearCache, retraceable: bool) -> mx.array:
        """Causal depthwise convolution and SiLU, [1, T, channels] -> float32 [1, T, channels]."""
        padded = mx.concatenate([cache.tail, x], axis=1)
        # A copy: a view would hold the memory of the whole chunk.
        cache.tail = mx.contiguous(padded[:, x.shape[1] :])
        cache.inputs = padded if retraceable else None
        out: mx.array = silu(mx.conv1d(padded.astype(mx.float32), self.conv, groups=x.shape[-1]))
        return out


@dataclass(frozen=True, slots=True)
class AttentionMixer:
    """Full attention: grouped queries, normed queries and keys, partial rotary, and a sigmoid gate on its output."""

    spec: TextSpec
    q: Projection
    k: Projection
    v: Projection
    q_norm: RmsNorm
    k_norm: RmsNorm
    out: Projection

    def __call__(self, x: mx.array, cos: mx.array, sin: mx.array, cache: KvCache) -> mx.array:
        """[T, hidden] -> [T, hidden]; `cos` and `sin` [T, 1, rotary_dim]; `cache` moves on by T tokens."""
        spec, length = self.spec, x.shape[0]
        q, gate = mx.split(self.q(x).reshape(length, spec.heads, 2 * spec.head_dim), 2, axis=-1)
        q = rotate(self.q_norm(q), cos, sin)
        keys, values = self.remember(x, cos, sin, cache)
        out = attend(_heads_first(q), keys, values)[0].swapaxes(0, 1).reshape(length, -1)
        return self.out(out * mx.sigmoid(gate.reshape(length, -1)))

    def remember(self, x: mx.array, cos: mx.array, sin: mx.array, cache: KvCache) -> tuple[mx.array, mx.array]:
        """Move `cache` on by what later tokens read of `x`; all keys and values so far."""
        shape = (x.shape[0], self.spec.kv_heads, self.spec.head_dim)
        k = rotate(self.k_norm(self.k(x).reshape(shape)), cos, sin)
        return cache.append(_heads_first(k), _heads_first(self.v(x).reshape(shape)))


@dataclass(frozen=True, slots=True)
class Layer:
    """One decoder layer."""

    mixer: DeltaMixer | AttentionMixer
    mlp: GatedMlp
    mixer_norm: RmsNorm
    mlp_norm: RmsNorm


@dataclass(frozen=True, slots=True)
class TextModel:
    """Embedding, layers and head. `embedding` [vocab, hidden] is also the head's weight when the two are tied;
    hidden states are of `dtype`."""

    spec: TextSpec
    dtype: mx.Dtype
    embedding: mx.array | Quantised
    layers: tuple[Layer, ...]
    norm: RmsNorm
    head: Projection

    def embed(self, tokens: mx.array) -> mx.array:
        """Integers [T] -> [T, hidden]."""
        if isinstance(self.embedding, Quantised):
            return self.embedding.rows(tokens).plain(self.dtype)
        return self.embedding[tokens]

    def forward(
        self,
        x: mx.array,
        positions: mx.array,
        state: MlxState,
        checkpoint: Callable[[], None] | None = None,
        retraceable: bool = False,
    ) -> mx.array:
        """Run all layers over `x` [T, hidden] at M-RoPE `positions` [3, T]; extends `state` in place.

        Returns the normed hidden states [T, hidden]. With a `checkpoint`, which may raise, each layer is calculated
        before the next is begun, and it is called between them; without, nothing is calculated yet. If `retraceable`,
        the delta rule goes token by token, and `state.keep` can then drop the last of them again.
        """
        cos, sin = turns(positions, self.spec.rope, x.dtype)
        for layer, cache in zip(self.layers, state.layers, strict=True):
            mixed = layer.mixer_norm(x)
            if isinstance(layer.mixer, AttentionMixer):
                assert isinstance(cache, KvCache)
                x = x + layer.mixer(mixed, cos, sin, cache)
            else:
                assert isinstance(cache, LinearCache)
                x = x + layer.mixer(mixed, cache, retraceable)
            x = x + layer.mlp(layer.mlp_norm(x))
            if checkpoint is not None:
                mx.eval(x, *cache.arrays)
                checkpoint()
        state.length += x.shape[0]
        state.retraceable = x.shape[0] if retraceable else 0
        return self.norm(x)

    def logits(self, hidden: mx.array) -> mx.array:
        """Normed [T, hidden] -> float32 [T, vocab]."""
        return self.head(hidden).astype(mx.float32)


def turns(positions: mx.array, rope: RopeSpec, dtype: mx.Dtype) -> tuple[mx.array, mx.array]:
    """`rope_tables` as the mixers want them, [T, 1, rotary_dim] of `dtype`."""
    cos, sin = rope_tables(positions, rope)
    return cos.astype(dtype)[:, None], sin.astype(dtype)[:, None]


def rope_tables(positions: mx.array, rope: RopeSpec) -> tuple[mx.array, mx.array]:
    """cos and sin float32 [T, rotary_dim] for M-RoPE `positions` [3, T].

    Interleaved sections: of every three neighbouring frequencies the second follows the height axis and the third the
    width axis as long as their shares last, all others the temporal axis.
    """
    exponents = mx.arange(0, rope.rotary_dim, 2, dtype=mx.float32) / rope.rotary_dim
    angles = positions.astype(mx.float32)[..., None] * (1.0 / rope.theta**exponents)
    index = mx.arange(rope.rotary_dim // 2)
    mixed = angles[0]
    for axis in (1, 2):
        chosen = (index % 3 == axis) & (index < rope.sections[axis] * 3)
        mixed = mx.where(chosen, angles[axis], mixed)
    mixed = mx.concatenate([mixed, mixed], axis=-1)
    return mx.cos(mixed), mx.sin(mixed)


def _heads_first(x: mx.array) -> mx.array:
    """[T, heads, d] -> [1, heads, T, d]."""
    return x.swapaxes(0, 1)[None]

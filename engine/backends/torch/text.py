"""The language model: gated delta layers and gated attention layers, three to one. One sequence, no batch axis.

Numerical reference: transformers' ``models/qwen3_5``. Hidden states are [T, hidden].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from engine.backends.torch import delta
from engine.backends.torch.attention import attend
from engine.backends.torch.cache import KvCache, LinearCache, TorchState
from engine.backends.torch.layers import GatedMlp, GatedNorm, Linear, Projection, ZeroCentredNorm, rotate
from engine.backends.torch.quantize import together
from engine.spec import RopeSpec, TextSpec

CONV_ROWS = 64
"""Tokens the processor convolves at a time: 2 MB of float32 in the 4B, which stay in its cache."""


@dataclass(frozen=True, slots=True)
class DeltaMixer:
    """Token mixing by the gated delta rule. `conv` float32 [kernel, channels]; `decay_rate` = exp(A_log), float32."""

    spec: TextSpec
    qkv: Projection
    gate: Projection
    beta: Linear
    step: Linear
    conv: Tensor
    decay_rate: Tensor
    step_bias: Tensor
    norm: GatedNorm
    out: Projection

    def __call__(self, x: Tensor, cache: LinearCache) -> Tensor:
        """[T, hidden] -> [T, hidden]; `cache` moves on by T tokens."""
        spec, length = self.spec, x.shape[0]
        mixed, gate = together(x, self.qkv, self.gate)
        mixed = self._convolve(mixed, cache)
        keys = spec.linear_key_heads * spec.linear_key_dim
        q, k, v = torch.split(mixed, [keys, keys, mixed.shape[-1] - 2 * keys], dim=-1)
        q = delta.normalise(q.reshape(length, -1, spec.linear_key_dim)) * spec.linear_key_dim**-0.5
        k = delta.normalise(k.reshape(length, -1, spec.linear_key_dim))
        v = v.reshape(length, -1, spec.linear_value_dim).float()
        beta = self.beta(x).sigmoid().float()
        # In float16 the step would overflow before the softplus: float32 throughout.
        g = -self.decay_rate * functional.softplus(self.step(x).float() + self.step_bias)
        rule = delta.recurrent if length == 1 else delta.chunked
        out = rule(q, k, v, g, beta, cache.recurrent).to(x.dtype)
        return self.out(self.norm(out, gate.view(length, -1, spec.linear_value_dim)).reshape(length, -1))

    def _convolve(self, x: Tensor, cache: LinearCache) -> Tensor:
        """Causal depthwise convolution and SiLU as shifted sums: no transposition of a [T, channels] matrix."""
        length, kernel = x.shape[0], self.conv.shape[0]
        padded = torch.cat((cache.tail, x))
        cache.tail.copy_(padded[length:])
        rows = CONV_ROWS if x.device.type == "cpu" else length
        out = torch.empty_like(x)
        for start in range(0, length, rows):
            end = min(start + rows, length)
            wide = padded[start : end + kernel - 1].float()
            total = wide[: end - start] * self.conv[0]
            for tap in range(1, kernel):
                total.addcmul_(wide[tap : tap + end - start], self.conv[tap])
            out[start:end] = functional.silu(total)
        return out


@dataclass(frozen=True, slots=True)
class AttentionMixer:
    """Full attention: grouped queries, normed queries and keys, partial rotary, and a sigmoid gate on its output."""

    spec: TextSpec
    q: Projection
    k: Projection
    v: Projection
    q_norm: ZeroCentredNorm
    k_norm: ZeroCentredNorm
    out: Projection

    def __call__(self, x: Tensor, cos: Tensor, sin: Tensor, cache: KvCache, checkpoint: Callable[[], None]) -> Tensor:
        """[T, hidden] -> [T, hidden]; `cos` and `sin` [T, 1, rotary_dim]; `cache` moves on by T tokens."""
        spec, length = self.spec, x.shape[0]
        q, k, v = together(x, self.q, self.k, self.v)
        q, gate = q.view(length, spec.heads, 2 * spec.head_dim).chunk(2, dim=-1)
        q = rotate(self.q_norm(q), cos, sin).transpose(0, 1)
        k = rotate(self.k_norm(k.view(length, spec.kv_heads, spec.head_dim)), cos, sin).transpose(0, 1)
        v = v.view(length, spec.kv_heads, spec.head_dim).transpose(0, 1)
        past = cache.length
        keys, values = cache.append(k, v)
        out = attend(q, keys, values, checkpoint, past).transpose(0, 1).reshape(length, -1)
        return self.out(out * torch.sigmoid(gate.reshape(length, -1)))


@dataclass(frozen=True, slots=True)
class Layer:
    """One decoder layer."""

    mixer: DeltaMixer | AttentionMixer
    mlp: GatedMlp
    mixer_norm: ZeroCentredNorm
    mlp_norm: ZeroCentredNorm


@dataclass(frozen=True, slots=True)
class TextModel:
    """Embedding, layers and head. `embedding` [vocab, hidden] is also the head's weight when the two are tied."""

    spec: TextSpec
    embedding: Tensor
    layers: tuple[Layer, ...]
    norm: ZeroCentredNorm
    head: Projection

    def embed(self, tokens: Tensor) -> Tensor:
        """int64 [T] -> [T, hidden]."""
        return functional.embedding(tokens, self.embedding)

    def forward(self, x: Tensor, positions: Tensor, state: TorchState, checkpoint: Callable[[], None]) -> Tensor:
        """Run all layers over `x` [T, hidden] at M-RoPE `positions` int64 [3, T]; extends `state` in place.

        Returns the normed last hidden state [hidden]. `checkpoint` is called before each layer and may raise.
        """
        cos, sin = (part.to(x.dtype).unsqueeze(1) for part in rope_tables(positions, self.spec.rope))
        for layer, cache in zip(self.layers, state.layers, strict=True):
            checkpoint()
            mixed = layer.mixer_norm(x)
            if isinstance(layer.mixer, AttentionMixer):
                assert isinstance(cache, KvCache)
                x = x + layer.mixer(mixed, cos, sin, cache, checkpoint)
            else:
                assert isinstance(cache, LinearCache)
                x = x + layer.mixer(mixed, cache)
            x = x + layer.mlp(layer.mlp_norm(x))
        state.length += x.shape[0]
        return self.norm(x[-1])

    def logits(self, hidden: Tensor) -> Tensor:
        """[hidden] -> float32 [vocab]."""
        return self.head(hidden.unsqueeze(0))[0].float()


def rope_tables(positions: Tensor, rope: RopeSpec) -> tuple[Tensor, Tensor]:
    """cos and sin float32 [T, rotary_dim] for M-RoPE `positions` int64 [3, T].

    Interleaved sections: of every three neighbouring frequencies the second follows the height axis and the third the
    width axis as long as their shares last, all others the temporal axis.
    """
    exponents = torch.arange(0, rope.rotary_dim, 2, dtype=torch.float32, device=positions.device) / rope.rotary_dim
    angles = positions.float().unsqueeze(-1) * (1.0 / rope.theta**exponents)
    mixed = angles[0].clone()
    for axis in (1, 2):
        chosen = slice(axis, rope.sections[axis] * 3, 3)
        mixed[:, chosen] = angles[axis, :, chosen]
    mixed = torch.cat((mixed, mixed), dim=-1)
    return mixed.cos(), mixed.sin()

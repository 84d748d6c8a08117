"""The language model: gated delta layers and gated attention layers, three to one. One sequence, no batch axis.

Numerical reference: transformers' ``models/qwen3_5``. Hidden states are [T, hidden].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional

from engine.backends.torch import delta
from engine.backends.torch.attention import attend
from engine.backends.torch.cache import KvCache, LinearCache, TorchState
from engine.backends.torch.delta_kernels import Rule
from engine.backends.torch.int8 import Int8Linear
from engine.backends.torch.layers import GatedMlp, GatedNorm, Linear, Projection, Table, ZeroCentredNorm, rotate
from engine.backends.torch.quantize import together
from engine.spec import RopeSpec, TextSpec

CONV_ROWS = 64
"""Tokens the processor convolves at a time: 2 MB of float32 in the 4B, which stay in its cache."""


@dataclass(frozen=True, slots=True)
class DeltaMixer:
    """Token mixing by the gated delta rule. `rates` gives each value head's beta, then each one's step, in float32: for
    one row PyTorch multiplies so few columns twice as fast as in bfloat16. `conv` float32 [kernel, channels];
    `decay_rate` = -exp(A_log), float32; `rule` reads several tokens at once."""

    spec: TextSpec
    qkv: Projection
    gate: Projection
    rates: Linear
    conv: Tensor
    decay_rate: Tensor
    step_bias: Tensor
    norm: GatedNorm
    out: Projection
    rule: Rule

    def __call__(self, x: Tensor, cache: LinearCache, retraceable: bool, marks: Sequence[int] = ()) -> Tensor:
        """[T, hidden] -> [T, hidden]; `cache` moves on by T tokens and, if `retraceable`, knows the way back. A copy
        of it after each of `marks` tokens is put into ``cache.marked``."""
        spec, length = self.spec, x.shape[0]
        mixed, gate = together(x, self.qkv, self.gate)
        mixed, tails = self._convolve(mixed, cache, retraceable, marks)
        heads, width = spec.linear_key_heads, 2 * spec.linear_key_heads * spec.linear_key_dim
        q, k = delta.normalise(mixed[:, :width].view(length, 2 * heads, -1)).chunk(2, dim=1)
        q = q * spec.linear_key_dim**-0.5
        v = mixed[:, width:].view(length, spec.linear_value_heads, -1).float()
        beta, step = self.rates(x.float()).chunk(2, dim=-1)
        beta = beta.sigmoid()
        # In float16 the step would overflow before the softplus: float32 throughout.
        g = self.decay_rate * functional.softplus(step + self.step_bias)
        if retraceable:
            out = delta.recurrent_with_trail(q, k, v, g, beta, cache.recurrent, cache.room_for_trail(length - 1))
        else:
            parts, states = [], []
            for first, last in pairwise((0, *marks, length)):
                rule = delta.single if last - first == 1 else self.rule
                piece = slice(first, last)
                parts.append(rule(q[piece], k[piece], v[piece], g[piece], beta[piece], cache.recurrent))
                if last < length:
                    states.append(cache.recurrent.clone())
            out = parts[0] if len(parts) == 1 else torch.cat(parts)
            cache.marked = tuple(LinearCache(tail, state) for tail, state in zip(tails, states, strict=True))
        out = out.to(x.dtype)
        return self.out(self.norm(out, gate.view(length, -1, spec.linear_value_dim)).reshape(length, -1))

    def _convolve(
        self, x: Tensor, cache: LinearCache, retraceable: bool, marks: Sequence[int]
    ) -> tuple[Tensor, list[Tensor]]:
        """Causal depthwise convolution and SiLU as shifted sums: no transposition of a [T, channels] matrix. With it
        come the tails after `marks` tokens."""
        length, kernel = x.shape[0], self.conv.shape[0]
        padded = torch.cat((cache.tail, x))
        cache.tail.copy_(padded[length:])
        cache.inputs = padded if retraceable else None
        tails = [padded[mark : mark + kernel - 1].to(cache.tail.dtype, copy=True) for mark in marks]
        if length == 1:
            return functional.silu((padded.float() * self.conv).sum(dim=0, keepdim=True)).to(x.dtype), tails
        rows = CONV_ROWS if x.device.type == "cpu" else length
        out = torch.empty_like(x)
        for start in range(0, length, rows):
            end = min(start + rows, length)
            wide = padded[start : end + kernel - 1].float()
            total = wide[: end - start] * self.conv[0]
            for tap in range(1, kernel):
                total.addcmul_(wide[tap : tap + end - start], self.conv[tap])
            out[start:end] = functional.silu(total)
        return out, tails


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
        past = cache.past
        keys, values = self._append(k, v, cos, sin, cache)
        out = attend(q.to(keys.dtype), keys, values, checkpoint, past).transpose(0, 1).reshape(length, -1).to(x.dtype)
        return self.out(out * torch.sigmoid(gate.reshape(length, -1)))

    def remember(self, x: Tensor, cos: Tensor, sin: Tensor, cache: KvCache) -> None:
        """Only move `cache` on: what later tokens read of `x`."""
        k, v = together(x, self.k, self.v)
        self._append(k, v, cos, sin, cache)

    def _append(self, k: Tensor, v: Tensor, cos: Tensor, sin: Tensor, cache: KvCache) -> tuple[Tensor, Tensor]:
        shape = (k.shape[0], self.spec.kv_heads, self.spec.head_dim)
        k = rotate(self.k_norm(k.view(shape)), cos, sin)
        return cache.append(k.transpose(0, 1), v.view(shape).transpose(0, 1))


@dataclass(frozen=True, slots=True)
class Layer:
    """One decoder layer."""

    mixer: DeltaMixer | AttentionMixer
    mlp: GatedMlp
    mixer_norm: ZeroCentredNorm
    mlp_norm: ZeroCentredNorm


@dataclass(frozen=True, slots=True)
class TextModel:
    """Embedding, layers and head. The head may be made of the same weight as the embedding."""

    spec: TextSpec
    embedding: Table
    layers: tuple[Layer, ...]
    norm: ZeroCentredNorm
    head: Projection

    @property
    def written_dtype(self) -> torch.dtype:
        """What a few rows are calculated in: float32 where the layers round them themselves, for one row spends more on
        conversions than on arithmetic."""
        return torch.float32 if isinstance(self.layers[0].mlp.up, Int8Linear) else self.embedding.dtype

    def embed(self, tokens: Tensor) -> Tensor:
        """int64 [T] -> [T, hidden]."""
        return self.embedding(tokens).to(self.norm.scale.device)

    def forward(
        self,
        x: Tensor,
        positions: Tensor,
        state: TorchState,
        checkpoint: Callable[[], None],
        retraceable: bool = False,
        marks: Sequence[int] = (),
    ) -> Tensor:
        """Run all layers over `x` [T, hidden] at M-RoPE `positions` int64 [3, T]; extends `state` in place.

        Returns the normed hidden states [T, hidden]. `checkpoint` is called before each layer and may raise. If
        `retraceable`, the delta rule goes token by token, and `state.keep` can then drop the last of them again. After
        `marks`, fewer than all tokens and ascending, the state is copied on the way: see `state.take_marked`.
        """
        cos, sin = turns(positions, self.spec.rope, x.dtype)
        for layer, cache in zip(self.layers, state.layers, strict=True):
            checkpoint()
            mixed = layer.mixer_norm(x)
            if isinstance(layer.mixer, AttentionMixer):
                assert isinstance(cache, KvCache)
                x = x + layer.mixer(mixed, cos, sin, cache, checkpoint)
            else:
                assert isinstance(cache, LinearCache)
                x = x + layer.mixer(mixed, cache, retraceable, marks)
            x = x + layer.mlp(layer.mlp_norm(x))
        state.length += x.shape[0]
        state.retraceable = x.shape[0] if retraceable else 0
        return self.norm(x)

    def logits(self, hidden: Tensor) -> Tensor:
        """Normed [T, hidden] -> float32 [T, vocab]."""
        return self.head(hidden).float()


def turns(positions: Tensor, rope: RopeSpec, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """`rope_tables` as the mixers want them, [T, 1, rotary_dim] of `dtype`."""
    cos, sin = rope_tables(positions, rope)
    return cos.to(dtype).unsqueeze(1), sin.to(dtype).unsqueeze(1)


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

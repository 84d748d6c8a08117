"""The small pieces both towers are made of: plain tensors in frozen dataclasses, there is nothing to train."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from engine.backends.torch.quantize import together

Projection = Callable[[Tensor], Tensor]
"""A linear layer without bias, [T, in] -> [T, out]: `Linear`, or a quantised one."""


@dataclass(frozen=True, slots=True)
class Linear:
    """``x @ weight.T + bias``; `weight` [out, in]."""

    weight: Tensor
    bias: Tensor | None = None

    def __call__(self, x: Tensor) -> Tensor:
        """[..., in] -> [..., out]."""
        return functional.linear(x, self.weight, self.bias)


class Table(Protocol):
    """The embedding."""

    @property
    def dtype(self) -> torch.dtype:
        """That of its rows."""

    def __call__(self, tokens: Tensor) -> Tensor:
        """int64 [T] -> [T, hidden], where the table lies."""


@dataclass(frozen=True, slots=True)
class PlainTable:
    """`weight` [vocab, hidden]."""

    weight: Tensor

    @property
    def dtype(self) -> torch.dtype:
        """That of the weight."""
        return self.weight.dtype

    def __call__(self, tokens: Tensor) -> Tensor:
        """int64 [T] -> [T, hidden]."""
        return functional.embedding(tokens.to(self.weight.device), self.weight)


@dataclass(frozen=True, slots=True)
class Int8Table:
    """``values * scale`` of the rows that are asked for: int8 [vocab, hidden] and float32 [vocab]."""

    values: Tensor
    scale: Tensor
    dtype: torch.dtype

    def __call__(self, tokens: Tensor) -> Tensor:
        """int64 [T] -> [T, hidden]."""
        there = tokens.to(self.values.device)
        return (self.values[there] * self.scale[there].unsqueeze(-1)).to(self.dtype)


@dataclass(frozen=True, slots=True)
class LayerNorm:
    """Layer normalisation over the last axis, epsilon 1e-6 as in the vision tower."""

    weight: Tensor
    bias: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """Same shape and dtype as `x`."""
        return functional.layer_norm(x, (x.shape[-1],), self.weight, self.bias, 1e-6)


def rms_normed(x: Tensor, eps: float) -> Tensor:
    """The last axis of float32 `x` over the root of its mean square. ``functional.rms_norm`` is made of more parts on a
    processor, and for one row each part costs more than its arithmetic."""
    return x * torch.rsqrt(x.square().mean(dim=-1, keepdim=True) + eps)


@dataclass(frozen=True, slots=True)
class ZeroCentredNorm:
    """RMS norm whose stored weight is the distance from one; computed in float32, returned in x's dtype.

    `scale` float32 holds ``1 + weight``.
    """

    scale: Tensor
    eps: float

    def __call__(self, x: Tensor) -> Tensor:
        """Same shape and dtype as `x`."""
        return (rms_normed(x.float(), self.eps) * self.scale).to(x.dtype)


@dataclass(frozen=True, slots=True)
class GatedNorm:
    """RMS norm times SiLU of a gate; the stored weight is the factor itself."""

    weight: Tensor
    eps: float

    def __call__(self, x: Tensor, gate: Tensor) -> Tensor:
        """`x` float32 and `gate`, both [..., d] -> [..., d] in gate's dtype."""
        normed = rms_normed(x.float(), self.eps)
        # Rounded to the working dtype before the weight, in float32 again for the gate: the reference's order.
        weighted = self.weight * normed.to(gate.dtype)
        return (weighted * functional.silu(gate.float())).to(gate.dtype)


@dataclass(frozen=True, slots=True)
class GatedMlp:
    """SwiGLU: ``down(silu(gate(x)) * up(x))``."""

    gate: Projection
    up: Projection
    down: Projection

    def __call__(self, x: Tensor) -> Tensor:
        """[T, hidden] -> [T, hidden]."""
        gate, up = together(x, self.gate, self.up)
        return self.down(functional.silu(gate) * up)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary embedding of the first ``cos.shape[-1]`` dimensions of `x`, in halves (not in pairs).

    `cos` and `sin` broadcast against x[..., :rotary_dim].
    """
    rotary_dim = cos.shape[-1]
    turned, passed = x[..., :rotary_dim], x[..., rotary_dim:]
    first, second = turned.chunk(2, dim=-1)
    turned = turned * cos + torch.cat((-second, first), dim=-1) * sin
    return turned if passed.shape[-1] == 0 else torch.cat((turned, passed), dim=-1)

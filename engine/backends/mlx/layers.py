"""The small pieces both towers are made of: plain arrays in frozen dataclasses, there is nothing to train."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import mlx.core as mx
from mlx_lm.models.activations import swiglu

Projection = Callable[[mx.array], mx.array]
"""A linear layer without bias, [..., in] -> [..., out]: `Linear`, or a quantised one."""


@dataclass(frozen=True, slots=True)
class Linear:
    """``x @ weight.T + bias``; `weight` [out, in]."""

    weight: mx.array
    bias: mx.array | None = None

    def __call__(self, x: mx.array) -> mx.array:
        """[..., in] -> [..., out]."""
        if self.bias is None:
            return x @ self.weight.T
        return mx.addmm(self.bias, x, self.weight.T)


@dataclass(frozen=True, slots=True)
class LayerNorm:
    """Layer normalisation over the last axis, epsilon 1e-6 as in the vision tower."""

    weight: mx.array
    bias: mx.array

    def __call__(self, x: mx.array) -> mx.array:
        """Same shape and dtype as `x`."""
        return mx.fast.layer_norm(x, self.weight, self.bias, 1e-6)


@dataclass(frozen=True, slots=True)
class RmsNorm:
    """RMS norm; computed in float32, returned in x's dtype. `scale` float32 is the factor itself."""

    scale: mx.array
    eps: float

    def __call__(self, x: mx.array) -> mx.array:
        """Same shape and dtype as `x`."""
        return mx.fast.rms_norm(x, self.scale, self.eps).astype(x.dtype)


@dataclass(frozen=True, slots=True)
class GatedNorm:
    """RMS norm times SiLU of a gate; the stored weight is the factor itself."""

    weight: mx.array
    eps: float

    def __call__(self, x: mx.array, gate: mx.array) -> mx.array:
        """`x` float32 and `gate`, both [..., d] -> [..., d] in gate's dtype."""
        # Rounded to the working dtype before the weight, in float32 again for the gate: the reference's order.
        weighted = self.weight * mx.fast.rms_norm(x, None, self.eps).astype(gate.dtype)
        gated: mx.array = swiglu(gate.astype(mx.float32), weighted)
        return gated.astype(gate.dtype)


@dataclass(frozen=True, slots=True)
class GatedMlp:
    """SwiGLU: ``down(silu(gate(x)) * up(x))``."""

    gate: Projection
    up: Projection
    down: Projection

    def __call__(self, x: mx.array) -> mx.array:
        """[T, hidden] -> [T, hidden]."""
        return self.down(swiglu(self.gate(x), self.up(x)))


def rotate(x: mx.array, cos: mx.array, sin: mx.array) -> mx.array:
    """Rotary embedding of the first ``cos.shape[-1]`` dimensions of `x`, in halves (not in pairs).

    `cos` and `sin` broadcast against x[..., :rotary_dim].
    """
    rotary_dim = cos.shape[-1]
    turned = x[..., :rotary_dim]
    first, second = mx.split(turned, 2, axis=-1)
    turned = turned * cos + mx.concatenate([-second, first], axis=-1) * sin
    return turned if rotary_dim == x.shape[-1] else mx.concatenate([turned, x[..., rotary_dim:]], axis=-1)

"""Weights of few bits: those of conversions as they are stored, and those made while the published ones load."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import mlx.core as mx

from engine.backends.published import is_sensitive

Precision = Literal["int8", "int4"]
BITS: dict[Precision, int] = {"int8": 8, "int4": 4}
GROUP = 64
"""Numbers that share a scale: what the published conversions have."""
WIDTHS = (2, 3, 4, 5, 6, 8)
GROUPS = (16, 32, 64, 128)


@dataclass(frozen=True, slots=True)
class Quantised:
    """A matrix [out, in] in groups: `weight` uint32 [out, in * bits / 32], `scales` and, in the mode affine, `biases`
    [out, in / group]."""

    weight: mx.array
    scales: mx.array
    biases: mx.array | None
    group: int
    bits: int
    mode: str

    @classmethod
    def of(cls, weight: mx.array, bits: int, group: int = GROUP) -> Quantised:
        """`weight` [out, in] rounded to `bits`; `in` is a multiple of `group`."""
        packed, scales, biases = mx.quantize(weight, group_size=group, bits=bits)
        return cls(packed, scales, biases, group, bits, "affine")

    @property
    def arrays(self) -> tuple[mx.array, ...]:
        """All it is made of."""
        return (self.weight, self.scales) if self.biases is None else (self.weight, self.scales, self.biases)

    def rows(self, index: mx.array) -> Quantised:
        """The rows at `index` [T]."""
        biases = None if self.biases is None else self.biases[index]
        return Quantised(self.weight[index], self.scales[index], biases, self.group, self.bits, self.mode)

    def plain(self, dtype: mx.Dtype) -> mx.array:
        """[out, in] in `dtype`."""
        return mx.dequantize(
            self.weight, self.scales, self.biases, group_size=self.group, bits=self.bits, mode=self.mode
        ).astype(dtype)


@dataclass(frozen=True, slots=True)
class QuantisedLinear:
    """A linear layer whose weights stay packed."""

    matrix: Quantised
    bias: mx.array | None = None

    def __call__(self, x: mx.array) -> mx.array:
        """[..., in] -> [..., out] in x's dtype."""
        matrix = self.matrix
        out = mx.quantized_matmul(
            x,
            matrix.weight,
            matrix.scales,
            matrix.biases,
            transpose=True,
            group_size=matrix.group,
            bits=matrix.bits,
            mode=matrix.mode,
        )
        return out if self.bias is None else out + self.bias


def form_of(into: int, packed: tuple[int, ...], scales: tuple[int, ...], affine: bool) -> tuple[int, int, str] | None:
    """Group, bits and mode of a matrix of `into` columns, from the shapes that it was stored in; None where no matrix
    has such shapes."""
    bits, rest = divmod(packed[-1] * 32, into)
    group, left = divmod(into, max(1, scales[-1]))
    if rest or left or bits not in WIDTHS or group not in GROUPS:
        return None
    if affine:
        return group, bits, "affine"
    mode = {(16, 4): "nvfp4", (32, 4): "mxfp4", (32, 8): "mxfp8"}.get((group, bits))
    return None if mode is None else (group, bits, mode)


def bits_for(name: str, bits: int) -> int:
    """How many of `bits` the matrix `name` (without ``.weight``) is to have."""
    return max(bits, 8) if is_sensitive(name) else bits


def fits(shape: tuple[int, ...]) -> bool:
    """Whether a matrix [out, in] goes into whole groups."""
    return len(shape) == 2 and shape[1] % GROUP == 0

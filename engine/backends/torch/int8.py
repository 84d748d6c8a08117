"""Linear layers with weights of 8 bits, one scale per output channel (symmetric, -127 to 127).

`Int8Linear` rounds the activations too, one scale per row, and multiplies whole numbers with FBGEMM, which reads the
weights as fast as the memory gives them: a layer of 9216 x 2560 takes 0.5 ms at one row on two server cores with VNNI
and 60 GB/s, oneDNN's operator 0.9, bfloat16 2.8. At 512 rows it does 770 GFLOP/s, oneDNN's 890, bfloat16 430. Of its
error most comes from the activations, so a few rows are rounded in two parts. `Int8WeightLinear` keeps the activations
as they are; it is what runs where the first does not, and the plain twin in the tests.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from engine.backends.torch.timing import shortest

FEW_ROWS = 4
"""Up to so many rows the reading of the weights takes the time, not the products: FBGEMM takes as long for 8 as for
1."""
WIDENED = 2048
"""Output channels that are widened at a time: 2,560 inputs of so many take 10 MB in bfloat16."""
ROUNDED = 64
"""Output channels that are rounded at a time: 0.7 MB of 2,560 inputs in float32, which stay in a core's own cache."""
SCALED = 64
"""Rows of activations that are scaled at a time: 2.4 MB at 9,216 inputs, which stay in the processor's cache."""
TINY = torch.finfo(torch.float32).tiny


@dataclass(frozen=True, slots=True)
class Rows:
    """Activations on the scale of their rounding, which the product does: `values` float32 [parts * T, in] from -reach
    to reach, and what one is worth in each row, `scale` float32 [T, 1].

    Up to `FEW_ROWS` rows there are two parts, of which the second is what the rounding of the first has lost, 2 * reach
    times as large: their sum is good to 16 bits, and twice the rows cost nothing then.
    """

    values: Tensor
    scale: Tensor
    reach: int
    parts: int

    @classmethod
    def of(cls, x: Tensor) -> Rows:
        """Scale [T, in], the largest value of each row to the end of the range."""
        reach, length = activation_reach(), x.shape[0]
        if length <= FEW_ROWS:
            return cls(*in_two_parts(x, reach), reach, parts=2)
        values = torch.empty(x.shape, dtype=torch.float32)
        scales = torch.empty((length, 1), dtype=torch.float32)
        for start in range(0, length, SCALED):
            rows = slice(start, start + SCALED)
            scales[rows] = _scale(x[rows], reach)
            torch.div(x[rows], scales[rows], out=values[rows])
        return cls(values, scales, reach, parts=1)


def in_two_parts(x: Tensor, reach: int) -> tuple[Tensor, Tensor]:
    """[T, in] -> what is to be rounded, float32 [2 * T, in], and what one of the first half is worth, [T, 1]."""
    scale = _scale(x, reach)
    coarse = x / scale
    # What is left lies between -1/2 and 1/2.
    fine = (coarse - coarse.round()).mul_(2 * reach)
    return torch.cat((coarse, fine)), scale


def joined(products: Tensor, reach: int) -> Tensor:
    """The products of both parts [2 * T, out] as one, [T, out], which is still to be scaled."""
    coarse, fine = products.chunk(2)
    return torch.add(coarse, fine, alpha=1 / (2 * reach))


def _scale(x: Tensor, reach: int) -> Tensor:
    """What one of -reach to reach is worth in each row of [T, in], float32 [T, 1]."""
    return x.abs().amax(dim=-1, keepdim=True).float().mul_(1 / reach).clamp_min_(TINY)


@dataclass(frozen=True, slots=True)
class Int8Weight:
    """A weight [out, in] that was rounded: ``values * scale``, `values` int8 [out, in], `scale` float32 [out]."""

    values: Tensor
    scale: Tensor

    @classmethod
    def of(cls, weight: Tensor) -> Int8Weight:
        """Round [out, in]."""
        return cls(*round_int8(weight))

    def to(self, device: torch.device) -> Int8Weight:
        """The same there."""
        return Int8Weight(self.values.to(device), self.scale.to(device))


@dataclass(frozen=True, slots=True)
class Int8Linear:
    """8-bit weights times 8-bit activations, summed as whole numbers. `packed` is FBGEMM's own layout of the weights
    with their scales."""

    packed: torch.ScriptObject
    nbytes: int

    @classmethod
    def of(cls, weight: Tensor) -> Int8Linear:
        """Round and pack [out, in]. Raises `RuntimeError` where PyTorch has no such operator."""
        return cls.stored(Int8Weight.of(weight))

    @classmethod
    def stored(cls, weight: Int8Weight) -> Int8Linear:
        """Pack what was rounded before. Raises `RuntimeError` as `of` does."""
        return cls(pack_int8(weight.values, weight.scale), weight.values.nbytes + weight.scale.nbytes)

    def __call__(self, x: Tensor) -> Tensor:
        """[T, in] -> [T, out] in x's dtype."""
        return self.product(Rows.of(x), x.dtype)

    def product(self, rows: Rows, dtype: torch.dtype) -> Tensor:
        """[T, out] in `dtype`. The operator knows one scale for all rows, so that of each row follows."""
        out = integer_product(rows.values, rows.reach, self.packed)
        if rows.parts == 2:
            out = joined(out, rows.reach)
        return out.mul_(rows.scale).to(dtype)


@dataclass(frozen=True, slots=True)
class Int8WeightLinear:
    """8-bit weights, activations as they come. `values` int8 [out, in], `scale` float32 [out]."""

    values: Tensor
    scale: Tensor

    @classmethod
    def of(cls, weight: Tensor) -> Int8WeightLinear:
        """Round [out, in]."""
        return cls.stored(Int8Weight.of(weight))

    @classmethod
    def stored(cls, weight: Int8Weight) -> Int8WeightLinear:
        """What was rounded before."""
        return cls(weight.values, weight.scale)

    @property
    def nbytes(self) -> int:
        """Bytes of the weights and their scales."""
        return self.values.nbytes + self.scale.nbytes

    def __call__(self, x: Tensor) -> Tensor:
        """[T, in] -> [T, out] in x's dtype."""
        if x.shape[0] <= FEW_ROWS and x.dtype == torch.bfloat16:
            out: Tensor = torch.ops.aten._weight_int8pack_mm(x, self.values, self.scale.to(x.dtype))
            return out
        parts = [functional.linear(x, values.to(x.dtype)) for values in torch.split(self.values, WIDENED)]
        return torch.cat(parts, dim=-1).mul_(self.scale.to(x.dtype))


def pack_int8(values: Tensor, scale: Tensor) -> torch.ScriptObject:
    """int8 [out, in] and float32 [out] in FBGEMM's own layout. Raises `RuntimeError` where PyTorch has none."""
    with warnings.catch_warnings():
        # The type of the tensor is going away, its operators with it; best_int8 then finds another form.
        warnings.filterwarnings("ignore", message=r"torch\.quantize_per_tensor", category=UserWarning)
        zeros = torch.zeros(scale.shape, dtype=torch.int64)
        quantised = torch._make_per_channel_quantized_tensor(values, scale, zeros, 0)
    packed: torch.ScriptObject = torch.ops.quantized.linear_prepack(quantised, None)
    return packed


def integer_product(values: Tensor, reach: int, packed: torch.ScriptObject) -> Tensor:
    """float32 [T, in] from -reach to reach, rounded to whole numbers, times packed weights -> float32 [T, out]."""
    out: Tensor = torch.ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32(values, 1.0, reach + 1, packed)
    return out


def round_int8(weight: Tensor) -> tuple[Tensor, Tensor]:
    """[out, in] -> int8 [out, in] and scale float32 [out], so that ``values * scale`` is close to `weight`."""
    values = torch.empty(weight.shape, dtype=torch.int8)
    scale = torch.empty((weight.shape[0], 1), dtype=torch.float32)
    for start in range(0, weight.shape[0], ROUNDED):
        rows = slice(start, start + ROUNDED)
        block = weight[rows].float()
        scale[rows] = block.abs().amax(dim=1, keepdim=True).clamp_min_(TINY).mul_(1 / 127)
        values[rows] = block.div(scale[rows]).round_()
    return values, scale.squeeze(1)


@cache
def activation_reach() -> int:
    """The largest rounded activation: 127, but 63 on x86 processors without VNNI, whose instruction adds two products
    in 16 bits and would cut them off (2 x 127 x 127 < 2**15)."""
    capabilities = torch.cpu.get_capabilities()
    if capabilities["architecture"] != "x86_64":
        return 127
    return 127 if capabilities.get("avx512_vnni") or capabilities.get("avx_vnni") else 63


@cache
def integer_products_are_fast() -> bool:
    """Whether PyTorch multiplies whole numbers here, right and at no less than half the speed of float32."""
    random = torch.Generator().manual_seed(0)
    weight, x = (torch.randn((rows, 512), generator=random) for rows in (512, 64))
    try:
        layer = Int8Linear.of(weight)
        rows = Rows.of(x)
        got = layer.product(rows, torch.float32)
    except (RuntimeError, AttributeError):
        return False
    values, scale = round_int8(weight)
    exact = (rows.values.round() @ values.float().t()) * scale * rows.scale
    if not torch.allclose(got, exact, rtol=1e-4, atol=1e-4):
        return False
    return shortest(lambda: layer.product(rows, torch.float32)) <= 2 * shortest(lambda: functional.linear(x, weight))

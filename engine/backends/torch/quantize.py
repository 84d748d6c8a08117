"""Linear layers with weights of 8 or 4 bits, made of PyTorch's own operators: the user's machine compiles nothing.

8 bits: one scale per output channel (symmetric, -127 to 127). `Int8Linear` rounds the activations too, one scale per
row, and multiplies whole numbers: on a server processor with AVX-512 VNNI one layer of 9216 x 2560 takes 0.9 ms at one
row and 30 ms at 512, bfloat16 3.0 and 59. Of its error most comes from the activations, so a few rows are rounded in
two parts. `Int8WeightLinear` keeps the activations as they are; it is what runs where the first is slow, and the plain
twin in the tests.

4 bits: `Int4Linear`, in groups of 64 inputs with a scale and an offset each. For machines with little memory.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal, Protocol

import torch
from torch import Tensor
from torch.nn import functional

Precision = Literal["int8", "int4"]
Form = Literal["int8", "int8-weights", "int4"]

GROUP = 64
"""Inputs that share a scale and an offset at 4 bits: 0.56 bytes a weight."""
INT4_BYTES = 0.5 + 2 * 2 / GROUP
"""Of a weight at 4 bits, with its share of a scale and an offset in 16 bits."""
INT4_ROWS = 64
"""Output channels that PyTorch's 4-bit operator packs together; a layer needs a multiple."""
FEW_ROWS = 8
"""Up to so many rows the reading of the weights takes the time, not the products."""
LEAST_ROWS = 4
"""oneDNN reads the weights at 33 to 38 GB/s for four rows, at 28 for one and 24 for two; the memory would give 39."""
INT4_FEW_ROWS = 64
"""Up to so many rows PyTorch's operators on stored weights are faster than widening the weights first."""
WIDENED = 2048
"""Output channels that are widened at a time: 2,560 inputs of so many take 10 MB in bfloat16."""
ROUNDED = 64
"""Rows of activations that are rounded at a time: 2.4 MB at 9,216 inputs, which stay in the processor's cache."""
TINY = torch.finfo(torch.float32).tiny


class QuantisedLinear(Protocol):
    """What all of them are."""

    @property
    def nbytes(self) -> int:
        """Bytes of the weights and their scales."""

    def __call__(self, x: Tensor) -> Tensor:
        """[T, in] -> [T, out] in x's dtype."""


def quantised(weight: Tensor, form: Form) -> QuantisedLinear:
    """`weight` [out, in] on the processor as a layer. 4 bits need multiples of `INT4_ROWS` and `GROUP`: see
    `fits_int4`."""
    if form == "int4":
        return Int4Linear.of(weight)
    return Int8Linear.of(weight) if form == "int8" else Int8WeightLinear.of(weight)


def best_int8() -> Form:
    """The form of 8 bits that is fast on this machine."""
    return "int8" if _integer_products_are_fast() else "int8-weights"


def fits_int4(out: int, into: int) -> bool:
    """Whether a weight [out, into] can be packed at 4 bits."""
    return out % INT4_ROWS == 0 and into % GROUP == 0


def together(x: Tensor, *layers: Callable[[Tensor], Tensor]) -> tuple[Tensor, ...]:
    """All `layers` of the same `x`, which is rounded only once."""
    if len(layers) > 1 and all(isinstance(layer, Int8Linear) for layer in layers):
        rows = Rows.of(x)
        return tuple(layer.product(rows).to(x.dtype) for layer in layers if isinstance(layer, Int8Linear))
    return tuple(layer(x) for layer in layers)


# --- 8 bits ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rows:
    """Activations as whole numbers: `values` uint8 [parts * T, in], where `zero` stands for 0, and `scale` float32
    [parts * T, 1]. Rows without a scale are there for the speed alone.

    Up to `FEW_ROWS` rows there are two parts, of which the second is what the rounding of the first has lost: their
    sum is good to 16 bits. Reading the weights takes the time then, so that twice the rows cost nothing.
    """

    values: Tensor
    scale: Tensor
    zero: int
    parts: int

    @classmethod
    def of(cls, x: Tensor) -> Rows:
        """Round [T, in], the largest value of each row to the end of the range."""
        # Unsigned, because oneDNN has no fast product of two signed operands before AVX-512 FP16 (300 times as slow).
        reach = activation_reach()
        zero = reach + 1
        if x.shape[0] <= FEW_ROWS:
            scaled, steps = _scaled(x, reach)
            coarse = scaled.round()
            # What is left lies between -1/2 and 1/2.
            fine = scaled.sub_(coarse).mul_(2 * reach).round_()
            values = torch.full((max(2 * x.shape[0], LEAST_ROWS), x.shape[1]), zero, dtype=torch.uint8)
            values[: 2 * x.shape[0]] = torch.cat((coarse, fine)).add_(zero)
            return cls(values, torch.cat((steps, steps / (2 * reach))), zero, parts=2)
        values = torch.empty(x.shape, dtype=torch.uint8)
        scale = torch.empty((x.shape[0], 1), dtype=torch.float32)
        for start in range(0, x.shape[0], ROUNDED):
            scaled, scale[start : start + ROUNDED] = _scaled(x[start : start + ROUNDED], reach)
            values[start : start + ROUNDED] = scaled.round_().add_(zero)
        return cls(values, scale, zero, parts=1)


def _scaled(x: Tensor, reach: int) -> tuple[Tensor, Tensor]:
    """[T, in] from -reach to reach in float32, and what one is worth, [T, 1]."""
    wide = x.float()
    steps = wide.abs().amax(dim=-1, keepdim=True).clamp_min_(TINY).mul_(1 / reach)
    return wide / steps, steps


@dataclass(frozen=True, slots=True)
class Int8Linear:
    """``onednn.qlinear_pointwise``: 8-bit weights times 8-bit activations, summed as whole numbers. `packed` is
    oneDNN's own layout, `scale` float32 [out]."""

    packed: Tensor
    scale: Tensor
    nbytes: int

    @classmethod
    def of(cls, weight: Tensor) -> Int8Linear:
        """Round and pack [out, in]."""
        values, scale = round_int8(weight)
        packed = pack_int8(values)
        return cls(packed, scale, values.nbytes + scale.nbytes)

    def __call__(self, x: Tensor) -> Tensor:
        """[T, in] -> [T, out] in x's dtype."""
        return self.product(Rows.of(x)).to(x.dtype)

    def product(self, rows: Rows) -> Tensor:
        """[T, out] float32. The operator knows one scale for all rows, so that of each row follows."""
        out = integer_product(rows.values, rows.zero, self.packed, self.scale)
        out = out[: rows.scale.shape[0]].mul_(rows.scale)
        return out if rows.parts == 1 else torch.add(*out.chunk(2))


@dataclass(frozen=True, slots=True)
class Int8WeightLinear:
    """8-bit weights, activations as they come. `values` int8 [out, in], `scale` float32 [out]."""

    values: Tensor
    scale: Tensor

    @classmethod
    def of(cls, weight: Tensor) -> Int8WeightLinear:
        """Round [out, in]."""
        return cls(*round_int8(weight))

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


def pack_int8(values: Tensor) -> Tensor:
    """int8 [out, in] in oneDNN's own layout. Raises `RuntimeError` where it has none."""
    packed: Tensor = torch.ops.onednn.qlinear_prepack(values, None)
    return packed


def integer_product(values: Tensor, zero: int, packed: Tensor, scale: Tensor) -> Tensor:
    """uint8 [T, in], where `zero` stands for 0, times packed weights of `scale` float32 [out] -> float32 [T, out]."""
    no_offsets = torch.empty(0, dtype=torch.int64)
    out: Tensor = torch.ops.onednn.qlinear_pointwise(
        values, 1.0, zero, packed, scale, no_offsets, None, 1.0, 0, torch.float32, "none", [], ""
    )
    return out


def round_int8(weight: Tensor) -> tuple[Tensor, Tensor]:
    """[out, in] -> int8 [out, in] and scale float32 [out], so that ``values * scale`` is close to `weight`."""
    values = torch.empty(weight.shape, dtype=torch.int8)
    scale = torch.empty(weight.shape[0], dtype=torch.float32)
    # In blocks: the head of the 4B alone would take 2.5 GB in float32.
    for start in range(0, weight.shape[0], WIDENED):
        block = weight[start : start + WIDENED].float()
        steps = block.abs().amax(dim=1).clamp_min_(TINY).mul_(1 / 127)
        values[start : start + WIDENED] = block.div(steps[:, None]).round_()
        scale[start : start + WIDENED] = steps
    return values, scale


@cache
def activation_reach() -> int:
    """The largest rounded activation: 127, but 63 on x86 processors without VNNI, whose instruction adds two products
    in 16 bits and would cut them off (2 x 127 x 127 < 2**15)."""
    capabilities = torch.cpu.get_capabilities()
    if capabilities["architecture"] != "x86_64":
        return 127
    return 127 if capabilities.get("avx512_vnni") or capabilities.get("avx_vnni") else 63


@cache
def _integer_products_are_fast() -> bool:
    """Whether oneDNN multiplies whole numbers right and at no less than half the speed of float32. Where it has no
    kernel for the processor it takes a reference that is hundreds of times slower."""
    random = torch.Generator().manual_seed(0)
    weight, x = (torch.randn((rows, 512), generator=random) for rows in (512, 64))
    try:
        layer = Int8Linear.of(weight)
        rows = Rows.of(x)
        got = layer.product(rows)
    except (RuntimeError, AttributeError):
        return False
    values, scale = round_int8(weight)
    exact = ((rows.values.float() - rows.zero) @ values.float().t()) * scale * rows.scale
    if not torch.allclose(got, exact, rtol=1e-4, atol=1e-4):
        return False
    return _seconds(lambda: layer.product(rows)) <= 2 * _seconds(lambda: functional.linear(x, weight))


def _seconds(work: Callable[[], object]) -> float:
    """The shortest of three runs."""
    shortest = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        work()
        shortest = min(shortest, time.perf_counter() - start)
    return shortest


# --- 4 bits ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Int4Linear:
    """``_weight_int4pack_mm_for_cpu``. A weight is ``(number - 8) * scale + offset`` with numbers from 0 to 15.

    `packed` uint8 [out, in / 2] in PyTorch's layout for this processor; `scales` [in / GROUP, out, 2] holds scale and
    offset in the working dtype. `known` is whether the layout is the one that `widen` can read.
    """

    packed: Tensor
    scales: Tensor
    known: bool

    @classmethod
    def of(cls, weight: Tensor) -> Int4Linear:
        """Round and pack [out, in]. The layer works on activations of the weight's dtype."""
        numbers, scales = round_int4(weight)
        packed = torch.ops.aten._convert_weight_to_int4pack_for_cpu(numbers, 1)
        return cls(packed, scales.to(weight.dtype), _int4_layout_is_known())

    @property
    def nbytes(self) -> int:
        """Bytes of the weights and their scales."""
        return self.packed.nbytes + self.scales.nbytes

    def __call__(self, x: Tensor) -> Tensor:
        """[T, in] -> [T, out] in x's dtype."""
        if x.shape[0] <= INT4_FEW_ROWS or not self.known:
            out: Tensor = torch.ops.aten._weight_int4pack_mm_for_cpu(
                x.to(self.scales.dtype), self.packed, GROUP, self.scales
            )
            return out.to(x.dtype)
        return torch.cat(
            [
                x.to(self.scales.dtype) @ self.widen(start, min(start + WIDENED, self.packed.shape[0]))
                for start in range(0, self.packed.shape[0], WIDENED)
            ],
            dim=-1,
        ).to(x.dtype)

    def widen(self, start: int, end: int) -> Tensor:
        """Output channels `start` to `end` (multiples of `INT4_ROWS`) as weights [in, end - start]."""
        numbers = unpack_int4(self.packed[start:end]).to(self.scales.dtype).sub_(8)
        scale, offset = self.scales[:, start:end].unbind(-1)
        grouped = numbers.view(-1, GROUP, end - start)
        return grouped.mul_(scale[:, None]).add_(offset[:, None]).view(-1, end - start)


def round_int4(weight: Tensor) -> tuple[Tensor, Tensor]:
    """[out, in] -> numbers int32 [out, in] from 0 to 15, and float32 [in / GROUP, out, 2]: scale and offset."""
    out, into = weight.shape
    grouped = weight.float().view(out, into // GROUP, GROUP)
    low, high = grouped.aminmax(dim=-1, keepdim=True)
    scale = (high - low).clamp_min_(TINY).div_(15)
    numbers = grouped.sub(low).div_(scale).round_().clamp_(0, 15).to(torch.int32).view(out, into)
    scales = torch.cat((scale, low + 8 * scale), dim=-1)
    return numbers, scales.transpose(0, 1).contiguous()


def unpack_int4(packed: Tensor) -> Tensor:
    """The numbers of a packed weight, uint8 [in, out]: blocks of 64 channels lie one after the other, in each the
    inputs, in each of those 32 bytes with channel c in the low and channel c + 32 in the high half."""
    out, half = packed.shape
    blocks = packed.view(out // INT4_ROWS, 2 * half, INT4_ROWS // 2)
    both = torch.stack((blocks & 15, blocks >> 4), dim=2)
    return both.view(out // INT4_ROWS, 2 * half, INT4_ROWS).transpose(0, 1).reshape(2 * half, out)


@cache
def _int4_layout_is_known() -> bool:
    """PyTorch packs for the instruction set it finds; only the layout of AVX-512 is read here."""
    numbers = torch.randint(0, 16, (2 * INT4_ROWS, 64), dtype=torch.int32, generator=torch.Generator().manual_seed(0))
    packed = torch.ops.aten._convert_weight_to_int4pack_for_cpu(numbers, 1)
    return torch.equal(unpack_int4(packed).t().int(), numbers)

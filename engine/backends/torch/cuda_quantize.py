"""Linear layers with weights of 8 or 4 bits on NVIDIA's cards from Ampere on, made of PyTorch's own operators.

Rounding and groups are those of `int8` and `int4`. A few rows go through an operator that reads the weights as they are
stored; for more, blocks of them are widened to bfloat16 and multiplied as usual.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from engine.backends.torch.int4 import GROUP, Int4Weight, round_int4
from engine.backends.torch.int8 import Int8Weight, in_two_parts, joined
from engine.backends.torch.quantize import Form, FormedLinear, Rounded

CAPABILITY = (8, 0)
"""Ampere: the first with bfloat16 and with the tiles of the 4-bit operator."""
REACH = 127
"""The largest rounded activation."""
PRODUCT_ROWS = 32
"""Rows of an integer product: cuBLAS refuses 16 and fewer."""
INT8_FEW_ROWS = PRODUCT_ROWS // 2
"""Up to so many, in two parts each, fit one product."""
INT4_FEW_ROWS = 256
"""Up to so many rows the 4-bit operator is worth it: published timings of an A6000 let it lose to widening there."""
WIDENED = 4096
"""Output channels that are widened at a time: 38 MB in bfloat16 at 4,608 inputs."""
TILE = 16
"""Inputs of a tile of the 4-bit operator; 4 or 8 of them are stored together."""


def cuda_quantised(weight: Tensor, form: Form) -> FormedLinear:
    """`weight` [out, in] in bfloat16, on the card, as a layer of 4 bits or else of 8. 4 bits need what `int4.fits_int4`
    says."""
    return Int4CudaLinear.of(weight) if form == "int4" else Int8CudaLinear.of(weight)


def cuda_stored(weight: Rounded, device: torch.device) -> FormedLinear:
    """What was rounded before as a layer on the card."""
    there = weight.to(device)
    return Int4CudaLinear.stored(there) if isinstance(there, Int4Weight) else Int8CudaLinear.stored(there)


@cache
def quantises(device: torch.device) -> bool:
    """Whether this card runs both kinds of layers."""
    return (
        device.type == "cuda"
        and torch.cuda.is_available()
        and torch.version.hip is None
        and torch.cuda.get_device_capability(device) >= CAPABILITY
        and int4_is_right(device)
    )


@dataclass(frozen=True, slots=True)
class Int8CudaLinear:
    """8-bit weights, one scale per output channel. `values` int8 [out, in], `scale` float32 [out].

    For a few rows the activations are rounded too, in two parts, of which the second is what the rounding of the first
    has lost: that is good to 16 bits, and the weights are read at one byte a number. `fast` is whether the card's
    integer product can do it.
    """

    values: Tensor
    scale: Tensor
    fast: bool

    @classmethod
    def of(cls, weight: Tensor) -> Int8CudaLinear:
        """Round [out, in]."""
        return cls.stored(Int8Weight.of(weight).to(weight.device))

    @classmethod
    def stored(cls, weight: Int8Weight) -> Int8CudaLinear:
        """What was rounded before and lies on the card."""
        # What cuBLAS asks of the sizes.
        fits = all(size % 8 == 0 for size in weight.values.shape)
        return cls(weight.values, weight.scale, fits and int8_is_right(weight.values.device))

    @property
    def nbytes(self) -> int:
        """Bytes of the weights and their scales."""
        return self.values.nbytes + self.scale.nbytes

    def __call__(self, x: Tensor) -> Tensor:
        """[T, in] -> [T, out] in x's dtype."""
        if self.fast and x.shape[0] <= INT8_FEW_ROWS:
            return self._product(x)
        parts = [functional.linear(x, values.to(x.dtype)) for values in torch.split(self.values, WIDENED)]
        return torch.cat(parts, dim=-1).mul_(self.scale.to(x.dtype))

    def _product(self, x: Tensor) -> Tensor:
        values, steps = in_two_parts(x, REACH)
        rows = torch.zeros((PRODUCT_ROWS, x.shape[1]), dtype=torch.int8, device=x.device)
        rows[: len(values)] = values.round_()
        products = torch._int_mm(rows, self.values.t())[: len(values)].float()
        return joined(products, REACH).mul_(steps).mul_(self.scale).to(x.dtype)


@dataclass(frozen=True, slots=True)
class Int4CudaLinear:
    """``_weight_int4pack_mm``. A weight is ``(number - 8) * scale + offset`` with numbers from 0 to 15.

    `packed` int32 [out / 8, in / (16 * tiles), 32, tiles / 2] in the layout of the tensor cores; `scales` bfloat16
    [in / GROUP, out, 2] holds scale and offset. `known` is whether the layout is the one that `widen` can read.
    """

    packed: Tensor
    scales: Tensor
    known: bool

    @classmethod
    def of(cls, weight: Tensor) -> Int4CudaLinear:
        """Round and pack [out, in]."""
        pairs, scales = [], []
        # In blocks: the numbers are made in 32 bits.
        for block in torch.split(weight, WIDENED):
            numbers, steps = round_int4(block)
            pairs.append(pair(numbers))
            scales.append(steps.to(torch.bfloat16))
        packed = pack(torch.cat(pairs))
        return cls(packed, torch.cat(scales, dim=1), int4_layout_is_known(weight.device))

    @classmethod
    def stored(cls, weight: Int4Weight) -> Int4CudaLinear:
        """Pack what was rounded before and lies on the card."""
        turned = weight.pairs << 4 | weight.pairs >> 4
        return cls(pack(turned), weight.scales, int4_layout_is_known(turned.device))

    @property
    def nbytes(self) -> int:
        """Bytes of the weights and their scales."""
        return self.packed.nbytes + self.scales.nbytes

    def __call__(self, x: Tensor) -> Tensor:
        """[T, in] -> [T, out] in x's dtype."""
        rows = x.to(torch.bfloat16)
        if rows.shape[0] <= INT4_FEW_ROWS or not self.known:
            return product(rows.contiguous(), self.packed, self.scales).to(x.dtype)
        out = self.scales.shape[1]
        blocks = [(start, min(start + WIDENED, out)) for start in range(0, out, WIDENED)]
        parts = [functional.linear(rows, self.widen(start, end)) for start, end in blocks]
        return torch.cat(parts, dim=-1).to(x.dtype)

    def widen(self, start: int, end: int) -> Tensor:
        """Output channels `start` to `end` (multiples of 8) as weights [end - start, in], rounded once, as the operator
        does."""
        numbers = unpack(self.packed[start // 8 : end // 8]).to(torch.bfloat16).sub_(8)
        scale, offset = (part.t().unsqueeze(-1) for part in self.scales[:, start:end].unbind(-1))
        grouped = numbers.view(end - start, -1, GROUP)
        return torch.addcmul(offset, grouped, scale, out=grouped).view(end - start, -1)


def pair(numbers: Tensor) -> Tensor:
    """int32 [out, in] from 0 to 15 -> uint8 [out, in / 2]: the even inputs in the high halves."""
    return (numbers[:, ::2] << 4 | numbers[:, 1::2]).to(torch.uint8)


def pack(pairs: Tensor) -> Tensor:
    """uint8 [out, in / 2] in the layout of the tensor cores."""
    tiles = 8 if 2 * pairs.shape[1] % (8 * TILE) == 0 else 4
    packed: Tensor = torch.ops.aten._convert_weight_to_int4pack(pairs, tiles)
    return packed


def product(rows: Tensor, packed: Tensor, scales: Tensor) -> Tensor:
    """bfloat16 [T, in] -> [T, out]."""
    out: Tensor = torch.ops.aten._weight_int4pack_mm(rows, packed, GROUP, scales)
    return out


def unpack(packed: Tensor) -> Tensor:
    """The numbers of a packed weight, uint8 [out, in].

    32 lanes hold a tile of 8 channels and 16 inputs, lane l those of channel l / 4 that the operand of
    ``mma.m16n8k16`` wants there: inputs 2 (l % 4), the one behind it, and both 8 further on. Two tiles make 32 bits:
    first the even inputs, lowest bits first, then the odd ones.
    """
    channels, runs, _, pairs = packed.shape
    shifts = torch.arange(0, 32, 4, dtype=torch.int32, device=packed.device)
    numbers = (packed.unsqueeze(-1) >> shifts & 15).to(torch.uint8)
    # [block of channels, run, channel, quarter, pair of tiles, odd, half tile] -> channels, inputs from far to near.
    numbers = numbers.view(channels, runs, 8, 4, pairs, 2, 4).permute(0, 2, 1, 4, 6, 3, 5)
    return numbers.reshape(channels * 8, -1)


# --- What runs here -------------------------------------------------------------------------------------------------


@cache
def int8_is_right(device: torch.device) -> bool:
    """Whether the integer product runs there and is exact."""
    rows, values = _numbers(PRODUCT_ROWS, 128, device) - 8, _numbers(64, 128, device) - 8
    try:
        got = torch._int_mm(rows.to(torch.int8), values.to(torch.int8).t())
    except RuntimeError:
        return False
    return torch.equal(got.double(), rows.double() @ values.double().t())


@cache
def int4_is_right(device: torch.device) -> bool:
    """Whether the 4-bit operator runs there: on cards that are too old it does nothing and says nothing."""
    numbers = _numbers(64, 128, device)
    scales = torch.tensor([0.5, 0.25], dtype=torch.bfloat16, device=device).expand(128 // GROUP, 64, 2).contiguous()
    rows = (_numbers(3, 128, device) - 8).to(torch.bfloat16)
    try:
        got = product(rows, pack(pair(numbers)), scales)
    except (RuntimeError, AttributeError):
        return False
    exact = rows.double() @ ((numbers.double() - 8) * 0.5 + 0.25).t()
    return torch.allclose(got.double(), exact, rtol=1e-2, atol=1.0)


@cache
def int4_layout_is_known(device: torch.device) -> bool:
    """Whether `unpack` reads what the operator packs, with 8 and with 4 tiles stored together."""
    weights = [_numbers(64, into, device) for into in (256, 192)]
    return all(torch.equal(unpack(pack(pair(numbers))).int(), numbers) for numbers in weights)


def _numbers(rows: int, into: int, device: torch.device) -> Tensor:
    random = torch.Generator().manual_seed(rows + into)
    return torch.randint(0, 16, (rows, into), dtype=torch.int32, generator=random).to(device)

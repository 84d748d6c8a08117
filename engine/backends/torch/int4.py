"""Linear layers with weights of 4 bits, in groups of 64 inputs with a scale and an offset each.

For machines with little memory: PyTorch's operator widens the weights while it multiplies, which is what takes the
time, not the reading of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

GROUP = 64
"""Inputs that share a scale and an offset: 0.56 bytes a weight."""
INT4_BYTES = 0.5 + 2 * 2 / GROUP
"""Of a weight, with its share of a scale and an offset in 16 bits."""
PACKED_ROWS = 64
"""Output channels that PyTorch's operator packs together; a layer needs a multiple."""
FEW_ROWS = 64
"""Up to so many rows PyTorch's operator on stored weights is faster than widening the weights first."""
WIDENED = 2048
"""Output channels that are widened at a time: 2,560 inputs of so many take 10 MB in bfloat16."""
TINY = torch.finfo(torch.float32).tiny


def fits_int4(out: int, into: int) -> bool:
    """Whether a weight [out, in] can be packed at 4 bits."""
    return out % PACKED_ROWS == 0 and into % GROUP == 0


@dataclass(frozen=True, slots=True)
class Int4Weight:
    """A weight [out, in] that was rounded: ``(number - 8) * scale + offset``. `pairs` uint8 [out, in / 2] has the even
    input of two in the low half; `scale` and `offset` are bfloat16 [out, in / GROUP]."""

    pairs: Tensor
    scale: Tensor
    offset: Tensor

    @classmethod
    def of(cls, weight: Tensor) -> Int4Weight:
        """Round [out, in], which must fit; see `fits_int4`."""
        numbers, scales = round_int4(weight)
        scale, offset = (part.t().bfloat16().contiguous() for part in scales.unbind(-1))
        return cls((numbers[:, 1::2] << 4 | numbers[:, ::2]).to(torch.uint8), scale, offset)

    @property
    def numbers(self) -> Tensor:
        """int32 [out, in] from 0 to 15."""
        return torch.stack((self.pairs & 15, self.pairs >> 4), dim=-1).flatten(1).int()

    @property
    def scales(self) -> Tensor:
        """bfloat16 [in / GROUP, out, 2]: scale and offset, as PyTorch's operators want them."""
        return torch.stack((self.scale, self.offset), dim=-1).transpose(0, 1).contiguous()

    def to(self, device: torch.device) -> Int4Weight:
        """The same there."""
        return Int4Weight(self.pairs.to(device), self.scale.to(device), self.offset.to(device))


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
        # Whatever is calculated in: what is rounded while it is read is what a conversion stores.
        return cls._packed(numbers, scales.bfloat16().to(weight.dtype))

    @classmethod
    def stored(cls, weight: Int4Weight, dtype: torch.dtype) -> Int4Linear:
        """Pack what was rounded before, for activations of `dtype`."""
        return cls._packed(weight.numbers, weight.scales.to(dtype))

    @classmethod
    def _packed(cls, numbers: Tensor, scales: Tensor) -> Int4Linear:
        packed = torch.ops.aten._convert_weight_to_int4pack_for_cpu(numbers, 1)
        return cls(packed, scales, _int4_layout_is_known())

    @property
    def nbytes(self) -> int:
        """Bytes of the weights and their scales."""
        return self.packed.nbytes + self.scales.nbytes

    def __call__(self, x: Tensor) -> Tensor:
        """[T, in] -> [T, out] in x's dtype."""
        if x.shape[0] <= FEW_ROWS or not self.known:
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
        """Output channels `start` to `end` (multiples of `PACKED_ROWS`) as weights [in, end - start]."""
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
    blocks = packed.view(out // PACKED_ROWS, 2 * half, PACKED_ROWS // 2)
    both = torch.stack((blocks & 15, blocks >> 4), dim=2)
    return both.view(out // PACKED_ROWS, 2 * half, PACKED_ROWS).transpose(0, 1).reshape(2 * half, out)


@cache
def _int4_layout_is_known() -> bool:
    """PyTorch packs for the instruction set it finds; only the layout of AVX-512 is read here."""
    numbers = torch.randint(0, 16, (2 * PACKED_ROWS, 64), dtype=torch.int32, generator=torch.Generator().manual_seed(0))
    packed = torch.ops.aten._convert_weight_to_int4pack_for_cpu(numbers, 1)
    return torch.equal(unpack_int4(packed).t().int(), numbers)

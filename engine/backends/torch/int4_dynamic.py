"""Linear layers with weights of 4 bits for ARM processors: ``_dyn_quant_matmul_4bit``, behind which stands KleidiAI.

Groups of 32 inputs share a scale (symmetric, -8 to 7); the operator itself rounds the activations of each row to 8
bits. Elsewhere PyTorch has a plain loop for it, right and slow, and stores the weights larger: it is not taken there,
and the tests run on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial

import torch
from torch import Tensor

from engine.backends.torch.int4 import GROUP as STORED_GROUP
from engine.backends.torch.int4 import Int4Linear, Int4Weight
from engine.backends.torch.timing import shortest

GROUP = 32
"""The only size of groups that KleidiAI knows."""
TINY = torch.finfo(torch.float32).tiny


@dataclass(frozen=True, slots=True)
class Int4DynamicLinear:
    """`packed` holds the weight [out, in] and its scales in the operator's own layout. `offsets` float32
    [in / STORED_GROUP, out] are what is to be added to each weight of a group, if anything is."""

    packed: Tensor
    out: int
    into: int
    offsets: Tensor | None = None

    @classmethod
    def of(cls, weight: Tensor) -> Int4DynamicLinear:
        """Round and pack [out, in]. Raises `RuntimeError` where PyTorch can not."""
        numbers, scales = round_symmetric(weight)
        return cls(_pack(numbers[:, 1::2] << 4 | numbers[:, ::2], scales.bfloat16()), *weight.shape)

    @classmethod
    def stored(cls, weight: Int4Weight) -> Int4DynamicLinear:
        """Pack what was rounded before: exactly the same weights. Their groups are twice as large, and each has an
        offset, which is multiplied with the sum of its inputs. Raises `RuntimeError` where PyTorch can not."""
        out, half = weight.pairs.shape
        scales = weight.scale.repeat_interleave(STORED_GROUP // GROUP, dim=1)
        return cls(_pack(weight.pairs, scales), out, 2 * half, weight.offset.t().float().contiguous())

    @property
    def nbytes(self) -> int:
        """Bytes of the weights and their scales."""
        return self.packed.nbytes + (0 if self.offsets is None else self.offsets.nbytes)

    def __call__(self, x: Tensor) -> Tensor:
        """[T, in] -> [T, out] in x's dtype."""
        wide = x.float()
        product: Tensor = torch.ops.aten._dyn_quant_matmul_4bit(wide, self.packed, GROUP, self.into, self.out)
        if self.offsets is not None:
            product.addmm_(wide.view(wide.shape[0], -1, STORED_GROUP).sum(dim=-1), self.offsets)
        return product.to(x.dtype)


def _pack(pairs: Tensor, scales: Tensor) -> Tensor:
    """uint8 [out, in / 2], the even input of two in the low half, and bfloat16 [out, in / GROUP]."""
    out, half = pairs.shape
    packed: Tensor = torch.ops.aten._dyn_quant_pack_4bit_weight(pairs, scales, None, GROUP, 2 * half, out)
    return packed


def round_symmetric(weight: Tensor) -> tuple[Tensor, Tensor]:
    """[out, in] -> numbers uint8 [out, in] from 0 to 15, where 8 stands for 0, and float32 scales [out, in / GROUP]."""
    out, into = weight.shape
    grouped = weight.float().view(out, into // GROUP, GROUP)
    # What the operator will read: the scale is stored in 16 bits.
    scales = grouped.abs().amax(dim=-1, keepdim=True).div_(7).clamp_min_(TINY).bfloat16().float()
    numbers = grouped.div(scales).round_().clamp_(-8, 7).add_(8).to(torch.uint8).view(out, into)
    return numbers, scales.squeeze(-1)


@cache
def dynamic_4_bits_are_fast() -> bool:
    """Whether the operator is right here, and for one row and for many faster than `Int4Linear`."""
    random = torch.Generator().manual_seed(0)
    weight = torch.randn((512, 512), generator=random).bfloat16()
    few, many = (torch.randn((rows, 512), generator=random).bfloat16() for rows in (1, 64))
    try:
        layer, other = Int4DynamicLinear.of(weight), Int4Linear.of(weight)
        got = layer(many)
    except (RuntimeError, AttributeError):
        return False
    numbers, scales = round_symmetric(weight)
    plain = (numbers.float() - 8) * scales.repeat_interleave(GROUP, dim=1)
    wanted = many.float() @ plain.t()
    if (got.float() - wanted).norm() > 0.03 * wanted.norm():
        return False
    return all(shortest(partial(layer, x)) < shortest(partial(other, x)) for x in (few, many))

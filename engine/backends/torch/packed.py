"""Linear layers with bfloat16 weights in oneDNN's own layout, on the processor.

The numbers are those of the checkpoint; only where they lie changes. As they are stored, PyTorch reads them at 17 to 22
GB/s for one row where the memory gives 35 to 60, and packs them anew for each chunk of a prompt.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from engine.backends.torch.timing import shortest

LEAST_ROWS = 4
"""oneDNN reads the weights at 41 GB/s for four rows, at 31 for one and 27 for two, on a memory of 59 GB/s."""


@dataclass(frozen=True, slots=True)
class PackedLinear:
    """``x @ weight.T`` in bfloat16; `packed` is the weight [out, in] in a layout of the processor."""

    packed: Tensor
    nbytes: int

    @classmethod
    def of(cls, weight: Tensor) -> PackedLinear:
        """Pack a copy of [out, in]. Raises `RuntimeError` where oneDNN can not."""
        packed: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight, LEAST_ROWS)
        return cls(packed, weight.nbytes)

    def __call__(self, x: Tensor) -> Tensor:
        """[T, in] -> [T, out]."""
        length = x.shape[0]
        if length < LEAST_ROWS:
            x = functional.pad(x, (0, 0, 0, LEAST_ROWS - length))
        out: Tensor = torch.ops.mkldnn._linear_pointwise(x, self.packed, None, "none", [], "")
        return out[:length]


@cache
def packing_pays() -> bool:
    """Whether this processor runs packed weights, right and faster for one row than stored ones."""
    random = torch.Generator().manual_seed(0)
    # 16 MB: more than the processor's nearer caches hold, so that the reading counts.
    weight = torch.randn((4096, 2048), generator=random).bfloat16()
    x = torch.randn((1, 2048), generator=random).bfloat16()
    try:
        layer = PackedLinear.of(weight)
        got = layer(x)
    except (RuntimeError, AttributeError):
        return False
    plain = functional.linear(x, weight)
    if not torch.allclose(got.float(), plain.float(), rtol=2e-2, atol=1.0):
        return False
    return shortest(lambda: layer(x)) < 0.9 * shortest(lambda: functional.linear(x, weight))

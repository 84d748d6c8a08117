"""The forms a weight can take other than as it is stored. PyTorch's own operators only: the user's machine compiles
nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, Protocol

import torch
from torch import Tensor

from engine.backends.torch.int4 import Int4Linear, Int4Weight
from engine.backends.torch.int4_dynamic import Int4DynamicLinear, dynamic_4_bits_are_fast
from engine.backends.torch.int8 import Int8Linear, Int8Weight, Int8WeightLinear, Rows, integer_products_are_fast
from engine.backends.torch.packed import PackedLinear, packing_pays

Precision = Literal["int8", "int4"]
Form = Literal["packed", "int8", "int8-weights", "int4", "int4-dynamic"]

Rounded = Int8Weight | Int4Weight
"""A weight as Fingerpost's conversions store it."""

FOUR_BITS: tuple[Form, ...] = ("int4", "int4-dynamic")


class FormedLinear(Protocol):
    """What all forms are."""

    @property
    def nbytes(self) -> int:
        """Bytes of the weights and their scales."""

    def __call__(self, x: Tensor) -> Tensor:
        """[T, in] -> [T, out] in x's dtype."""


def formed(weight: Tensor, form: Form) -> FormedLinear:
    """`weight` [out, in] on the processor as a layer. For 4 bits see `int4.fits_int4`."""
    makers: Mapping[Form, Callable[[Tensor], FormedLinear]] = {
        "packed": PackedLinear.of,
        "int8": Int8Linear.of,
        "int8-weights": Int8WeightLinear.of,
        "int4": Int4Linear.of,
        "int4-dynamic": Int4DynamicLinear.of,
    }
    return makers[form](weight)


def stored(weight: Rounded, dtype: torch.dtype) -> FormedLinear:
    """What was rounded before as a layer that is fast on this processor; `dtype` is that of the activations."""
    if isinstance(weight, Int8Weight):
        return Int8Linear.stored(weight) if best_int8() == "int8" else Int8WeightLinear.stored(weight)
    return Int4DynamicLinear.stored(weight) if best_int4() == "int4-dynamic" else Int4Linear.stored(weight, dtype)


def best_int8() -> Form:
    """The form of 8 bits that is fast on this machine."""
    return "int8" if integer_products_are_fast() else "int8-weights"


def best_int4() -> Form:
    """The form of 4 bits that is fast on this machine."""
    return "int4-dynamic" if dynamic_4_bits_are_fast() else "int4"


def form_for(precision: Precision | None, dtype: torch.dtype, device: torch.device) -> Form | None:
    """What the large weights are kept in, or None: as they are stored. At 4 bits some are not: see `int4.fits_int4`."""
    if precision is not None:
        if device.type != "cpu":
            return precision
        return best_int8() if precision == "int8" else best_int4()
    packs = device.type == "cpu" and dtype == torch.bfloat16 and packing_pays()
    return "packed" if packs else None


def together(x: Tensor, *layers: Callable[[Tensor], Tensor]) -> tuple[Tensor, ...]:
    """All `layers` of the same `x`, which is rounded only once."""
    if len(layers) > 1 and all(isinstance(layer, Int8Linear) for layer in layers):
        rows = Rows.of(x)
        return tuple(layer.product(rows, x.dtype) for layer in layers if isinstance(layer, Int8Linear))
    return tuple(layer(x) for layer in layers)

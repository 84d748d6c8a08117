"""What the weights are kept in, and what is calculated in."""

from __future__ import annotations

from dataclasses import dataclass

import mlx.core as mx

from engine.backends.mlx.quantize import BITS, Precision, form_of
from engine.backends.mlx.weights import WeightFiles
from engine.backends.published import TEXT
from engine.spec import ModelError, ModelSpec

DTYPES = {"float32": mx.float32, "bfloat16": mx.bfloat16, "float16": mx.float16}
PRECISIONS: dict[str, Precision] = {"int8": "int8", "int4": "int4"}


@dataclass(frozen=True, slots=True)
class Working:
    """Activations, the KV cache and all weights but those of `precision` are of `dtype`; `name` is both in a word."""

    name: str
    dtype: mx.Dtype
    precision: Precision | None


def working(spec: ModelSpec, wanted: str, files: WeightFiles) -> Working:
    """What `wanted` means for this model: ``auto`` is what the checkpoint is stored in. What a conversion has quantised
    stays as it is, whatever is wanted beside it.

    Raises:
        ModelError: it can not run so.
    """
    stored, name = _stored_bits(spec, files), spec.dtype if wanted == "auto" else wanted
    precision = PRECISIONS.get(name)
    if precision is not None:
        if stored not in (None, BITS[precision]):
            raise ModelError(
                "model_unsupported",
                f"{spec.name} holds weights of {stored} bits, and can not run in {name}. Leave the choice to "
                "Fingerpost, or choose another folder.",
            )
        return Working(name, mx.bfloat16, precision if stored is None else None)
    dtype = DTYPES.get(name)
    if dtype is None:
        choices = ", ".join((*DTYPES, *PRECISIONS))
        raise ModelError("model_unsupported", f"{spec.name} can not run in {name}. Choose one of {choices}.")
    return Working(name if stored is None else f"int{stored}", dtype, None)


def _stored_bits(spec: ModelSpec, files: WeightFiles) -> int | None:
    """How many bits a conversion gave most weights, by the first of the largest; None for weights as published."""
    name = f"{TEXT}.layers.0.mlp.down_proj"
    if f"{name}.scales" not in files:
        return None
    weight, scales = files.shape(f"{name}.weight"), files.shape(f"{name}.scales")
    form = form_of(spec.text.intermediate_size, weight, scales, f"{name}.biases" in files)
    return None if form is None else form[1]

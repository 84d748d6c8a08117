"""What the weights are kept in, and what is calculated in."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from engine.backends.torch.cuda_quantize import quantises
from engine.backends.torch.quantize import Precision
from engine.spec import ModelError, ModelSpec

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
PRECISIONS: dict[str, Precision] = {"int8": "int8", "int4": "int4"}


@dataclass(frozen=True, slots=True)
class Working:
    """Activations, the KV cache and all weights but those of `precision` are of `dtype`; `name` is both in a word."""

    name: str
    dtype: torch.dtype
    precision: Precision | None


def working(spec: ModelSpec, wanted: str, place: torch.device) -> Working:
    """What `wanted` means for this model on this device: ``auto`` is what the checkpoint is stored in, and a conversion
    runs in nothing else.

    Raises:
        ModelError: it can not run so.
    """
    held = PRECISIONS.get(spec.form)
    if held is not None and wanted not in ("auto", held):
        raise ModelError(
            "model_unsupported",
            f"{spec.name} holds weights in {held} and runs in nothing else. Choose {held}, or the published model for "
            f"{wanted}.",
        )
    name = held or (spec.dtype if wanted == "auto" else wanted)
    if (precision := PRECISIONS.get(name)) is not None:
        return Working(name, _dtype_beside(name, place), precision)
    dtype = DTYPES.get(name)
    if dtype is None:
        choices = ", ".join((*DTYPES, *PRECISIONS))
        raise ModelError("model_unsupported", f"{spec.name} can not run in {name}. Choose one of {choices}.")
    return Working(name, dtype, None)


def _dtype_beside(name: str, place: torch.device) -> torch.dtype:
    """What is calculated in beside weights of fewer bits."""
    if place.type == "cpu":
        fast = torch.ops.mkldnn._is_mkldnn_bf16_supported()
        return torch.bfloat16 if fast else torch.float32
    if place.type != "cuda":
        raise ModelError(
            "model_unsupported",
            f"{name} runs on the processor and on NVIDIA cards only. Choose the processor as the device, or bfloat16 "
            f"for {place.type}.",
        )
    if not quantises(place):
        raise ModelError(
            "model_unsupported",
            f"{name} wants an NVIDIA card of the Ampere generation or later. Choose the processor as the device, or "
            "float16.",
        )
    return torch.bfloat16

"""What the weights are kept in, and what is calculated in."""

from __future__ import annotations

from dataclasses import dataclass

import torch

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
    """What `wanted` means for this model on this device: ``auto`` is what the checkpoint is stored in.

    Raises:
        ModelError: it can not run so.
    """
    name = spec.dtype if wanted == "auto" else wanted
    if (precision := PRECISIONS.get(name)) is not None:
        if place.type != "cpu":
            raise ModelError(
                "model_unsupported",
                f"{name} runs on the processor only. Choose the processor as the device, or bfloat16 for {place.type}.",
            )
        fast = torch.ops.mkldnn._is_mkldnn_bf16_supported()
        return Working(name, torch.bfloat16 if fast else torch.float32, precision)
    dtype = DTYPES.get(name)
    if dtype is None:
        choices = ", ".join((*DTYPES, *PRECISIONS))
        raise ModelError("model_unsupported", f"{spec.name} can not run in {name}. Choose one of {choices}.")
    return Working(name, dtype, None)

"""How Fingerpost's own conversions store weights of 8 and 4 bits, for whoever writes or reads them.

In place of the published tensor ``NAME`` [out, in] there are

- 8 bits: ``NAME_int8`` int8 [out, in] and ``NAME_scale`` float32 [out]; a weight is ``int8 * scale``;
- 4 bits: ``NAME_int4`` uint8 [out, in / 2], the even input of two in the low half, ``NAME_scale`` and ``NAME_offset``
  bfloat16 [out, in / 64]; a weight is ``(number - 8) * scale + offset``.

All other tensors are as published. The embedding is stored at 8 bits too, once where it is also the head: in a trained
network of 135 million parameters that moves the predictions by 0.0001 nats, a fortieth of what 8 bits in all other
weights do, and a copy in bfloat16 would make the folder of the 4B a quarter larger.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from engine.backends.published import DRAFTER, HEAD, TEXT, is_sensitive
from engine.backends.safetensors_file import Entry
from engine.backends.torch.int4 import GROUP, fits_int4
from engine.backends.torch.quantize import Precision
from engine.models.manifest import read_manifest
from engine.spec import ModelError, ModelSpec

VERSION = 1
"""Of all this. A higher one was written by a later Fingerpost."""
LAYERS = (f"{TEXT}.layers.", f"{DRAFTER}.")
PROJECTIONS = ("_proj.weight", ".in_proj_qkv.weight", ".in_proj_z.weight", f"{DRAFTER}.fc.weight")
"""Endings of what takes another form in a layer."""
TABLES = (f"{HEAD}.weight", f"{TEXT}.embed_tokens.weight")
BITS: Mapping[Precision, int] = {"int8": 8, "int4": 4}
ENDINGS = ("_int8", "_int4", "_scale", "_offset")


def precision_of(name: str, shape: tuple[int, ...], precision: Precision) -> Precision | None:
    """What the published tensor `name` is kept in where the model is in `precision`; None: as it is."""
    if len(shape) != 2 or not (name in TABLES or (name.startswith(LAYERS) and name.endswith(PROJECTIONS))):
        return None
    return precision if takes_4_bits(name, shape) else "int8"


def takes_4_bits(name: str, shape: tuple[int, ...]) -> bool:
    """Whether the matrix `name` has 4 bits in a model of 4, and not 8."""
    return not is_sensitive(name) and fits_int4(*shape)


def parts(name: str, shape: tuple[int, ...], precision: Precision) -> tuple[Entry, ...]:
    """What is stored in place of the tensor `name` [out, in]."""
    out, into = shape
    if precision == "int8":
        return Entry(f"{name}_int8", "I8", shape), Entry(f"{name}_scale", "F32", (out,))
    groups = (out, into // GROUP)
    return (
        Entry(f"{name}_int4", "U8", (out, into // 2)),
        Entry(f"{name}_scale", "BF16", groups),
        Entry(f"{name}_offset", "BF16", groups),
    )


def published_of(name: str) -> str:
    """The published tensor that the stored one `name` is part of: often itself."""
    for ending in ENDINGS:
        if name.endswith(f".weight{ending}"):
            return name.removesuffix(ending)
    return name


def scheme(precision: Precision, eight_bits: Iterable[str]) -> dict[str, Any]:
    """What ``fingerpost.json`` says of it; `eight_bits` are the tensors that have 8 bits in a model of 4."""
    said: dict[str, Any] = {"version": VERSION, "bits": BITS[precision]}
    if precision == "int4":
        said |= {"group_size": GROUP, "eight_bits": sorted(eight_bits)}
    return said


def check_scheme(folder: Path, spec: ModelSpec) -> None:
    """Raises `ModelError`: the conversion in `folder` is stored in a way that only a later version knows."""
    manifest = read_manifest(folder) if spec.form in BITS else None
    version = (manifest.scheme or {}).get("version") if manifest is not None else None
    if isinstance(version, int) and version > VERSION:
        raise ModelError("model_unsupported", f"A later Fingerpost made {spec.name}. Update Fingerpost to use it.")

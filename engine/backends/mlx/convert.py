"""A published checkpoint -> a folder of 4 or 8 bits in the form that mlx-lm and mlx-vlm give to their conversions.

Names, turned kernels and norms are those of their ``sanitize``; the quantisation block of ``config.json`` names each
matrix that differs. The vision tower stays as it is, and so does the drafter's place (``mtp.``), which both pass over.
"""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import mlx.core as mx

from engine.backends.base import Checkpoint
from engine.backends.conversion import ConversionError, check_place, check_room, copied_files, published_spec, writing
from engine.backends.mlx.quantize import GROUP, Quantised, bits_for, fits
from engine.backends.mlx.shard_writer import ShardWriter
from engine.backends.mlx.weights import CHANNELS_LAST, PREFIXES, WeightFiles
from engine.backends.published import DRAFTER, HEAD, TEXT, VISION
from engine.spec import ModelSpec, read_config

Bits = Literal[4, 8]

QUANTISED = ("_proj", ".in_proj_qkv", ".in_proj_z", f"{DRAFTER}.fc", ".embed_tokens", HEAD)
"""Endings of the matrices that are made small. The rates of a linear layer (in_proj_a, in_proj_b) are small already."""
ZERO_CENTRED = (
    ".input_layernorm.weight",
    ".post_attention_layernorm.weight",
    ".q_norm.weight",
    ".k_norm.weight",
    f"{TEXT}.norm.weight",
    f"{DRAFTER}.norm.weight",
    ".pre_fc_norm_embedding.weight",
    ".pre_fc_norm_hidden.weight",
)
"""Norms published as the distance from one."""
WIDE = (".A_log",)
"""Kept in the type in which they are published."""
DTYPES = {"float32": mx.float32, "float16": mx.float16}
SCALES_SHARE = 2 / GROUP
"""Scale and bias of a group, for each of its numbers."""


def convert(folder: Path, out: Path, bits: Bits, progress: Callable[[int, int], None], checkpoint: Checkpoint) -> None:
    """Write the published model in `folder` as the new folder `out`, its matrices in groups of 64 at `bits` bits and
    the sensitive ones at 8.

    All is written beside `out` and given its name at last: a conversion that was stopped leaves nothing behind.
    `progress` gets bytes read and in all.

    Raises:
        ConversionError: `folder` is quantised already, or `out` can not be written.
        ModelError: `folder` holds no model of the family, or a damaged one.
        Cancelled: from the checkpoint.
    """
    spec = published_spec(folder)
    out = out.absolute()
    check_place(out)
    files = WeightFiles(folder, _wanted(spec), progress, checkpoint)
    if files.converted:
        raise ConversionError(
            f"{folder.name} is converted already. Convert the model as its makers published it.", "model_unsupported"
        )
    check_room(_needed(files, spec, bits), out)
    draft = out.parent / f".{out.name}.partial"
    try:
        with writing(out):
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir()
            overrides = _write_weights(files, spec, bits, ShardWriter(draft, out))
            for path in copied_files(folder):
                shutil.copyfile(path, draft / path.name)
            # Last of all: without it the folder is no model.
            _write_config(draft / "config.json", read_config(folder), bits, overrides)
            draft.rename(out)
    finally:
        files.close()
        shutil.rmtree(draft, ignore_errors=True)


def stored_name(published: str) -> str:
    """The name that a conversion gives to the tensor `published`."""
    for prefix, original in PREFIXES.items():
        if published.startswith(original) and original != f"{DRAFTER}.":
            return prefix + published.removeprefix(original)
    return published


def _wanted(spec: ModelSpec) -> Callable[[str], bool]:
    """All but the second copy of a tied head."""
    return lambda name: not (spec.text.tied_head and name.startswith(f"{HEAD}."))


def _is_quantised(name: str, shape: tuple[int, ...]) -> bool:
    stem = name.removesuffix(".weight")
    return stem != name and not name.startswith(f"{VISION}.") and stem.endswith(QUANTISED) and fits(shape)


def _write_weights(files: WeightFiles, spec: ModelSpec, bits: Bits, writer: ShardWriter) -> dict[str, int]:
    """All tensors; returns the bits of the matrices that have others than `bits`."""
    dtype = DTYPES.get(spec.dtype, mx.bfloat16)
    overrides = {}
    for name, shape in sorted(files.shapes.items()):
        array = files.take(name, shape, files.dtype(name) if name.endswith(WIDE) else dtype)
        stored = stored_name(name)
        if not _is_quantised(name, shape):
            writer.add(stored, _in_their_layout(name, array))
            continue
        stem = stored.removesuffix(".weight")
        matrix = Quantised.of(array, bits_for(name, bits))
        assert matrix.biases is not None
        writer.add(stored, matrix.weight)
        writer.add(f"{stem}.scales", matrix.scales)
        writer.add(f"{stem}.biases", matrix.biases)
        if matrix.bits != bits:
            overrides[stem] = matrix.bits
    writer.finish()
    return overrides


def _in_their_layout(name: str, array: mx.array) -> mx.array:
    if name.endswith(CHANNELS_LAST):
        return mx.contiguous(mx.moveaxis(array, 1, -1))
    return array + 1.0 if name.endswith(ZERO_CENTRED) else array


def _needed(files: WeightFiles, spec: ModelSpec, bits: Bits) -> int:
    """Bytes of the converted weights."""
    width = DTYPES.get(spec.dtype, mx.bfloat16).size
    needed = 0
    for name, shape in files.shapes.items():
        numbers = math.prod(shape)
        if _is_quantised(name, shape):
            needed += int(numbers * (bits_for(name, bits) / 8 + SCALES_SHARE * width))
        else:
            needed += numbers * max(width, files.dtype(name).size if name.endswith(WIDE) else 0)
    return needed


def _write_config(path: Path, config: dict[str, Any], bits: Bits, overrides: dict[str, int]) -> None:
    block: dict[str, Any] = {"group_size": GROUP, "bits": bits, "mode": "affine"}
    block |= {name: {"group_size": GROUP, "bits": other, "mode": "affine"} for name, other in overrides.items()}
    document = {**config, "quantization": block, "quantization_config": block}
    with path.open("w", encoding="utf-8") as file:
        json.dump(document, file, indent=4)
        file.flush()
        os.fsync(file.fileno())

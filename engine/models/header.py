"""The header of a safetensors file: names, types and shapes, and whether the file is as long as it says.

Format: 8 bytes of length, little endian; so many bytes of JSON; the tensors, without gaps. See the safetensors README.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.models.errors import gigabytes
from engine.spec import ModelError

LENGTH_BYTES = 8
LONGEST = 100_000_000
"""Bytes of a header that readers accept."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A tensor of the file. `dtype` is as the format writes it, ``"BF16"``."""

    dtype: str
    shape: tuple[int, ...]


def read_header(path: Path) -> dict[str, Stored]:
    """The tensors of `path` by name.

    Raises:
        ModelError: the file is cut short, or no such file.
        OSError: it can not be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(LENGTH_BYTES), "little")
        if size < LENGTH_BYTES or length > min(size - LENGTH_BYTES, LONGEST):
            raise _damaged(path, "is damaged or cut short")
        data = file.read(length)
    try:
        document = json.loads(data)
        document.pop("__metadata__", None)
        stored = {name: _stored(row) for name, row in document.items()}
        ends = [int(row["data_offsets"][1]) for row in document.values()]
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise _damaged(path, "is damaged") from error
    whole = LENGTH_BYTES + length + max(ends, default=0)
    if size < whole:
        raise _damaged(path, f"is cut short ({gigabytes(size)} of {gigabytes(whole)})")
    if size > whole:
        raise _damaged(path, "is longer than it should be")
    return stored


def _stored(row: dict[str, Any]) -> Stored:
    shape = tuple(int(length) for length in row["shape"])
    begin, end = row["data_offsets"]
    if min(shape, default=0) < 0 or not 0 <= begin <= end or (math.prod(shape) == 0) != (begin == end):
        raise ValueError("shape")
    return Stored(str(row["dtype"]), shape)


def _damaged(path: Path, how: str) -> ModelError:
    return ModelError("model_damaged", f"{path.name} in {path.parent.name} {how}. Fetch that file again.")

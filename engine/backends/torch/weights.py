"""Reads tensors by name from one or several safetensors files, memory-mapped, each only once.

In a conversion some stand for others: see `engine.backends.torch.stored`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from engine.backends.shards import weight_files
from engine.backends.torch.int4 import Int4Weight
from engine.backends.torch.int8 import Int8Weight
from engine.backends.torch.quantize import Precision, Rounded
from engine.backends.torch.stored import parts, published_of
from engine.models.manifest import MANIFEST_FILE
from engine.spec import ModelError

STORED = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16}
"""The types of weights by their names in a safetensors file; all others are quantised or no weights at all."""
ROUNDED = {"I8": torch.int8, "U8": torch.uint8}
"""Those of rounded ones."""
PER_NUMBER: dict[str, tuple[Precision, int]] = {"_int8": ("int8", 1), "_int4": ("int4", 2)}
"""Of what precision a part with this ending is, and how many weights are in each of its numbers."""


class WeightFiles:
    """The weight files of a model folder as one mapping from name to tensor.

    A tensor that needs no conversion stays a view of the mapped file; the page cache then holds the weights, no copy.
    Only those `wanted` by their published name are there, with how many `numbers` each has; `total_bytes` counts all.
    In a `conversion`, `rounded` says which are there at 8 or 4 bits.
    """

    def __init__(
        self,
        folder: Path,
        wanted: Callable[[str], bool],
        progress: Callable[[int, int], None],
        checkpoint: Callable[[], None],
        conversion: bool = False,
    ) -> None:
        self._folder, self._progress, self._checkpoint = folder, progress, checkpoint
        self._wanted, self._conversion = wanted, conversion
        self._files = ExitStack()
        self._handles: dict[str, Any] = {}
        self.numbers: dict[str, int] = {}
        self.rounded: dict[str, Precision] = {}
        self.total_bytes = self._done = 0
        self._open_all()

    def __enter__(self) -> WeightFiles:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.close()

    def take(self, name: str, shape: tuple[int, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
        """The tensor `name`, checked against `shape`, as `dtype` on `device`.

        Raises:
            ModelError: no such tensor, or another shape.
            Cancelled: from the checkpoint, between two tensors.
        """
        self._checkpoint()
        tensor = self._checked(name, shape)
        self._tell(tensor.nbytes)
        return tensor.to(device=device, dtype=dtype)

    def take_rounded(self, name: str, shape: tuple[int, int]) -> Rounded:
        """The tensor `name` of `shape`, one of `rounded`, in the processor's memory. Raises as `take` does."""
        self._checkpoint()
        for part in parts(name, shape, self.rounded[name]):
            tensor = self._checked(part.name, part.shape)
            if tensor.dtype != (STORED | ROUNDED)[part.kind]:
                raise self._unsupported(part.name, part.kind)
            self._tell(tensor.nbytes)
        return self.peek_rounded(name)

    def peek(self, name: str, dtype: torch.dtype) -> Tensor:
        """The tensor `name` as `dtype`, neither checked nor counted: whoever keeps it must `take` it too."""
        tensor: Tensor = self._handles[name].get_tensor(name)
        return tensor.to(dtype)

    def peek_rounded(self, name: str) -> Rounded:
        """As `peek`, one of `rounded`."""
        if self.rounded[name] == "int8":
            return Int8Weight(*(self._stored(f"{name}{part}") for part in ("_int8", "_scale")))
        return Int4Weight(*(self._stored(f"{name}{part}") for part in ("_int4", "_scale", "_offset")))

    def let_go(self) -> None:
        """Unmap what was read and is held by nobody: whoever makes other weights of a file's would else have all of the
        file in memory beside them."""
        self._files.close()
        self._handles.clear()
        self._open_all()

    def _open_all(self) -> None:
        self.total_bytes = 0
        try:
            for path in weight_files(self._folder):
                self._open(path)
        except BaseException:
            self._files.close()
            raise

    def _open(self, path: Path) -> None:
        try:
            handle = self._files.enter_context(safe_open(path, framework="pt"))
        except (SafetensorError, OSError) as error:
            raise ModelError(
                "model_damaged", f"{path.name} in {self._folder.name} is damaged or cut short. Fetch that file again."
            ) from error
        names: list[str] = handle.keys()
        for name in names:
            if self._wanted(self._published(name)) and name not in self._handles:
                self._handles[name] = handle
                self._count(name, handle.get_slice(name))

    def _count(self, name: str, header: Any) -> None:
        published, kind = self._published(name), header.get_dtype()
        ending = name.removeprefix(published)
        known = STORED.get(kind) or (ROUNDED.get(kind) if ending else None)
        if known is None:
            raise self._unsupported(name, kind)
        numbers = math.prod(header.get_shape())
        self.total_bytes += numbers * known.itemsize
        if not ending:
            self.numbers[name] = numbers
        elif ending in PER_NUMBER:
            self.rounded[published], per_number = PER_NUMBER[ending]
            self.numbers[published] = numbers * per_number

    def _published(self, name: str) -> str:
        return published_of(name) if self._conversion else name

    def _stored(self, name: str) -> Tensor:
        """The tensor that is stored as `name`. Raises `ModelError`: no such tensor."""
        if name not in self._handles:
            raise ModelError(
                "model_damaged", f"The weights in {self._folder.name} lack {name}. Fetch the model's files again."
            )
        tensor: Tensor = self._handles[name].get_tensor(name)
        return tensor

    def _checked(self, name: str, shape: tuple[int, ...]) -> Tensor:
        tensor = self._stored(name)
        if tuple(tensor.shape) != shape:
            raise ModelError(
                "model_damaged",
                f"{name} in {self._folder.name} has the shape {tuple(tensor.shape)}, config.json says {shape}. "
                "Fetch the model's files again.",
            )
        return tensor

    def _tell(self, count: int) -> None:
        self._done += count
        # A tied head is read twice where it is quantised.
        self._progress(min(self._done, self.total_bytes), self.total_bytes)

    def _unsupported(self, name: str, kind: str) -> ModelError:
        if not self._conversion and kind in ROUNDED and published_of(name) != name:
            return ModelError(
                "model_damaged",
                f"{self._folder.name} is a conversion of Fingerpost's without its {MANIFEST_FILE}. Convert the "
                "published model again.",
            )
        return ModelError(
            "model_unsupported",
            f"{name} in {self._folder.name} is of the type {kind}. Fingerpost runs the published weights in bfloat16, "
            "float16 or float32: choose another folder.",
        )

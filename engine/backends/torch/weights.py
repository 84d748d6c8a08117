"""Reads tensors by name from one or several safetensors files, memory-mapped, each only once."""

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
from engine.spec import ModelError

STORED = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16}
"""The types of weights by their names in a safetensors file; all others are quantised or no weights at all."""


class WeightFiles:
    """The weight files of a model folder as one mapping from name to tensor.

    A tensor that needs no conversion stays a view of the mapped file; the page cache then holds the weights, no copy.
    Only those `wanted` by their name are there, with how many `numbers` each has; `total_bytes` counts all.
    """

    def __init__(
        self,
        folder: Path,
        wanted: Callable[[str], bool],
        progress: Callable[[int, int], None],
        checkpoint: Callable[[], None],
    ) -> None:
        self._folder, self._progress, self._checkpoint = folder, progress, checkpoint
        self._wanted = wanted
        self._files = ExitStack()
        self._handles: dict[str, Any] = {}
        self.numbers: dict[str, int] = {}
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
        if name not in self._handles:
            raise ModelError(
                "model_damaged", f"The weights in {self._folder.name} lack {name}. Fetch the model's files again."
            )
        tensor: Tensor = self._handles[name].get_tensor(name)
        if tuple(tensor.shape) != shape:
            raise ModelError(
                "model_damaged",
                f"{name} in {self._folder.name} has the shape {tuple(tensor.shape)}, config.json says {shape}. "
                "Fetch the model's files again.",
            )
        self._done += tensor.nbytes
        # A tied head is read twice where it is quantised.
        self._progress(min(self._done, self.total_bytes), self.total_bytes)
        return tensor.to(device=device, dtype=dtype)

    def peek(self, name: str, dtype: torch.dtype) -> Tensor:
        """The tensor `name` as `dtype`, neither checked nor counted: whoever keeps it must `take` it too."""
        tensor: Tensor = self._handles[name].get_tensor(name)
        return tensor.to(dtype)

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
        for name in filter(self._wanted, handle.keys()):
            if name not in self._handles:
                self._handles[name] = handle
                self._count(name, handle.get_slice(name))

    def _count(self, name: str, header: Any) -> None:
        kind = STORED.get(header.get_dtype())
        if kind is None:
            raise ModelError(
                "model_unsupported",
                f"{name} in {self._folder.name} is of the type {header.get_dtype()}. Fingerpost runs the published "
                "weights in bfloat16, float16 or float32: choose another folder.",
            )
        numbers = math.prod(header.get_shape())
        self.numbers[name] = numbers
        self.total_bytes += numbers * kind.itemsize

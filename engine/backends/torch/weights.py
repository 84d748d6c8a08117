"""Reads tensors by name from one or several safetensors files, memory-mapped, each only once."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from engine.spec import ModelError

INDEX_FILE = "model.safetensors.index.json"


class WeightFiles:
    """The weight files of a model folder as one mapping from name to tensor.

    A tensor that needs no conversion stays a view of the mapped file; the page cache then holds the weights, no copy.
    """

    def __init__(self, folder: Path, progress: Callable[[int, int], None], checkpoint: Callable[[], None]) -> None:
        self._folder, self._progress, self._checkpoint = folder, progress, checkpoint
        self._files = ExitStack()
        self._handles: dict[str, Any] = {}
        paths = _weight_files(folder)
        self.total_bytes = sum(path.stat().st_size for path in paths)
        self._done = 0
        try:
            for path in paths:
                self._open(path)
        except BaseException:
            self._files.close()
            raise

    def __enter__(self) -> WeightFiles:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.close()

    def __contains__(self, name: str) -> bool:
        return name in self._handles

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
        self._progress(min(self._done, self.total_bytes), self.total_bytes)
        return tensor.to(device=device, dtype=dtype)

    def _open(self, path: Path) -> None:
        try:
            handle = self._files.enter_context(safe_open(path, framework="pt"))
        except (SafetensorError, OSError) as error:
            raise ModelError(
                "model_damaged", f"{path.name} in {self._folder.name} is damaged or cut short. Fetch that file again."
            ) from error
        self._handles.update(dict.fromkeys(handle.keys(), handle))


def _weight_files(folder: Path) -> list[Path]:
    """The single file, or all shards the index names.

    Raises:
        ModelError: no weights at all, an index that can not be read, or a shard that is not there.
    """
    index = folder / INDEX_FILE
    if not index.exists():
        single = folder / "model.safetensors"
        if single.exists():
            return [single]
        raise ModelError("model_missing", f"{folder.name} holds no model.safetensors. Fetch the model's weights.")
    try:
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise ModelError("model_damaged", f"{INDEX_FILE} in {folder.name} can not be read. Fetch it again.") from error
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise ModelError("model_damaged", f"{folder.name} lacks {', '.join(missing)}. Fetch the missing files.")
    return [folder / name for name in names]

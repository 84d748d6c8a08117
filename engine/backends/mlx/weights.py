"""Takes tensors by their published names from safetensors files, in the published layout or as conversions store them.

Conversions (those of mlx-lm and mlx-vlm) have other prefixes, the channels of convolutions last, and one added to the
norms of the language model.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import mlx.core as mx

from engine.backends.published import DRAFTER, HEAD, TEXT, VISION
from engine.backends.shards import weight_files
from engine.spec import ModelError

PREFIXES = {
    "language_model.model.": f"{TEXT}.",
    "language_model.lm_head.": f"{HEAD}.",
    "language_model.mtp.": f"{DRAFTER}.",
    "vision_tower.": f"{VISION}.",
}
"""Those of conversions, and those they stand for."""
CHANNELS_LAST = (".conv1d.weight", ".patch_embed.proj.weight")
"""Kernels that conversions store [out, ..., in] instead of [out, in, ...]."""
STORED = (mx.float32, mx.bfloat16, mx.float16)
PACKED = (mx.uint32, mx.uint8)


class WeightFiles:
    """The weight files of a model folder as one mapping from published name to array.

    Only those `wanted` by their published name are there; `total_bytes` counts them. An array is read from the disk
    when it is taken, and can be taken once. `converted` is whether the norms have one added, which the same conversion
    does that turns the kernels.
    """

    def __init__(
        self,
        folder: Path,
        wanted: Callable[[str], bool],
        progress: Callable[[int, int], None],
        checkpoint: Callable[[], None],
    ) -> None:
        self._folder, self._progress, self._checkpoint = folder, progress, checkpoint
        self._arrays: dict[str, mx.array] = {}
        for path in weight_files(folder):
            for name, array in self._open(path).items():
                if wanted(published := published_name(name)):
                    self._check(name, array)
                    self._arrays.setdefault(published, array)
        kernels = [array for name, array in self._arrays.items() if name.endswith(CHANNELS_LAST[0])]
        self.converted = any(kernel.shape[-1] == 1 for kernel in kernels)
        self.total_bytes = sum(array.nbytes for array in self._arrays.values())
        self._done = 0

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes by published name, as they are stored, of what has not been taken."""
        return {name: array.shape for name, array in self._arrays.items()}

    def __contains__(self, name: str) -> bool:
        return name in self._arrays

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of the tensor `name` as it is stored. Raises `ModelError`: no such tensor."""
        return self._find(name).shape

    def dtype(self, name: str) -> mx.Dtype:
        """The type of the tensor `name` as it is stored. Raises `ModelError`: no such tensor."""
        return self._find(name).dtype

    def take(self, name: str, shape: tuple[int, ...], dtype: mx.Dtype | None) -> mx.array:
        """The tensor `name`, checked against `shape`, as `dtype`; None: as it is stored.

        Raises:
            ModelError: no such tensor, another shape, or it can not be read.
            Cancelled: from the checkpoint, between two tensors.
        """
        self._checkpoint()
        array = self._find(name)
        if name.endswith(CHANNELS_LAST) and array.shape != shape:
            array = mx.contiguous(mx.moveaxis(array, -1, 1))
        if array.shape != shape:
            raise ModelError(
                "model_damaged",
                f"{name} in {self._folder.name} has the shape {tuple(array.shape)}, config.json says {shape}. "
                "Fetch the model's files again.",
            )
        if dtype is not None and array.dtype not in STORED:
            raise self._unsupported(name, array)
        stored = self._arrays.pop(name).nbytes
        taken = array if dtype is None else array.astype(dtype)
        try:
            mx.eval(taken)
        except RuntimeError as error:
            if "read" not in str(error):
                raise
            raise ModelError(
                "model_damaged", f"{name} in {self._folder.name} can not be read. Fetch the model's files again."
            ) from error
        self._done += stored
        self._progress(self._done, self.total_bytes)
        return taken

    def peek(self, name: str) -> mx.array:
        """The tensor `name` as it is stored, neither taken nor counted. Raises `ModelError`: no such tensor."""
        return self._find(name)

    def close(self) -> None:
        """Forget what was not taken."""
        self._arrays.clear()

    def _find(self, name: str) -> mx.array:
        if name not in self._arrays:
            raise ModelError(
                "model_damaged", f"The weights in {self._folder.name} lack {name}. Fetch the model's files again."
            )
        return self._arrays[name]

    def _open(self, path: Path) -> dict[str, mx.array]:
        try:
            found = mx.load(str(path), format="safetensors")
        except (RuntimeError, ValueError) as error:
            raise ModelError(
                "model_damaged", f"{path.name} in {self._folder.name} is damaged or cut short. Fetch that file again."
            ) from error
        assert isinstance(found, dict)
        return found

    def _check(self, name: str, array: mx.array) -> None:
        if array.dtype not in STORED and not (array.dtype in PACKED and name.endswith((".weight", ".scales"))):
            raise self._unsupported(name, array)

    def _unsupported(self, name: str, array: mx.array) -> ModelError:
        kind = str(array.dtype).removeprefix("mlx.core.")
        return ModelError(
            "model_unsupported",
            f"{name} in {self._folder.name} is of the type {kind}. Fingerpost runs the published weights and their "
            "conversions for MLX: choose another folder.",
        )


def published_name(name: str) -> str:
    """The name that the tensor `name` has in the published files."""
    for prefix, published in PREFIXES.items():
        if name.startswith(prefix):
            return published + name.removeprefix(prefix)
    return name

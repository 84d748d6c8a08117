"""Writes arrays into safetensors files of a moderate size, with the index that names the file of each."""

from __future__ import annotations

import os
from pathlib import Path

import mlx.core as mx

from engine.backends.conversion import disk_full
from engine.backends.shards import shard_name, write_index

SHARD_BYTES = 1024**3
"""What is held in memory before it is written."""


class ShardWriter:
    """Takes arrays one by one; `out` is named to a person where `folder` has no room left."""

    def __init__(self, folder: Path, out: Path) -> None:
        self._folder, self._out = folder, out
        self._held: dict[str, mx.array] = {}
        self._written: list[list[str]] = []
        self._total = 0

    def add(self, name: str, array: mx.array) -> None:
        """Evaluate `array` and keep it for the next file. Raises `ConversionError`: no room."""
        mx.eval(array)
        if self._held and sum(held.nbytes for held in self._held.values()) + array.nbytes > SHARD_BYTES:
            self._write()
        self._held[name] = array

    def finish(self) -> None:
        """Write what is left and the index; one file alone has no number. Raises `ConversionError`: no room."""
        self._write()
        count = len(self._written)
        files: dict[str, str] = {}
        for number, names in enumerate(self._written, 1):
            file = shard_name(number, count)
            self._draft(number).rename(self._folder / file)
            files |= dict.fromkeys(names, file)
        write_index(self._folder, files, self._total)

    def _write(self) -> None:
        self._written.append(list(self._held))
        path = self._draft(len(self._written))
        try:
            mx.save_safetensors(str(path), self._held, metadata={"format": "mlx"})
        except RuntimeError as error:
            if "write" not in str(error):
                raise
            raise disk_full(self._out) from error
        with path.open("rb+") as file:
            os.fsync(file.fileno())
        self._total += sum(array.nbytes for array in self._held.values())
        self._held.clear()
        mx.clear_cache()

    def _draft(self, number: int) -> Path:
        return self._folder / f"shard-{number}.safetensors"

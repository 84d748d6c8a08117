"""The weight files of a model folder, whoever reads or writes them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from engine.spec import ModelError

INDEX_FILE = "model.safetensors.index.json"


def weight_files(folder: Path) -> list[Path]:
    """The single file, or all shards the index names.

    Raises:
        ModelError: no weights at all, an index that can not be read, or a file that is missing or may not be read.
    """
    files = _named(folder)
    for path in files:
        if not os.access(path, os.R_OK):
            raise ModelError(
                "model_damaged", f"{path.name} in {folder.name} may not be read. Allow yourself to read it."
            )
    return files


def shard_name(number: int, count: int) -> str:
    """The file `number` of `count`, from 1 on; one file alone has no number."""
    return "model.safetensors" if count == 1 else f"model-{number:05d}-of-{count:05d}.safetensors"


def write_index(folder: Path, files: Mapping[str, str], total: int) -> None:
    """Say in which of the `files` each tensor is; `total` bytes are in all. Raises `OSError`."""
    index = {"metadata": {"total_size": total}, "weight_map": dict(sorted(files.items()))}
    with (folder / INDEX_FILE).open("w", encoding="utf-8") as file:
        json.dump(index, file, indent=4)
        file.flush()
        os.fsync(file.fileno())


def _named(folder: Path) -> list[Path]:
    index = folder / INDEX_FILE
    if not index.exists():
        single = folder / "model.safetensors"
        if single.exists():
            return [single]
        raise ModelError("model_missing", f"{folder.name} holds no model.safetensors. Fetch the model's weights.")
    try:
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
        inside = bool(names) and all(_is_plain(name) for name in names)
    except (OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError) as error:
        raise ModelError("model_damaged", f"{INDEX_FILE} in {folder.name} can not be read. Fetch it again.") from error
    if not inside:
        raise ModelError(
            "model_damaged", f"{INDEX_FILE} in {folder.name} names files outside the folder. Fetch it again."
        )
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise ModelError("model_damaged", f"{folder.name} lacks {', '.join(missing)}. Fetch the missing files.")
    return [folder / name for name in names]


def _is_plain(name: str) -> bool:
    """Whether `name` is that of a file beside the index, on every system."""
    return name.endswith(".safetensors") and not any(sign in name for sign in ("/", "\\", ":", "\0"))

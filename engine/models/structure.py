"""Whether the files of a model folder belong together and are whole, as far as that is seen without reading weights."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from engine.backends.published import DRAFTER
from engine.backends.safetensors_file import Damaged, Entry, read_entries
from engine.backends.shards import INDEX_FILE, weight_files
from engine.models.description import form_of
from engine.models.tensors import published_tensors
from engine.spec import ModelError, ModelSpec, model_name, read_spec
from engine.tokenizer import Tokenizer

Headers = dict[str, dict[str, Entry]]
"""The tensors of each weight file, by their names."""
PUBLISHED_TYPES = ("BF16", "F16", "F32")


def check_structure(folder: Path, checkpoint: Callable[[], None]) -> None:
    """See that configuration, tokenizer and weight files are all there and fit.

    Raises:
        ModelError: one is missing, damaged or of another model; it is named.
        OSError: a file can not be read.
        Cancelled: from the checkpoint.
    """
    spec = read_spec(folder, conversions=True)
    headers: Headers = {}
    for path in weight_files(folder):
        checkpoint()
        headers[path.name] = _entries(path)
    _check_index(folder, headers)
    if form_of(folder) == "published":
        _check_tensors(folder, spec, headers)
    checkpoint()
    Tokenizer.load(folder, spec)


def _entries(path: Path) -> dict[str, Entry]:
    try:
        return {entry.name: entry for entry in read_entries(path)}
    except Damaged as error:
        raise _damaged(path.parent, f"{path.name} is damaged or cut short. Fetch that file again.") from error


def _check_index(folder: Path, headers: Headers) -> None:
    """Both ways: each tensor is where the index says, and the index names each tensor."""
    index = folder / INDEX_FILE
    if not index.exists():
        return
    where: dict[str, str] = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
    for name, file in where.items():
        if name not in headers[file]:
            raise _damaged(folder, f"{file} lacks {name}, which the index expects there. Fetch that file again.")
    for file, stored in headers.items():
        for name in stored:
            if name not in where:
                raise _damaged(folder, f"{INDEX_FILE} does not name {name} of {file}. Fetch the index again.")


def _check_tensors(folder: Path, spec: ModelSpec, headers: Headers) -> None:
    stored = {name: tensor for tensors in headers.values() for name, tensor in tensors.items()}
    drafts = any(name.startswith(f"{DRAFTER}.") for name in stored)
    for name, shape in published_tensors(spec):
        if name.startswith(f"{DRAFTER}.") and not drafts:
            continue
        tensor = stored.get(name)
        if tensor is None:
            raise _damaged(folder, f"{_missing(folder, name, headers)} Fetch the model's files again.")
        if tensor.shape != shape:
            raise _damaged(
                folder,
                f"{name} has the shape {tensor.shape}, config.json says {shape}. Fetch the model's files again.",
            )
        if tensor.kind not in PUBLISHED_TYPES:
            raise ModelError(
                "model_unsupported",
                f"{model_name(folder)}: {name} is of the type {tensor.kind}. Fingerpost runs the published weights "
                "and its own conversions: choose another folder.",
            )


def _missing(folder: Path, name: str, headers: Headers) -> str:
    """A file that lies there and is named by no index is the likelier reason."""
    unnamed = sorted(path.name for path in folder.glob("*.safetensors") if path.name not in headers)
    return f"{INDEX_FILE} does not name {unnamed[0]}." if unnamed else f"The weights lack {name}."


def _damaged(folder: Path, what: str) -> ModelError:
    return ModelError("model_damaged", f"{model_name(folder)}: {what}")

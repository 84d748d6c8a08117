"""Picks the back end for a model folder and loads it; only the one that is used is imported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.backends.base import Backend, Checkpoint
from engine.spec import read_config

SCRIPTED = "fingerpost_scripted"


def load_backend(
    folder: Path, device: str, dtype: str, progress: Callable[[int, int], None], checkpoint: Checkpoint
) -> Backend:
    """Load the model in `folder`; see `engine.backends.torch.backend.load` for the arguments and errors."""
    if read_config(folder).get("model_type") == SCRIPTED:
        from engine.backends import scripted  # noqa: PLC0415 - a stand-in for tests

        return scripted.load(folder, progress, checkpoint)
    from engine.backends.torch import backend  # noqa: PLC0415 - PyTorch takes a second to import

    return backend.load(folder, device, dtype, progress, checkpoint)

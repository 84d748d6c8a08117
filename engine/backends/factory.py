"""Picks the back end for a model folder and loads it; only the one that is used is imported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.backends.base import Backend, Checkpoint
from engine.backends.choice import choose_backend
from engine.spec import read_config

SCRIPTED = "fingerpost_scripted"


def load_backend(
    folder: Path,
    device: str,
    dtype: str,
    progress: Callable[[int, int], None],
    checkpoint: Checkpoint,
    backend: str = "auto",
) -> Backend:
    """Load the model in `folder`; see `engine.backends.torch.backend.load` for the arguments and errors. `backend` is
    ``auto``, ``torch`` or ``mlx``: see `choose_backend`."""
    if read_config(folder).get("model_type") == SCRIPTED:
        from engine.backends import scripted  # noqa: PLC0415 - a stand-in for tests

        return scripted.load(folder, progress, checkpoint)
    if choose_backend(backend).name == "mlx":
        from engine.backends.mlx.backend import load as load_mlx  # noqa: PLC0415 - only on Apple chips

        return load_mlx(folder, device, dtype, progress, checkpoint)
    from engine.backends.torch.backend import load as load_torch  # noqa: PLC0415 - PyTorch takes a second to import

    return load_torch(folder, device, dtype, progress, checkpoint)

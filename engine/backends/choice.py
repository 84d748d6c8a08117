"""Which back end runs models on this machine, and why."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal, get_args

from engine.spec import ModelError

BackendName = Literal["torch", "mlx"]
VARIABLE = "FINGERPOST_BACKEND"
"""Names the back end where nothing else does: ``torch`` or ``mlx``."""
NAMES: dict[BackendName, str] = {"torch": "PyTorch", "mlx": "MLX"}
PACKAGES: dict[BackendName, tuple[str, ...]] = {"torch": ("torch",), "mlx": ("mlx", "mlx_lm")}


@dataclass(frozen=True, slots=True)
class Choice:
    """The back end `name`; `reason` is a sentence for a person."""

    name: BackendName
    reason: str


def choose_backend(wanted: str = "auto") -> Choice:
    """The back end ``torch`` or ``mlx`` by its name; for ``auto`` the one that the variable names, else MLX on Apple
    chips and PyTorch elsewhere. Imports neither.

    Raises:
        ModelError: there is no such back end, or it is not installed; a sentence with what to do.
    """
    if wanted == "auto":
        wanted = os.environ.get(VARIABLE) or "auto"
    for name in get_args(BackendName):
        if wanted == name:
            if not _is_installed(name):
                raise ModelError("device_unavailable", _missing(name))
            return Choice(name, f"{NAMES[name]} was asked for.")
    if wanted != "auto":
        raise ModelError("bad_request", f"There is no back end {wanted}. Choose auto, {' or '.join(NAMES)}.")
    if _is_apple_chip() and _is_installed("mlx"):
        return Choice("mlx", "MLX is used: this is a Mac with an Apple chip.")
    if _is_installed("torch"):
        why = "MLX is not installed" if _is_apple_chip() else "MLX is for Macs with an Apple chip"
        return Choice("torch", f"PyTorch is used: {why}.")
    raise ModelError("device_unavailable", _missing("mlx" if _is_apple_chip() else "torch"))


def _is_apple_chip() -> bool:
    return sys.platform == "darwin" and platform.machine() == "arm64"


def _is_installed(name: BackendName) -> bool:
    return all(find_spec(package) is not None for package in PACKAGES[name])


def _missing(name: BackendName) -> str:
    if sys.platform == "darwin" and not _is_apple_chip():
        return "Models do not run on this Mac: they need one with an Apple chip. Open Fingerpost on such a Mac."
    if name == "mlx" and sys.platform == "win32":
        return "MLX does not run on Windows. Choose PyTorch as the back end."
    if (name == "mlx") == _is_apple_chip():
        return f"{NAMES[name]} is not installed. Run python3 packaging/dev.py run, which fetches it."
    meant, other = ("Macs with an Apple chip", "PyTorch") if name == "mlx" else ("other machines", "MLX")
    return f"{NAMES[name]} is not installed. It is meant for {meant}: choose {other} as the back end."

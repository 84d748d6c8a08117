"""What the engine finds on this machine: devices, back ends, models. Values, and their lines for a person."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from engine.backends.choice import NAMES, Choice, choose_backend
from engine.cli import MODEL_VARIABLE
from engine.devices import Device, find_devices
from engine.fit import context_limit
from engine.spec import ModelError, read_spec

BACKENDS = (("PyTorch", "torch"), ("MLX", "mlx-lm"))
"""Name for people, and the distribution behind it."""
VALUE_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2}

Origin = Literal["named", "variable", "recent"]
ORIGINS: dict[Origin, str] = {"named": "named here", "variable": MODEL_VARIABLE, "recent": "used before"}


@dataclass(frozen=True, slots=True)
class FoundBackend:
    """A back end that is installed."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class FoundModel:
    """A model folder and how it would do on the best device. `problem` is a sentence, empty for a model that can be
    used; `context_limit` is in tokens, 0 when it can not."""

    folder: Path
    origin: Origin
    tier: str = ""
    dtype: str = ""
    weight_bytes: int = 0
    context_limit: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class EngineReport:
    """Everything found. `choice` is a sentence: which back end is used and why. When there is none, or it can not be
    used, `choice` and `devices` are empty and `device_problem` is a sentence."""

    devices: tuple[Device, ...]
    device_problem: str
    backends: tuple[FoundBackend, ...]
    choice: str
    models: tuple[FoundModel, ...]


def report(model: Path | None, recent: Sequence[Path] = ()) -> EngineReport:
    """Look around: `model` is the folder that was named, `recent` are those used before. Imports the back end."""
    devices, choice, problem = _devices()
    free = devices[0].memory_free if devices else 0
    conversions = choice is not None and choice.name == "mlx"
    models = tuple(_model(folder, origin, free, conversions) for folder, origin in _folders(model, recent))
    return EngineReport(devices, problem, tuple(_backends()), "" if choice is None else choice.reason, models)


def lines(found: EngineReport) -> Iterator[str]:
    """The report for a person, a line at a time."""
    yield "Back ends"
    for backend in found.backends:
        yield f"  {backend.name} {backend.version}"
    if not found.backends:
        yield "  none. Run python3 packaging/dev.py run, which fetches one."
    if found.choice:
        yield f"  {found.choice}"
    yield "Devices"
    for device in found.devices:
        yield (
            f"  {device.kind}: {device.name}, {_size(device.memory_free)} of {_size(device.memory_total)} memory free"
        )
    if found.device_problem:
        yield f"  {found.device_problem}"
    yield "Models"
    for model in found.models:
        yield f"  {model.folder} ({ORIGINS[model.origin]})"
        if model.tier:
            yield f"    {model.tier}, {model.dtype}, {_size(model.weight_bytes)} of weights"
        yield f"    {model.problem or f'fits, with a context of {model.context_limit:,} tokens'}"
    if not found.models:
        yield f"  none. Name a folder with --model DIR, or set {MODEL_VARIABLE}."


def _devices() -> tuple[tuple[Device, ...], Choice | None, str]:
    """The devices of the back end that is used, which that is, and why it can not be."""
    try:
        choice = choose_backend()
    except ModelError as error:
        return (), None, str(error)
    try:
        if choice.name == "mlx":
            from engine.backends.mlx.device import find_devices as find_mlx_devices  # noqa: PLC0415 - only where it is

            return find_mlx_devices(), choice, ""
        return find_devices(), choice, ""
    except ImportError as error:
        where = f"{platform.system()} {platform.machine()}"
        return (), None, f"{NAMES[choice.name]} can not be used on {where}: {error}"


def _backends() -> Iterator[FoundBackend]:
    for name, distribution in BACKENDS:
        try:
            yield FoundBackend(name, version(distribution))
        except PackageNotFoundError:
            continue


def _folders(model: Path | None, recent: Sequence[Path]) -> Iterator[tuple[Path, Origin]]:
    """Each folder once, the first mention counts."""
    named: list[tuple[Path, Origin]] = [] if model is None else [(model, "named")]
    if variable := os.environ.get(MODEL_VARIABLE):
        named.append((Path(variable), "variable"))
    seen = set()
    for folder, origin in (*named, *((folder, "recent") for folder in recent)):
        place = folder.expanduser().absolute()
        if place not in seen:
            seen.add(place)
            yield place, origin


def _model(folder: Path, origin: Origin, free_bytes: int, conversions: bool) -> FoundModel:
    try:
        spec = read_spec(folder, conversions=conversions)
    except ModelError as error:
        return FoundModel(folder, origin, problem=str(error))
    weight_bytes = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    if not weight_bytes:
        problem = f"{folder.name} holds no safetensors files. Fetch the model's weights."
        return FoundModel(folder, origin, spec.tier, spec.dtype, problem=problem)
    try:
        limit = context_limit(spec, weight_bytes, VALUE_BYTES.get(spec.dtype, 2), free_bytes)
    except ModelError as error:
        return FoundModel(folder, origin, spec.tier, spec.dtype, weight_bytes, problem=str(error))
    return FoundModel(folder, origin, spec.tier, spec.dtype, weight_bytes, limit)


def _size(value: int) -> str:
    return f"{value / 1e9:.1f} GB" if value >= 1e8 else f"{value / 1e6:.1f} MB"

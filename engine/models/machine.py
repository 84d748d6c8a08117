"""What a model finds on this machine."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import psutil

from engine.backends.choice import choose_backend
from engine.devices import Device, find_devices, processor_name
from engine.protocol import MachineInfo
from engine.spec import ModelError

SHARED = ("cpu", "mps")
"""Devices whose memory is the machine's own."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a device can do: the `precisions` a published model runs in, as `LoadModel` takes them, the best first, and
    the bytes of a `number` that is calculated in beside weights of fewer bits."""

    precisions: tuple[str, ...]
    number: int = 2


def machine_info(models_folder: Path) -> MachineInfo:
    """The best device of the back end that is used, and the free disk where `models_folder` is or will be. Imports the
    back end; without one the processor is named."""
    memory = psutil.virtual_memory()
    best = _best_device() or Device("cpu", processor_name(), memory.total, memory.available)
    return MachineInfo(
        processor=processor_name(),
        memory_total=memory.total,
        memory_free=memory.available,
        device=best.kind,
        device_name=best.name,
        device_total=best.memory_total,
        device_free=best.memory_free,
        shared=best.kind in SHARED,
        disk_free=shutil.disk_usage(_existing(models_folder)).free,
    )


def abilities(device: str) -> Abilities:
    """What the device of that name can do here; see `engine.backends.torch.precision`. Imports the back end.

    On a processor 8 bits come first: they read and write up to twice as fast as bfloat16, and change the logits little.
    """
    if device == "mps":
        return Abilities(("bfloat16", "int8", "int4"))
    if device == "xpu":
        return Abilities(("bfloat16",))
    try:
        import torch  # noqa: PLC0415 - takes a second

        if device == "cuda":
            from engine.backends.torch.cuda_quantize import quantises  # noqa: PLC0415 - only where there is a card

            return Abilities(("bfloat16", "int8", "int4") if quantises(torch.device(device)) else ("float16",))
        fast = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    except ImportError:
        fast = True
    return Abilities(("int8", "bfloat16", "int4"), 2 if fast else 4)


def _best_device() -> Device | None:
    try:
        if choose_backend().name == "mlx":
            from engine.backends.mlx.device import find_devices as find_mlx_devices  # noqa: PLC0415 - only where it is

            return find_mlx_devices()[0]
        return find_devices()[0]
    except (ModelError, ImportError):
        return None


def _existing(folder: Path) -> Path:
    """`folder`, or the nearest place above it that is there."""
    folder = folder.absolute()
    return next((place for place in (folder, *folder.parents) if place.exists()), folder)

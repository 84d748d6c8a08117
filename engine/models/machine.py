"""What a model finds on this machine."""

from __future__ import annotations

import shutil
from pathlib import Path

import psutil

from engine.backends.choice import choose_backend
from engine.devices import Device, find_devices, processor_name
from engine.protocol import MachineInfo
from engine.spec import ModelError

SHARED = ("cpu", "mps")
"""Devices whose memory is the machine's own."""


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

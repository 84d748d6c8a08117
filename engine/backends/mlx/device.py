"""The device that MLX calculates on, and how much of its memory is used."""

from __future__ import annotations

import mlx.core as mx
import psutil

from engine.devices import Device, processor_name
from engine.spec import ModelError

CACHE_SHARE = 32
"""One part in so many of the graphics side's memory is kept of what was freed, to be taken again: 0.5 GB of 16 GB. What
a chunk of a prompt needs comes again with the next chunk."""


def find_devices() -> tuple[Device, ...]:
    """The graphics side of an Apple chip, where Metal is, under PyTorch's name for it; and the processor."""
    memory = psutil.virtual_memory()
    processor = Device("cpu", processor_name(), memory.total, memory.available)
    if not mx.metal.is_available():
        return (processor,)
    # Unified memory: the graphics side can have what the processor has free, up to a share that the system sets.
    free = min(memory.available, _working_set())
    return (Device("mps", str(mx.device_info()["device_name"]), memory.total, free), processor)


def use_device(wanted: str) -> Device:
    """Calculate on the device named `wanted`, or on the best one for ``auto``, from now on.

    Raises:
        ModelError: MLX has no such device here.
    """
    devices = find_devices()
    chosen = next((device for device in devices if wanted in ("auto", device.kind)), None)
    if chosen is None:
        have = " or ".join(device.kind for device in devices)
        raise ModelError("device_unavailable", f"MLX has no device {wanted} on this machine. Choose {have}.")
    mx.set_default_device(mx.gpu if chosen.kind == "mps" else mx.cpu)
    if chosen.kind == "mps":
        # Wired, so that weights are not paged out while an answer is written.
        mx.set_wired_limit(_working_set())
        mx.set_cache_limit(_working_set() // CACHE_SHARE)
    return chosen


def _working_set() -> int:
    """Bytes that the system advises the graphics side to use at most."""
    return int(mx.device_info()["max_recommended_working_set_size"])

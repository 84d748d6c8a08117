"""Which devices this machine has for a model, and how much memory is free on each."""

from __future__ import annotations

import os
from dataclasses import dataclass

import psutil

from engine.spec import ModelError


@dataclass(frozen=True, slots=True)
class Device:
    """A place a model can run. `kind` is PyTorch's name (cpu, cuda, xpu, mps); memory in bytes."""

    kind: str
    name: str
    memory_total: int
    memory_free: int


def find_devices() -> tuple[Device, ...]:
    """All devices, the best first; the processor is always there. Imports PyTorch."""
    import torch  # noqa: PLC0415 - 1 s and 200 MB, only where a device is wanted

    found = []
    if torch.cuda.is_available():
        free, total = torch.cuda.mem_get_info()
        found.append(Device("cuda", torch.cuda.get_device_name(), total, free))
    if hasattr(torch, "xpu") and torch.xpu.is_available():
        free, total = torch.xpu.mem_get_info()
        found.append(Device("xpu", torch.xpu.get_device_name(), total, free))
    memory = psutil.virtual_memory()
    if torch.backends.mps.is_available():
        # Unified memory: the graphics side can have what the processor has free, up to a share that the system sets.
        share = torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
        found.append(Device("mps", "Apple GPU", memory.total, min(memory.available, share)))
    found.append(Device("cpu", processor_name(), memory.total, memory.available))
    return tuple(found)


def pick_device(wanted: str) -> Device:
    """The device named `wanted`, or the best one for ``auto``.

    Raises:
        ModelError: this machine has no such device.
    """
    devices = find_devices()
    if wanted == "auto":
        return devices[0]
    for device in devices:
        if device.kind == wanted:
            return device
    have = " or ".join(device.kind for device in devices)
    raise ModelError("device_unavailable", f"This machine has no device {wanted} that can be used. Choose {have}.")


def physical_cores() -> int:
    """Physical cores this process may use: a second thread on one core slows matrix products down."""
    cores = psutil.cpu_count(logical=False) or os.cpu_count() or 1
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores
    return max(1, min(cores, allowed))


def processor_name() -> str:
    """The processor's name as the system tells it, or its architecture."""
    import platform  # noqa: PLC0415 - only for people

    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123 - a kernel file
            for line in lines:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()

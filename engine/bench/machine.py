"""The machine that is measured, and the memory this process has taken."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import psutil

from engine.devices import physical_cores, pick_device, processor_name


@dataclass(frozen=True, slots=True)
class Machine:
    """`device` is the name of what the model runs on; `cores` are the physical ones this process may use, `torch` is
    PyTorch's version."""

    device: str
    processor: str
    cores: int
    memory_bytes: int
    torch: str


def this_machine(kind: str) -> Machine:
    """What this process runs on, with the model on the device `kind`. Imports PyTorch."""
    import torch  # noqa: PLC0415 - 1 s and 200 MB

    return Machine(
        pick_device(kind).name,
        processor_name(),
        physical_cores(),
        psutil.virtual_memory().total,
        str(torch.__version__),
    )


def peak_bytes(kind: str) -> int:
    """The most memory this process has had so far on the device `kind`. On the processor weights that are read from a
    mapped file count."""
    if kind != "cpu":
        import torch  # noqa: PLC0415 - it is there already

        return int(torch.cuda.max_memory_reserved())
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    import resource  # noqa: PLC0415 - not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024

"""The machine that is measured, and the memory this process has taken."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import psutil

from engine.devices import physical_cores, processor_name


@dataclass(frozen=True, slots=True)
class Machine:
    """`cores` are the physical ones this process may use, `torch` is PyTorch's version."""

    processor: str
    cores: int
    memory_bytes: int
    torch: str


def this_machine() -> Machine:
    """What this process runs on. Imports PyTorch."""
    import torch  # noqa: PLC0415 - 1 s and 200 MB

    return Machine(processor_name(), physical_cores(), psutil.virtual_memory().total, str(torch.__version__))


def peak_bytes() -> int:
    """The most memory this process has had so far. Weights that are read from a mapped file count."""
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    import resource  # noqa: PLC0415 - not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024

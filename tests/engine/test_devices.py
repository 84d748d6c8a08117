"""What each kind of device counts as free memory, and what is said of one that is not there."""

from __future__ import annotations

from types import SimpleNamespace

import psutil
import pytest
import torch

from engine import devices
from engine.devices import find_devices, physical_cores, pick_device
from engine.spec import ModelError

GB = 10**9


@pytest.fixture
def _memory(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = SimpleNamespace(total=16 * GB, available=14 * GB)
    monkeypatch.setattr(devices, "psutil", SimpleNamespace(virtual_memory=lambda: memory, cpu_count=psutil.cpu_count))


@pytest.mark.usefixtures("_memory")
@pytest.mark.parametrize(("working_set", "free"), [(11 * GB, 10 * GB), (20 * GB, 14 * GB)])
def test_an_apple_gpu_may_hold_less_than_is_free(monkeypatch: pytest.MonkeyPatch, working_set: int, free: int) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.mps, "recommended_max_memory", lambda: working_set)
    monkeypatch.setattr(torch.mps, "driver_allocated_memory", lambda: GB)
    device = pick_device("mps")
    assert (device.memory_total, device.memory_free) == (16 * GB, free)


@pytest.mark.usefixtures("_memory")
def test_what_other_programs_hold_of_an_intel_card_is_not_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.xpu, "is_available", lambda: True)
    monkeypatch.setattr(torch.xpu, "mem_get_info", lambda: (3 * GB, 8 * GB))
    monkeypatch.setattr(torch.xpu, "get_device_name", lambda: "Arc")
    device = pick_device("xpu")
    assert (device.memory_total, device.memory_free) == (8 * GB, 3 * GB)


def test_the_processor_is_always_there_and_last() -> None:
    assert find_devices()[-1].kind == "cpu"
    assert physical_cores() >= 1


def test_a_device_that_is_not_there_is_one_sentence_with_a_way_out() -> None:
    with pytest.raises(ModelError, match="Choose cpu") as refused:
        pick_device("abacus")
    assert refused.value.code == "device_unavailable"

"""One run of the benchmark: Fingerpost, then the machine's limits, then transformers in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import torch

from engine.backends.base import Checkpoint
from engine.bench.limits import READ_BYTES, Precision, find_limits
from engine.bench.machine import this_machine
from engine.bench.measure import QUICK, WHOLE, Figures, Say, measure
from engine.bench.own import Fingerpost
from engine.bench.report import Report

DTYPES: dict[Precision, str] = {"bf16": "bfloat16", "int8": "int8", "int4": "int4"}
QUICK_READ_BYTES = 256 * 1024**2
ASKED = 0.2
"""Seconds between two looks at whether the run was stopped."""


def run(
    folder: Path,
    device: str,
    precision: Precision,
    *,
    quick: bool,
    against: bool,
    say: Say,
    checkpoint: Checkpoint,
) -> Report:
    """Measure the model in `folder` on `device`; `say` gets a line at each part.

    Raises:
        ModelError, BenchError: the model can not be used, or not measured.
        Cancelled: from the checkpoint.
    """
    loaded: list[Fingerpost] = []

    def load() -> Fingerpost:
        loaded.append(Fingerpost.load(folder, device, DTYPES[precision], checkpoint))
        return loaded[0]

    say(f"Loading {folder.name} in {precision}")
    try:
        figures = measure(load, QUICK if quick else WHOLE, say)
        info, text = loaded[0].backend.info, loaded[0].backend.spec.text
    finally:
        for engine in loaded:
            engine.close()
    checkpoint()
    say("Measuring what the machine allows")
    limits = find_limits(text, precision, torch.device(device), QUICK_READ_BYTES if quick else READ_BYTES)
    theirs = measure_transformers(folder, device, quick, checkpoint, say) if against else None
    return Report(info, precision, this_machine(device), figures, theirs, limits)


def measure_transformers(folder: Path, device: str, quick: bool, checkpoint: Checkpoint, say: Say) -> Figures | None:
    """The same with transformers on the same device, with as many threads and with a peak memory of its own. None when
    it failed, and `say` was told."""
    command = [sys.executable, "-P", "-X", "utf8", "-m", "engine.bench.reference", str(folder)]
    command += ["--device", device, "--threads", str(torch.get_num_threads()), *(["--quick"] if quick else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            output = _output(child, checkpoint)
        except BaseException:
            child.kill()
            raise
    if child.returncode:
        say("transformers could not be measured. Close other programs to free memory, or leave out --against")
        return None
    return Figures(**json.loads(output.splitlines()[-1]))


def _output(child: subprocess.Popen[str], checkpoint: Checkpoint) -> str:
    while True:
        try:
            return child.communicate(timeout=ASKED)[0]
        except subprocess.TimeoutExpired:
            checkpoint()

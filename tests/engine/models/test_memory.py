"""What a model is said to take of the memory is what it takes: else a person waits for a download that can not run."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

from engine.devices import physical_cores
from engine.models.catalogue import Catalogue
from engine.models.memory import Run, peak_bytes, weight_bytes
from engine.models.tensors import published_tensors
from engine.spec import ModelSpec, read_spec
from tests.checkpoints import REAL, Shape, make_config, make_tiny

CHILD = Path(__file__).parents[2] / "memory_child.py"
GRID = (32, 32)
TOKENS = 300
SPECIAL = {
    "<|endoftext|>": 248_044,
    "<|vision_start|>": 248_053,
    "<|vision_end|>": 248_054,
    "<|image_pad|>": 248_056,
    "<|video_pad|>": 248_057,
}


def make_random(folder: Path, shape: Shape, vocabulary: int) -> ModelSpec:
    """A checkpoint of random weights that takes no memory to make: all are cut from one block."""
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(make_config(shape, SPECIAL, vocabulary, "bfloat16")))
    spec = read_spec(folder)
    header, end = {}, 0
    for name, dimensions in published_tensors(spec):
        start, end = end, end + 2 * math.prod(dimensions)
        header[name] = {"dtype": "BF16", "shape": dimensions, "data_offsets": [start, end]}
    numbers = np.random.default_rng(0).normal(0, 0.02, 2**21).astype(np.float32)
    block = (numbers.view(np.uint32) >> 16).astype(np.uint16).tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with (folder / "model.safetensors").open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for start in range(0, end, len(block)):
            file.write(block[: end - start])
    return spec


@pytest.fixture(scope="module")
def checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """0.8 to 1.6 GB: the first is mostly vocabulary, the others mostly layers."""
    tier = str(request.param)
    folder = tmp_path_factory.mktemp("memory") / tier
    make_random(folder, replace(REAL[tier], layers=4, vision_depth=4), 248_320 if tier == "0.8B" else 62_080)
    yield folder
    (folder / "model.safetensors").unlink()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak of a process is read from /proc")
@pytest.mark.parametrize(
    ("checkpoint", "dtype"),
    [
        ("0.8B", "bfloat16"),
        ("2B", "int4"),
        ("4B", "bfloat16"),
        ("4B", "int8"),
    ],
    indirect=["checkpoint"],
)
def test_the_estimate_is_what_it_takes(checkpoint: Path, dtype: str) -> None:
    child = [sys.executable, str(CHILD), str(checkpoint), dtype, *map(str, GRID), str(TOKENS)]
    # Threads that wait by counting keep each other from work while other tests run; the memory is the same.
    calm = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}
    measured = json.loads(subprocess.run(child, capture_output=True, check=True, text=True, env=calm).stdout)
    spec, run = read_spec(checkpoint), Run(dtype, "cpu", cores=physical_cores())
    assert weight_bytes(spec, run) == pytest.approx(measured["weights"], rel=0.01)
    estimated = measured["before"] + peak_bytes(spec, run, TOKENS, GRID[0] * GRID[1])
    assert estimated == pytest.approx(measured["peak"], rel=0.15)


@pytest.mark.parametrize("tier", ["0.8B", "2B", "4B", "9B"])
def test_the_tensors_of_a_configuration_are_those_of_its_checkpoint(tmp_path: Path, tier: str) -> None:
    folder = make_tiny(tmp_path / tier, tier)
    with safe_open(folder / "model.safetensors", framework="numpy") as file:
        stored = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118 - no mapping
    assert dict(published_tensors(read_spec(folder))) == stored


def test_the_catalogue_has_the_sizes_of_its_configurations() -> None:
    """Parameters exactly; of the files all but the vocabulary and what is as small."""
    for entry in Catalogue.load().entries:
        numbers = sum(math.prod(shape) for _, shape in published_tensors(entry.spec))
        assert entry.parameters == numbers
        run = Run({"mlx-8bit": "int8", "mlx-4bit": "int4"}.get(entry.form, "bfloat16"), "mps", entry.form)
        assert entry.bytes == pytest.approx(weight_bytes(entry.spec, run), rel=0.04)

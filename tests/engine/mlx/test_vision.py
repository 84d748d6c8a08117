"""A picture gives the same rows under MLX as under PyTorch, whose tower is compared with transformers' own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from engine.backends.base import Cancelled, Patches
from engine.backends.torch.backend import TorchBackend, TorchFeatures, load
from engine.spec import read_spec
from tests.checkpoints import TINY, make_tiny

mx = pytest.importorskip("mlx.core")
from engine.backends.mlx import vision  # noqa: E402 - only where there is MLX
from engine.backends.mlx.reader import Reader  # noqa: E402
from engine.backends.mlx.weights import WeightFiles  # noqa: E402

GRIDS = [(2, 2), (4, 6), (14, 10), (2, 38), (38, 2), (26, 30)]


@dataclass(frozen=True)
class Pair:
    ours: vision.VisionTower
    theirs: TorchBackend


@pytest.fixture(scope="module", params=list(TINY))
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    folder = make_tiny(tmp_path_factory.mktemp("model"), request.param, seed=3)
    return Pair(read(folder), torch_model(folder, "float32"))


def torch_model(folder: Path, dtype: str) -> TorchBackend:
    model = load(folder, "cpu", dtype, lambda done, total: None, lambda: None)
    torch.set_num_threads(1)
    return model


def read(folder: Path, dtype: object = mx.float32) -> vision.VisionTower:
    spec = read_spec(folder).vision
    assert spec is not None
    files = WeightFiles(folder, lambda name: True, lambda done, total: None, lambda: None)
    return vision.read_vision(Reader(files, dtype), spec)


def picture(grid: tuple[int, int], seed: int = 0) -> Patches:
    pixels = np.random.default_rng(seed).uniform(-1, 1, (grid[0] * grid[1], 1536))
    return Patches(pixels.astype(np.float32), grid)


def our_rows(tower: vision.VisionTower, patches: Patches) -> NDArray[np.float32]:
    rows = tower.forward(mx.array(patches.pixels), patches.grid, lambda: None)
    return np.array(rows.astype(mx.float32))


def their_rows(model: TorchBackend, patches: Patches) -> NDArray[np.float32]:
    features = model.encode_image(patches, lambda: None)
    assert isinstance(features, TorchFeatures)
    rows: NDArray[np.float32] = features.rows.float().numpy()
    return rows


def distance(ours: NDArray[np.float32], theirs: NDArray[np.float32]) -> float:
    assert ours.shape == theirs.shape
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


@pytest.mark.parametrize("grid", GRIDS, ids=str)
def test_rows_equal_those_of_the_torch_tower(pair: Pair, grid: tuple[int, int]) -> None:
    patches = picture(grid)
    assert distance(our_rows(pair.ours, patches), their_rows(pair.theirs, patches)) < 1e-4


def test_a_picture_that_is_taken_in_steps_is_the_same(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    patches = picture((14, 10))
    whole = our_rows(pair.ours, patches)
    monkeypatch.setattr(vision, "MLP_ROWS", 33)
    monkeypatch.setattr(vision, "STEP_OPERATIONS", 2**18)
    assert distance(our_rows(pair.ours, patches), whole) < 1e-5


def test_bfloat16_is_as_near_as_under_torch(tmp_path: Path) -> None:
    folder = make_tiny(tmp_path / "model", "9B", seed=3)
    patches = picture((14, 10))
    exact = our_rows(read(folder), patches)
    near = our_rows(read(folder, mx.bfloat16), patches)
    twin = their_rows(torch_model(folder, "bfloat16"), patches)
    assert distance(near, exact) < max(0.02, 1.5 * distance(twin, exact))


def test_heads_of_72_numbers_are_widened_to_what_metal_has_a_kernel_for(monkeypatch: pytest.MonkeyPatch) -> None:
    q, k, v = (mx.random.normal((2, 20, 72), key=mx.random.key(seed)) for seed in range(3))
    widths = []
    plain = mx.fast.scaled_dot_product_attention

    def watched(q: object, k: object, v: object, *, scale: float) -> object:
        widths.append(q.shape[-1])
        return plain(q, k, v, scale=scale)

    monkeypatch.setattr(mx.fast, "scaled_dot_product_attention", watched)
    mixed = vision.attend_all(q, k, v, lambda: None)
    weights = mx.softmax(q @ k.swapaxes(1, 2) * 72**-0.5, axis=-1)
    assert widths == [80]
    assert mx.allclose(mixed, weights @ v, atol=1e-5)


def test_stop_is_heard_before_each_block(pair: Pair) -> None:
    asked = 0

    def checkpoint() -> None:
        nonlocal asked
        asked += 1
        if asked == 3:  # The second block: each asks before its attention and before its wide part.
            raise Cancelled

    patches = picture((4, 6))
    with pytest.raises(Cancelled):
        pair.ours.forward(mx.array(patches.pixels), patches.grid, checkpoint)
    assert asked == 3

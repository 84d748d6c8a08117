"""Loading under MLX: the published layout, what conversions make of it, and every kind of damage."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from engine.backends.base import Backend, Cancelled, Chunk, Patches, PlacedImage
from engine.backends.torch.backend import load as load_torch
from engine.spec import ModelError
from tests.checkpoints import TINY, Shape, make_checkpoint, make_tiny

mx = pytest.importorskip("mlx.core")
mlx_convert = pytest.importorskip("mlx_lm.convert")
from engine.backends.mlx.backend import MlxBackend, load  # noqa: E402 - only where there is MLX
from engine.backends.mlx.convert import convert  # noqa: E402
from engine.backends.mlx.load import expected_bytes  # noqa: E402
from engine.backends.mlx.quantize import GROUPS, WIDTHS, Quantised, form_of  # noqa: E402
from engine.backends.mlx.reader import Reader  # noqa: E402
from engine.backends.mlx.weights import WeightFiles, published_name  # noqa: E402

# Whole groups of 64 everywhere, as in the published shapes.
SHAPE = Shape(128, 192, 4, 4, 1, 64, 2, 4, 32, (3, 3, 2), True, 2, 64, 128, 4, 8)
GRID = (4, 6)
INDEX = "model.safetensors.index.json"


def nothing(*_: object) -> None:
    """No progress is shown, nobody stops."""


def open_(folder: Path, dtype: str = "auto", device: str = "cpu") -> MlxBackend:
    return load(folder, device, dtype, nothing, nothing)


def refused(folder: Path, **options: str) -> ModelError:
    with pytest.raises(ModelError) as error:
        open_(folder, **options)
    return error.value


def logits(model: Backend, picture: bool = True) -> NDArray[np.float32]:
    """After text and, for a model that sees, a picture."""
    tokens, where = np.arange(40) * 7 % 250, np.tile(np.arange(40), (3, 1))
    placed: tuple[PlacedImage, ...] = ()
    if picture:
        pixels = np.random.default_rng(1).uniform(-1, 1, (GRID[0] * GRID[1], 1536)).astype(np.float32)
        features = model.encode_image(Patches(pixels, GRID), nothing)
        placed = (PlacedImage(9, features, 0, features.tokens),)
    return model.prefill(model.new_state(), Chunk(tokens, where, placed), nothing)


def distance(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Root mean square of what differs, in units of the spread of `other`."""
    return float(np.sqrt(np.square(one - other).mean()) / other.std())


def tensors(folder: Path) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = {}
    for path in folder.glob("*.safetensors"):
        found |= load_file(path)
    return found


def replace_tensor(folder: Path, name: str, tensor: torch.Tensor | None) -> None:
    path = folder / "model.safetensors"
    found = {key: value.clone() for key, value in load_file(path).items()}
    found.pop(name, None)
    save_file(found if tensor is None else {**found, name: tensor}, path)


# --- The published layout ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tier", list(TINY))
@pytest.mark.parametrize("shard_bytes", [2**30, 200_000])
def test_every_layout_loads_with_exact_figures(tmp_path: Path, tier: str, shard_bytes: int) -> None:
    folder = make_tiny(tmp_path / "model", tier, dtype="bfloat16", mtp=tier != "2B", shard_bytes=shard_bytes)
    told: list[tuple[int, int]] = []
    model = load(folder, "cpu", "auto", lambda done, total: told.append((done, total)), nothing)
    info = model.info
    assert info.parameters == sum(tensor.numel() for tensor in tensors(folder).values())
    assert (info.backend, info.dtype, info.device, info.sees) == ("MLX", "bfloat16", "cpu", True)
    assert told[-1] == (info.parameters * 2, info.parameters * 2)
    assert told == sorted(told)
    assert (model.drafting is None) == (tier == "2B")
    assert np.isfinite(logits(model)).all()


def test_bfloat16_stays_close_to_float32(tmp_path: Path) -> None:
    folder = make_tiny(tmp_path / "model", "4B", seed=3)
    wide, narrow = (logits(open_(folder, dtype)) for dtype in ("float32", "bfloat16"))
    # 8 bits of mantissa through 8 random layers, as under PyTorch.
    assert distance(narrow, wide) < 0.1


def test_a_head_of_its_own_in_a_tied_model_is_not_used(tmp_path: Path) -> None:
    folder = make_tiny(tmp_path / "model", "4B")
    before = logits(open_(folder))
    replace_tensor(folder, "lm_head.weight", torch.zeros(3))
    np.testing.assert_allclose(logits(open_(folder)), before, atol=1e-5, rtol=0)


def test_a_load_can_be_stopped_between_two_tensors(tmp_path: Path) -> None:
    calls = 0

    def stop() -> None:
        nonlocal calls
        calls += 1
        if calls == 5:
            raise Cancelled

    with pytest.raises(Cancelled):
        load(make_tiny(tmp_path / "model"), "cpu", "auto", nothing, stop)
    assert calls == 5


# --- Conversions ------------------------------------------------------------------------------------------------------


def own(bits: Any) -> Callable[[Path, Path], None]:
    return lambda folder, out: convert(folder, out, bits, nothing, nothing)


def theirs(**options: Any) -> Callable[[Path, Path], None]:
    """What mlx-lm itself makes of it, without the tower and the drafter."""
    return lambda folder, out: mlx_convert.convert(str(folder), str(out), **options)


CONVERSIONS = {
    "own 4 bits": own(4),
    "own 8 bits": own(8),
    "mlx-lm": theirs(),
    "mlx-lm 4 bits": theirs(quantize=True, q_bits=4),
    "mlx-lm 4 bits in groups of 32": theirs(quantize=True, q_bits=4, q_group_size=32),
    "mlx-lm 8 bits": theirs(quantize=True, q_bits=8),
    "mlx-lm mixed": theirs(quantize=True, quant_predicate="mixed_3_6"),
    "mlx-lm mxfp4": theirs(quantize=True, q_mode="mxfp4", q_bits=4, q_group_size=32),
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("models") / "Tiny", SHAPE, dtype="float32", seed=4)


@pytest.fixture(scope="module", params=list(CONVERSIONS))
def conversion(request: pytest.FixtureRequest, published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("converted") / str(request.param).replace(" ", "-")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        CONVERSIONS[request.param](published, out)
    return out


def dequantised(conversion: Path, published: Path, out: Path) -> Path:
    """A folder in the published layout with the very numbers that the conversion holds."""
    stored: dict[str, Any] = {}
    for path in conversion.glob("*.safetensors"):
        stored |= mx.load(str(path))
    block = json.loads((conversion / "config.json").read_text()).get("quantization", {})
    found = {name: tensor.clone() for name, tensor in tensors(published).items()}
    for name, array in stored.items():
        stem = name.removesuffix(".weight")
        if name.endswith((".scales", ".biases")):
            continue
        if f"{stem}.scales" in stored:
            form = {**{key: block[key] for key in ("bits", "group_size")}, **(block.get(stem) or {})}
            form.setdefault("mode", block.get("mode", "affine"))
            array = mx.dequantize(array, stored[f"{stem}.scales"], stored.get(f"{stem}.biases"), **form)  # noqa: PLW2901
        tensor = torch.from_numpy(np.array(array.astype(mx.float32)))
        known = found[published_name(name)]
        if tensor.ndim > 2 and tensor.shape != known.shape:
            tensor = tensor.movedim(-1, 1)
        if "norm" in name and "linear_attn.norm" not in name and not name.startswith("vision_tower."):
            tensor = tensor - 1.0
        assert tensor.shape == known.shape, name
        found[published_name(name)] = tensor.contiguous()
    out.mkdir()
    for path in published.glob("*.json"):
        (out / path.name).write_bytes(path.read_bytes())
    save_file(found, out / "model.safetensors")
    return out


def test_a_conversion_says_what_pytorch_says_with_its_numbers(
    conversion: Path, published: Path, tmp_path: Path
) -> None:
    ours = open_(conversion, "float32")
    same = load_torch(dequantised(conversion, published, tmp_path / "same"), "cpu", "float32", nothing, nothing)
    torch.set_num_threads(1)
    sees = ours.info.sees
    assert sees == conversion.name.startswith("own")
    np.testing.assert_allclose(logits(ours, sees), logits(same, sees), atol=1e-3, rtol=0)
    assert ours.info.parameters <= same.info.parameters
    if ours.drafting is not None:
        assert same.drafting is not None
        guesses = []
        for model in (ours, same):
            state = model.new_state()
            model.prefill(state, Chunk(np.arange(30), np.tile(np.arange(30), (3, 1))), nothing)
            assert model.drafting is not None
            guesses.append(model.drafting.draft(state, 5, 30, 3))
        assert guesses[0] == guesses[1]


def test_what_a_conversion_takes_is_known_before_it_is_read(conversion: Path) -> None:
    files = WeightFiles(conversion, lambda name: True, nothing, nothing)
    expected = expected_bytes(files, mx.bfloat16, None)
    model = open_(conversion, "bfloat16")
    # The small tensors that are kept in float32 are all that differs.
    assert abs(model.info.weight_bytes - expected) < 0.1 * expected
    bits = {"4": "int4", "8": "int8"}
    for number, name in bits.items():
        if f"-{number}-bits" in conversion.name:
            assert model.info.dtype == name


@pytest.mark.parametrize("dtype", ["int8", "int4"])
def test_published_weights_are_quantised_as_a_conversion_does(published: Path, tmp_path: Path, dtype: str) -> None:
    own(int(dtype.removeprefix("int")))(published, tmp_path / "converted")
    made, converted = open_(published, dtype), open_(tmp_path / "converted", "bfloat16")
    assert made.info.dtype == converted.info.dtype == dtype
    assert abs(made.info.weight_bytes - converted.info.weight_bytes) < 0.01 * converted.info.weight_bytes
    whole = logits(open_(published, "float32"))
    assert abs(distance(logits(made), whole) - distance(logits(converted), whole)) < 0.1
    readers = [
        Reader(WeightFiles(folder, lambda name: True, nothing, nothing), mx.float32, precision)
        for folder, precision in ((published, made.info.dtype), (tmp_path / "converted", None))
    ]
    for name in ("linear_attn.out_proj", "mlp.down_proj"):
        shape = (128, 128) if "attn" in name else (128, 192)
        one, other = (reader.matrix(f"model.language_model.layers.0.{name}", *shape) for reader in readers)
        assert isinstance(one, Quantised)
        assert isinstance(other, Quantised)
        assert (one.group, one.bits, one.mode) == (other.group, other.bits, other.mode)


def test_other_bits_than_those_that_are_stored_are_refused(published: Path, tmp_path: Path) -> None:
    own(4)(published, tmp_path / "converted")
    error = refused(tmp_path / "converted", dtype="int8")
    assert (error.code, "holds weights of 4 bits" in str(error)) == ("model_unsupported", True)


def test_pytorch_says_that_a_conversion_is_not_for_it(published: Path, tmp_path: Path) -> None:
    own(4)(published, tmp_path / "converted")
    with pytest.raises(ModelError, match="holds quantised weights"):
        load_torch(tmp_path / "converted", "cpu", "auto", nothing, nothing)


@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("group", [group for group in GROUPS if group > 16])
def test_a_form_is_known_by_its_shapes(bits: int, group: int) -> None:
    parts = mx.quantize(mx.ones((4, 256)), group_size=group, bits=bits)
    assert form_of(256, parts[0].shape, parts[1].shape, affine=True) == (group, bits, "affine")
    assert form_of(384, parts[0].shape, parts[1].shape, affine=True) is None


# --- Damage -----------------------------------------------------------------------------------------------------------


def test_other_ways_of_quantising_are_refused(tmp_path: Path) -> None:
    folder = make_tiny(tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    for block in ({"quant_method": "gptq", "bits": 4, "group_size": 128}, {"quant_method": "fp8"}, 5):
        (folder / "config.json").write_text(json.dumps({**config, "quantization_config": block}))
        assert refused(folder).code == "model_unsupported"


@pytest.mark.parametrize("kind", [torch.uint8, torch.int8, torch.float8_e4m3fn])
def test_numbers_that_are_no_weights_are_refused(tmp_path: Path, kind: torch.dtype) -> None:
    folder = make_tiny(tmp_path / "model")
    name = "model.language_model.layers.0.mlp.up_proj.weight"
    replace_tensor(folder, name, tensors(folder)[name].to(kind))
    error = refused(folder)
    assert (error.code, name in str(error)) == ("model_unsupported", True)


def test_a_packed_matrix_of_another_shape_is_named(published: Path, tmp_path: Path) -> None:
    own(4)(published, tmp_path / "model")
    name = "language_model.model.layers.0.mlp.up_proj.weight"
    (path,) = (tmp_path / "model").glob("*.safetensors")
    stored = mx.load(str(path))
    mx.save_safetensors(str(path), {**stored, name: stored[name][:, 1:]})
    error = refused(tmp_path / "model")
    assert (error.code, "layers.0.mlp.up_proj" in str(error)) == ("model_damaged", True)


@pytest.mark.parametrize("name", ["model.language_model.norm.weight", "model.visual.pos_embed.weight"])
@pytest.mark.parametrize("damage", [None, torch.zeros(3)])
def test_what_is_missing_or_has_another_shape_is_named(tmp_path: Path, name: str, damage: torch.Tensor | None) -> None:
    folder = make_tiny(tmp_path / "model")
    replace_tensor(folder, name, damage)
    error = refused(folder)
    assert (error.code, name in str(error)) == ("model_damaged", True)


@pytest.mark.parametrize("size", [0, 4, 40, -1000])
@pytest.mark.parametrize("sharded", [True, False])
def test_a_file_that_is_cut_short_is_named(tmp_path: Path, size: int, sharded: bool) -> None:
    folder = make_tiny(tmp_path / "model", shard_bytes=200_000 if sharded else 2**30)
    path = min(folder.glob("*.safetensors"))
    path.write_bytes(path.read_bytes()[: size or None] if size else b"")
    error = refused(folder)
    assert (error.code, path.name in str(error)) == ("model_damaged", True)


def test_files_that_are_missing_or_lead_outside_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_tiny(tmp_path / "model", shard_bytes=200_000)
    with monkeypatch.context() as patch:
        # Whoever runs the tests as root may read everything.
        patch.setattr(os, "access", lambda _path, mode: mode != os.R_OK)
        assert "may not be read" in str(refused(folder))
    path = min(folder.glob("*.safetensors"))
    path.unlink()
    assert path.name in str(refused(folder))
    (folder / INDEX).write_text('{"weight_map": {"a": "../outside.safetensors"}}')
    assert "outside the folder" in str(refused(folder))
    (folder / INDEX).unlink()
    assert refused(folder).code == "model_missing"


def test_weights_beyond_all_memory_are_refused_before_they_are_read(tmp_path: Path) -> None:
    folder = make_tiny(tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    config["text_config"]["linear_num_value_heads"] = 2**22
    config["text_config"]["linear_value_head_dim"] = 2**20
    (folder / "config.json").write_text(json.dumps(config))
    assert refused(folder).code == "out_of_memory"


def test_a_device_or_type_that_is_not_there_is_told(tmp_path: Path) -> None:
    folder = make_tiny(tmp_path / "model")
    error = refused(folder, device="cuda")
    assert (error.code, "Choose" in str(error)) == ("device_unavailable", True)
    assert "complex64" in str(refused(folder, dtype="complex64"))

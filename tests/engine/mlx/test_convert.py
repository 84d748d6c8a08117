"""What a conversion writes is what MLX's own rounding makes of the published weights, in the form others read too; and
one that does not come to its end leaves nothing."""

from __future__ import annotations

import json
import resource
import shutil
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.backends.base import Cancelled, Chunk, Patches, PlacedImage
from engine.backends.conversion import ConversionError
from engine.spec import ModelError, read_spec
from tests.checkpoints import TINY, Shape, make_checkpoint

mx = pytest.importorskip("mlx.core")
from engine.backends.mlx import shard_writer  # noqa: E402 - only where there is MLX
from engine.backends.mlx.backend import load  # noqa: E402
from engine.backends.mlx.convert import Bits, convert, stored_name  # noqa: E402
from engine.backends.mlx.quantize import Quantised  # noqa: E402
from engine.backends.mlx.reader import Reader  # noqa: E402
from engine.backends.mlx.vision import read_vision  # noqa: E402
from engine.backends.mlx.weights import WeightFiles  # noqa: E402

# Whole groups of 64 everywhere, as in the published shapes.
TIED = Shape(128, 192, 4, 4, 1, 64, 2, 4, 32, (3, 3, 2), True, 2, 64, 128, 4, 8)
SHAPES = {"tied": TIED, "untied": replace(TIED, tied=False)}
DRAFTER_NORM = "mtp.pre_fc_norm_hidden.weight"


@pytest.fixture(scope="module", params=list(SHAPES))
def published(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / f"Tiny-{request.param}"
    make_checkpoint(folder, SHAPES[request.param], dtype="bfloat16", seed=4, shard_bytes=300_000)
    (folder / "LICENSE").write_text("Apache-2.0")
    return folder


@pytest.fixture(scope="module", params=[4, 8])
def converted(request: pytest.FixtureRequest, published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("converted") / f"{published.name}-{request.param}"
    run(published, out, request.param)
    return out


def run(folder: Path, out: Path, bits: Bits = 4) -> None:
    convert(folder, out, bits, lambda done, total: None, lambda: None)


def arrays(folder: Path) -> dict[str, object]:
    found: dict[str, object] = {}
    for path in folder.glob("model*.safetensors"):
        found |= mx.load(str(path))
    return found


def block(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "config.json").read_text())["quantization"]
    return found


def same(one: object, other: object) -> bool:
    return one.dtype == other.dtype and bool(mx.array_equal(one, other))


def reader(folder: Path) -> Reader:
    return Reader(WeightFiles(folder, lambda name: True, lambda done, total: None, lambda: None), mx.bfloat16)


def test_each_matrix_is_what_mlx_makes_of_the_published_one(published: Path, converted: Path) -> None:
    before, after = arrays(published), arrays(converted)
    quantised = {name.removesuffix(".scales") for name in after if name.endswith(".scales")}
    bits = block(converted)["bits"]
    for name, array in before.items():
        stem = stored_name(name).removesuffix(".weight")
        if stem in quantised:
            own = block(converted).get(stem, {"bits": bits})["bits"]
            parts = mx.quantize(array, group_size=64, bits=own)
            for part, expected in zip((f"{stem}.weight", f"{stem}.scales", f"{stem}.biases"), parts, strict=True):
                assert same(after[part], expected), part
    name = "model.language_model.layers.0.linear_attn.out_proj"
    matrix = reader(converted).matrix(name, 128, 128)
    assert isinstance(matrix, Quantised)
    packed, scales, biases = mx.quantize(before[f"{name}.weight"], group_size=64, bits=8)
    assert same(matrix.plain(mx.bfloat16), mx.dequantize(packed, scales, biases, group_size=64, bits=8))


def test_what_is_sensitive_has_eight_bits(published: Path, converted: Path) -> None:
    settings = block(converted)
    own = {name: entry["bits"] for name, entry in settings.items() if isinstance(entry, dict)}
    tied = read_spec(published).text.tied_head
    sensitive = {f"language_model.model.layers.{index}.linear_attn.out_proj" for index in (0, 1, 2)}
    for layer in ("language_model.model.layers.3", "mtp.layers.0"):
        sensitive |= {f"{layer}.self_attn.{part}_proj" for part in "qkv"}
    sensitive |= {"language_model.model.embed_tokens"} | (set() if tied else {"language_model.lm_head"})
    assert (settings["group_size"], settings["mode"]) == (64, "affine")
    assert own == (dict.fromkeys(sensitive, 8) if settings["bits"] == 4 else {})
    stored = arrays(converted)
    for name in sensitive:
        assert stored[f"{name}.weight"].shape[-1] * 32 == stored[f"{name}.scales"].shape[-1] * 64 * 8
    assert ("language_model.lm_head.weight" in stored) != tied


def test_the_rest_stays_as_it_was_but_for_the_layout(published: Path, converted: Path) -> None:
    before, after = arrays(published), arrays(converted)
    layer, norm = "model.language_model.layers.0", "model.language_model.norm.weight"
    for name in (f"{layer}.linear_attn.in_proj_a.weight", f"{layer}.linear_attn.dt_bias", "mtp.fc.weight"):
        assert stored_name(name) in after
    assert same(after[stored_name(f"{layer}.linear_attn.norm.weight")], before[f"{layer}.linear_attn.norm.weight"])
    assert after[stored_name(f"{layer}.linear_attn.conv1d.weight")].shape == (256, 4, 1)
    for name in (norm, DRAFTER_NORM):
        assert same(after[stored_name(name)], before[name] + 1.0), name
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "LICENSE"):
        assert (converted / name).read_bytes() == (published / name).read_bytes(), name


def test_pictures_are_seen_exactly_as_before(published: Path, converted: Path) -> None:
    vision = read_spec(published).vision
    assert vision is not None
    pixels = mx.array(np.random.default_rng(0).uniform(-1, 1, (24, 1536)).astype(np.float32))
    before, after = (read_vision(reader(folder), vision) for folder in (published, converted))
    assert same(*(tower.forward(pixels, (4, 6), lambda: None) for tower in (before, after)))


def test_norms_are_read_as_the_same_factors(published: Path, converted: Path) -> None:
    for name in ("model.language_model.layers.3.self_attn.q_norm", "mtp.layers.0.self_attn.k_norm"):
        before, after = (reader(folder).zero_centred(name, 64, 1e-6).scale for folder in (published, converted))
        assert mx.allclose(before, after, atol=2**-8), name


def test_mlx_lm_reads_the_same_model(published: Path, converted: Path) -> None:
    from mlx.utils import tree_flatten
    from mlx_lm.utils import dequantize_model, load_model

    exact = dict(tree_flatten(load_model(published)[0].parameters()))
    near = dict(tree_flatten(dequantize_model(load_model(converted)[0]).parameters()))
    assert near.keys() == exact.keys()
    share = {4: 0.12, 8: 0.01}[block(converted)["bits"]]
    for name, array in exact.items():
        assert near[name].shape == array.shape, name
        off = mx.linalg.norm((near[name] - array).astype(mx.float32)) / mx.linalg.norm(array.astype(mx.float32))
        assert off <= (share if name.endswith(("_proj.weight", "_qkv.weight", "_z.weight")) else 0.01), name


def test_several_files_have_an_index(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(published, tmp_path / "one")
    monkeypatch.setattr(shard_writer, "SHARD_BYTES", 200_000)
    run(published, tmp_path / "many")
    assert (tmp_path / "one" / "model.safetensors").is_file()
    files = json.loads((tmp_path / "many" / "model.safetensors.index.json").read_text())["weight_map"]
    assert len(set(files.values())) > 2
    one, many = arrays(tmp_path / "one"), arrays(tmp_path / "many")
    assert files.keys() == one.keys() == many.keys()
    assert all(same(one[name], many[name]) for name in one)


def test_a_stopped_conversion_leaves_nothing(published: Path, tmp_path: Path) -> None:
    asked = 0

    def checkpoint() -> None:
        nonlocal asked
        asked += 1
        # What a sudden end would leave at any time is no model.
        assert not list(tmp_path.rglob("config.json"))
        if asked == 20:
            raise Cancelled

    with pytest.raises(Cancelled):
        convert(published, tmp_path / "out", 4, lambda done, total: None, checkpoint)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_conversion_left_is_replaced(published: Path, tmp_path: Path) -> None:
    (tmp_path / ".out.partial").mkdir()
    (tmp_path / ".out.partial" / "model-00001-of-00009.safetensors").write_text("half")
    run(published, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert len(list((tmp_path / "out").glob("*.safetensors"))) == 1


def test_too_little_room_is_told_before_anything_is_written(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(published, tmp_path / "out")
    taken = sum(path.stat().st_size for path in (tmp_path / "out").glob("*.safetensors"))
    shutil.rmtree(tmp_path / "out")
    usage = namedtuple("usage", "total used free")
    for free, fits in ((int(0.9 * taken), False), (int(1.1 * taken), True)):
        monkeypatch.setattr(shutil, "disk_usage", lambda path, free=free: usage(0, 0, free))
        if fits:
            run(published, tmp_path / "out")
        else:
            with pytest.raises(ConversionError, match=r"Free some space, or name a place on another disk\."):
                run(published, tmp_path / "out")
            assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_on_the_way(published: Path, tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(ConversionError, match=r"Free some space, then try again\."):
            run(published, tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_published_model_is_refused(published: Path, converted: Path, tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="quantised already"):
        run(converted, tmp_path / "out")
    turned = tmp_path / "turned"
    shutil.copytree(converted, turned)
    shutil.copyfile(published / "config.json", turned / "config.json")
    with pytest.raises(ConversionError, match="converted already"):
        run(turned, tmp_path / "out")
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "nowhere"):
        with pytest.raises(ModelError):
            run(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_is_there_is_not_written_over(published: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("kept")
    for out in (tmp_path / "out", tmp_path / "out" / "mine", published):
        with pytest.raises(ConversionError, match="already something"):
            run(published, out)
    with pytest.raises(ConversionError, match="Make it first"):
        run(published, tmp_path / "no" / "such" / "place")
    assert (tmp_path / "out" / "mine").read_text() == "kept"


def test_matrices_of_no_whole_groups_stay_as_they_are(tmp_path: Path) -> None:
    make_checkpoint(tmp_path / "model", TINY["2B"], dtype="bfloat16")
    run(tmp_path / "model", tmp_path / "out")
    name = "language_model.model.layers.0.linear_attn.in_proj_qkv"
    before, after = arrays(tmp_path / "model"), arrays(tmp_path / "out")
    assert same(after[f"{name}.weight"], before["model.language_model.layers.0.linear_attn.in_proj_qkv.weight"])
    assert f"{name}.scales" not in after


def test_the_back_end_runs_it_as_what_it_makes_itself(published: Path, converted: Path) -> None:
    bits = block(converted)["bits"]
    random = np.random.default_rng(0)
    patches = Patches(random.uniform(-1, 1, (24, 1536)).astype(np.float32), (4, 6))
    tokens, positions = random.integers(0, 250, 20), np.tile(np.arange(20), (3, 1))
    logits = []
    for folder, dtype in ((published, f"int{bits}"), (converted, "auto")):
        model = load(folder, "cpu", dtype, lambda done, total: None, lambda: None)
        assert (model.info.dtype, model.info.sees, model.drafting is None) == (f"int{bits}", True, False)
        features = model.encode_image(patches, lambda: None)
        chunk = Chunk(tokens, positions, (PlacedImage(4, features, 0, 6),))
        logits.append(model.prefill(model.new_state(), chunk, lambda: None))
        model.close()
    # The norms of a conversion are rounded once more, and random layers in bfloat16 make a tenth of that.
    assert np.linalg.norm(logits[1] - logits[0]) < 0.2 * np.linalg.norm(logits[0])

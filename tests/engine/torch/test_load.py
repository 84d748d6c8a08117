"""Loading: every published layout, every kind of damage, and exact figures of what was loaded."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.backends.base import Chunk
from engine.backends.torch.backend import TorchBackend, load
from engine.backends.torch.layers import PlainTable
from engine.backends.torch.packed import PackedLinear
from engine.spec import ModelError
from tests.checkpoints import TINY, make_tiny

INDEX = "model.safetensors.index.json"
Open = Callable[..., TorchBackend]


@pytest.fixture
def open_() -> Open:
    def open_(folder: Path, device: str = "cpu", dtype: str = "auto", progress: Any = None) -> TorchBackend:
        return load(folder, device, dtype, progress or (lambda done, total: None), lambda: None)

    return open_


def refused(open_: Open, folder: Path, **options: Any) -> ModelError:
    with pytest.raises(ModelError) as error:
        open_(folder, **options)
    return error.value


def logits(model: TorchBackend) -> Any:
    tokens, where = np.arange(40) % 250, np.tile(np.arange(40), (3, 1))
    return model.prefill(model.new_state(), Chunk(tokens, where), lambda: None)


def used_numbers(folder: Path) -> int:
    """How many numbers of the checkpoint the model reads."""
    tensors: dict[str, torch.Tensor] = {}
    for path in folder.glob("*.safetensors"):
        tensors |= load_file(path)
    return sum(tensor.numel() for tensor in tensors.values())


@pytest.mark.parametrize("tier", list(TINY))
@pytest.mark.parametrize("mtp", [True, False])
@pytest.mark.parametrize("shard_bytes", [2**30, 200_000])
def test_every_layout_loads_with_exact_figures(
    open_: Open, tmp_path: Path, tier: str, mtp: bool, shard_bytes: int
) -> None:
    folder = make_tiny(tmp_path / "model", tier, dtype="bfloat16", mtp=mtp, shard_bytes=shard_bytes)
    assert (folder / INDEX).exists() == (shard_bytes < 2**30)
    told: list[tuple[int, int]] = []
    model = open_(folder, progress=lambda done, total: told.append((done, total)))
    info = model.info
    assert info.parameters == used_numbers(folder)
    assert (info.dtype, info.device, info.sees) == ("bfloat16", "cpu", True)
    tensors = [tensor for tensor in tensors_of(model) if tensor.dtype in (torch.bfloat16, torch.float32)]
    assert info.weight_bytes == sum(tensor.nbytes for tensor in tensors)
    # The last of the progress is all of it, whatever is left in the files.
    assert told[-1] == (info.parameters * 2, info.parameters * 2)
    assert all(done <= total for done, total in told)
    assert np.isfinite(logits(model)).all()


def tensors_of(model: TorchBackend) -> list[torch.Tensor]:
    """All tensors the model holds, each storage once. A table that stays in the file beside its packed copy, of which
    only single rows are ever read, is none of them."""
    found: dict[int, torch.Tensor] = {}
    text = model._text
    assert text is not None
    left = set()
    if isinstance(text.head, PackedLinear):
        assert isinstance(text.embedding, PlainTable)
        left = {text.embedding.weight.data_ptr()}

    def visit(value: object) -> None:
        if isinstance(value, torch.Tensor):
            found.setdefault(id(value) if value.is_mkldnn else value.data_ptr(), value)
        elif isinstance(value, tuple):
            for item in value:
                visit(item)
        elif hasattr(value, "__dataclass_fields__"):
            for name in value.__dataclass_fields__:
                visit(getattr(value, name))

    visit((model._text, model._vision, model._drafter))
    return [tensor for address, tensor in found.items() if address not in left]


def test_another_dtype_counts_its_own_bytes(open_: Open, tmp_path: Path) -> None:
    folder = make_tiny(tmp_path / "model", dtype="bfloat16")
    model = open_(folder, dtype="float32")
    assert model.info.parameters == used_numbers(folder)
    assert model.info.weight_bytes == 4 * model.info.parameters


def test_float16_on_the_processor_says_the_same(open_: Open, tmp_path: Path) -> None:
    folder = make_tiny(tmp_path / "model", "4B", seed=3)
    wide, half = logits(open_(folder)), logits(open_(folder, dtype="float16"))
    assert np.isfinite(half).all()
    assert half.argmax() == wide.argmax()
    assert np.abs(half - wide).max() < 0.05 * wide.std()


def test_a_head_of_its_own_in_a_tied_model_is_not_used(open_: Open, tmp_path: Path) -> None:
    folder = make_tiny(tmp_path / "model", "4B")
    before = logits(open_(folder))
    add_tensor(folder, "lm_head.weight", torch.zeros_like(load_file(folder / "model.safetensors")[EMBEDDING]))
    np.testing.assert_allclose(logits(open_(folder)), before, atol=1e-5, rtol=0)


EMBEDDING = "model.language_model.embed_tokens.weight"


def add_tensor(folder: Path, name: str, tensor: torch.Tensor | None) -> None:
    path = folder / "model.safetensors"
    tensors = {key: value.clone() for key, value in load_file(path).items()}
    tensors.pop(name, None)
    save_file(tensors if tensor is None else {**tensors, name: tensor}, path)


def test_an_untied_model_without_its_head_is_damaged(open_: Open, tmp_path: Path) -> None:
    folder = make_tiny(tmp_path / "model", "9B")
    add_tensor(folder, "lm_head.weight", None)
    assert "lm_head.weight" in str(refused(open_, folder))


def test_weights_that_may_not_be_read_are_not_called_damaged(
    open_: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_tiny(tmp_path / "model")
    # Whoever runs the tests as root may read everything.
    monkeypatch.setattr(os, "access", lambda _path, mode: mode != os.R_OK)
    assert "may not be read" in str(refused(open_, folder))


@pytest.mark.parametrize("size", [0, 4, 40, -1000])
@pytest.mark.parametrize("sharded", [True, False])
def test_a_file_that_is_cut_short_is_named(open_: Open, tmp_path: Path, size: int, sharded: bool) -> None:
    folder = make_tiny(tmp_path / "model", shard_bytes=200_000 if sharded else 2**30)
    path = min(folder.glob("*.safetensors"))
    path.write_bytes(path.read_bytes()[: size or None] if size else b"")
    error = refused(open_, folder)
    assert (error.code, path.name in str(error)) == ("model_damaged", True)


def test_a_shard_that_is_missing_is_named(open_: Open, tmp_path: Path) -> None:
    folder = make_tiny(tmp_path / "model", shard_bytes=200_000)
    path = min(folder.glob("*.safetensors"))
    path.unlink()
    error = refused(open_, folder)
    assert (error.code, path.name in str(error)) == ("model_damaged", True)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "[]",
        "{}",
        '{"weight_map": {}}',
        '{"weight_map": 3}',
        '{"weight_map": {"a": 5}}',
        '{"weight_map": {"a": ["x"]}}',
        '{"weight_map": {"a": "../outside.safetensors"}}',
        '{"weight_map": {"a": "/tmp/outside.safetensors"}}',
        '{"weight_map": {"a": "sub/../model.safetensors"}}',
        '{"weight_map": {"a": "..\\\\outside.safetensors"}}',
        '{"weight_map": {"a": ".."}}',
        '{"weight_map": {"a": "nul\\u0000"}}',
        "[" * 100_000,
    ],
)
def test_an_index_that_leads_nowhere_or_outside_is_refused(open_: Open, tmp_path: Path, written: str) -> None:
    folder = make_tiny(tmp_path / "model")
    save_file({"a": torch.zeros(1)}, tmp_path / "outside.safetensors")
    (folder / INDEX).write_text(written)
    error = refused(open_, folder)
    assert (error.code, INDEX in str(error)) == ("model_damaged", True)


def test_a_folder_without_weights_is_missing_them(open_: Open, tmp_path: Path) -> None:
    folder = make_tiny(tmp_path / "model")
    (folder / "model.safetensors").unlink()
    assert refused(open_, folder).code == "model_missing"


def test_links_to_files_elsewhere_are_followed(open_: Open, tmp_path: Path) -> None:
    """As in the cache of a model hub, where a snapshot is a folder of links."""
    folder = make_tiny(tmp_path / "model")
    (folder / "model.safetensors").rename(tmp_path / "blob")
    try:
        (folder / "model.safetensors").symlink_to(tmp_path / "blob")
    except OSError:
        pytest.skip("this system makes no links")
    assert open_(folder).info.parameters > 0


@pytest.mark.parametrize("name", [EMBEDDING, "model.language_model.layers.0.linear_attn.A_log"])
def test_numbers_that_are_no_weights_are_refused(open_: Open, tmp_path: Path, name: str) -> None:
    """Quantised weights have other types; read as they are they would give nonsense."""
    folder = make_tiny(tmp_path / "model")
    add_tensor(folder, name, load_file(folder / "model.safetensors")[name].to(torch.int8))
    error = refused(open_, folder)
    assert (error.code, "I8" in str(error)) == ("model_unsupported", True)


def test_a_shape_that_differs_is_named(open_: Open, tmp_path: Path) -> None:
    folder = make_tiny(tmp_path / "model")
    add_tensor(folder, "model.language_model.norm.weight", torch.zeros(3))
    assert "model.language_model.norm.weight" in str(refused(open_, folder))


def test_weights_beyond_all_memory_are_refused_before_they_are_read(open_: Open, tmp_path: Path) -> None:
    folder = make_tiny(tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    config["text_config"]["linear_num_value_heads"] = 2**22
    config["text_config"]["linear_value_head_dim"] = 2**20
    (folder / "config.json").write_text(json.dumps(config))
    assert refused(open_, folder).code == "out_of_memory"


@pytest.mark.parametrize("device", ["cuda", "mps", "npu", "cuda:7"])
def test_a_device_that_is_not_there_is_told_with_those_that_are(open_: Open, tmp_path: Path, device: str) -> None:
    if (device == "cuda" and torch.cuda.is_available()) or (device == "mps" and torch.backends.mps.is_available()):
        pytest.skip("this machine has one")
    error = refused(open_, make_tiny(tmp_path / "model"), device=device)
    assert error.code == "device_unavailable"
    assert "cpu" in str(error)


def test_a_data_type_that_is_none_is_told(open_: Open, tmp_path: Path) -> None:
    folder = make_tiny(tmp_path / "model")
    assert "complex64" in str(refused(open_, folder, dtype="complex64"))

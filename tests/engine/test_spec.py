"""config.json in every state: what is published is read, all else is one sentence."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.models.manifest import MANIFEST_FILE, Manifest, write_manifest
from engine.protocol import Variant
from engine.spec import ModelError, ModelSpec, model_name, read_spec, variant_of
from tests.checkpoints import REAL, TINY, make_config

OFFICIAL = Path(__file__).resolve().parents[3] / "shared" / "official"
SPECIAL = {"<|endoftext|>": 1, "<|image_pad|>": 2, "<|video_pad|>": 3, "<|vision_start|>": 4, "<|vision_end|>": 5}
CONFIG = make_config(TINY["4B"], SPECIAL, 320, "bfloat16")

Read = Callable[[Any], ModelSpec]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(config: Any) -> ModelSpec:
        (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
        return read_spec(tmp_path)

    return read


def changed(path: tuple[Any, ...], value: Any = None, *, delete: bool = False) -> dict[str, Any]:
    config = copy.deepcopy(CONFIG)
    place: Any = config
    for key in path[:-1]:
        place = place[key]
    if delete:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return config


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


@pytest.mark.parametrize("tier", list(REAL))
def test_the_published_configurations_are_read(tier: str) -> None:
    folder = OFFICIAL / f"Qwen3.5-{tier}"
    if not folder.is_dir():
        pytest.skip("the published configuration is not at hand")
    spec, shape = read_spec(folder), REAL[tier]
    assert (spec.tier, spec.dtype, spec.text.tied_head) == (tier, "bfloat16", shape.tied)
    assert (spec.text.hidden_size, spec.text.vocab_size, spec.text.full_layers) == (
        shape.hidden,
        248_320,
        shape.layers // 4,
    )
    assert spec.vision is not None
    assert (spec.vision.depth, spec.vision.position_grid) == (shape.vision_depth, 48)


def test_any_value_anywhere_is_read_or_refused_in_a_sentence(read: Read) -> None:
    weird = (None, 0, -1, 1.5, float("inf"), float("nan"), "x", "", [], [1], [[1]], {}, {"a": 1}, True, 10**12)
    for path in places(CONFIG):
        for config in (*(changed(path, value) for value in weird), changed(path, delete=True)):
            with contextlib.suppress(ModelError):
                read(config)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("text_config", "num_attention_heads"), 0),
        (("text_config", "num_attention_heads"), 3.0),
        (("text_config", "linear_num_value_heads"), 3),
        (("text_config", "num_hidden_layers"), 10**12),
        (("text_config", "rope_parameters", "rope_type"), "yarn"),
        (("text_config", "rms_norm_eps"), float("nan")),
        (("vision_config", "patch_size"), 14),
        (("vision_config", "num_heads"), 5),
        (("vision_config", "deepstack_visual_indexes"), [3]),
    ],
)
def test_a_shape_that_can_not_run_is_refused_before_any_weight_is_read(
    read: Read, path: tuple[str, ...], value: Any
) -> None:
    with pytest.raises(ModelError, match=r"config\.json") as refused:
        read(changed(path, value))
    assert refused.value.code == "model_damaged"


def test_the_older_place_of_the_rotary_base_is_read(read: Read) -> None:
    config = copy.deepcopy(CONFIG)
    text = config["text_config"]
    rope = text.pop("rope_parameters")
    text["rope_scaling"] = {"type": "default", "mrope_section": rope["mrope_section"]}
    text["rope_theta"], text["partial_rotary_factor"] = rope["rope_theta"], rope["partial_rotary_factor"]
    assert read(config).text.rope == read(CONFIG).text.rope


@pytest.mark.parametrize(
    "config",
    [
        {"model_type": "qwen3_vl", "text_config": {}},
        {"model_type": "llama"},
        {**CONFIG, "model_type": ["qwen3_5"]},
        {**CONFIG, "quantization": {"bits": 4, "group_size": 64}},
        {**CONFIG, "quantization_config": {"quant_method": "fp8"}},
    ],
)
def test_another_kind_of_model_is_named_as_such(read: Read, config: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="choose another folder") as refused:
        read(config)
    assert refused.value.code == "model_unsupported"


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b"\xff\xfe{}", b'{"a": "\xe9"}', b"[" * 100_000])
def test_a_file_that_is_no_configuration_is_damaged(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "config.json").write_bytes(data)
    with pytest.raises(ModelError, match="Fetch it again") as refused:
        read_spec(tmp_path)
    assert refused.value.code == "model_damaged"


def test_a_folder_without_a_model_is_missing(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere", tmp_path / "nul\0"):
        with pytest.raises(ModelError) as refused:
            read_spec(folder)
        assert refused.value.code == "model_missing"


@pytest.mark.parametrize(
    "path",
    [
        "Qwen3.5-4B",
        "hub/models--Qwen--Qwen3.5-4B/snapshots/851bf6e806efd8d0a36b00ddf55e13ccb7b8cd0a",
        "modelscope/models/Qwen--Qwen3.5-4B/snapshots/master",
        "modelscope/hub/models/Qwen/Qwen3___5-4B",
    ],
)
def test_a_model_in_a_cache_has_the_name_of_its_repository(tmp_path: Path, path: str) -> None:
    assert model_name(tmp_path / path) == "Qwen3.5-4B"


@pytest.mark.parametrize(
    ("name", "variant"),
    [
        ("Qwen3.5-4B", "instruct"),
        ("Qwen3.5-4B-Base", "base"),
        ("qwen3.5-4b-base", "base"),
        ("Qwen3.5-4B-Base (8 bits)", "base"),
        ("Qwen3.5-4B-Base-int8", "base"),
        ("Qwen3___5-4B-Base", "base"),
        ("Qwen3.5-4B-Based-on-facts", "instruct"),
        ("database", "instruct"),
    ],
)
def test_a_base_model_is_known_by_its_name(tmp_path: Path, name: str, variant: Variant) -> None:
    folder = tmp_path / name
    folder.mkdir()
    assert variant_of(folder) == variant


def test_the_repository_says_more_than_the_name_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "for stories"
    folder.mkdir()
    write_manifest(folder, Manifest("int8", "huggingface", "Qwen/Qwen3.5-4B-Base", "main", ()))
    assert variant_of(folder) == "base"
    (folder / MANIFEST_FILE).write_text("{", encoding="utf-8")
    assert variant_of(folder) == "instruct"

"""Models of other programs are used where they lie, or refused with the reason; and they are found without asking."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.models.errors import ModelsError
from engine.models.importing import found_elsewhere, import_folder
from engine.models.library import Library
from engine.protocol import Found
from tests.engine.models.model_folders import copy_model, cut, flip, make_cache, shards, sign


def never() -> None:
    """A checkpoint that lets everything pass."""


def contents(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.lstat().st_mtime_ns for path in sorted(folder.rglob("*"))}


def test_a_folder_is_linked_and_not_touched(library: Library, whole_model: Path, tmp_path: Path) -> None:
    folder = copy_model(whole_model, tmp_path / "Größere Modelle 模型" / "mein Qwen")
    before = contents(tmp_path / "Größere Modelle 模型")
    model = import_folder(library, folder / "config.json", never)
    assert (model.folder, model.title, model.linked) == (str(folder), "mein Qwen", True)
    assert import_folder(library, folder, never) == model
    assert library.installed() == (model,)
    assert contents(tmp_path / "Größere Modelle 模型") == before


def test_a_repository_in_the_cache_of_hugging_face_means_its_newest_snapshot(
    library: Library, whole_model: Path, tmp_path: Path
) -> None:
    snapshot = make_cache(whole_model, tmp_path / "hub")
    model = import_folder(library, tmp_path / "hub" / "models--Qwen--Qwen3.5-4B", never)
    assert (model.folder, model.title) == (str(snapshot), "Qwen3.5-4B")


def test_a_model_in_the_models_folder_is_not_linked_twice(library: Library, whole_model: Path) -> None:
    folder = copy_model(whole_model, library.models / "Qwen3.5-4B")
    assert not import_folder(library, folder, never).linked
    assert len(library.installed()) == 1


def only_gguf(folder: Path) -> str:
    for path in folder.iterdir():
        path.unlink()
    (folder / "Qwen3.5-4B-Q4_K_M.gguf").write_bytes(b"GGUF")
    return "GGUF"


def other_kind(folder: Path) -> str:
    (folder / "config.json").write_text('{"model_type": "llama"}')
    return "a model of the type llama"


def quantised(folder: Path) -> str:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"quantization_config": {"quant_method": "awq"}}))
    return "quantised"


def no_tokenizer(folder: Path) -> str:
    (folder / "tokenizer.json").unlink()
    return "tokenizer.json"


def no_config(folder: Path) -> str:
    (folder / "config.json").unlink()
    return "no config.json"


def one_shard_missing(folder: Path) -> str:
    shards(folder)[-1].unlink()
    return "lacks"


def one_shard_cut(folder: Path) -> str:
    cut(shards(folder)[0])
    return shards(folder)[0].name


def no_folder(folder: Path) -> str:
    shutil.rmtree(folder)
    return "There is no folder"


def in_a_circle(folder: Path) -> str:
    shutil.rmtree(folder)
    folder.symlink_to(folder)
    return "links lead nowhere"


def weights_in_a_circle(folder: Path) -> str:
    path = shards(folder)[0]
    path.unlink()
    path.symlink_to(path)
    return path.name


@pytest.mark.parametrize(
    "spoil",
    [
        only_gguf,
        other_kind,
        quantised,
        no_tokenizer,
        no_config,
        one_shard_missing,
        one_shard_cut,
        no_folder,
        in_a_circle,
        weights_in_a_circle,
    ],
)
def test_anything_else_is_refused_with_the_reason(
    library: Library, whole_model: Path, tmp_path: Path, spoil: Callable[[Path], str]
) -> None:
    folder = copy_model(whole_model, tmp_path / "mein Qwen")
    expected = spoil(folder)
    with pytest.raises(ModelsError) as caught:
        import_folder(library, folder, never)
    assert expected in str(caught.value)
    assert str(caught.value).count(". ") >= 1
    assert library.installed() == ()


def test_a_damaged_tokenizer_of_a_cache_is_seen_at_once(library: Library, whole_model: Path, tmp_path: Path) -> None:
    snapshot = make_cache(whole_model, tmp_path / "hub")
    flip((snapshot / "tokenizer_config.json").resolve(), -1)
    with pytest.raises(ModelsError, match="tokenizer_config"):
        import_folder(library, snapshot, never)


def test_a_model_from_a_stick_is_compared_with_what_was_noted_when_it_was_fetched(
    library: Library, whole_model: Path, tmp_path: Path
) -> None:
    folder = sign(copy_model(whole_model, tmp_path / "stick" / "Qwen3.5-4B"))
    assert import_folder(library, folder, never).repo == "Qwen/Qwen3.5-4B"
    library.forget(folder)
    flip(folder / "tokenizer_config.json")
    with pytest.raises(ModelsError, match="tokenizer_config"):
        import_folder(library, folder, never)


def test_models_in_the_caches_of_others_are_found(library: Library, home: Path, whole_model: Path) -> None:
    hub = home / ".cache" / "huggingface" / "hub"
    hugging_face = make_cache(whole_model, hub)
    model_scope = copy_model(whole_model, home / ".cache" / "modelscope" / "hub" / "models" / "Qwen" / "Qwen3___5-2B")
    (model_scope / ".msc").write_bytes(b"")
    (model_scope.parent / "Qwen3.5-2B").symlink_to(model_scope)
    newer = copy_model(
        whole_model, home / ".cache" / "modelscope" / "models" / "Qwen--Qwen3.5-9B" / "snapshots" / "master"
    )
    # None of these is one: half fetched, another kind, a circle.
    shards(make_cache(whole_model, hub, "Qwen/Qwen3.5-0.8B"))[0].unlink()
    other = make_cache(whole_model, hub, "meta/llama")
    (other / "config.json").unlink()
    (other / "config.json").write_text('{"model_type": "llama"}')
    (hub / "models--a--circle").symlink_to(hub / "models--a--circle")
    size = sum(path.stat().st_size for path in whole_model.iterdir())
    found = found_elsewhere(library)
    assert [(model.title, model.bytes) for model in found] == [
        ("Qwen3.5-2B", size),
        ("Qwen3.5-4B", size),
        ("Qwen3.5-9B", size),
    ]
    assert [os.path.realpath(model.folder) for model in found] == [
        str(model_scope),
        str(hugging_face),
        str(newer),
    ]
    for model in found:
        import_folder(library, Path(model.folder), never)
    assert found_elsewhere(library) == ()
    known = library.find("Qwen/Qwen3.5-2B")
    assert known is not None
    assert known.title == "Qwen3.5-2B"


def test_what_lies_beside_a_linked_model_is_found(library: Library, whole_model: Path, tmp_path: Path) -> None:
    library.link(copy_model(whole_model, tmp_path / "stick" / "Qwen3.5-4B"))
    other = copy_model(whole_model, tmp_path / "stick" / "Qwen3.5-9B")
    size = sum(path.stat().st_size for path in whole_model.iterdir())
    assert found_elsewhere(library) == (Found(str(other), "Qwen3.5-9B", size),)

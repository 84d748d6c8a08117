"""Checking a model: what is wrong is named, and nothing wrong is called well."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.backends.base import Cancelled
from engine.models.check import check
from engine.models.errors import ModelsError
from tests.engine.models.model_folders import copy_model, cut, flip, make_cache, rewrite_index, shards, sign


def never() -> None:
    """A checkpoint that lets everything pass."""


def check_silently(folder: Path) -> str:
    return check(folder, lambda what, done, total: None, never)


@pytest.fixture
def model(whole_model: Path, tmp_path: Path) -> Path:
    """A copy that may be damaged; it lies where people put things."""
    return copy_model(whole_model, tmp_path / "Größere Modelle 模型" / "Qwen3.5-4B")


def test_a_sound_model_is_read_whole(model: Path) -> None:
    sign(model)
    told: list[tuple[int, int]] = []
    count = len(list(model.iterdir())) - 1
    assert check(model, lambda what, done, total: told.append((done, total)), never) == (
        f"All {count} files of Qwen3.5-4B are as published."
    )
    total = sum(path.stat().st_size for path in model.iterdir() if path.name != "fingerpost.json")
    assert told[-1] == (total, total)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_one_wrong_byte_is_found_and_its_file_named(model: Path) -> None:
    sign(model)
    flip(shards(model)[1])
    (model / "tokenizer.json").unlink()
    with pytest.raises(ModelsError) as caught:
        check_silently(model)
    assert caught.value.code == "wrong_hash"
    assert f"{shards(model)[1].name}, tokenizer.json in Qwen3.5-4B are missing or damaged" in str(caught.value)
    assert shards(model)[0].name not in str(caught.value)


def test_without_published_hashes_it_says_that_it_compared_none(model: Path) -> None:
    assert "not known here" in check_silently(model)


def test_the_names_in_the_cache_of_hugging_face_are_hashes(model: Path, tmp_path: Path) -> None:
    snapshot = make_cache(model, tmp_path / "hub")
    count = len(list(model.iterdir()))
    assert f"the {count} whose published hashes are known" in check_silently(snapshot)
    flip((snapshot / shards(model)[0].name).resolve())
    with pytest.raises(ModelsError, match=shards(model)[0].name):
        check_silently(snapshot)


def drop_middle(model: Path) -> str:
    shards(model)[1].unlink()
    return f"lacks {shards(model)[0].name[:17]}-00002"


def cut_first(model: Path) -> str:
    cut(shards(model)[0])
    return f"Qwen3.5-4B: {shards(model)[0].name} is damaged or cut short"


def lengthen(model: Path) -> str:
    with shards(model)[0].open("ab") as file:
        file.write(b"\0")
    return f"Qwen3.5-4B: {shards(model)[0].name} is damaged or cut short"


def break_header(model: Path) -> str:
    flip(shards(model)[0], 9)
    return f"Qwen3.5-4B: {shards(model)[0].name} is damaged or cut short"


def forget_tensor(model: Path) -> str:
    rewrite_index(model, model__language_model__norm__weight=None)
    return "does not name model.language_model.norm.weight"


def misplace_tensor(model: Path) -> str:
    rewrite_index(model, model__language_model__embed_tokens__weight=shards(model)[-1].name)
    return f"{shards(model)[-1].name} lacks model.language_model.embed_tokens.weight"


def empty_tokenizer(model: Path) -> str:
    (model / "tokenizer.json").write_text("{}")
    return "tokenizer.json"


def other_shape(model: Path) -> str:
    config = model / "config.json"
    config.write_text(config.read_text().replace('"intermediate_size": 224', '"intermediate_size": 256'))
    return "config.json says"


@pytest.mark.parametrize(
    "damage",
    [drop_middle, cut_first, lengthen, break_header, forget_tensor, misplace_tensor, empty_tokenizer, other_shape],
)
def test_without_manifest_damage_is_seen_from_the_structure(model: Path, damage: Callable[[Path], str]) -> None:
    expected = damage(model)
    with pytest.raises(ModelsError) as caught:
        check_silently(model)
    assert expected in str(caught.value)
    assert caught.value.code == "model_damaged"


def test_a_check_can_be_stopped_within_a_file(model: Path) -> None:
    sign(model)

    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        check(model, lambda what, done, total: None, stop)


def test_a_manifest_that_is_damaged_is_no_reason_to_call_the_model_well(model: Path) -> None:
    (model / "fingerpost.json").write_text("{")
    with pytest.raises(ModelsError, match=r"fingerpost\.json"):
        check_silently(model)

"""Conversions of models of the list: named after them, in the list themselves, and refused where they make no sense."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from engine.models import convert as conversions
from engine.models.check import check
from engine.models.convert import convert
from engine.models.errors import ModelsError
from engine.models.library import Library
from engine.protocol import ModelForm
from tests.engine.models.model_folders import copy_model, make_cache, shards, sign

FORMS: list[tuple[ModelForm, str, str]] = [
    ("int8", "Qwen3.5-4B-int8", "Qwen3.5-4B (8 bits)"),
    ("int4", "Qwen3.5-4B-int4", "Qwen3.5-4B (4 bits)"),
    ("mlx-4bit", "Qwen3.5-4B-MLX-4bit", "Qwen3.5-4B (MLX, 4 bits)"),
]


def never() -> None:
    """A checkpoint that lets everything pass."""


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody sees."""


@pytest.mark.parametrize(("form", "name", "title"), FORMS)
def test_a_conversion_stands_in_the_list_and_is_known_by_its_hashes(
    library: Library, whole_model: Path, tmp_path: Path, form: ModelForm, name: str, title: str
) -> None:
    if form.startswith("mlx") and find_spec("mlx") is None:
        pytest.skip("MLX is not installed")
    published = make_cache(whole_model, tmp_path / "hub")
    folder = convert(published, form, library.models, silent, never)
    assert folder == library.models / name
    model = library.at(folder)
    assert (model.title, model.form, model.linked, model.problem) == (title, form, False, "")
    assert "as they were written" in check(folder, silent, never)
    with pytest.raises(ModelsError, match="converted already"):
        convert(folder, "int4", library.models, silent, never)
    with pytest.raises(ModelsError, match="here already"):
        convert(published, form, library.models, silent, never)


def test_a_conversion_elsewhere_is_in_the_list_too(library: Library, whole_model: Path, tmp_path: Path) -> None:
    folder = convert(whole_model, "int8", tmp_path / "andere Platte", silent, never)
    assert not library.at(folder).linked


def test_a_damaged_model_is_not_converted(library: Library, whole_model: Path) -> None:
    model = sign(copy_model(whole_model, library.models / "Qwen3.5-4B"))
    shards(model)[0].unlink()
    with pytest.raises(ModelsError, match="lacks"):
        convert(model, "int8", library.models, silent, never)


def test_without_mlx_its_forms_are_refused(
    library: Library, whole_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversions, "find_spec", lambda name: None)
    with pytest.raises(ModelsError, match="needs MLX") as caught:
        convert(whole_model, "mlx-8bit", library.models, silent, never)
    assert caught.value.code == "device_unavailable"

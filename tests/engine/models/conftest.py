"""What tests of the models on this machine share."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.models.library import Library
from engine.models.places import models_folder
from tests.engine.models.model_folders import make_shards, settle_in


@pytest.fixture(scope="session")
def whole_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound checkpoint; to be copied, never changed."""
    return make_shards(tmp_path_factory.mktemp("published") / "Qwen3.5-4B")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Everything that is kept, and a person's home without any cache."""
    person = tmp_path / "person"
    settle_in(person, tmp_path / "Daten von Jürgen", monkeypatch)
    return person


@pytest.fixture
def library(home: Path) -> Library:
    """An empty one."""
    models_folder().mkdir(parents=True)
    return Library(models_folder())

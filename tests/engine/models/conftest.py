"""What tests of the models on this machine share."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.models.library import Library
from engine.models.places import models_folder
from tests.engine.models.model_folders import make_shards


@pytest.fixture(scope="session")
def whole_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound checkpoint; to be copied, never changed."""
    return make_shards(tmp_path_factory.mktemp("published") / "Qwen3.5-4B")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Everything that is kept, and a person's home without any cache."""
    for name in ("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "MODELSCOPE_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    person = tmp_path / "person"
    person.mkdir()
    monkeypatch.setenv("HOME", str(person))
    monkeypatch.setenv("USERPROFILE", str(person))
    monkeypatch.setenv("FINGERPOST_HOME", str(tmp_path / "Daten von Jürgen"))
    return person


@pytest.fixture
def library(home: Path) -> Library:
    """An empty one."""
    models_folder().mkdir(parents=True)
    return Library(models_folder())

"""What a person is shown: what is here, what could be, and what would run."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.models.library import Library
from engine.models.survey import survey
from engine.protocol import Survey
from tests.engine.models.model_folders import copy_model, make_cache, shards, sign


@pytest.fixture
def looked(library: Library, home: Path, whole_model: Path) -> Library:
    """One model that is sound, one that is not, a conversion, and one that another program has."""
    sign(copy_model(whole_model, library.models / "Qwen3.5-4B"))
    sign(copy_model(whole_model, library.models / "Qwen3.5-9B"), repo="Qwen/Qwen3.5-9B")
    shards(library.models / "Qwen3.5-9B")[0].unlink()
    sign(copy_model(whole_model, library.models / "Qwen3.5-2B-int8"), "int8", "Qwen/Qwen3.5-2B")
    make_cache(whole_model, home / ".cache" / "huggingface" / "hub", "Qwen/Qwen3.5-0.8B")
    return library


def test_all_is_seen_in_one_look(looked: Library) -> None:
    found = survey(Survey("s", 8192))
    assert (found.request_id, found.models_folder) == ("s", str(looked.models))
    assert [(model.title, bool(model.fits), bool(model.problem)) for model in found.installed] == [
        ("Qwen3.5-2B (8 bits)", True, False),
        ("Qwen3.5-4B", True, False),
        ("Qwen3.5-9B", False, True),
    ]
    assert [model.title for model in found.found] == ["Qwen3.5-0.8B"]
    assert found.unfinished == ()
    assert found.machine.disk_free > 0


def test_what_is_offered_knows_what_is_here_and_whole(looked: Library) -> None:
    offered = {entry.id: entry for entry in survey(Survey("s")).offered}
    assert offered["qwen3.5-4b"].installed == str(looked.models / "Qwen3.5-4B")
    # Not whole; not the published form; not in the list yet.
    assert [offered[name].installed for name in ("qwen3.5-9b", "qwen3.5-2b", "qwen3.5-0.8b")] == ["", "", ""]
    assert sum(entry.recommended for entry in offered.values()) <= 1
    assert not any(entry.recommended and entry.variant == "base" for entry in offered.values())


def test_a_look_cleans_up_after_a_crash(library: Library, whole_model: Path) -> None:
    left = copy_model(whole_model, library.models / ".trash-Qwen3.5-4B-12345678")
    survey(Survey("s"))
    assert not left.exists()

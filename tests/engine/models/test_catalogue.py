"""The list of models: each can be found, fetched and explained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.models.catalogue import Catalogue
from engine.models.machine import machine_info
from engine.spec import read_spec

CATALOGUE = Catalogue.load()
OFFICIAL = Path(__file__).resolve().parents[4] / "shared" / "official"


def test_every_tier_is_there_in_every_form() -> None:
    have = {(entry.tier, entry.variant, entry.form) for entry in CATALOGUE.entries}
    for tier in ("0.8B", "2B", "4B", "9B"):
        assert {(tier, "instruct", "published"), (tier, "base", "published")} <= have
        assert {(tier, "instruct", "mlx-4bit"), (tier, "instruct", "mlx-8bit")} <= have
    assert len({entry.id for entry in CATALOGUE.entries}) == len(CATALOGUE.entries) == 16


def test_a_model_is_found_by_its_id_and_by_its_repository() -> None:
    entry = CATALOGUE.find("qwen3.5-4B")
    assert entry is not None
    assert entry is CATALOGUE.find(" qwen/qwen3.5-4b ")
    assert entry.spec.name == entry.title == "Qwen3.5-4B"
    assert CATALOGUE.find("Qwen/Qwen3") is None
    for each in CATALOGUE.entries:
        assert CATALOGUE.find(each.id) is each
        assert all(CATALOGUE.find(source.repo) is each for source in each.sources)


def test_what_its_makers_published_lies_on_both_hubs() -> None:
    """Where one is out of reach the other is tried."""
    for entry in CATALOGUE.entries:
        hubs = [source.name for source in entry.sources]
        assert hubs == (["huggingface", "modelscope"] if entry.form == "published" else ["huggingface"])
        assert entry.licence == "Apache-2.0"
        assert entry.spec.tier == entry.tier


def test_a_base_model_says_that_it_does_not_answer() -> None:
    for entry in CATALOGUE.entries:
        assert ("Continues a text" in entry.purpose) == (entry.variant == "base")


@pytest.mark.parametrize("tier", ["0.8B", "2B", "4B", "9B"])
def test_the_configurations_say_what_the_published_ones_say(tier: str) -> None:
    folder = OFFICIAL / f"Qwen3.5-{tier}"
    if not folder.exists():
        pytest.skip("the published configurations are not at hand")
    entry = CATALOGUE.find(f"qwen3.5-{tier}")
    assert entry is not None
    assert replace(entry.spec, name=folder.name) == read_spec(folder)


def test_the_disk_is_that_of_a_folder_that_does_not_exist_yet(tmp_path: Path) -> None:
    here = machine_info(tmp_path / "not" / "yet" / "models")
    assert here.disk_free > 0
    assert 0 < here.memory_free <= here.memory_total
    assert here.device
    assert here.shared == (here.device in ("cpu", "mps"))

"""A person's choices come back; a damaged file costs no more than what is damaged."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

import pytest

from app import settings
from app.settings import Settings, load, load_with_notice, save, with_model

CHOSEN = Settings(
    model_folder="/models/Qwen3.5-4B",
    recent_models=("/models/Qwen3.5-4B", "/models/Qwen3.5-0.8B"),
    device="cuda",
    dtype="float16",
    thinking=True,
    detail="full",
    look_closer=True,
    capture_delay=5,
    theme="dark",
    mirror="https://mirror.example",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.json"


def test_what_was_saved_comes_back(path: Path) -> None:
    assert all(getattr(CHOSEN, field.name) != field.default for field in dataclasses.fields(Settings))
    save(path, CHOSEN)
    assert load_with_notice(path) == (CHOSEN, "")


def test_the_first_start_has_no_file_and_no_notice(path: Path) -> None:
    assert load_with_notice(path) == (Settings(), "")
    assert not path.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model_folder", 3),
        ("model_folder", None),
        ("recent_models", "/models/a"),
        ("recent_models", ["/models/a", 1]),
        ("device", "toaster"),
        ("device", ["cpu"]),
        ("dtype", "int3"),
        ("thinking", "yes"),
        ("thinking", 1),
        ("detail", "finest"),
        ("look_closer", "sometimes"),
        ("capture_delay", 4),
        ("capture_delay", 5.0),
        ("capture_delay", False),
        ("theme", {}),
    ],
)
def test_a_wrong_value_takes_its_default_and_the_others_stay(path: Path, name: str, value: object) -> None:
    save(path, CHOSEN)
    path.write_text(json.dumps({**json.loads(path.read_text()), name: value, "from_the_future": 1}))
    expected = dataclasses.replace(CHOSEN, **{name: getattr(Settings(), name)})
    assert load_with_notice(path) == (expected, "")


def test_every_setting_is_read() -> None:
    assert set(settings._FITS) == {field.name for field in dataclasses.fields(Settings)}


@pytest.mark.parametrize("rubbish", [b"", b"{", b"\xff\xfe\x00", b"[]", b"[" * 100_000, b'"text"'])
def test_a_broken_file_is_set_aside_and_said(path: Path, rubbish: bytes) -> None:
    path.write_bytes(rubbish)
    chosen, notice = load_with_notice(path)
    assert chosen == Settings()
    aside = path.with_name("settings.json.broken")
    assert str(aside) in notice
    assert aside.read_bytes() == rubbish
    save(path, CHOSEN)
    assert load(path) == CHOSEN


def test_a_file_that_can_not_be_read_is_said(path: Path) -> None:
    path.mkdir()
    chosen, notice = load_with_notice(path)
    assert chosen == Settings()
    assert "can not be read" in notice


def test_a_full_disk_leaves_the_old_choices(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(path, CHOSEN)

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        save(path, Settings())
    assert load(path) == CHOSEN


def test_recent_models_are_the_newest_eight_without_repeats() -> None:
    chosen = Settings()
    for number in (*range(10), 5):
        chosen = with_model(chosen, f"/models/{number}")
    assert chosen.model_folder == "/models/5"
    assert chosen.recent_models == tuple(f"/models/{number}" for number in (5, 9, 8, 7, 6, 4, 3, 2))


def test_recent_models_written_by_hand_are_tidied(path: Path) -> None:
    path.write_text(json.dumps({"recent_models": ["a", "b", "a", *"cdefghij"]}))
    assert load(path).recent_models == tuple("abcdefgh")


def test_a_folder_whose_name_is_not_utf_8_comes_back(path: Path) -> None:
    chosen = with_model(Settings(), "/models/caf\udce9")
    save(path, chosen)
    assert load(path) == chosen

"""What was chosen holds at once, is told, and is there the next time; trouble with the file is said, not suffered."""

from __future__ import annotations

import dataclasses
import errno
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QSignalSpy

from app import preferences as module
from app.preferences import Preferences
from app.settings import Settings


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.json"


def test_each_choice_is_told_and_kept_at_once(path: Path) -> None:
    preferences = Preferences(path)
    changed = QSignalSpy(preferences.changed)
    expected = Settings()
    for choose, values in (
        (lambda: preferences.set_thinking(True), {"thinking": True}),
        (lambda: preferences.set_detail("full"), {"detail": "full"}),
        (lambda: preferences.set_look_closer(True), {"look_closer": True}),
        (lambda: preferences.set_delay(5), {"capture_delay": 5}),
        (lambda: preferences.set_theme("dark"), {"theme": "dark"}),
        (
            lambda: preferences.set_model("/m/4B", "cpu", "float32"),
            {"model_folder": "/m/4B", "recent_models": ("/m/4B",), "device": "cpu", "dtype": "float32"},
        ),
    ):
        choose()
        expected = dataclasses.replace(expected, **values)
        assert preferences.settings == changed.at(changed.count() - 1)[0] == Preferences(path).settings == expected
    assert changed.count() == 6


def test_what_is_chosen_already_is_not_written_again(path: Path) -> None:
    preferences = Preferences(path)
    changed = QSignalSpy(preferences.changed)
    preferences.set_thinking(False)
    assert changed.count() == 0
    assert not path.exists()


def test_models_used_before_are_remembered_newest_first(path: Path) -> None:
    preferences = Preferences(path)
    for folder in ("/m/2B", "/m/4B", "/m/2B"):
        preferences.set_model(folder)
    assert Preferences(path).settings.recent_models == ("/m/2B", "/m/4B")


def test_a_broken_file_is_told_and_set_aside(path: Path) -> None:
    path.write_text("{ not json")
    preferences = Preferences(path)
    assert preferences.settings == Settings()
    assert "settings.json.broken" in preferences.notice
    preferences.set_theme("dark")
    again = Preferences(path)
    assert (again.settings.theme, again.notice) == ("dark", "")
    assert path.with_name("settings.json.broken").read_text() == "{ not json"


def test_on_a_full_disk_the_choice_holds_and_the_reason_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    preferences = Preferences(path)
    preferences.set_theme("light")

    def full(_path: Path, _settings: Settings) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "save", full)
    problem, changed = QSignalSpy(preferences.problem), QSignalSpy(preferences.changed)
    preferences.set_theme("dark")
    (sentence,) = problem.at(0)
    assert f"{path} (No space left on device)" in sentence
    assert "Make room" in sentence
    assert changed.at(0)[0].theme == preferences.settings.theme == "dark"
    assert Preferences(path).settings.theme == "light"


def test_the_system_decides_between_light_and_dark_unless_the_person_has(path: Path) -> None:
    preferences = Preferences(path)
    scheme = Qt.ColorScheme
    assert [preferences.theme(each) for each in (scheme.Dark, scheme.Light, scheme.Unknown)] == [
        "dark",
        "light",
        "light",
    ]
    preferences.set_theme("light")
    assert preferences.theme(scheme.Dark) == "light"
    preferences.set_theme("dark")
    assert preferences.theme(scheme.Light) == "dark"

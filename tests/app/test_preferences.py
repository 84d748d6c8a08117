"""What was chosen holds at once, is told, and is there the next time; trouble with the file is said, not suffered."""

from __future__ import annotations

import dataclasses
import errno
import os
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QSignalSpy

from app import preferences as module
from app.default_model import DEFAULT_FILE
from app.paths import find_paths
from app.preferences import Preferences
from app.settings import Settings
from engine.models import places


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


def test_a_model_that_is_gone_is_neither_in_use_nor_remembered(path: Path) -> None:
    preferences = Preferences(path)
    for folder in ("/m/2B", "/m/4B"):
        preferences.set_model(folder)
    preferences.forget_model("/m/2B")
    assert (preferences.settings.model_folder, preferences.settings.recent_models) == ("/m/4B", ("/m/4B",))
    preferences.forget_model("/m/4B")
    again = Preferences(path).settings
    assert (again.model_folder, again.recent_models) == ("", ())
    assert not (path.parent / DEFAULT_FILE).exists()


def test_the_command_line_and_the_window_share_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINGERPOST_HOME", str(tmp_path))
    data = find_paths().data
    assert data == places.data_folder()
    assert DEFAULT_FILE == places.DEFAULT_FILE
    path = data / "settings.json"
    # A name that is no UTF-8 too.
    folder = tmp_path / os.fsdecode(b"Mod\xe8le \xc3\xa9") if os.name == "posix" else tmp_path / "Modèle"
    Preferences(path).set_model(str(folder), "cpu", "int4")
    assert places.default_model() == folder
    places.set_default_model(tmp_path / "other")
    settings = Preferences(path).settings
    assert settings.model_folder == settings.recent_models[0] == str(tmp_path / "other")
    assert (settings.device, settings.dtype) == ("cpu", "auto"), "4 bits were for the other model"
    places.set_default_model(folder)
    assert Preferences(path).settings.model_folder == str(folder)
    Preferences(path).forget_model(str(folder))
    assert places.default_model() is None


def test_a_model_that_can_not_be_shared_with_the_command_line_is_told(path: Path) -> None:
    (path.parent / DEFAULT_FILE).mkdir()
    preferences = Preferences(path)
    problem = QSignalSpy(preferences.problem)
    preferences.set_model("/m/4B")
    assert preferences.settings.model_folder == "/m/4B"
    assert problem.count() == 1


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

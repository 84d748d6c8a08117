"""Everything lies where the person expects it, in private."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import platformdirs
import pytest

from app import files
from app.paths import FolderError, Paths, find_paths, resources


def test_one_variable_moves_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINGERPOST_HOME", str(tmp_path / "elsewhere"))
    paths = find_paths()
    assert paths == Paths(*(tmp_path / "elsewhere" / name for name in ("data", "cache", "logs")))
    assert all(folder.is_dir() for folder in (paths.data, paths.cache, paths.logs))


@pytest.mark.skipif(os.name != "posix", reason="other systems keep a person's folders private by themselves")
def test_nobody_else_may_look_even_where_the_folder_was_there_before(tmp_path: Path) -> None:
    open_to_all = tmp_path / "home" / "data"
    open_to_all.mkdir(parents=True)
    open_to_all.chmod(0o755)
    paths = find_paths()
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (paths.data, paths.cache, paths.logs)} == {0o700}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the folders of the XDG specification")
def test_without_it_the_system_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FINGERPOST_HOME")
    for variable in ("DATA", "CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{variable}_HOME", str(tmp_path / variable.lower()))
    assert find_paths().data == tmp_path / "data" / "fingerpost" == platformdirs.user_data_path("fingerpost")


def test_a_folder_that_can_not_be_made_is_said_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    monkeypatch.setenv("FINGERPOST_HOME", str(blocked))
    with pytest.raises(FolderError, match=r"can not use the folder .*FINGERPOST_HOME"):
        find_paths()


def test_resources_are_those_of_the_source_tree() -> None:
    assert (resources() / "look" / "tokens.json").is_file()


def test_a_wheel_has_them_inside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app" / "resources").mkdir(parents=True)
    monkeypatch.setattr("app.paths.__file__", str(tmp_path / "app" / "paths.py"))
    assert resources() == tmp_path / "app" / "resources"


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    files.write_whole(path, b"old")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        files.write_whole(path, b"new")
    assert [item.name for item in tmp_path.iterdir()] == ["file"]
    assert path.read_bytes() == b"old"

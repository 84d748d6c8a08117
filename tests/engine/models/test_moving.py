"""Moving a model: whole in the one place or in the other, whatever happens on the way."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from engine.backends.base import Cancelled
from engine.models import moving
from engine.models.check import Tally
from engine.models.errors import ModelsError
from engine.models.garbage import tidy
from engine.models.library import Library
from engine.models.moving import move
from engine.models.places import default_model, set_default_model
from tests.engine.models.model_folders import copy_model, flip, shards, sign


def never() -> None:
    """A checkpoint that lets everything pass."""


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody sees."""


@pytest.fixture
def model(library: Library, whole_model: Path) -> Path:
    """One of Fingerpost's own, and the one that is used."""
    folder = sign(copy_model(whole_model, library.models / "Qwen3.5-4B"))
    set_default_model(folder)
    library.used(folder, 7.0)
    return folder


@pytest.fixture
def other_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that can not be reached by another name alone."""
    rename = Path.rename

    def across(source: Path, target: Path) -> Path:
        if source.parent != Path(target).parent:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", across)
    return tmp_path / "andere Platte"


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


def assert_moved(library: Library, source: Path, target: Path, whole: Path) -> None:
    (model,) = library.installed()
    assert (model.folder, model.linked, model.default, model.last_used) == (str(target), False, True, 7.0)
    assert model.problem == ""
    assert default_model() == target
    assert not source.exists()
    for path in whole.iterdir():
        assert (target / path.name).read_bytes() == path.read_bytes()


def test_on_the_same_disk_and_back(library: Library, model: Path, whole_model: Path, tmp_path: Path) -> None:
    target = move(library, model, tmp_path / "neu" / "hier", silent, never)
    assert target == tmp_path / "neu" / "hier" / "Qwen3.5-4B"
    assert_moved(library, model, target, whole_model)
    assert move(library, target, library.models, silent, never) == model
    assert_moved(library, target, model, whole_model)


def test_to_another_disk(library: Library, model: Path, whole_model: Path, other_disk: Path) -> None:
    told: list[tuple[int, int]] = []
    target = move(library, model, other_disk, lambda what, done, total: told.append((done, total)), never)
    assert_moved(library, model, target, whole_model)
    assert left_in(other_disk) == ["Qwen3.5-4B"]
    assert left_in(library.models) == ["library.json"]
    assert told[-1][0] == told[-1][1]
    # Removing it there deletes it: it is Fingerpost's own.
    assert library.remove(target) > 0
    assert left_in(other_disk) == []


def test_stopped_it_is_as_if_nothing_had_been(library: Library, model: Path, other_disk: Path) -> None:
    before = library.installed()

    def stop_late() -> Iterator[None]:
        yield from [None] * 5
        raise Cancelled

    steps = stop_late()
    with pytest.raises(Cancelled):
        move(library, model, other_disk, silent, lambda: next(steps))
    assert library.installed() == before
    assert left_in(other_disk) == []
    assert left_in(library.models) == ["Qwen3.5-4B", "library.json"]


def test_a_copy_that_is_not_what_was_published_is_not_used(library: Library, model: Path, other_disk: Path) -> None:
    flip(shards(model)[1])
    with pytest.raises(ModelsError, match=shards(model)[1].name) as caught:
        move(library, model, other_disk, silent, never)
    assert caught.value.code == "wrong_hash"
    assert left_in(other_disk) == []
    assert library.installed()[0].folder == str(model)


class Usage(NamedTuple):
    total: int
    used: int
    free: int


def test_a_disk_without_room_is_told_before_anything_is_copied(
    library: Library, model: Path, other_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda place: Usage(10**9, 10**9 - 1000, 1000))
    with pytest.raises(ModelsError, match="Free some space") as caught:
        move(library, model, other_disk, silent, never)
    assert caught.value.code == "disk_full"
    assert left_in(other_disk) == []
    assert library.installed()[0].folder == str(model)


def test_a_disk_that_fills_up_on_the_way(
    library: Library, model: Path, other_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(source: Path, target: Path, tally: Tally) -> None:
        target.write_bytes(b"so far")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(moving, "_copy_file", full)
    with pytest.raises(ModelsError, match=f"the disk of {other_disk} is full") as caught:
        move(library, model, other_disk, silent, never)
    assert caught.value.code == "disk_full"
    assert left_in(other_disk) == []
    assert library.installed()[0].folder == str(model)


def test_killed_in_the_middle_leaves_one_whole_model_and_what_is_cleaned_up(
    library: Library, model: Path, other_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = library.installed()

    class Killed(BaseException):
        pass

    def kill() -> None:
        raise Killed

    with monkeypatch.context() as dying:
        # A process that is gone cleans nothing up.
        dying.setattr("engine.models.garbage._erase", lambda place: None)
        with pytest.raises(Killed):
            move(library, model, other_disk, silent, kill)
    assert len(left_in(other_disk)) == 1
    assert library.installed() == before
    tidy(library.models)
    assert left_in(other_disk) == []
    assert library.installed() == before


@pytest.mark.parametrize("place", ["same", "inside", "file", "taken"])
def test_places_that_can_not_be(library: Library, model: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "taken" / "Qwen3.5-4B").mkdir(parents=True)
    to = {"same": model.parent, "inside": model / "deep", "file": tmp_path / "file", "taken": tmp_path / "taken"}[place]
    with pytest.raises(ModelsError) as caught:
        move(library, model, to, silent, never)
    assert caught.value.code == "folder_refused"
    assert library.installed()[0].problem == ""


def test_what_another_program_owns_is_not_moved(library: Library, whole_model: Path, tmp_path: Path) -> None:
    folder = copy_model(whole_model, tmp_path / "mine")
    library.link(folder)
    with pytest.raises(ModelsError, match="another program"):
        move(library, folder, tmp_path / "elsewhere", silent, never)
    assert folder.is_dir()

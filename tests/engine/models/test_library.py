"""The list of models: nothing is lost from it, and what is removed is really gone."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest

from engine.models.errors import ModelsError
from engine.models.garbage import tidy, working
from engine.models.library import Library
from engine.models.places import default_model, set_default_model
from engine.models.record import RECORD_FILE
from tests.engine.models.model_folders import copy_model, cut, make_cache, shards, sign


def titles(library: Library) -> list[str]:
    return [model.title for model in library.installed()]


def test_models_have_the_names_that_people_know(library: Library, whole_model: Path, tmp_path: Path) -> None:
    sign(copy_model(whole_model, library.models / "Qwen3.5-4B"))
    sign(copy_model(whole_model, library.models / "Qwen3.5-4B-int8"), "int8")
    sign(copy_model(whole_model, library.models / "mine"), "int4", "Qwen/Qwen3.5-4B-Base")
    library.link(make_cache(whole_model, tmp_path / "hub", "Qwen/Qwen3.5-2B"))
    assert titles(library) == ["Qwen3.5-2B", "Qwen3.5-4B", "Qwen3.5-4B (8 bits)", "Qwen3.5-4B-Base (4 bits)"]
    assert [model.variant for model in library.installed()] == ["instruct", "instruct", "instruct", "base"]
    cached = library.find("Qwen/Qwen3.5-2B")
    assert cached is not None
    assert (cached.linked, cached.repo, cached.revision) == (True, "Qwen/Qwen3.5-2B", "f" * 40)
    # Through the links: what it takes on the disk.
    assert cached.bytes == sum(path.stat().st_size for path in whole_model.iterdir())


@pytest.mark.parametrize("name", ["Qwen3.5-4B", "qwen3.5-4b", "Qwen/Qwen3.5-4B"])
def test_a_model_is_found_by_its_names(library: Library, whole_model: Path, name: str) -> None:
    folder = sign(copy_model(whole_model, library.models / "Qwen3.5-4B"))
    for said in (name, str(folder)):
        found = library.find(said)
        assert found is not None
        assert found.folder == str(folder)
    assert library.find("Qwen3.5-9B") is None


def test_a_model_on_a_disk_that_is_not_there_stays_in_the_list(
    library: Library, whole_model: Path, tmp_path: Path
) -> None:
    folder = copy_model(whole_model, tmp_path / "stick" / "Qwen3.5-4B")
    library.link(folder)
    before = library.installed()[0]
    (tmp_path / "stick").rename(tmp_path / "away")
    gone = library.installed()[0]
    assert (gone.title, gone.bytes, gone.linked) == (before.title, before.bytes, True)
    assert "Connect its disk" in gone.problem
    (tmp_path / "away").rename(tmp_path / "stick")
    assert library.installed()[0] == before


def test_a_model_with_a_file_missing_is_listed_with_its_problem(library: Library, whole_model: Path) -> None:
    folder = sign(copy_model(whole_model, library.models / "Qwen3.5-4B"))
    cut(shards(folder)[1])
    assert shards(folder)[1].name in library.installed()[0].problem
    shards(folder)[0].unlink()
    assert "lacks" in library.installed()[0].problem


def test_what_is_no_model_is_not_listed(library: Library, whole_model: Path) -> None:
    copy_model(whole_model, library.models / ".downloads" / "slug")
    (library.models / "notes").mkdir()
    other = library.models / "other"
    other.mkdir()
    (other / "config.json").write_text('{"model_type": "llama"}')
    assert library.installed() == ()


def test_a_damaged_record_is_set_aside_and_the_folders_still_tell(
    library: Library, whole_model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sign(copy_model(whole_model, library.models / "Qwen3.5-4B"))
    chosen = copy_model(whole_model, tmp_path / "chosen")
    library.link(chosen)
    set_default_model(chosen)
    (library.models / RECORD_FILE).write_bytes(b'{"places": [{"folder"')
    assert titles(library) == ["chosen", "Qwen3.5-4B"]
    assert (library.models / f"{RECORD_FILE}.damaged").exists()
    caplog.clear()


def test_when_a_model_was_used_is_kept_for_models_of_the_list(
    library: Library, whole_model: Path, tmp_path: Path
) -> None:
    folder = sign(copy_model(whole_model, library.models / "Qwen3.5-4B"))
    library.used(folder, 5.0)
    library.used(folder, 7.0)
    library.used(tmp_path / "unknown", 9.0)
    assert [model.last_used for model in library.installed()] == [7.0]


def test_removing_deletes_the_files_and_the_choice(library: Library, whole_model: Path) -> None:
    folder = sign(copy_model(whole_model, library.models / "Qwen3.5-4B"))
    for path in (*folder.iterdir(), folder):
        path.chmod(0o500)
    set_default_model(folder)
    (library.models / ".Qwen3.5-4B-int8.partial").mkdir()
    size = library.installed()[0].bytes
    assert library.remove(folder) == size
    assert [path.name for path in library.models.iterdir() if path.suffix != ".lock"] == []
    assert default_model() is None
    with pytest.raises(ModelsError) as caught:
        library.remove(folder)
    assert caught.value.code == "model_missing"


def test_removing_a_linked_model_leaves_its_files(library: Library, whole_model: Path, tmp_path: Path) -> None:
    folder = copy_model(whole_model, tmp_path / "mine")
    library.link(folder)
    link = library.models / "by hand"
    link.symlink_to(whole_model)
    set_default_model(folder)
    assert library.remove(folder) == 0
    assert library.remove(link) == 0
    assert library.installed() == ()
    assert default_model() is None
    assert len(list(folder.iterdir())) == len(list(whole_model.iterdir())) > 0


def test_a_model_that_may_not_be_deleted_is_as_it_was(
    library: Library, whole_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = sign(copy_model(whole_model, library.models / "Qwen3.5-4B"))

    def refuse(source: Path, target: Path) -> Path:
        raise PermissionError(errno.EACCES, "Permission denied")

    with monkeypatch.context() as read_only:
        read_only.setattr(Path, "rename", refuse)
        with pytest.raises(ModelsError, match="Allow it") as caught:
            library.remove(folder)
    assert caught.value.code == "folder_refused"
    assert library.installed()[0].problem == ""


def test_what_a_crash_has_left_is_deleted_and_nothing_else(library: Library, whole_model: Path, tmp_path: Path) -> None:
    folder = sign(copy_model(whole_model, library.models / "Qwen3.5-4B"))
    copy_model(whole_model, library.models / ".trash-Qwen3.5-2B-12345678")
    elsewhere = copy_model(whole_model, tmp_path / "disk" / ".moving-Qwen3.5-4B-12345678")
    innocent = copy_model(whole_model, tmp_path / "innocent")
    (library.models / RECORD_FILE).write_text(f'{{"leftovers": ["{elsewhere}", "{innocent}"]}}')
    with working(library.models):
        tidy(library.models)
    assert elsewhere.exists()
    tidy(library.models)
    assert not elsewhere.exists()
    assert innocent.exists()
    assert folder.exists()
    assert not list(library.models.glob(".trash-*"))


def test_two_windows_do_not_work_at_once(library: Library, whole_model: Path) -> None:
    folder = sign(copy_model(whole_model, library.models / "Qwen3.5-4B"))
    with working(library.models), pytest.raises(ModelsError) as caught:
        Library(library.models).remove(folder)
    assert caught.value.code == "busy"
    assert titles(library) == ["Qwen3.5-4B"]


def test_there_need_be_no_folder_at_all(library: Library) -> None:
    shutil.rmtree(library.models)
    assert library.installed() == ()
    tidy(library.models)


def test_a_model_of_ours_that_is_imported_from_its_other_disk_stays_ours(
    library: Library, whole_model: Path, tmp_path: Path
) -> None:
    library.link(whole_model, owned=True)
    library.link(whole_model)
    assert not library.at(whole_model).linked

"""A model that was damaged on this machine: only what is wrong is fetched again, and nothing that is right is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.models.check import check
from engine.models.download import DownloadError, discard, unfinished
from engine.models.errors import ModelsError
from engine.models.garbage import working
from engine.models.library import Library
from engine.models.manifest import read_manifest
from engine.models.places import models_folder
from tests.downloads import KNOWN, REPO, SECOND, SHARD, Watched, files_of, publish_known, wanted_of, write_repo
from tests.engine.models.model_folders import flip
from tests.hub_server import HubServer


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_repo(tmp_path_factory.mktemp("published") / "repo")


@pytest.fixture
def server(repo: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with HubServer() as server:
        server.add_repo(REPO, repo)
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.setenv("MODELSCOPE_ENDPOINT", server.url)
        yield server


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Watched:
    monkeypatch.setenv("FINGERPOST_HOME", str(tmp_path / "Größe 模型"))
    return Watched(models_folder())


@pytest.fixture
def folder(server: HubServer, watched: Watched) -> Path:
    folder = watched.pull()
    del server.requests[:]
    return folder


def checked(folder: Path) -> str:
    with pytest.raises(ModelsError) as caught:
        check(folder, lambda what, done, total: None, lambda: None)
    assert caught.value.code == "wrong_hash"
    return str(caught.value)


def problem_of(folder: Path) -> str:
    """What is told of the model, which a download can put right."""
    model = Library(models_folder()).at(folder)
    assert model.repairable
    return model.problem


def test_a_wrong_byte_costs_one_file(
    server: HubServer, repo: Path, watched: Watched, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    flip(folder / SHARD)
    assert watched.pull() == folder  # Nobody knows yet.
    sentence = checked(folder)
    assert sentence == (
        f"{SHARD} in Model-4B is missing or damaged. Get the model again: only what is damaged is fetched."
    )
    assert f"{SHARD} in Model-4B is damaged." in problem_of(folder)
    assert watched.pull() == folder
    assert files_of(folder) == wanted_of(repo)
    assert server.sent(SHARD) == 300_000
    assert server.sent(SECOND) == server.sent("tokenizer.json") == 0
    assert SHARD not in Library(models_folder()).at(folder).problem
    assert not unfinished(models_folder())
    assert f"{SHARD} of {REPO} is fetched again" in caplog.text
    caplog.clear()


def test_of_a_file_that_is_cut_short_the_rest_is_fetched(
    server: HubServer, repo: Path, watched: Watched, folder: Path
) -> None:
    with (folder / SHARD).open("r+b") as file:
        file.truncate(200_000)
    (folder / "tokenizer.json").unlink()
    assert "Get the model again: only what is damaged is fetched." in problem_of(folder)
    assert watched.pull() == folder
    assert files_of(folder) == wanted_of(repo)
    assert [line.range for line in server.asked(SHARD)] == ["bytes=200000-"]
    assert not server.sent(SECOND)


def test_what_a_check_finds_right_again_is_forgotten(watched: Watched, folder: Path) -> None:
    flip(folder / SHARD)
    checked(folder)
    flip(folder / SHARD)
    with pytest.raises(ModelsError, match=r"holds no model\.safetensors"):
        # These shards have no index; the hashes were right.
        check(folder, lambda what, done, total: None, lambda: None)
    manifest = read_manifest(folder)
    assert manifest is not None
    assert not manifest.wrong


def test_a_repair_that_breaks_off_goes_on_and_can_be_given_up(
    server: HubServer, repo: Path, watched: Watched, folder: Path
) -> None:
    (folder / SHARD).unlink()
    server.fail(SHARD, times=1, status=403)
    server.fail(f"{SHARD}@hub", times=None, status=404)
    with pytest.raises(DownloadError):
        watched.pull()
    (left,) = unfinished(models_folder())
    assert left.done == sum(map(len, wanted_of(repo).values())) - 300_000
    server.faults.clear()
    assert watched.pull() == folder
    assert files_of(folder) == wanted_of(repo)
    assert not server.sent(SECOND)
    discard(models_folder(), REPO)
    assert folder.is_dir()


def test_what_is_being_moved_is_not_taken(watched: Watched, folder: Path) -> None:
    (folder / SHARD).unlink()
    entered, leave = threading.Event(), threading.Event()

    def work() -> None:
        with working(models_folder()):
            entered.set()
            leave.wait(30)

    mover = threading.Thread(target=work)
    mover.start()
    entered.wait(30)
    try:
        with pytest.raises(DownloadError) as caught:
            watched.pull()
    finally:
        leave.set()
        mover.join()
    assert caught.value.code == "busy"
    assert (folder / SECOND).is_file()


def test_a_link_to_a_folder_of_someone_else_is_left_alone(
    tmp_path: Path, repo: Path, watched: Watched, folder: Path
) -> None:
    elsewhere = folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(elsewhere)
    (elsewhere / SHARD).unlink()
    checked(folder)
    assert files_of(watched.pull()) == wanted_of(repo)
    manifest = read_manifest(elsewhere)
    assert manifest is not None
    assert not manifest.wrong
    assert (elsewhere / SECOND).is_file()


def test_a_model_from_one_hub_is_not_fetched_again_from_the_other(tmp_path: Path, repo: Path, watched: Watched) -> None:
    """Hubs tell hashes of different kinds, and describe a model in their own words."""
    other = write_repo(tmp_path / "other")
    (other / "README.md").write_text("Described elsewhere\n")
    with HubServer() as first, HubServer() as second, pytest.MonkeyPatch.context() as patch:
        publish_known(first, repo)
        publish_known(second, other, "modelscope")
        patch.setenv("HF_ENDPOINT", first.url)
        patch.setenv("MODELSCOPE_ENDPOINT", second.url)
        folder = watched.pull(KNOWN, source="modelscope")
        watched.reports.clear()
        assert watched.pull(KNOWN, source="huggingface") == folder
        assert not first.sent("*.safetensors")

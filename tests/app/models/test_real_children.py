"""The shelf over the program's own child processes, with a hub on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.engine_client import Service
from app.main import worker
from engine.models.places import models_folder
from tests.app.models.shelf import Watched
from tests.downloads import REPO, SHARD, files_of, wanted_of, write_repo
from tests.engine.models.model_folders import copy_model, make_shards, settle_in
from tests.hub_server import MEMBER, HubServer


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_repo(tmp_path_factory.mktemp("published") / "repo")


@pytest.fixture
def server(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    settle_in(tmp_path / "person", tmp_path / "home", monkeypatch)
    with HubServer() as server:
        server.add_repo(REPO, repo)
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.setenv("MODELSCOPE_ENDPOINT", server.url)
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
        yield server


@pytest.fixture
def shelf(qtbot: QtBot, tmp_path: Path, server: HubServer) -> Iterator[Watched]:
    data = tmp_path / "home" / "data"
    made = Watched(qtbot, data, lambda role: Service(worker(role), f"{role} process"))
    yield made
    made.end()


def test_a_model_is_fetched_over_two_starts_and_is_on_the_list(shelf: Watched, server: HubServer, repo: Path) -> None:
    server.fail(SHARD, after=200_000, stall=60)
    shelf.shelf.pull(REPO, None)
    shelf.until(lambda: bool(shelf.downloads) and shelf.downloads[0].done > 150_000)
    shelf.end()
    assert shelf.shelf.has_unfinished()
    shelf.start()
    shelf.look()
    folder, name = shelf.until_said("ready")
    assert (folder, name) == (str(models_folder() / "Model-4B"), REPO)
    assert files_of(Path(folder)) == wanted_of(repo)
    assert shelf.downloads == ()
    shelf.until_said("surveyed", 2)
    assert shelf.shelf.found is not None
    assert folder in [model.folder for model in shelf.shelf.found.installed]
    assert not shelf.shelf.has_unfinished()
    assert server.sent(SHARD) < 320_000, "what was here is not fetched again"


def test_a_download_is_paused_and_stays_so_until_it_is_given_up(shelf: Watched, server: HubServer) -> None:
    server.fail(SHARD, after=1000, stall=60)
    shelf.shelf.pull(REPO, None)
    shelf.until(lambda: bool(shelf.downloads) and shelf.downloads[0].done > 0)
    shelf.shelf.pause(REPO)
    shelf.until(lambda: shelf.states() == {REPO: "paused"})
    shelf.end()
    shelf.start()
    shelf.look()
    assert shelf.states() == {REPO: "paused"}
    shelf.shelf.discard(REPO)
    shelf.until_said("surveyed", 2)
    assert shelf.downloads == ()
    assert not shelf.shelf.has_unfinished()


def test_a_gated_model_comes_with_its_token(shelf: Watched, server: HubServer, repo: Path) -> None:
    server.add_repo("maker/Gated", repo, gated=True)
    shelf.shelf.pull("maker/Gated", "huggingface")
    shelf.until(lambda: shelf.states() == {"maker/Gated": "failed"})
    (failed,) = shelf.downloads
    assert (failed.code, failed.source) == ("gated", "huggingface")
    shelf.shelf.keep_token("huggingface", MEMBER)
    folder, _ = shelf.until_said("ready")
    assert Path(folder).name == "Gated"


def test_a_folder_is_listed_checked_and_taken_off_the_list(shelf: Watched, tmp_path: Path) -> None:
    folder = str(copy_model(make_shards(tmp_path / "made"), tmp_path / "Ein Modell für alle"))
    shelf.shelf.import_folder(folder)
    assert shelf.until_said("ready") == (folder, "")
    shelf.until_said("surveyed")
    (here,) = shelf.values("surveyed")[-1].installed
    assert (here.folder, here.linked, here.problem) == (folder, True, "")
    shelf.shelf.remove(folder)
    work, place = shelf.until_said("work_ended", 2)
    assert (work.what, place) == ("removing", "")
    shelf.until_said("surveyed", 2)
    assert shelf.values("surveyed")[-1].installed == ()
    assert Path(folder).is_dir()
    shelf.shelf.import_folder(str(tmp_path / "nowhere"))
    assert "There is no folder" in shelf.until_said("problem")

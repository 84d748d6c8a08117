"""The process for downloads as the window meets it: a real one each time, and a hub on loopback."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.models.download import unfinished
from engine.protocol import (
    Cancel,
    DiscardDownload,
    Done,
    DownloadProgress,
    Event,
    Failed,
    Generate,
    Hello,
    KeepToken,
    Message,
    Paused,
    Pull,
    Pulled,
)
from tests.downloads import REPO, SHARD, files_of, wanted_of, write_repo
from tests.hub_server import HubServer
from tests.worker.child import Child

OTHER = "maker/Other-4B"


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_repo(tmp_path_factory.mktemp("published") / "repo")


@pytest.fixture
def server(repo: Path) -> Iterator[HubServer]:
    with HubServer() as server:
        server.add_repo(REPO, repo)
        server.add_repo(OTHER, repo)
        yield server


@pytest.fixture
def models(tmp_path: Path, server: HubServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FINGERPOST_HOME", str(tmp_path))
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setenv("MODELSCOPE_ENDPOINT", server.url)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    return tmp_path / "data" / "models"


@pytest.fixture
def child(models: Path) -> Iterator[Child]:
    with Child("downloads") as child:
        yield child


def fetching(request_id: str, least: int = 1) -> Callable[[DownloadProgress], bool]:
    """It has begun, and at least so many bytes are here."""
    return lambda event: event.request_id == request_id and event.state == "fetching" and event.done >= least


def test_it_fetches_a_model_and_tells_how_far_it_is(child: Child, models: Path, server: HubServer, repo: Path) -> None:
    server.fail("*.safetensors", times=None, rate=600_000)
    child.send(Pull("p1", REPO))
    assert child.event() == Hello("downloads", child.process.pid)
    told: list[Event] = []
    while not isinstance(event := child.event(), Pulled):
        told.append(event)
    assert event == Pulled("p1", str(models / "Model-4B"))
    assert files_of(models / "Model-4B") == wanted_of(repo)
    progress = [event for event in told if isinstance(event, DownloadProgress)]
    assert len(progress) == len(told)
    assert progress[0].state == "waiting"
    assert progress[-1].hosts == ("127.0.0.1", "localhost")
    assert [event.done for event in progress] == sorted(event.done for event in progress)
    assert progress[-1].total == sum(map(len, wanted_of(repo).values()))


def test_one_comes_after_the_other(child: Child, server: HubServer) -> None:
    slow = server.fail(SHARD, rate=300_000)
    child.send(Pull("p1", REPO))
    child.wait_for(DownloadProgress, fetching("p1"))
    child.send(Pull("p2", OTHER), Pull("p3", OTHER.upper().replace("MAKER", "maker")))
    assert child.wait_for(DownloadProgress, lambda event: event.request_id == "p2").state == "waiting"
    failed = child.wait_for(Failed)
    assert (failed.request_id, failed.code) == ("p3", "busy")
    assert child.wait_for(Pulled).request_id == "p1"
    assert child.wait_for(Pulled).request_id == "p2"
    assert slow.times == 0


def test_a_pause_is_remembered_and_the_next_one_has_its_turn(
    child: Child, models: Path, server: HubServer, repo: Path
) -> None:
    slow = server.fail(SHARD, times=None, rate=50_000)
    child.send(Pull("p1", REPO), Pull("p2", OTHER), Pull("p4", "maker/Third"))
    child.wait_for(DownloadProgress, fetching("p1", 10_000))
    child.send(Cancel("p2"), Cancel("p2"), Cancel("p1"), Cancel("nobody"))
    assert {child.wait_for(Paused).request_id, child.wait_for(Paused).request_id} == {"p1", "p2"}
    assert child.wait_for(Failed).request_id == "p4"
    assert [(left.name, left.wanted) for left in unfinished(models)] == [(REPO, False), (OTHER, False)]
    slow.times = 0
    child.send(Pull("p5", REPO))
    assert child.wait_for(Pulled).request_id == "p5"
    assert files_of(models / "Model-4B") == wanted_of(repo)
    assert [left.name for left in unfinished(models)] == [OTHER]


def test_when_the_window_is_gone_it_ends_in_time_and_what_runs_or_waits_stays_wanted(
    child: Child, models: Path, server: HubServer
) -> None:
    server.fail(SHARD, after=20_000, stall=60)
    child.send(Pull("p1", REPO), Pull("p2", OTHER))
    child.wait_for(DownloadProgress, fetching("p1", 20_000))
    start = time.monotonic()
    child.hang_up()
    assert child.ended() == 0
    assert time.monotonic() - start < 20
    left = unfinished(models)
    assert [(each.name, each.wanted) for each in left] == [(REPO, True), (OTHER, True)]
    assert left[0].done >= 20_000


def test_a_second_window_is_told_that_the_first_one_fetches_it(child: Child, models: Path, server: HubServer) -> None:
    server.fail(SHARD, times=None, after=20_000, stall=60)
    child.send(Pull("p1", REPO))
    child.wait_for(DownloadProgress, fetching("p1", 20_000))
    with Child("downloads") as second:
        second.send(Pull("q1", REPO))
        failed = second.wait_for(Failed)
        assert failed.code == "in_use"
        assert "another window" in failed.message
        second.send(DiscardDownload("q2", REPO))
        assert second.wait_for(Failed).code == "in_use"
    (left,) = unfinished(models)
    assert left.wanted
    child.send(Cancel("p1"))
    child.wait_for(Paused)


def test_another_process_can_pause_it(child: Child, models: Path, server: HubServer) -> None:
    from engine.models.download import pause

    server.fail(SHARD, times=None, rate=20_000)
    child.send(Pull("p1", REPO))
    child.wait_for(DownloadProgress, fetching("p1"))
    pause(models, REPO)
    assert child.wait_for(Paused).request_id == "p1"
    assert not unfinished(models)[0].wanted


def test_what_was_fetched_can_be_given_up_while_it_is_fetched(child: Child, models: Path, server: HubServer) -> None:
    server.fail(SHARD, times=None, after=20_000, stall=60)
    child.send(Pull("p1", REPO))
    child.wait_for(DownloadProgress, fetching("p1", 20_000))
    child.send(DiscardDownload("d1", REPO))
    assert child.wait_for(Paused).request_id == "p1"
    done = child.wait_for(Done)
    assert (done.request_id, done.folder) == ("d1", "")
    assert not unfinished(models)
    assert not [path for path in (models / ".downloads").iterdir() if path.is_dir()]


def test_what_can_not_be_done_is_told(child: Child, models: Path, server: HubServer) -> None:
    server.add_repo("maker/Gated", server_folder(models), gated=True)
    child.send(Pull("p1", "maker/Gated"), Pull("p2", "no name"), Generate("g1", (Message("user", ()),)))
    failures = {failed.request_id: failed for failed in (child.wait_for(Failed) for _ in range(3))}
    assert failures["p1"].code == "gated"
    assert failures["p2"].code == "bad_request"
    assert "OWNER/NAME" in failures["p2"].message
    assert failures["g1"].code == "bad_request"
    assert not unfinished(models)
    child.write(b"no json\n")
    assert child.wait_for(Failed).code == "bad_message"


def server_folder(models: Path) -> Path:
    return write_repo(models.parent / "gated")


def test_a_token_that_no_keyring_takes_is_known_until_the_end(child: Child, models: Path, server: HubServer) -> None:
    from tests.hub_server import MEMBER

    server.add_repo("maker/Gated", server_folder(models), gated=True)
    child.send(KeepToken("k1", "huggingface", MEMBER), Pull("p1", "maker/Gated"))
    done = child.wait_for(Done)
    assert done.request_id == "k1"
    assert "until Fingerpost ends" in done.message
    assert child.wait_for(Pulled).request_id == "p1"
    assert MEMBER not in child.log
    assert not [path for path in models.parent.rglob("*.json") if MEMBER in path.read_text(errors="replace")]


def test_a_proxy_of_the_environment_leads_to_the_hub(
    models: Path, server: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.invalid")
    monkeypatch.setenv("http_proxy", server.url)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Child("downloads") as child:
        child.send(Pull("p1", REPO, "huggingface"))
        child.wait_for(DownloadProgress, lambda event: event.hosts[:1] == ("hub.invalid",))
        child.wait_for(Pulled)
        assert "refused" not in child.log
    assert {line.host for line in server.requests} == {"hub.invalid", server.cdn_host}


def test_the_log_names_no_signed_address(child: Child, server: HubServer) -> None:
    child.send(Pull("p1", REPO))
    child.wait_for(Pulled)
    child.hang_up()
    assert child.ended() == 0
    assert "Signature" not in child.log
    assert "refused" not in child.log
    assert os.environ["HF_ENDPOINT"] not in child.log

"""Fetching a model over a network that fails in every way it can."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.backends.base import Cancelled
from engine.models.download import DownloadError, Patience, unfinished
from engine.models.manifest import read_manifest
from engine.models.tokens import Tokens
from engine.protocol import DownloadProgress, SourceName
from tests.downloads import (
    KNOWN,
    REPO,
    SECOND,
    SHARD,
    Watched,
    files_of,
    publish_known,
    source_of,
    wanted_of,
    write_repo,
)
from tests.hub_server import MEMBER, HubServer


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_repo(tmp_path_factory.mktemp("published") / "repo")


@pytest.fixture
def server(repo: Path) -> Iterator[HubServer]:
    with HubServer() as server:
        server.add_repo(REPO, repo)
        yield server


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path / "Modelle für uns")


def test_a_model_arrives_whole_with_what_is_known_of_it(server: HubServer, repo: Path, watched: Watched) -> None:
    folder = watched.pull(endpoint=server.url)
    assert folder == watched.models / "Model-4B"
    assert files_of(folder) == wanted_of(repo)
    manifest = read_manifest(folder)
    assert manifest is not None
    assert (manifest.form, manifest.source, manifest.repo) == ("published", "huggingface", REPO)
    assert len(manifest.revision) == 40
    assert {fact.path for fact in manifest.files} == set(wanted_of(repo))
    assert not list((watched.models / ".downloads").iterdir())
    assert watched.hosts.contacted == ("127.0.0.1", "localhost")


def test_what_is_here_already_is_not_fetched_again(server: HubServer, watched: Watched) -> None:
    folder = watched.pull(endpoint=server.url)
    before = server.sent()
    assert watched.pull(endpoint=server.url) == folder
    assert server.sent() - before < 10_000  # The configuration, to see what it is.
    assert not unfinished(watched.models)


def test_another_model_of_that_name_is_kept(server: HubServer, watched: Watched) -> None:
    mine = watched.models / "Model-4B"
    mine.mkdir(parents=True)
    (mine / "mine.txt").write_text("mine")
    folder = watched.pull(endpoint=server.url)
    assert folder.name.startswith("Model-4B-")
    assert len(folder.name) == len("Model-4B-") + 7
    assert (mine / "mine.txt").read_text() == "mine"


def test_a_pause_keeps_every_byte_and_going_on_asks_for_the_rest(
    server: HubServer, repo: Path, watched: Watched
) -> None:
    slow = server.fail("*.safetensors", times=None, rate=400_000)

    def pause(progress: DownloadProgress) -> None:
        if progress.done > 200_000:
            raise Cancelled

    watched.when = pause
    with pytest.raises(Cancelled):
        watched.pull(endpoint=server.url)
    (left,) = unfinished(watched.models)
    assert (left.name, left.title, left.source, left.wanted) == (REPO, "Model-4B", "huggingface", True)
    assert 200_000 < left.done < left.total == sum(map(len, wanted_of(repo).values()))
    here = (watched.folder / f"{SHARD}.part").stat().st_size
    assert here
    slow.times = 0
    del server.requests[:]
    watched.when = lambda progress: None
    # The address of the mirror is remembered.
    assert files_of(watched.pull()) == wanted_of(repo)
    assert [line.range for line in server.asked(SHARD)] == [f"bytes={here}-"]
    assert server.sent(SHARD) == 300_000 - here


@pytest.mark.parametrize("after", [0, 50_000])
def test_a_pause_does_not_wait_for_a_host_that_is_silent(server: HubServer, watched: Watched, after: int) -> None:
    gate = threading.Event()
    server.fail(SHARD, times=None, after=after, gate=gate)
    watched.patience = Patience(stall=60.0)

    def pause(progress: DownloadProgress) -> None:
        if server.asked(SHARD) and server.sent(SHARD) >= after:
            raise Cancelled

    watched.when = pause
    start = time.monotonic()
    with pytest.raises(Cancelled):
        watched.pull(endpoint=server.url)
    assert time.monotonic() - start < 30
    gate.set()


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503, "times": 2},
        {"status": 429, "times": 1, "retry_after": "0"},
        {"after": 100_000, "cut": True, "times": 2},
        {"after": 100_000, "stall": 1.0, "times": 1},
        {"cut": True, "times": 3},
    ],
    ids=["out of order", "too many", "cut", "stall", "refused"],
)
def test_what_passes_is_waited_for(server: HubServer, repo: Path, watched: Watched, fault: dict[str, object]) -> None:
    server.fail(SHARD, **fault)
    assert files_of(watched.pull(endpoint=server.url)) == wanted_of(repo)
    assert len(server.asked(SHARD)) >= 2
    # What came before a cut is not asked for again: the server sent all but what lay in the wires.
    asked = [int(line.range.removeprefix("bytes=").removesuffix("-") or 0) for line in server.asked(SHARD)]
    assert asked == sorted(asked)


def test_a_host_that_asks_for_time_gets_it(server: HubServer, watched: Watched) -> None:
    server.fail(SHARD, status=429, retry_after="2")
    start = time.monotonic()
    watched.pull(endpoint=server.url)
    assert time.monotonic() - start >= 2.0
    assert "tried again by itself" in watched.notes


def test_without_a_network_it_waits_and_can_be_paused(server: HubServer, watched: Watched) -> None:
    server.fail("*", times=None, cut=True)

    def pause(progress: DownloadProgress) -> None:
        if "tried again by itself" in progress.note:
            raise Cancelled

    watched.when = pause
    with pytest.raises(Cancelled):
        watched.pull(endpoint=server.url)
    assert "127.0.0.1 can not be reached" in watched.notes
    assert unfinished(watched.models)


def test_the_network_that_comes_back_is_used(server: HubServer, repo: Path, watched: Watched) -> None:
    fault = server.fail("*", times=None, cut=True)

    def come_back(progress: DownloadProgress) -> None:
        if progress.note:
            fault.times = 0

    watched.when = come_back
    assert files_of(watched.pull(endpoint=server.url)) == wanted_of(repo)


@pytest.mark.parametrize(
    ("name", "said"),
    [("maker/Nothing", "no repository maker/Nothing"), ("maker/Gated", "let in"), ("maker/Llama", "type llama")],
)
def test_a_no_of_the_hub_is_told_at_once(
    server: HubServer, tmp_path: Path, watched: Watched, name: str, said: str
) -> None:
    other = write_repo(tmp_path / "llama")
    server.add_repo("maker/Gated", other, gated=True)
    (other / "config.json").write_text('{"model_type": "llama"}')
    server.add_repo("maker/Llama", other)
    with pytest.raises(DownloadError, match=said) as caught:
        watched.pull(name, server.url)
    codes = {"maker/Nothing": "repo_missing", "maker/Gated": "gated", "maker/Llama": "model_unsupported"}
    assert caught.value.code == codes[name]
    assert not unfinished(watched.models)


class AMember(Tokens):
    def of(self, source: SourceName) -> str | None:
        return MEMBER


def test_a_token_opens_a_gated_model_and_goes_to_the_hub_alone(server: HubServer, repo: Path, watched: Watched) -> None:
    server.add_repo("maker/Gated", repo, gated=True)
    watched.tokens = AMember()
    assert files_of(watched.pull("maker/Gated", server.url)) == wanted_of(repo)
    elsewhere = [line for line in server.requests if line.host.startswith("localhost")]
    assert elsewhere
    assert not any("Authorization" in line.headers or "Cookie" in line.headers for line in elsewhere)
    assert all(line.headers["Authorization"] == f"Bearer {MEMBER}" for line in server.requests if line not in elsewhere)


def test_a_file_that_is_refused_ends_it_and_keeps_the_rest(server: HubServer, watched: Watched) -> None:
    server.fail(f"{SHARD}@hub", status=403)
    server.fail(SECOND, rate=400_000)
    with pytest.raises(DownloadError, match="token") as caught:
        watched.pull(endpoint=server.url)
    assert caught.value.code == "gated"
    (left,) = unfinished(watched.models)
    assert not left.wanted


def test_an_address_that_has_run_out_is_asked_for_anew(server: HubServer, repo: Path, watched: Watched) -> None:
    server.fail(SHARD, status=403, times=2)
    assert files_of(watched.pull(endpoint=server.url)) == wanted_of(repo)
    assert len(server.asked(f"{SHARD}@hub")) == 3


def test_a_host_that_never_gives_a_file_ends_it(server: HubServer, watched: Watched) -> None:
    server.fail(SHARD, status=404, times=None)
    with pytest.raises(DownloadError, match=f"localhost does not give {SHARD}") as caught:
        watched.pull(endpoint=server.url)
    assert caught.value.code == "unreachable"


def test_a_host_without_ranges_sends_the_file_again(
    server: HubServer, repo: Path, watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    server.fail(SHARD, after=100_000, cut=True)
    server.fail(SHARD, times=None, whole=True)
    with caplog.at_level(logging.INFO, "engine.models.download"):
        assert files_of(watched.pull(endpoint=server.url)) == wanted_of(repo)
    assert f"sends no parts of files: {SHARD} begins anew" in caplog.text
    assert watched.reports[-1].done <= watched.reports[-1].total


@pytest.mark.parametrize("lie", [-1000, 1000])
def test_a_size_that_lies_is_told_by_name(
    server: HubServer, repo: Path, watched: Watched, caplog: pytest.LogCaptureFixture, lie: int
) -> None:
    server.add_repo(REPO, repo).files[SHARD].size += lie
    with pytest.raises(DownloadError, match=SHARD) as caught:
        watched.pull(endpoint=server.url)
    assert caught.value.code == "wrong_hash"
    assert "300,000 bytes" in str(caught.value)
    assert "fetched again" in caplog.text
    caplog.clear()


def test_a_wrong_file_is_fetched_again_once(
    server: HubServer, repo: Path, watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    server.fail(SHARD, wrong=True)
    assert files_of(watched.pull(endpoint=server.url)) == wanted_of(repo)
    assert f"{SHARD} of {REPO} is fetched again" in caplog.text
    assert len(server.asked(SHARD)) == 2
    caplog.clear()


@pytest.mark.parametrize("path", [SHARD, "README.md"], ids=["sha256", "git blob"])
def test_a_file_that_is_wrong_twice_is_told_by_name(
    server: HubServer, repo: Path, watched: Watched, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    fault = server.fail(path, times=None, wrong=True)
    with pytest.raises(DownloadError, match=path) as caught:
        watched.pull(endpoint=server.url)
    assert caught.value.code == "wrong_hash"
    assert not (watched.models / "Model-4B").exists()
    assert not (watched.folder / path).exists()
    assert (watched.folder / f"{path}.part").stat().st_size == 0
    fault.times = 0
    assert files_of(watched.pull()) == wanted_of(repo)
    caplog.clear()


def test_damage_to_what_was_fetched_earlier_is_found(
    server: HubServer, repo: Path, watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    paused_at_half(server, watched)
    part = watched.folder / f"{SHARD}.part"
    part.write_bytes(b"x" * part.stat().st_size)
    assert files_of(watched.pull()) == wanted_of(repo)
    assert f"{SHARD} of {REPO} is fetched again" in caplog.text
    caplog.clear()


@pytest.mark.parametrize("harm", ["longer", "no state", "damaged state"])
def test_strange_leftovers_do_no_harm(server: HubServer, repo: Path, watched: Watched, harm: str) -> None:
    paused_at_half(server, watched)
    part = watched.folder / f"{SHARD}.part"
    if harm == "longer":
        part.write_bytes(b"x" * 300_001)
    elif harm == "no state":
        (watched.folder / "download.json").unlink()
    else:
        (watched.folder / "download.json").write_text('{"format": 1, "files": [7]}')
    before = part.stat().st_size
    assert files_of(watched.pull(endpoint=server.url)) == wanted_of(repo)
    if harm != "longer":
        assert server.asked(SHARD)[-1].range == f"bytes={before}-"


def test_of_a_changed_repository_only_what_changed_is_fetched_anew(
    server: HubServer, repo: Path, tmp_path: Path, watched: Watched
) -> None:
    paused_at_half(server, watched)
    here = (watched.folder / f"{SECOND}.part").stat().st_size
    newer = tmp_path / "newer"
    newer.mkdir()
    for path in repo.iterdir():
        (newer / path.name).write_bytes(path.read_bytes())
    (newer / SHARD).write_bytes(b"new" * 100_000)
    server.add_repo(REPO, newer, revision="f" * 40)
    del server.requests[:]
    folder = watched.pull()
    assert files_of(folder) == wanted_of(newer)
    assert [line.range for line in server.asked(SHARD)] == [""]
    assert [line.range for line in server.asked(SECOND)] == [f"bytes={here}-"]
    manifest = read_manifest(folder)
    assert manifest is not None
    assert manifest.revision == "f" * 40


def paused_at_half(server: HubServer, watched: Watched) -> None:
    """Both shards are here in part."""
    faults = [server.fail(path, after=100_000, stall=60.0) for path in (SHARD, SECOND)]

    def pause(progress: DownloadProgress) -> None:
        if server.sent(SHARD) + server.sent(SECOND) >= 200_000:
            raise Cancelled

    watched.when = pause
    with pytest.raises(Cancelled):
        watched.pull(endpoint=server.url)
    for fault in faults:
        fault.times = 0
    watched.when = lambda progress: None
    assert (watched.folder / f"{SHARD}.part").stat().st_size
    assert (watched.folder / f"{SECOND}.part").stat().st_size


class TestTwoSources:
    """A model of the catalogue, which both hubs have."""

    @pytest.fixture
    def hubs(self, repo: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[HubServer, HubServer]]:
        with HubServer() as first, HubServer() as second:
            publish_known(first, repo)
            publish_known(second, repo, "modelscope")
            monkeypatch.setenv("HF_ENDPOINT", first.url)
            monkeypatch.setenv("MODELSCOPE_ENDPOINT", second.url)
            yield first, second

    def test_the_second_is_asked_when_the_first_is_out_of_reach(
        self, hubs: tuple[HubServer, HubServer], repo: Path, watched: Watched
    ) -> None:
        hubs[0].fail("*", times=None, cut=True)
        folder = watched.pull(KNOWN)
        assert files_of(folder) == wanted_of(repo)
        assert "can not be reached" in watched.notes
        assert "ModelScope is asked instead" in watched.notes
        manifest = read_manifest(folder)
        assert manifest is not None
        assert manifest.source == "modelscope"

    def test_it_goes_on_where_the_first_one_broke_off(
        self, hubs: tuple[HubServer, HubServer], repo: Path, watched: Watched
    ) -> None:
        hubs[0].fail(SHARD, times=1, after=100_000, cut=True)
        hubs[0].fail(SHARD, times=None, status=503)
        assert files_of(watched.pull(KNOWN)) == wanted_of(repo)
        (asked,) = hubs[1].asked(SHARD)
        assert asked.range.startswith("bytes=")
        assert hubs[0].sent(SHARD) + hubs[1].sent(SHARD) < 301_000 + 32 * 1024
        assert hubs[1].sent(SECOND) == 0

    def test_another_source_with_other_files_is_no_reason_to_begin_anew(
        self, hubs: tuple[HubServer, HubServer], tmp_path: Path, repo: Path, watched: Watched
    ) -> None:
        other = write_repo(tmp_path / "other")
        (other / SHARD).write_bytes(b"other" * 60_000)
        publish_known(hubs[1], other, "modelscope")
        hubs[0].fail(SHARD, times=1, after=100_000, cut=True)
        outage = hubs[0].fail(SHARD, times=None, status=503)

        def come_back(progress: DownloadProgress) -> None:
            if "from Hugging Face alone" in progress.note:
                outage.times = 0

        watched.when = come_back
        assert files_of(watched.pull(KNOWN)) == wanted_of(repo)
        assert not hubs[1].asked(SHARD)
        assert hubs[0].sent(SHARD) < 300_000 + 32 * 1024

    def test_a_source_that_was_named_is_the_only_one(self, hubs: tuple[HubServer, HubServer], watched: Watched) -> None:
        folder = watched.pull(KNOWN, source="modelscope")
        assert not hubs[0].requests
        assert folder.name == source_of("modelscope").repo.rpartition("/")[2]

    def test_a_model_that_one_of_them_has_not_comes_from_the_other(
        self, hubs: tuple[HubServer, HubServer], watched: Watched
    ) -> None:
        hubs[0].fail("*", times=None, status=404)
        assert watched.pull(KNOWN).is_dir()


def test_a_conversion_without_a_template_gets_the_makers_own(
    server: HubServer, tmp_path: Path, watched: Watched
) -> None:
    server.add_repo(REPO, write_repo(tmp_path / "bare", template=False))
    origin = write_repo(tmp_path / "origin")
    (origin / "chat_template.jinja").write_text("{{ the makers' own }}")
    publish_known(server, origin)
    folder = watched.pull(endpoint=server.url)
    assert (folder / "chat_template.jinja").read_text() == "{{ the makers' own }}"
    manifest = read_manifest(folder)
    assert manifest is not None
    assert "chat_template.jinja" in {fact.path for fact in manifest.files}


def test_without_any_template_a_model_arrives_all_the_same(server: HubServer, tmp_path: Path, watched: Watched) -> None:
    server.add_repo(REPO, write_repo(tmp_path / "bare", template=False))
    assert not (watched.pull(endpoint=server.url) / "chat_template.jinja").exists()

"""Fetching a model onto a disk that is full, closed, or strange."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.backends.base import Cancelled
from engine.models.download import DownloadError, begin, discard, pause, unfinished
from engine.models.download.part import Part
from engine.models.manifest import MANIFEST_FILE
from engine.protocol import DownloadProgress, Pull
from tests.downloads import REPO, SHARD, Watched, files_of, wanted_of, write_repo
from tests.hub_server import HubServer


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
    return Watched(tmp_path / "models")


def test_a_disk_without_room_is_told_before_anything_is_fetched(
    server: HubServer, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=150_000_000))
    with pytest.raises(DownloadError, match=r"Free 0\.1 GB") as caught:
        watched.pull(endpoint=server.url)
    assert caught.value.code == "disk_full"
    assert not server.asked(SHARD)


def test_a_disk_that_gets_full_loses_nothing(
    server: HubServer, repo: Path, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    append = Part.append

    def full(part: Part, data: bytes) -> None:
        if part.size > 100_000 and part._fact.path == SHARD:
            raise OSError(errno.ENOSPC, "No space left on device")
        append(part, data)

    with monkeypatch.context() as patched:
        patched.setattr(Part, "append", full)
        with pytest.raises(DownloadError, match=r"is full\. Free some space") as caught:
            watched.pull(endpoint=server.url)
    assert caught.value.code == "disk_full"
    here = (watched.folder / f"{SHARD}.part").stat().st_size
    (left,) = unfinished(watched.models)
    assert left.done >= here > 100_000
    assert not left.wanted
    assert files_of(watched.pull()) == wanted_of(repo)
    assert server.asked(SHARD)[-1].range == f"bytes={here}-"


def test_a_disk_that_gets_full_says_how_much_is_lacking(
    server: HubServer, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = iter((10**9, 1_000_000))

    def full(part: Part, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=next(free)))
    monkeypatch.setattr(Part, "append", full)
    with pytest.raises(DownloadError, match=r"1\.0 MB left\. Free 0\.2 GB, then go on"):
        watched.pull(endpoint=server.url)


def test_a_write_that_stops_half_way_counts_what_was_written(tmp_path: Path) -> None:
    from engine.models.manifest import FileFact

    class Short:
        """A disk that takes three bytes at a time, and six in all."""

        closed = False
        taken = b""

        def write(self, data: memoryview) -> int:
            if len(self.taken) == 6:
                raise OSError(errno.ENOSPC, "No space left on device")
            self.taken += data[:3]
            return min(3, len(data))

    part = Part(tmp_path / "file", FileFact("file", 10))
    part.close()
    part._file = disk = Short()  # type: ignore[assignment]
    with pytest.raises(OSError, match="No space"):
        part.append(b"0123456789")
    assert disk.taken == b"012345"
    assert part.size == 6


def test_a_folder_that_may_not_be_written_to_is_told(
    server: HubServer, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: Path, *arguments: object, **options: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refused)  # As root one may write anywhere.
    with pytest.raises(DownloadError, match="can not be written to") as caught:
        watched.pull(endpoint=server.url)
    assert caught.value.code == "folder_refused"
    assert str(watched.models) in str(caught.value)


@pytest.mark.skipif(os.name == "nt", reason="links need a right of their own")
@pytest.mark.parametrize("place", ["models", "download", "target"])
def test_a_link_that_leads_to_itself_does_no_harm(server: HubServer, repo: Path, watched: Watched, place: str) -> None:
    link = {"models": watched.models, "download": watched.folder, "target": watched.models / "Model-4B"}[place]
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(link)
    if place == "target":
        folder = watched.pull(endpoint=server.url)
        assert folder.name.startswith("Model-4B-")
        assert files_of(folder) == wanted_of(repo)
        return
    with pytest.raises(DownloadError, match=r"leads back to itself|leads nowhere") as caught:
        watched.pull(endpoint=server.url)
    assert caught.value.code == "folder_refused"
    assert link.is_symlink()
    assert not unfinished(watched.models)


def test_a_file_in_the_way_is_told(server: HubServer, watched: Watched) -> None:
    watched.models.write_text("I am in the way")
    with pytest.raises(DownloadError, match="is a file"):
        watched.pull(endpoint=server.url)


def test_the_model_appears_only_when_it_is_whole(server: HubServer, watched: Watched) -> None:
    target = watched.models / "Model-4B"

    def look(progress: DownloadProgress) -> None:
        assert not target.exists()

    watched.when = look
    server.fail(SHARD, rate=600_000)
    assert watched.pull(endpoint=server.url) == target
    assert (target / MANIFEST_FILE).is_file()
    assert not (target / "download.json").exists()


def test_a_process_that_ended_just_before_the_last_step_fetches_nothing_again(
    server: HubServer, repo: Path, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("engine.models.download.desk.write_manifest", killed)
        with pytest.raises(Cancelled):
            watched.pull(endpoint=server.url)
    del server.requests[:]
    assert files_of(watched.pull()) == wanted_of(repo)
    assert server.sent() < 10_000  # The configuration, to see what it is.


def killed(*arguments: object) -> None:
    raise Cancelled


def test_a_download_can_be_begun_paused_and_discarded_by_any_of_its_names(tmp_path: Path) -> None:
    left = begin(Pull("r1", "Qwen/Qwen3.5-4B"), tmp_path)
    assert (left.title, left.done, left.wanted) == ("Qwen3.5-4B", 0, True)
    assert left.total > 9e9
    pause(tmp_path, "qwen3.5-4B")
    (left,) = unfinished(tmp_path)
    assert not left.wanted
    discard(tmp_path, "qwen3.5-4b")
    discard(tmp_path, "qwen3.5-4b")
    assert not unfinished(tmp_path)
    with pytest.raises(DownloadError, match="not being fetched"):
        pause(tmp_path, "qwen3.5-4b")
    with pytest.raises(DownloadError, match="OWNER/NAME"):
        discard(tmp_path, "../models")

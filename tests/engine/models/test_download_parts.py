"""The parts a download is made of, each alone."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import httpx2
import pytest

from engine.models.download.crew import Halt, Stopped, attend
from engine.models.download.errors import WrongFile
from engine.models.download.hosts import Hosts
from engine.models.download.part import Part
from engine.models.download.rate import Rate
from engine.models.download.retry import Patience
from engine.models.download.state import State, bytes_here, read_state, settle, write_state
from engine.models.manifest import FileFact


def test_a_state_comes_back_as_it_was_written(tmp_path: Path) -> None:
    state = State(
        "maker/Größe", "Größe", 7, "modelscope", "main", "http://x", False, "modelscope", (FileFact("a/b", 7, "5f"),)
    )
    write_state(tmp_path, state)
    assert read_state(tmp_path) == state


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 2}', '{"format": 1, "files": [{"path": "../x"}]}'])
def test_a_state_that_can_not_be_read_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "download.json").write_text(text)
    assert read_state(tmp_path) is None


def test_a_part_is_checked_from_its_first_byte_and_then_gets_its_name(tmp_path: Path) -> None:
    fact = FileFact("file", 6, hashlib.sha256(b"abcdef").hexdigest())
    first = Part(tmp_path / "file", fact)
    first.append(b"abc")
    # Not closed: as if the process had been killed.
    part = Part(tmp_path / "file", fact)
    assert part.size == 3
    part.read(lambda: None)
    part.append(b"def")
    part.finish()
    assert (tmp_path / "file").read_bytes() == b"abcdef"
    assert not (tmp_path / "file.part").exists()
    first.close()


def test_a_git_hash_is_that_of_the_blob(tmp_path: Path) -> None:
    # What `git hash-object` says of these bytes.
    part = Part(tmp_path / "file", FileFact("file", 6, "", "ce013625030ba8dba906f756967f9e9ca394464a"))
    part.append(b"hello\n")
    part.finish()
    wrong = Part(tmp_path / "other", FileFact("other", 6, "", "ce013625030ba8dba906f756967f9e9ca394464a"))
    wrong.append(b"hallo\n")
    with pytest.raises(WrongFile):
        wrong.finish()
    wrong.close()


def test_a_closed_part_takes_nothing(tmp_path: Path) -> None:
    part = Part(tmp_path / "file", FileFact("file", 3))
    part.close()
    for work in (lambda: part.append(b"abc"), part.restart):
        with pytest.raises(Stopped):
            work()
    assert (tmp_path / "file.part").stat().st_size == 0


def test_what_was_fetched_is_kept_by_what_is_published_now(tmp_path: Path) -> None:
    def fact(path: str, sha256: str = "", git_sha1: str = "", size: int = 3) -> FileFact:
        return FileFact(path, size, sha256, git_sha1)

    before = (
        fact("same", "1"),
        fact("changed", "1"),
        fact("longer", "1"),
        fact("gone", "1"),
        fact("other hub", "", "1"),
    )
    now = (fact("same", "1"), fact("changed", "2"), fact("longer", "1", size=4), fact("other hub", "2"), fact("found"))
    for path in ("same", "changed", "longer", "gone.part", "other hub", "found"):
        (tmp_path / path).write_bytes(b"abc")
    settle(tmp_path, before, now)
    # Of what nobody vouches for, the hash is taken once more.
    assert {path.name for path in tmp_path.iterdir()} == {"same", "other hub.part", "found.part"}
    assert bytes_here(tmp_path, now) == 9


def test_pauses_grow_and_never_fall_below_what_the_host_asks_for() -> None:
    patience = Patience(first=1.0, longest=60.0)
    assert 0.75 <= patience.pause(1) <= 1.25
    assert 3.0 <= patience.pause(3) <= 5.0
    assert patience.pause(500) <= 75.0
    assert patience.pause(1, asked=90.0) == 90.0
    assert patience.pause(1, asked=1e9) == 3600.0


def test_a_rate_looks_back_some_seconds() -> None:
    rate = Rate()
    assert rate.update(0.0, 0) == 0
    assert rate.update(0.5, 1000) == 0
    assert [rate.update(second, 100 * second) for second in range(1, 11)][-1] == pytest.approx(100)
    assert [rate.update(second, 1000) for second in range(11, 18)][-1] == 0


def test_hosts_are_told_in_their_order_and_proxies_may_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://user:secret@proxy.example:3128")
    hosts = Hosts()
    for url in ("https://hub.example/a", "https://bücher.example/b", "https://hub.example/c"):
        hosts.contact(httpx2.Request("GET", url))
    assert hosts.contacted == ("hub.example", "bücher.example")
    assert hosts.allows("proxy.example")
    assert hosts.allows("xn--bcher-kva.example")
    assert not hosts.allows("other.example")


def test_the_first_failure_of_a_crew_ends_all_of_it() -> None:
    halt, waiting = Halt(), threading.Event()

    def wait() -> None:
        waiting.set()
        halt.wait(60)

    def fail() -> None:
        waiting.wait(60)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        attend([wait, fail, wait], 2, halt, lambda: None)


def test_a_crew_does_all_its_work() -> None:
    assert sorted(attend([lambda number=number: number for number in range(20)], 4, Halt(), lambda: None)) == list(
        range(20)
    )
    assert attend([], 4, Halt(), lambda: None) == []

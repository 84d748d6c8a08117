"""A file that brings its reader down takes one page with it, and never the program."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.documents.document import Document, DocumentError, Page, PasswordNeeded
from engine.documents.job import Job, Stopped
from engine.documents.limits import Limits
from engine.documents.sandbox.isolate import Isolation, read_isolated
from engine.protocol import Box
from tests.documents import pdfs
from tests.documents.bad_readers import BAD, PAGES
from tests.documents.pdfs import pdf


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "Vertrag größe.pdf"
    path.write_bytes(b"%PDF-1.7 some bytes")
    return path


@pytest.fixture
def isolation() -> Iterator[Isolation]:
    isolation = Isolation()
    yield isolation
    isolation.close()


def _read(path: Path, reader: str, limits: Limits | None = None, **job: object) -> Document:
    return read_isolated(
        path, path.name, Job(limits=limits or Limits(), **job), f"tests.documents.bad_readers:{reader}"
    )  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("reader", "says"),
    [
        ("crash", "stopped at it"),
        ("stumble", "stopped at it"),
        ("hang", "took too long"),
        ("eat", "too much memory"),
    ],
)
def test_the_page_that_goes_wrong_is_said_and_the_rest_is_read(file: Path, reader: str, says: str) -> None:
    document = _read(file, reader, Limits(page_seconds=4 if reader == "hang" else 60, memory_bytes=256 << 20))
    assert [page.number for page in document.pages] == list(range(1, PAGES + 1))
    for page in document.pages:
        if page.number == BAD:
            assert says in page.problem
            assert not page.spans
        else:
            assert (page.text, page.problem) == (f"text of page {page.number}", "")


def test_pages_are_handed_on_as_they_come(file: Path) -> None:
    pages: list[Page] = []
    done: list[int] = []
    document = _read(file, "crash", emit=pages.append, progress=lambda number, _: done.append(number))
    assert document.pages == ()
    assert [page.number for page in pages] == done == list(range(1, PAGES + 1))


def test_a_file_that_can_not_be_opened_at_all_is_refused(file: Path) -> None:
    with pytest.raises(DocumentError, match="brings the reader down") as refused:
        _read(file, "crash_at_once")
    assert refused.value.code == "document_unreadable"
    with pytest.raises(DocumentError, match="No page"):
        _read(file, "crash_everywhere")


def test_a_crash_after_the_last_page_loses_none(file: Path) -> None:
    document = _read(file, "crash_at_the_end")
    assert len(document.pages) == PAGES
    assert all(page.spans for page in document.pages)
    assert "table of contents" in document.notes[0]


def test_a_file_that_changes_or_vanishes_meanwhile_is_said(file: Path) -> None:
    timer = threading.Timer(1.0, lambda: file.write_bytes(b"%PDF-1.7 other"))
    timer.start()
    with pytest.raises(DocumentError, match="was changed while it was read"):
        _read(file, "slow")
    timer = threading.Timer(1.0, file.unlink)
    timer.start()
    with pytest.raises(DocumentError, match="not there any more"):
        _read(file, "slow")


def test_what_is_no_file_is_refused(tmp_path: Path, file: Path) -> None:
    with pytest.raises(DocumentError, match="is a folder"):
        _read(tmp_path, "crash")
    (tmp_path / "empty.pdf").touch()
    with pytest.raises(DocumentError, match="is empty"):
        _read(tmp_path / "empty.pdf", "crash")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.pdf")
        with pytest.raises(DocumentError, match="not a file"):
            _read(tmp_path / "pipe.pdf", "crash")
        (tmp_path / "dangling.pdf").symlink_to(tmp_path / "nothing")
        with pytest.raises(DocumentError, match="not there"):
            _read(tmp_path / "dangling.pdf", "crash")
        (tmp_path / "link.pdf").symlink_to(file)
        assert len(_read(tmp_path / "link.pdf", "crash").pages) == PAGES
    with pytest.raises(DocumentError, match="MB is the most"):
        _read(file, "crash", Limits(file_bytes=10))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="may read everything")
def test_a_file_that_may_not_be_read_is_refused(file: Path) -> None:
    file.chmod(0)
    with pytest.raises(DocumentError, match="permissions"):
        _read(file, "crash")


def test_a_job_that_nobody_waits_for_stops_at_once(file: Path) -> None:
    def stop() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        _read(file, "hang", checkpoint=stop)


def test_the_process_has_no_network_and_sends_nothing_but_data(file: Path) -> None:
    assert _read(file, "reach_out").title == "refused"
    with pytest.raises(DocumentError, match="brings the reader down"):
        _read(file, "lie")
    assert not Path(f"{file}.evil").exists()


def test_real_files_are_read_and_drawn(tmp_path: Path, isolation: Isolation) -> None:
    path = pdf(tmp_path / "lang.pdf", *pdfs.prose(4))
    isolation.warm()
    document = isolation.read(path, "lang.pdf", Job())
    assert [page.spans[0].text for page in document.pages] == [f"Chapter {number}" for number in range(1, 5)]
    assert document.pages[2].spans[0].words[0].box.x0 == pytest.approx(72 / pdfs.WIDTH, abs=0.003)
    isolation.warm()
    assert isolation.render(path, "pdf", 1, 300, None, "").size == (300, 424)
    assert isolation.render(path, "pdf", 2, 300, Box(0, 0, 0.5, 0.5), "").width == 300
    with pytest.raises(DocumentError, match="no page 9"):
        isolation.render(path, "pdf", 9, 300, None, "")
    locked = pdfs.encrypted(tmp_path / "locked.pdf", "geheim", "owner")
    with pytest.raises(PasswordNeeded):
        isolation.read(locked, "locked.pdf", Job())
    assert isolation.read(locked, "locked.pdf", Job(password="geheim")).pages[0].text == "Secret clause"

"""The process that reads documents, as the window meets it: a real one, with real files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import PIL.Image
import psutil
import pytest

from engine.documents.places import documents_folder
from engine.models.places import HOME_VARIABLE
from engine.protocol import (
    Box,
    Cancel,
    DocumentRead,
    Done,
    Event,
    Failed,
    FindPassages,
    FindText,
    Generate,
    Hello,
    LocateQuote,
    OcrProgress,
    PageRendered,
    PageShown,
    PassagesFound,
    QuoteLocated,
    ReadDocument,
    ReadProgress,
    RenderPage,
    SaveTable,
    ShowPage,
    TextFound,
    request_id_of,
)
from tests.documents.pdfs import encrypted, pdf, prose, table
from tests.documents.scans import scan
from tests.worker.child import Child

E = TypeVar("E", bound=Event)


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Child]:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    with Child("reader") as child:
        assert child.event() == Hello("reader", child.process.pid)
        yield child


def read_of(request_id: str, path: Path, password: str = "") -> ReadDocument:
    return ReadDocument(request_id, digest_of(path), str(path), path.name, password)


def digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def end_of(child: Child, request_id: str, kind: type[E]) -> E:
    """How a command ended; what is told of others, and how far it is, is dropped."""
    event = child.wait_for(
        Event,  # type: ignore[arg-type]
        lambda event: request_id_of(event) == request_id and not isinstance(event, ReadProgress | OcrProgress),
    )
    assert isinstance(event, kind), event
    return event


def test_a_document_is_read_searched_shown_and_drawn(child: Child, tmp_path: Path) -> None:
    path = pdf(tmp_path / "Größe.pdf", *prose(3))
    document = digest_of(path)
    child.send(read_of("r", path))
    read = end_of(child, "r", DocumentRead)
    assert read.final
    assert (read.info.document, read.info.kind, len(read.info.pages)) == (document, "pdf", 3)

    child.send(
        FindPassages("f", (document,), "what is said of needle 2?"),
        FindText("t", document, "NEEDLE  3 line 4"),
        ShowPage("s", document, 1),
    )
    passages = end_of(child, "f", PassagesFound).passages
    assert passages[0].page == 2
    assert passages[0].boxes
    (place, *_) = end_of(child, "t", TextFound).places
    assert (place.page, place.match) == (3, "needle 3 line 4")
    # The heading stands 62 points below the upper edge of A4, the fourth line 134 points.
    (box,) = place.boxes
    assert box.y0 == pytest.approx((841.9 - 708 - 10) / 841.9, abs=0.01)
    shown = end_of(child, "s", PageShown)
    assert shown.spans[0].text == "Chapter 1"
    assert [len(span.words) for span in shown.spans] == [len(span.boxes) for span in shown.spans]

    child.send(
        RenderPage("whole", document, str(path), 2, 400),
        RenderPage("part", document, str(path), 2, 400, Box(0, 0, 1, 0.1)),
        RenderPage("none", document, str(path), 9, 400),
    )
    whole, part = end_of(child, "whole", PageRendered), end_of(child, "part", PageRendered)
    assert (whole.width, whole.height) == (400, 566)
    assert (part.width, part.height) == (400, 57)
    with PIL.Image.open(whole.path) as picture:
        assert picture.size == (400, 566)
        assert picture.convert("L").getextrema()[0] < 100
    assert "no page 9" in end_of(child, "none", Failed).message


def test_the_second_time_it_is_there_already_even_without_its_file(child: Child, tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", *prose(2))
    command = read_of("1", path)
    child.send(command)
    first = end_of(child, "1", DocumentRead)
    path.unlink()
    child.send(ReadDocument("2", command.document, command.path, command.name))
    assert end_of(child, "2", DocumentRead).info == first.info
    child.send(RenderPage("p", command.document, command.path, 1, 400))
    assert "not there any more" in end_of(child, "p", Failed).message


def test_a_page_is_drawn_and_others_are_searched_while_a_long_one_is_read(child: Child, tmp_path: Path) -> None:
    short, long = pdf(tmp_path / "short.pdf", *prose(1)), pdf(tmp_path / "long.pdf", *prose(120))
    child.send(read_of("short", short))
    end_of(child, "short", DocumentRead)
    child.send(
        read_of("long", long),
        RenderPage("page", digest_of(short), str(short), 1, 300),
        FindText("text", digest_of(short), "needle"),
    )
    ended = []
    while len(ended) < 3:
        event = child.event()
        if not isinstance(event, ReadProgress):
            ended.append(request_id_of(event))
    assert ended[-1] == "long"


def test_what_has_no_index_can_not_be_looked_into(child: Child, tmp_path: Path) -> None:
    child.send(FindText("t", "0" * 64, "word"), ShowPage("s", "1" * 64, 1), FindPassages("f", ("2" * 64,), "word"))
    for request_id in "tsf":
        assert end_of(child, request_id, Failed).code == "document_unreadable"


def test_an_encrypted_file_asks_for_its_password(child: Child, tmp_path: Path) -> None:
    path = encrypted(tmp_path / "secret.pdf", "open sesame", "owner")
    child.send(read_of("1", path), read_of("2", path, "wrong"), read_of("3", path, "open sesame"))
    assert end_of(child, "1", Failed).code == "password_needed"
    assert "does not open" in end_of(child, "2", Failed).message
    assert end_of(child, "3", DocumentRead).final


def test_bytes_that_are_not_those_of_the_hash_are_not_kept(child: Child, tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", *prose(1))
    child.send(ReadDocument("r", "0" * 64, str(path), path.name))
    assert "was changed" in end_of(child, "r", Failed).message
    assert not list(documents_folder().glob("*.sqlite"))


def test_a_table_becomes_a_file(child: Child, tmp_path: Path) -> None:
    rows = [["Item", "Price"], ["Tea, green", "4"], ["Käse", "12"]]
    path = pdf(tmp_path / "a.pdf", lambda canvas: table(canvas, rows, 72, 500, ruled=True))
    child.send(read_of("r", path))
    end_of(child, "r", DocumentRead)
    to = tmp_path / "prices.csv"
    child.send(SaveTable("t", digest_of(path), 1, 0, str(to)), SaveTable("u", digest_of(path), 1, 5, str(to)))
    assert end_of(child, "t", Done) == Done("t", str(to), "The table is saved as prices.csv, with 3 rows.")
    assert to.read_text(encoding="utf-8-sig").splitlines() == ["Item,Price", '"Tea, green",4', "Käse,12"]
    assert end_of(child, "u", Failed).code == "bad_request"


def test_reading_stops_when_asked_and_the_next_goes_on(child: Child, tmp_path: Path) -> None:
    long, short = pdf(tmp_path / "long.pdf", *prose(300)), pdf(tmp_path / "short.pdf", *prose(1))
    child.send(read_of("long", long), read_of("waits", short), read_of("short", short))
    child.wait_for(ReadProgress)
    child.send(Cancel("long"), Cancel("waits"), Cancel("unknown"))
    assert "was stopped" in end_of(child, "long", Failed).message
    assert "was stopped" in end_of(child, "waits", Failed).message
    assert end_of(child, "short", DocumentRead).final


def test_a_process_that_is_killed_over_a_page_is_said_and_nothing_else_is_lost(child: Child, tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", *prose(150))
    child.send(read_of("r", path))
    child.wait_for(ReadProgress)
    for grandchild in psutil.Process(child.process.pid).children():
        grandchild.kill()
    read = end_of(child, "r", DocumentRead)
    problems = [page.number for page in read.info.pages if page.problem]
    assert len(problems) == 1
    assert len(read.info.pages) == 150
    assert all(page.characters for page in read.info.pages if page.number not in problems)


def test_scans_are_recognised_one_after_another_while_everything_else_goes_on(child: Child, tmp_path: Path) -> None:
    path = scan(tmp_path / "scan.tif", "Invoice number 7421", "Total 900 euros")
    child.send(read_of("r", path))
    first = end_of(child, "r", DocumentRead)
    document = first.info.document
    assert not first.final
    assert [(page.scanned, page.recognised) for page in first.info.pages] == [(True, False)] * 2
    child.send(ReadDocument("again", document, str(path), path.name), RenderPage("p", document, str(path), 2, 300))
    assert end_of(child, "p", PageRendered).width == 300
    last = child.wait_for(DocumentRead, lambda event: event.request_id == "r")
    assert last.final
    assert [page.recognised for page in last.info.pages] == [True] * 2
    assert child.wait_for(DocumentRead, lambda event: event.request_id == "again" and event.final).info == last.info
    child.send(FindPassages("f", (document,), "the total"), FindText("t", document, "7421"))
    assert end_of(child, "f", PassagesFound).passages[0].page == 2
    (place,) = end_of(child, "t", TextFound).places
    assert place.page == 1
    # The number stands at the right of the line, which begins at 40 of 900 pixels.
    assert place.boxes[0].x0 > 0.3


def test_recognising_stops_at_once(child: Child, tmp_path: Path) -> None:
    path = scan(tmp_path / "scan.tif", *(f"Page {number}" for number in range(40)))
    child.send(read_of("r", path))
    assert not end_of(child, "r", DocumentRead).final
    child.wait_for(OcrProgress)
    child.send(Cancel("r"))
    assert "was stopped" in end_of(child, "r", Failed).message
    child.send(ShowPage("s", digest_of(path), 40))
    assert end_of(child, "s", PageShown).page == 40


def test_a_quote_is_located(child: Child, tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", *prose(2))
    child.send(read_of("r", path))
    end_of(child, "r", DocumentRead)
    child.send(
        LocateQuote("q", digest_of(path), "needle 2 line 7"), LocateQuote("n", digest_of(path), "pets are welcome here")
    )
    located = end_of(child, "q", QuoteLocated)
    assert (located.page, located.exact, len(located.boxes)) == (2, True, 1)
    assert end_of(child, "n", QuoteLocated).page == 0


def test_an_encrypted_file_that_was_read_before_asks_for_its_password_again(child: Child, tmp_path: Path) -> None:
    path = encrypted(tmp_path / "secret.pdf", "open sesame", "owner")
    child.send(read_of("1", path, "open sesame"), read_of("2", path), read_of("3", path, "open sesame"))
    assert end_of(child, "1", DocumentRead).final
    assert end_of(child, "2", Failed).code == "password_needed"
    assert end_of(child, "3", DocumentRead).final


def test_commands_of_other_processes_are_refused(child: Child) -> None:
    child.write(b"rubbish\n")
    assert child.wait_for(Failed).code == "bad_message"
    child.send(Generate("g", ()))
    assert end_of(child, "g", Failed).code == "bad_request"


def test_it_ends_with_its_input_and_takes_its_own_children_along(child: Child, tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", *prose(300))
    child.send(read_of("r", path), *(RenderPage(str(page), digest_of(path), str(path), page, 900) for page in range(9)))
    child.wait_for(ReadProgress)
    grandchildren = psutil.Process(child.process.pid).children()
    assert grandchildren
    child.hang_up()
    assert child.ended() == 0
    _, alive = psutil.wait_procs(grandchildren, timeout=5)
    assert alive == []

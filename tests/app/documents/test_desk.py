"""What people drop is read, waits, and goes with the question; what can not be read says so, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import PIL.Image
import psutil
import pytest

from app.documents import intake
from app.documents.intake import Gathered, Skipped, gather, sentence_of
from app.domain.documents import DocumentAttachment
from engine.protocol import DocumentInfo, Failed, PassagesFound
from tests.app.documents.table import Table
from tests.documents.pdfs import encrypted, pdf, prose
from tests.documents.scans import scan


def test_a_document_is_read_and_goes_with_the_question(table: Table, tmp_path: Path) -> None:
    path = pdf(tmp_path / "Größe.pdf", *prose(3))
    (document,) = table.add(path)
    assert (document.name, document.kind, document.pages, document.state) == ("Größe.pdf", "pdf", 3, "ready")
    assert document.path.read_bytes() == path.read_bytes()
    assert document.path != path
    assert table.desk.ready == (document,)
    assert table.take() == (document,)
    assert table.desk.all == ()
    table.desk.restore((document,))
    assert table.desk.all == (document,)


def test_a_question_waits_until_its_documents_are_read(table: Table, tmp_path: Path) -> None:
    taken: list[tuple[DocumentAttachment, ...]] = []
    table.desk.add([pdf(tmp_path / "long.pdf", *prose(60))])
    table.desk.take("When?", taken.append)
    assert taken == []
    assert len(table.notes) == 1
    table.until(lambda: taken)
    assert [(document.pages, document.state) for document in taken[0]] == [(60, "ready")]
    assert any(document.total == 60 for change in table.changes for document in change)


def test_the_same_file_twice_is_one_document(table: Table, tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", *prose(1))
    copy = tmp_path / "copy.pdf"
    copy.write_bytes(path.read_bytes())
    assert len(table.add(path, copy)) == 1
    assert len(table.add(path)) == 1


def test_each_file_that_can_not_be_read_says_why_and_the_others_go_on(table: Table, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing")
    (tmp_path / "notes.txt").write_text("The rent is 900 euros.", encoding="utf-8")
    table.add(*(tmp_path / name for name in ("empty.txt", "gone.txt", "broken.pdf", "notes.txt")))
    said = {document.name: (document.state, document.sentence) for document in table.desk.all}
    assert said["empty.txt"] == ("failed", "“empty.txt” is empty. Choose the file that has something in it.")
    assert said["gone.txt"] == ("failed", "“gone.txt” is not there any more. Add it again.")
    assert said["broken.pdf"][0] == "failed"
    assert [document.name for document in table.take()] == ["notes.txt"]
    assert [name for name, _ in table.states()] == ["empty.txt", "gone.txt", "broken.pdf"]
    for document in table.desk.all:
        table.desk.remove(document.id)
    assert table.desk.all == ()


def test_a_folder_is_read_and_what_is_left_out_of_it_is_told(table: Table, tmp_path: Path) -> None:
    folder = tmp_path / "Papers"
    (folder / "inner").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    pdf(folder / "b.pdf", *prose(1))
    (folder / "inner" / "a.txt").write_text("The rent.", encoding="utf-8")
    (folder / ".hidden" / "secret.txt").write_text("no", encoding="utf-8")
    (folder / "film.mp4").write_bytes(b"film")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing")
    table.add(folder)
    assert table.states() == [("b.pdf", "ready"), ("a.txt", "ready")]
    assert table.problems == ["Not read: film.mp4 (.mp4 files are not read), broken.pdf (it can not be read)."]


def test_a_folder_without_end_is_cut_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(8):
        (tmp_path / f"{number}.txt").write_text("text", encoding="utf-8")
    (tmp_path / "loop").symlink_to(tmp_path)
    gathered = gather([tmp_path], 3)
    assert [path.name for path in gathered.files] == ["0.txt", "1.txt", "2.txt"]
    assert sentence_of(gathered).endswith("so 5 files are left out. Add the rest to another question.")
    monkeypatch.setattr(intake, "MOST_LOOKED_AT", 4)
    assert gather([tmp_path], 99).skipped == (Skipped(tmp_path.name, "only its first 4 files were looked at"),)
    many = Gathered((), tuple(Skipped(f"{number}.zip", "no") for number in range(5)))
    assert sentence_of(many) == "Not read: 0.zip (no), 1.zip (no), 2.zip (no), and 2 more."


def test_an_encrypted_document_waits_for_its_password(table: Table, tmp_path: Path) -> None:
    (document,) = table.add(encrypted(tmp_path / "secret.pdf", "open sesame", "owner"))
    assert (document.state, document.sentence) == ("password", "")
    assert "needs its password" in table.desk.obstacle
    table.desk.give_password(document.id, "wrong")
    table.until(lambda: table.desk.all[0].state == "password")
    assert "does not open" in table.desk.all[0].sentence
    table.desk.give_password(document.id, "open sesame")
    table.until(lambda: table.desk.all[0].state == "ready")
    assert table.desk.obstacle == ""
    pictures: list[object] = []
    table.looking.draw(table.desk.all[0], 1, 300, pictures.append, pictures.append)
    table.until(lambda: pictures)
    assert pictures[0].width() == 300  # type: ignore[attr-defined]


def test_a_scan_is_recognised_and_shown_to_the_model(table: Table, tmp_path: Path) -> None:
    path = scan(tmp_path / "scan.tif", "Invoice number 7421", "Total 900 euros")
    table.add(path)
    (document,) = table.take("What is the total?")
    assert [(page.page, page.width) for page in document.shown] == [(1, 1280), (2, 1280)]
    with PIL.Image.open(document.shown[0].path) as picture:
        assert picture.size == (1280, document.shown[0].height)

    found: list[PassagesFound | Failed] = []

    def look() -> bool:
        table.looking.find_passages((document.id,), "invoice 7421", 5, found.append)
        return bool(found) and isinstance(found[-1], PassagesFound) and bool(found[-1].passages)

    table.until(look)
    assert found[-1].passages[0].page == 1  # type: ignore[union-attr]


def test_a_document_of_the_history_opens_from_its_copy(table: Table, tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", *prose(2))
    table.add(path)
    (document,) = table.take()
    path.unlink()
    opened: list[tuple[DocumentAttachment, DocumentInfo]] = []
    table.opening.open(document, lambda *each: opened.append(each))
    table.until(lambda: opened)
    assert opened[0][0] == document
    assert len(opened[0][1].pages) == 2


def test_a_large_file_that_changed_is_searched_but_not_shown(
    table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "MOST_COPIED", 10)
    path = pdf(tmp_path / "huge.pdf", *prose(1))
    table.add(path)
    (document,) = table.take()
    assert document.path == path
    path.write_bytes(b"something else")
    opened: list[tuple[DocumentAttachment, DocumentInfo]] = []
    table.opening.open(document, lambda *each: opened.append(each))
    table.until(lambda: opened)
    assert "was changed since it was read" in table.problems[0]
    said: list[object] = []
    table.looking.draw(opened[0][0], 1, 300, said.append, said.append)
    table.looking.find_text(document.id, "needle", said.append)
    table.until(lambda: len(said) == 2)
    assert any(isinstance(each, str) for each in said)
    assert any(getattr(each, "places", ()) for each in said)


def test_pages_that_scrolled_away_are_not_drawn(table: Table, tmp_path: Path) -> None:
    (document,) = table.add(pdf(tmp_path / "a.pdf", *prose(6)))
    drawn: list[int] = []
    for page in range(1, 7):
        table.looking.draw(
            document, page, 200, lambda _, page=page: drawn.append(page), print, is_wanted=lambda page=page: page != 4
        )
    table.until(lambda: 6 in drawn)
    assert drawn == [1, 2, 3, 5, 6]


def test_a_reader_that_is_lost_is_started_again(table: Table, tmp_path: Path) -> None:
    table.desk.add([pdf(tmp_path / "a.pdf", *prose(200))])
    table.until(lambda: table.desk.all and table.desk.all[0].done > 0)
    psutil.Process(table.service.pid).kill()
    table.until(lambda: table.desk.all[0].state == "failed")
    assert "The process that reads documents ended" in table.desk.all[0].sentence
    table.desk.remove(table.desk.all[0].id)
    (document,) = table.add(pdf(tmp_path / "b.pdf", *prose(1)))
    assert document.state == "ready"

"""A file is dropped, asked about, and what the answer cites is opened: the whole way, with real processes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QUrl

from app.ui.document_viewer.passages import PassageRow
from app.ui.documents.tile import DocumentTile
from engine.protocol import Box
from tests.app.wiring.desk import Desk
from tests.documents.pdfs import encrypted, pdf, prose
from tests.scripted import make_scripted

QUOTED = "It says “needle 2 line 1” and so on [1]."


@pytest.fixture(autouse=True)
def _data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all processes of the `desk` keep what they read."""
    monkeypatch.setenv("FINGERPOST_HOME", str(tmp_path / "home"))


def drop(desk: Desk, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    desk.window.dropped.emit(data)


def tiles(desk: Desk) -> list[DocumentTile]:
    return [tile for tile in desk.composer.findChildren(DocumentTile) if not tile.isHidden()]


def states(desk: Desk) -> list[str]:
    return [tile.document.state for tile in tiles(desk)]


def lease(folder: Path) -> Path:
    return pdf(folder / "Mietvertrag Größe.pdf", *prose(2))


def test_what_an_answer_cites_opens_at_its_page_and_again_after_a_restart(desk: Desk, tmp_path: Path) -> None:
    model = make_scripted(tmp_path / "model", [QUOTED])
    path = lease(tmp_path)
    desk.start(model)
    drop(desk, path)
    desk.until(lambda: states(desk) == ["ready"])
    desk.ask("What does it say?")
    desk.until(lambda: bool(desk.store.summaries()) and desk.answer().state == "finished")
    assert tiles(desk) == []
    answer = desk.answer()
    assert answer.text == QUOTED
    (source,) = answer.sources
    assert (source.name, source.total_pages, source.whole) == (path.name, 2, True)
    (citation,) = answer.citations
    assert (citation.number, citation.passage.document) == (1, source.document)
    path.unlink()
    desk.end()

    desk.start(model)
    (summary,) = desk.store.summaries()
    assert summary.detail == path.name
    desk.window.sidebar.opened.emit(summary.id)
    turn = desk.conversation().turns[0]
    assert turn.answer == answer
    desk.window.page.citation_opened.emit(turn.id, citation)
    viewer = desk.window.documents.viewer
    desk.until(lambda: viewer.isVisible() and viewer.pages.page == citation.place)
    desk.until(lambda: viewer.pages._pictures.width_of(citation.place) > 0)
    assert viewer.document() == source.document
    mark = viewer.pages._marks.mark
    assert mark is not None
    assert (mark.page, mark.boxes) == (citation.place, citation.lines)
    assert mark.boxes
    # What was given is given again, and the model answers the next question from it.
    desk.ask("And what else?")
    desk.until(lambda: len(desk.conversation().turns) == 2 and desk.answer().state == "finished")
    assert [each.number for each in desk.answer().citations] == [1]


def test_without_a_model_passages_are_found_and_opened(desk: Desk, tmp_path: Path) -> None:
    desk.start()
    drop(desk, lease(tmp_path))
    desk.until(lambda: states(desk) == ["ready"])
    desk.click("Search in documents")
    desk.window.documents.passages.ask("What is said of chapter 2?")
    desk.until(lambda: desk.window.documents.passages.findChildren(PassageRow) != [])
    row = desk.window.documents.passages.findChildren(PassageRow)[0]
    assert (row.passage.page, row.passage.name) == (2, "Mietvertrag Größe.pdf")
    row.clicked.emit()
    desk.until(lambda: desk.window.documents.viewer.isVisible() and desk.window.documents.viewer.pages.page == 2)


def test_words_are_found_and_a_region_becomes_a_picture_of_the_question(desk: Desk, tmp_path: Path) -> None:
    desk.start()
    drop(desk, lease(tmp_path))
    desk.until(lambda: states(desk) == ["ready"])
    tiles(desk)[0].opened.emit()
    viewer = desk.window.documents.viewer
    desk.until(lambda: viewer.isVisible() and viewer.document() != "")
    viewer.open_find()
    desk.type_on("needle 2 line 3")
    desk.until(lambda: viewer._find._places != ())
    viewer.region_taken.emit(viewer.document(), 1, Box(0, 0, 0.5, 0.25))
    desk.until(lambda: len(desk.parts.attachments.all) == 1)
    (picture,) = desk.parts.attachments.all
    assert (picture.width, picture.title) == (800, "Mietvertrag Größe.pdf, page 1")


def test_a_question_is_kept_back_for_a_password(desk: Desk, tmp_path: Path) -> None:
    desk.start(make_scripted(tmp_path / "model", ["A clause [1]."]))
    drop(desk, encrypted(tmp_path / "secret.pdf", "open sesame", "owner"))
    desk.until(lambda: states(desk) == ["password"])
    desk.ask("What is secret?")
    assert desk.notes() == ("“secret.pdf” needs its password first. Type it, or remove the document.",)
    assert desk.composer.text() == "What is secret?"
    tiles(desk)[0].password_given.emit("open sesame")
    desk.until(lambda: states(desk) == ["ready"])
    desk.composer.submitted.emit(desk.composer.text())
    desk.until(lambda: bool(desk.store.summaries()) and desk.answer().state == "finished")
    assert desk.answer().text == "A clause [1]."


def test_files_that_are_asked_about_at_once_go_to_the_conversation_they_were_asked_in(
    desk: Desk, tmp_path: Path
) -> None:
    desk.start(make_scripted(tmp_path / "model", ["Yes.", "It says [1]."]))
    desk.ask("First?")
    desk.until(lambda: bool(desk.store.summaries()) and desk.answer().state == "finished")
    drop(desk, pdf(tmp_path / "long.pdf", *prose(40)))
    desk.until(lambda: states(desk) == ["reading"])
    desk.ask("And this?")
    desk.window.sidebar.new_wanted.emit()
    desk.until(lambda: len(desk.conversation().turns) == 2 and desk.answer().state == "finished")
    first, second = desk.conversation().turns
    assert (first.question, first.documents) == ("First?", ())
    assert [document.name for document in second.documents] == ["long.pdf"]

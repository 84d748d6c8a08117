"""Documents in the composer and on the page: what waits, what was read, what is cited and what is not proved."""

from __future__ import annotations

import dataclasses

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from app.domain.conversation import Answer
from app.render.view import AnswerView
from app.ui.composer import Composer
from app.ui.document_viewer.passages import PassageRow, PassagesPanel
from app.ui.document_viewer.words import place_words
from app.ui.documents.chips import DocumentChip
from app.ui.documents.evidence import EvidenceCard
from app.ui.documents.passage_card import PassageCard
from app.ui.documents.tile import DocumentTile
from app.ui.documents.words import page_ranges, read_words, source_line, sources_line, state_line, verdict
from app.ui.main_window import MainWindow
from app.ui.thumbnails import Thumbnails
from engine.protocol import SourceRead
from tests.app.ui import document_samples, samples

LEASE = document_samples.LEASE


@pytest.fixture
def composer(qtbot: QtBot, thumbnails: Thumbnails) -> Composer:
    made = Composer(samples.look_of(), samples.icons(), thumbnails)
    qtbot.addWidget(made)
    made.resize(744, 400)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    return made


def tile(composer: Composer, name: str) -> DocumentTile:
    (found,) = [each for each in composer.findChildren(DocumentTile) if each.document.name == name]
    return found


# --- The composer ---


def test_every_state_of_a_document_is_said(composer: Composer) -> None:
    composer.set_documents(document_samples.documents())
    said = {each.document.name: each.accessibleName() for each in composer.findChildren(DocumentTile)}
    assert said["lease.pdf"] == "Document: lease.pdf, 24 pages, 2 notes"
    assert said["offer.docx"] == "Document: offer.docx, The file is damaged. Save it again."
    assert "Reading 120 of 312 pages" in said["annual report of the year 2025, final version.pdf"]
    assert "3 attachments were not opened." in tile(composer, "lease.pdf").toolTip()
    assert state_line(document_samples.document(done=3, total=7)) == "24 pages, recognising 3 of 7"
    assert state_line(document_samples.document(pages=1, page_word="slide")) == "1 slide"


def test_a_password_is_typed_while_others_are_still_read(qtbot: QtBot, composer: Composer) -> None:
    composer.set_documents(document_samples.documents())
    payslip = tile(composer, "payslip.pdf")
    field = payslip.findChildren(QLineEdit)[0]
    assert field.echoMode() == QLineEdit.EchoMode.Password
    field.setFocus()
    QTest.keyClicks(field, "sec")
    further = tuple(
        dataclasses.replace(each, done=200) if each.state == "reading" else each
        for each in document_samples.documents()
    )
    composer.set_documents(further)
    assert tile(composer, "payslip.pdf") is payslip
    assert field.hasFocus()
    QTest.keyClicks(field, "ret")
    with qtbot.waitSignal(composer.password_given) as given:
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert given.args == ["e" * 64, "secret"]
    wrong = document_samples.document("e" * 64, "payslip.pdf", state="password", sentence="That is not the password.")
    composer.set_documents((wrong,))
    assert "That is not the password." in [each.text() for each in payslip.findChildren(QLabel)]


def test_a_document_is_opened_and_removed_by_mouse_and_keyboard(qtbot: QtBot, composer: Composer) -> None:
    composer.set_documents(document_samples.documents())
    lease, offer = tile(composer, "lease.pdf"), tile(composer, "offer.docx")
    with qtbot.waitSignal(composer.document_opened) as opened:
        QTest.mouseClick(lease, Qt.MouseButton.LeftButton)
    assert opened.args == [LEASE]
    with qtbot.assertNotEmitted(composer.document_opened):
        QTest.mouseClick(offer, Qt.MouseButton.LeftButton)
    lease.setFocus()
    with qtbot.waitSignal(composer.document_opened):
        QTest.keyClick(lease, Qt.Key.Key_Return)
    with qtbot.waitSignal(composer.document_removed) as removed:
        QTest.keyClick(lease, Qt.Key.Key_Delete)
    assert removed.args == [LEASE]
    (cross,) = [each for each in offer.findChildren(QPushButton) if each.accessibleName() == "Remove offer.docx"]
    with qtbot.waitSignal(composer.document_removed) as other:
        cross.click()
    assert other.args == ["d" * 64]


def test_a_folder_full_of_documents_leaves_room_for_the_question(qtbot: QtBot, composer: Composer) -> None:
    composer.set_documents(document_samples.documents())
    qtbot.waitUntil(lambda: composer.sizeHint().height() > 200)
    some = composer.sizeHint().height()
    composer.set_documents([document_samples.document(f"{number:064}", f"{number}.pdf") for number in range(60)])
    qtbot.waitUntil(lambda: len(composer.findChildren(DocumentTile)) >= 60)
    assert composer.sizeHint().height() <= some + 60


def test_documents_alone_are_no_question_but_can_be_searched(qtbot: QtBot, composer: Composer) -> None:
    composer.set_documents((document_samples.document(state="reading"),))
    (search,) = [each for each in composer.findChildren(QPushButton) if each.text() == "Search in documents"]
    assert not search.isVisible()
    composer.set_documents((document_samples.document(),))
    assert search.isVisible()
    with qtbot.waitSignal(composer.search_wanted):
        search.click()
    with qtbot.assertNotEmitted(composer.submitted):
        QTest.keyClick(composer._field, Qt.Key.Key_Return)


# --- The page ---


def opened_answer(window: MainWindow) -> AnswerView:
    window.set_conversation(samples.conversation(document_samples.turn()))
    return window.findChildren(AnswerView)[0]


def test_a_turn_says_what_was_read_and_what_is_not_proved(qtbot: QtBot, window: MainWindow) -> None:
    opened_answer(window)
    (chip,) = window.findChildren(DocumentChip)
    assert "24 pages · 4 read · 2,140 tokens" in chip.accessibleName()
    first, second = window.findChildren(EvidenceCard)
    assert "found on page 7" in first.accessibleName()
    assert "not proved" in second.accessibleName()
    with qtbot.waitSignal(window.page.document_opened) as opened:
        chip.click()
    assert opened.args == [document_samples.document()]
    with qtbot.waitSignal(window.page.citation_opened) as cited:
        QTest.mouseClick(second, Qt.MouseButton.LeftButton)
    assert cited.args == ["t1", document_samples.citations()[2]]


def test_what_was_read_is_one_click_away(qtbot: QtBot, window: MainWindow) -> None:
    opened_answer(window)
    (line,) = [each for each in window.findChildren(QPushButton) if each.text().startswith("Read: ")]
    line.click()
    assert window.sources.isVisible()
    said = [each.text() for each in window.sources.findChildren(QLabel)]
    assert "4 of 24 pages (7–9, 19), 2,140 tokens" in said
    assert "Pages 20 to 24 are scans." in said
    assert "“death of the tenant”" in said
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert not window.sources.isVisible()


def test_pointing_at_a_mark_shows_its_passage(qtbot: QtBot, window: MainWindow) -> None:
    view = opened_answer(window)
    (card,) = window.findChildren(PassageCard)

    def shown() -> bool:
        # A page that is still laid out, and so moves, takes the card away.
        if not card.isVisible() and not card._delay.isActive():
            view.citation_pointed.emit(1, QRect(100, 100, 20, 20))
        return card.isVisible()

    qtbot.waitUntil(shown)
    said = [each.text() for each in card.findChildren(QLabel) if each.isVisible()]
    assert "lease.pdf, page 7" in said
    assert any(
        samples.look_of().palette.page_mark in text and document_samples.QUOTE.split("'")[0] in text for text in said
    )
    view.citation_pointed.emit(3, QRect(100, 100, 20, 20))
    qtbot.waitUntil(
        lambda: any(
            "Not found in the document" in each.text() and each.isVisible() for each in card.findChildren(QLabel)
        )
    )
    view.citation_pointed.emit(0, QRect())
    assert not card.isVisible()


def test_citations_that_come_while_the_answer_is_written_become_marks_without_a_jump(
    qtbot: QtBot, window: MainWindow
) -> None:
    turn = dataclasses.replace(document_samples.turn(), answer=Answer("waiting"))
    window.set_conversation(samples.conversation(turn))
    window.page.extend_answer("t1", "answer", "First paragraph.\n\nAfter twelve months ")
    cited = document_samples.citations()[:1]
    window.page.set_answer("t1", Answer("streaming", "First paragraph.\n\nAfter twelve months ", citations=cited))
    window.page.extend_answer("t1", "answer", "[1]. And")
    view = window.findChildren(AnswerView)[0]
    view.flush()
    assert [link.target for link in view.widgets[1].sheet.links()] == ["cite:1"]
    assert view.markdown() == "First paragraph.\n\nAfter twelve months [1]. And"


def test_a_citation_opens_its_page_beside_the_conversation(qtbot: QtBot, window: MainWindow) -> None:
    window.resize(1240, 820)
    view = opened_answer(window)
    document_samples.serve(window.documents.viewer)
    focus = window.composer._field
    focus.setFocus()
    window.show_citation(document_samples.lease(), "t1", document_samples.citations()[0])
    qtbot.waitUntil(lambda: window.documents.viewer.pages.page == 7)
    assert window.documents.isVisible()
    assert window.documents.x() + window.documents.width() == window.width()
    assert window._content.geometry().right() < window.documents.x()
    assert view.marks.opened == 1
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert not window.documents.isVisible()
    assert view.marks.opened == 0
    assert focus.hasFocus()
    assert window._content.geometry().right() == window.width() - 1


def test_escape_stops_the_answer_while_the_document_only_lies_beside_it(qtbot: QtBot, window: MainWindow) -> None:
    window.set_conversation(
        samples.conversation(dataclasses.replace(document_samples.turn(), answer=Answer("streaming", "And")))
    )
    window.documents.show_document(document_samples.lease(), "lease.pdf")
    window.composer.focus()
    with qtbot.waitSignal(window.stop_wanted):
        QTest.keyClick(window, Qt.Key.Key_Escape)
    assert window.documents.isVisible()
    window.documents.viewer.pages.setFocus()
    with qtbot.assertNotEmitted(window.stop_wanted):
        QTest.keyClick(window, Qt.Key.Key_Escape)
    assert not window.documents.isVisible()


def test_the_panel_keeps_its_width_and_leaves_the_conversation_room(qtbot: QtBot, window: MainWindow) -> None:
    window.resize(1240, 820)
    side = window.documents
    side.show_document(document_samples.lease(), "lease.pdf")
    with qtbot.waitSignal(side.width_chosen) as chosen:
        side._widen(-100)
    assert chosen.args == [660]
    assert side.width() == 660
    side.close_side()
    side.show_document(document_samples.lease(), "lease.pdf")
    assert side.width() == 660
    side._widen(-2_000)
    assert window._content.width() >= 380
    window.resize(500, 700)
    qtbot.waitUntil(lambda: window.width() == 500)
    assert side.width() == 500
    assert not window._content.isVisible()


# --- The search ---


def test_passages_are_searched_without_a_model(qtbot: QtBot, window: MainWindow) -> None:
    window.composer.search_wanted.emit()
    panel = window.documents.passages
    assert panel.isVisible()
    field = panel.findChildren(QLineEdit)[0]
    qtbot.waitUntil(field.hasFocus)
    QTest.keyClicks(field, "leave early")
    with qtbot.waitSignal(panel.find_wanted) as wanted:
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert wanted.args == ["leave early"]
    panel.set_passages([each.passage for each in document_samples.citations()])
    rows = panel.findChildren(PassageRow)
    assert rows[0].accessibleName().startswith("lease.pdf, page 7: 5.2 The Tenant may terminate")
    with qtbot.waitSignal(panel.passage_opened) as opened:
        rows[1].click()
    assert opened.args == [document_samples.citations()[1].passage]
    panel.set_passages(())
    assert "Try other words" in panel._said.text()


def test_similar_passages_are_searched_from_the_viewer(qtbot: QtBot, window: MainWindow) -> None:
    window.documents.show_document(document_samples.lease(), "lease.pdf")
    with qtbot.waitSignal(window.documents.passages.find_wanted) as wanted:
        window.documents.viewer.similar_wanted.emit("notice")
    assert wanted.args == ["notice"]
    assert isinstance(window.documents._pages.currentWidget(), PassagesPanel)


# --- Words ---


def test_what_was_read_in_words() -> None:
    part = SourceRead(LEASE, "contract.pdf", False, (1, 2), (3, 7, 8, 9), 312, 2_140, "")
    whole = SourceRead("b" * 64, "notes.docx", True, (), (), 5, 1_200, "")
    assert sources_line((part,), {}) == "Read: contract.pdf, 4 of 312 pages, 2,140 tokens"
    assert sources_line((whole,), {whole.document: "section"}) == "Read: notes.docx, all 5 sections, 1,200 tokens"
    assert sources_line((part, whole), {whole.document: "section"}) == "Read: 2 documents, 9 of 317 pages, 3,340 tokens"
    assert source_line(part, "page") == "4 of 312 pages (3, 7–9), 2,140 tokens"
    assert page_ranges((12, 3, 2, 1, 12)) == "1–3, 12"
    assert read_words(document_samples.document(), (dataclasses.replace(part, whole=True),)) == (
        "24 pages · all read · 2,140 tokens"
    )
    doubtful = document_samples.citations()[2]
    assert verdict(doubtful, {LEASE: "slide"})[1].endswith("Slide 19 is the nearest.")
    assert place_words(12, "iv") == "page 12 (printed iv)"
    assert place_words(2, "Costs", "sheet") == "sheet 2, Costs"

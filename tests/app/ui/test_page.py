"""Reading a conversation: it comes quickly, stays where it is read, and offers what can be done."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QPushButton, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from app.domain.conversation import Answer, Attachment
from app.ui.conversation_page import ConversationPage
from app.ui.question import QuestionBlock
from app.ui.text import GrowingEdit
from app.ui.thumbnails import Thumbnails
from app.ui.turn import TurnView
from engine.protocol import Offer
from tests.app.ui import samples

PARAGRAPH = "One sentence that is long enough to be broken into two lines on the page, whatever the font may be. " * 3


@pytest.fixture
def page(qtbot: QtBot, thumbnails: Thumbnails) -> ConversationPage:
    made = ConversationPage(samples.look_of(), samples.icons(), thumbnails, samples.answer_view)
    qtbot.addWidget(made)
    made.resize(900, 600)
    with qtbot.waitExposed(made):
        made.show()
    return made


def _bar(page: ConversationPage) -> Callable[[], tuple[int, int]]:
    bar = page.findChild(QScrollArea).verticalScrollBar()
    return lambda: (bar.value(), bar.maximum())


def _button(root: QWidget, words: str) -> QPushButton:
    return next(each for each in root.findChildren(QPushButton) if each.text() == words and each.isVisibleTo(root))


def _many(count: int) -> tuple[samples.Turn, ...]:
    return tuple(
        samples.turn(f"t{number}", f"Question {number}", samples.finished(PARAGRAPH)) for number in range(count)
    )


def test_a_long_conversation_opens_at_its_end_and_is_completed_in_pieces(qtbot: QtBot, page: ConversationPage) -> None:
    page.set_conversation(samples.conversation(*_many(60)))
    assert page.findChildren(TurnView), "the newest turns are there at once"
    where = _bar(page)
    assert where()[0] == where()[1]
    qtbot.waitUntil(page.complete, timeout=20_000)
    assert [view.turn_id() for view in sorted(page.findChildren(TurnView), key=lambda view: view.y())] == [
        f"t{number}" for number in range(60)
    ]
    assert where()[0] == where()[1]


def test_it_follows_the_end_only_while_the_person_is_there(qtbot: QtBot, page: ConversationPage) -> None:
    page.set_conversation(samples.conversation(*_many(6)))
    qtbot.waitUntil(page.complete, timeout=20_000)
    page.add_turn(samples.turn("new", "And now?", Answer("waiting")))
    where = _bar(page)
    asked = where()[1]
    for _ in range(6):
        page.extend_answer("new", "answer", PARAGRAPH + "\n\n")
    qtbot.waitUntil(lambda: where()[1] > asked + 300)
    assert where()[0] == where()[1]

    bar = page.findChild(QScrollArea).verticalScrollBar()
    bar.setValue(bar.maximum() // 3)
    reading = next(view for view in page.findChildren(TurnView) if view.turn_id() == "t2")
    assert 0 <= reading.mapTo(page, QPoint(0, 0)).y() < page.height(), "t2 is in sight"
    before, end = reading.mapTo(page, QPoint(0, 0)), where()[1]
    for _ in range(6):
        page.extend_answer("new", "answer", PARAGRAPH + "\n\n")
    qtbot.waitUntil(lambda: where()[1] > end)
    assert reading.mapTo(page, QPoint(0, 0)) == before
    end = where()[1]
    page.set_answer("t0", samples.finished(PARAGRAPH * 4))
    qtbot.waitUntil(lambda: where()[1] > end)
    assert reading.mapTo(page, QPoint(0, 0)) == before, "what grows above moves nothing either"

    qtbot.mouseClick(_button(page, "Newest"), Qt.MouseButton.LeftButton)
    assert where()[0] == where()[1]


def test_an_answer_streams_in_and_the_whole_of_it_replaces_what_was_void(qtbot: QtBot, page: ConversationPage) -> None:
    page.set_conversation(samples.conversation(samples.turn("t", "Why?", Answer("waiting"))))
    page.extend_answer("t", "reasoning", "They ask ")
    page.extend_answer("t", "reasoning", "why.")
    head = _button(page, "Thinking…")
    page.extend_answer("t", "answer", "again again again")
    final = samples.finished(
        "Because.", reasoning="They ask why.", reasoning_seconds=12.0, notices=("It began again.",)
    )
    page.set_answer("t", final)
    assert head.text() == "Thought for 12 s"
    with qtbot.waitSignal(page.copy_wanted) as copied:
        qtbot.mouseClick(_button(page, "Copy"), Qt.MouseButton.LeftButton)
    assert copied.args == ["Because."]
    page.set_answer("unknown", final)
    page.extend_answer("unknown", "answer", "x")


def test_a_failure_keeps_what_was_written_and_offers_ways_out(qtbot: QtBot, page: ConversationPage) -> None:
    offer = Offer("drop_turns", "4", 900)
    failed = Answer("failed", "So far", error="It is too long. Leave something out.", offers=(offer,))
    page.set_conversation(samples.conversation(samples.turn("t", "Why?", failed)))
    with qtbot.waitSignal(page.offer_accepted) as accepted:
        qtbot.mouseClick(_button(page, "Leave out the first 4 messages"), Qt.MouseButton.LeftButton)
    assert accepted.args == ["t", offer]
    with qtbot.waitSignal(page.retry_wanted):
        qtbot.mouseClick(_button(page, "Retry"), Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(page.copy_wanted) as copied:
        qtbot.mouseClick(_button(page, "Copy"), Qt.MouseButton.LeftButton)
    assert copied.args == ["So far"]
    page.set_answer("t", Answer("waiting"))
    with pytest.raises(StopIteration):
        _button(page, "Retry")


def test_the_question_is_edited_in_its_place(qtbot: QtBot, page: ConversationPage) -> None:
    page.set_conversation(samples.conversation(samples.turn("t", "Wy?", samples.finished("Because."))))
    qtbot.mouseClick(_button(page, "Edit"), Qt.MouseButton.LeftButton)
    field = page.findChild(GrowingEdit)
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert page.findChild(QuestionBlock).isVisible()
    qtbot.mouseClick(_button(page, "Edit"), Qt.MouseButton.LeftButton)
    field = next(each for each in page.findChildren(GrowingEdit) if each.isVisible())
    field.setPlainText("Why?")
    with qtbot.waitSignal(page.edited) as edited:
        qtbot.mouseClick(_button(page, "Ask again"), Qt.MouseButton.LeftButton)
    assert edited.args == ["t", "Why?"]


def test_siblings_are_one_step_apart(qtbot: QtBot, page: ConversationPage) -> None:
    turn = samples.turn("b", "Why?", samples.finished("Because."), siblings=("a", "b", "c"))
    page.set_conversation(samples.conversation(turn))
    named = {each.accessibleName(): each for each in page.findChildren(QPushButton)}
    with qtbot.waitSignal(page.turn_chosen) as chosen:
        qtbot.mouseClick(named["Later answer"], Qt.MouseButton.LeftButton)
    assert chosen.args == ["c"]
    page.set_conversation(samples.conversation(dataclasses.replace(turn, id="a")))
    earlier = [each for each in page.findChildren(QPushButton) if each.accessibleName() == "Earlier answer"][-1]
    assert not earlier.isEnabled()


def test_a_picture_keeps_its_height_before_and_after_it_is_there(
    qtbot: QtBot, page: ConversationPage, picture: Attachment, thumbnails: Thumbnails
) -> None:
    page.set_conversation(samples.conversation(samples.turn("t", "What?", samples.finished("A dialog."), picture)))
    view = page.findChild(TurnView)
    before = view.sizeHint()
    with qtbot.waitSignal(thumbnails.changed, timeout=10_000):
        page.grab()
    assert view.sizeHint() == before
    with qtbot.waitSignal(page.enlarge_wanted) as enlarged:
        qtbot.mouseClick(_button(page, "Enlarge"), Qt.MouseButton.LeftButton)
    assert enlarged.args == [picture]


def test_a_pasted_log_is_folded(qtbot: QtBot, page: ConversationPage) -> None:
    page.set_conversation(samples.conversation(samples.turn("t", "line\n" * 200, samples.finished("Yes."))))
    block = page.findChild(QuestionBlock)
    qtbot.waitUntil(lambda: block.height() > 0)
    folded = block.height()
    assert folded < 500
    qtbot.mouseClick(_button(page, "Show all of it"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: block.height() > 4 * folded)

"""The plain page: one text, two who write, and one step back for each."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QColor, QTextCursor
from PySide6.QtWidgets import QAbstractButton, QLabel, QTextEdit
from pytestqt.qtbot import QtBot

from app.domain.status import Status
from app.jobs import Jobs
from app.ui.completion_bar import READ_ONLY, WHAT_IT_IS
from app.ui.completion_page import CompletionPage
from app.ui.failure import FailureCard
from app.ui.main_window import MainWindow
from app.ui.writing_field import WritingField
from tests.app.ui import samples

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def plain(window: MainWindow) -> MainWindow:
    """The window with a Base model."""
    window.set_conversation(None)
    window.set_variant("base")
    window.set_status(Status("idle", "Ready"))
    return window


def field_of(window: MainWindow) -> WritingField:
    (field,) = window.completion.findChildren(WritingField)
    return field


def marked(window: MainWindow) -> str:
    parts = [selection.cursor.selectedText() for selection in field_of(window).extraSelections()]
    return "\n".join(parts)


def buttons(window: MainWindow) -> list[str]:
    return [each.text() for each in window.completion.bar.findChildren(QAbstractButton) if each.isVisible()]


def click(window: MainWindow, words: str) -> None:
    parents = (window.completion.bar, window.completion)
    found = [each for parent in parents for each in parent.findChildren(QAbstractButton) if each.text() == words]
    (button,) = [each for each in found if each.isVisible()]
    button.click()


def shown(window: MainWindow) -> list[str]:
    return [each.text() for each in window.findChildren(QLabel) if each.isVisible()]


def continued(window: MainWindow, *pieces: str) -> None:
    window.completion.begin()
    for piece in pieces:
        window.completion.extend(piece)
    window.completion.end("")


def test_the_page_takes_the_place_of_page_and_composer(plain: MainWindow, qtbot: QtBot) -> None:
    assert WHAT_IT_IS in shown(plain)
    assert not plain.composer.isVisible()
    assert buttons(plain) == ["Continue"]
    qtbot.keyClicks(field_of(plain), "It was")
    assert plain.completion.text() == "It was"
    plain.set_variant("instruct")
    assert plain.composer.isVisible()
    assert WHAT_IT_IS not in shown(plain)
    assert plain.composer.text() == ""


def test_continue_sends_the_whole_text_by_button_and_by_key(plain: MainWindow, qtbot: QtBot) -> None:
    text = "One\u00a0line\nand  another\n\n"
    plain.completion.set_text(text)
    wanted = plain.completion.continue_wanted
    with qtbot.waitSignal(wanted) as sent:
        click(plain, "Continue")
    assert sent.args == [text]
    with qtbot.waitSignal(wanted) as sent:
        qtbot.keyClick(field_of(plain), Qt.Key.Key_Return, CONTROL)
    assert sent.args == [text]
    # Shift+Enter is a new line like any other.
    qtbot.keyClick(field_of(plain), Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert plain.completion.text() == text + "\n"
    plain.completion.begin()
    with qtbot.assertNotEmitted(wanted):
        qtbot.keyClick(field_of(plain), Qt.Key.Key_Return, CONTROL)


def test_an_empty_page_has_nothing_to_continue(plain: MainWindow, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(plain.completion.continue_wanted):
        qtbot.keyClick(field_of(plain), Qt.Key.Key_Return, CONTROL)
    assert plain.completion.text() == ""


def test_what_the_model_wrote_is_marked_until_the_next_edit_and_undone_in_one_step(
    plain: MainWindow, qtbot: QtBot
) -> None:
    qtbot.keyClicks(field_of(plain), "It was")
    continued(plain, " dark", " and\n\n", "stormy.")
    assert marked(plain) == " dark and\n\nstormy."
    assert field_of(plain).textCursor().atEnd()
    qtbot.keyClicks(field_of(plain), " Yes")
    assert marked(plain) == ""
    click(plain, "Undo")
    assert plain.completion.text() == "It was dark and\n\nstormy."
    qtbot.keyClick(field_of(plain), Qt.Key.Key_Z, CONTROL)
    assert plain.completion.text() == "It was"
    click(plain, "Undo")
    assert plain.completion.text() == ""
    assert buttons(plain) == ["Continue"]


def test_each_continuation_is_a_step_of_its_own(plain: MainWindow) -> None:
    plain.completion.set_text("One")
    continued(plain, " two", " three")
    continued(plain, " four")
    assert marked(plain) == " four"
    click(plain, "Undo")
    assert plain.completion.text() == "One two three"
    click(plain, "Undo")
    assert plain.completion.text() == "One"
    assert "Undo" not in buttons(plain), "what was kept from the last time is no step"


def test_what_was_void_leaves_no_trace(plain: MainWindow) -> None:
    plain.completion.set_text("La")
    plain.completion.begin()
    plain.completion.extend(" la la la")
    plain.completion.take_back()
    plain.completion.note("It went in circles.")
    plain.completion.extend("nd")
    plain.completion.end("")
    assert plain.completion.text() == "Land"
    assert marked(plain) == "nd"
    assert "It went in circles." in shown(plain)
    click(plain, "Undo")
    assert plain.completion.text() == "La"
    plain.completion.begin()
    assert "It went in circles." not in shown(plain)


def test_clear_can_be_undone(plain: MainWindow) -> None:
    plain.completion.set_text("All of it\nand more")
    click(plain, "Clear")
    assert plain.completion.text() == ""
    click(plain, "Undo")
    assert plain.completion.text() == "All of it\nand more"


def test_while_the_model_writes_the_text_can_be_read_and_not_changed(plain: MainWindow, qtbot: QtBot) -> None:
    field = field_of(plain)
    plain.completion.set_text("One")
    plain.completion.begin()
    assert buttons(plain) == ["Stop"]
    qtbot.keyClicks(field, "lost?")
    plain.completion.insert("dropped")
    assert plain.composer.text() == ""
    with qtbot.waitSignal(plain.completion.stop_wanted):
        qtbot.keyClick(field, Qt.Key.Key_Escape)
    plain.completion.extend(" two")
    plain.completion.end("")
    qtbot.keyClicks(field, "!")
    assert plain.completion.text() == "One two!"


def test_the_text_scrolls_along_unless_the_person_reads_further_up(plain: MainWindow) -> None:
    field = field_of(plain)
    bar = field.verticalScrollBar()
    plain.completion.set_text("A line of text.\n" * 200)
    plain.completion.begin()
    plain.completion.extend("More.\n" * 10)
    assert bar.value() == bar.maximum() > 0
    bar.setValue(0)
    plain.completion.extend("More.\n" * 10)
    assert bar.value() == 0
    bar.setValue(bar.maximum())
    plain.completion.extend("More.\n" * 10)
    assert bar.value() == bar.maximum()
    plain.completion.end("")


def test_a_failure_is_a_sentence_with_retry_and_goes_with_the_next_try(plain: MainWindow, qtbot: QtBot) -> None:
    plain.resize(420, 700)
    plain.completion.set_text("Long")
    plain.completion.begin()
    sentence = "The text is too long: it takes 40,211 tokens and 256 are kept. Shorten it. " * 2
    plain.completion.end(sentence)
    (card,) = plain.completion.findChildren(FailureCard)
    (words,) = card.findChildren(QTextEdit)
    qtbot.waitUntil(lambda: words.width() < 420)
    assert words.height() >= words.document().size().height(), "no line of it is cut"
    with qtbot.waitSignal(plain.completion.continue_wanted) as sent:
        click(plain, "Retry")
    assert sent.args == ["Long"]
    plain.completion.begin()
    assert not card.isVisible()


def test_the_text_is_told_while_it_is_typed_and_while_it_is_written(plain: MainWindow, qtbot: QtBot) -> None:
    told: list[str] = []
    plain.completion.text_changed.connect(told.append)
    qtbot.keyClicks(field_of(plain), "It was")
    qtbot.waitUntil(lambda: told == ["It was"])
    plain.completion.begin()
    plain.completion.extend(" dark")
    qtbot.waitUntil(lambda: told[-1] == "It was dark")
    plain.completion.extend(" and")
    plain.completion.end("")
    assert told[-1] == "It was dark and"
    qtbot.keyClicks(field_of(plain), "!")
    plain.completion.flush()
    assert told[-1] == "It was dark and!"


def test_pasted_and_dropped_text_is_plain(plain: MainWindow) -> None:
    data = QMimeData()
    data.setHtml("<h1>Big</h1>")
    data.setText("Big")
    field_of(plain).insertFromMimeData(data)
    field_of(plain).selectAll()
    assert plain.completion.text() == "Big"
    assert field_of(plain).textCursor().charFormat().fontWeight() <= 400


def test_an_old_conversation_can_be_read_and_left(plain: MainWindow, qtbot: QtBot) -> None:
    plain.completion.set_text("Mine")
    plain.set_conversation(samples.conversation(samples.turn("t1", "Where?", samples.finished())))
    assert READ_ONLY in shown(plain)
    assert buttons(plain) == ["Back to the page", "Choose a model…"]
    qtbot.keyClicks(plain, "x")
    with qtbot.assertNotEmitted(plain.completion.continue_wanted):
        qtbot.keyClick(plain, Qt.Key.Key_Return, CONTROL)
    with qtbot.waitSignal(plain.sidebar.new_wanted):
        click(plain, "Back to the page")
    plain.set_conversation(None)
    assert plain.completion.text() == "Mine"


def test_nothing_is_cut_in_a_narrow_window(plain: MainWindow, qtbot: QtBot) -> None:
    plain.resize(380, 600)
    plain.completion.set_text("One")
    continued(plain, " two")
    qtbot.waitUntil(lambda: plain.width() == 380)
    for button in plain.completion.bar.findChildren(QAbstractButton):
        if button.isVisible():
            assert button.width() >= button.sizeHint().width(), button.text()
    sentence = next(each for each in plain.completion.bar.findChildren(QLabel) if each.text() == WHAT_IT_IS)
    assert sentence.height() >= sentence.heightForWidth(sentence.width())


def test_the_mark_takes_the_colour_of_the_theme(plain: MainWindow) -> None:
    plain.completion.set_text("One")
    continued(plain, " two")
    for theme in ("light", "dark"):
        look = samples.look_of(theme)
        plain.set_look(look)
        (selection,) = field_of(plain).extraSelections()
        assert selection.format.background().color() == QColor(look.palette.accent_soft)
    assert plain.completion.text() == "One two"
    assert field_of(plain).document().isUndoAvailable()


def test_a_page_stays_where_the_person_writes(qtbot: QtBot, jobs: Jobs) -> None:
    """A text that is restored ends where the next word goes."""
    page = CompletionPage(samples.look_of(), samples.icons())
    qtbot.addWidget(page)
    qtbot.addWidget(page.bar)
    page.set_text("A line.\n" * 300 + "The end")
    (field,) = page.findChildren(WritingField)
    page.resize(700, 500)
    page.show()
    page.insert("!")
    assert page.text().endswith("The end!")
    bar = field.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.value() == bar.maximum() > 0)
    field.moveCursor(QTextCursor.MoveOperation.Start)
    assert bar.value() < bar.maximum() // 2

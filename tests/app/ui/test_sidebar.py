"""The list of conversations: found, opened, renamed, deleted, however many there are."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QListView
from pytestqt.qtbot import QtBot

from app.domain.conversation import ConversationSummary
from app.ui.sidebar import Sidebar
from app.ui.thumbnails import Thumbnails
from tests.app.ui import samples


@pytest.fixture
def sidebar(qtbot: QtBot, thumbnails: Thumbnails) -> Sidebar:
    made = Sidebar(samples.look_of(), samples.icons(), thumbnails)
    qtbot.addWidget(made)
    made.resize(256, 700)
    made.set_summaries(samples.summaries(None))
    with qtbot.waitExposed(made):
        made.show()
    return made


def _rows(sidebar: Sidebar) -> list[str]:
    model = sidebar.findChild(QListView).model()
    return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


def _click(qtbot: QtBot, sidebar: Sidebar, row: int) -> None:
    rows = sidebar.findChild(QListView)
    area = rows.visualRect(rows.model().index(row, 0))
    qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=area.center())


def test_conversations_stand_under_their_days_and_open_with_a_click(qtbot: QtBot, sidebar: Sidebar) -> None:
    assert _rows(sidebar)[:2] == ["Today", "Change the page margins"]
    assert "Yesterday" in _rows(sidebar)
    with qtbot.waitSignal(sidebar.opened) as opened:
        _click(qtbot, sidebar, 1)
    assert opened.args == ["c1"]
    with qtbot.assertNotEmitted(sidebar.opened):
        _click(qtbot, sidebar, 0)


def test_the_search_finds_every_word_and_enter_opens_the_first(qtbot: QtBot, sidebar: Sidebar) -> None:
    qtbot.keyClicks(sidebar.search, "PDF writ")
    qtbot.waitUntil(lambda: _rows(sidebar)[1:] == ["Export as PDF, step by step"])
    with qtbot.waitSignal(sidebar.opened) as opened:
        qtbot.keyClick(sidebar.search, Qt.Key.Key_Return)
    assert opened.args == ["c5"]
    qtbot.keyClicks(sidebar.search, "zzz")
    qtbot.waitUntil(lambda: not _rows(sidebar))
    qtbot.keyClick(sidebar.search, Qt.Key.Key_Escape)
    assert len(_rows(sidebar)) == 9


def test_delete_and_rename_by_keyboard(qtbot: QtBot, sidebar: Sidebar) -> None:
    rows = sidebar.findChild(QListView)
    sidebar.set_open("c3")
    with qtbot.waitSignal(sidebar.delete_wanted) as deleted:
        qtbot.keyClick(rows, Qt.Key.Key_Delete)
    assert deleted.args == ["c3"]
    rows.edit(rows.currentIndex())
    field = rows.viewport().findChild(QLineEdit)
    field.setText("Terminal error")
    with qtbot.assertNotEmitted(sidebar.opened), qtbot.waitSignal(sidebar.rename_wanted) as renamed:
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert renamed.args == ["c3", "Terminal error"]


def test_an_answer_that_ends_meanwhile_leaves_the_title_that_is_typed(qtbot: QtBot, sidebar: Sidebar) -> None:
    rows = sidebar.findChild(QListView)
    sidebar.set_open("c3")
    rows.edit(rows.currentIndex())
    field = rows.viewport().findChild(QLineEdit)
    field.setText("Terminal error")
    newest = ConversationSummary("new", "Just answered", "", None, time.time())
    sidebar.set_summaries((newest, *samples.summaries(None)))
    assert field.isVisible()
    with qtbot.waitSignal(sidebar.rename_wanted) as renamed:
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert renamed.args == ["c3", "Terminal error"]
    qtbot.waitUntil(lambda: "Just answered" in _rows(sidebar))


def test_ten_thousand_conversations_keep_their_place_when_one_changes(qtbot: QtBot, sidebar: Sidebar) -> None:
    now = time.time()
    many = [ConversationSummary(str(n), f"Question {n}", "", None, now - n * 3600) for n in range(10_000)]
    sidebar.set_summaries(many)
    rows = sidebar.findChild(QListView)
    qtbot.waitUntil(lambda: rows.verticalScrollBar().maximum() > 500_000, timeout=20_000)
    sidebar.set_open("5")
    rows.verticalScrollBar().setValue(200_000)
    top = str(rows.indexAt(rows.viewport().rect().center()).data())
    many[0] = ConversationSummary("0", "Another title", "", None, now)
    sidebar.set_summaries(many)
    assert str(rows.indexAt(rows.viewport().rect().center()).data()) == top
    assert _rows(sidebar)[1] == "Another title"
    many[1], many[0] = many[0], many[1]
    sidebar.set_summaries(many)
    assert _rows(sidebar)[1] == "Question 1"
    assert str(rows.indexAt(rows.viewport().rect().center()).data()) == top

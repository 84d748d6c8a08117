"""Typing, pasting, attaching, sending: nothing typed is lost, and nothing is sent by accident."""

from __future__ import annotations

import dataclasses

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QImage, QInputMethodEvent
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from app.domain.conversation import Attachment
from app.ui.composer import Composer
from app.ui.text import GrowingEdit
from app.ui.thumbnails import Thumbnails
from app.ui.tiles import Tile
from tests.app.ui import samples


@pytest.fixture
def composer(qtbot: QtBot, thumbnails: Thumbnails) -> Composer:
    made = Composer(samples.look_of(), samples.icons(), thumbnails)
    qtbot.addWidget(made)
    made.resize(744, 200)
    with qtbot.waitExposed(made):
        made.show()
    return made


def _field(composer: Composer) -> GrowingEdit:
    return composer.findChild(GrowingEdit)


def _round(composer: Composer) -> QPushButton:
    return next(each for each in composer.findChildren(QPushButton) if each.property("kind") == "round")


def test_enter_sends_and_the_text_stays_until_it_is_taken(qtbot: QtBot, composer: Composer) -> None:
    qtbot.keyClicks(_field(composer), "first")
    qtbot.keyClick(_field(composer), Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClicks(_field(composer), "second")
    with qtbot.waitSignal(composer.submitted) as sent:
        qtbot.keyClick(_field(composer), Qt.Key.Key_Return)
    assert sent.args == ["first\nsecond"]
    assert composer.text() == "first\nsecond"
    composer.clear()
    assert composer.text() == ""


def test_nothing_is_sent_while_an_answer_is_made_or_there_is_nothing(
    qtbot: QtBot, composer: Composer, picture: Attachment
) -> None:
    assert not _round(composer).isEnabled()
    with qtbot.assertNotEmitted(composer.submitted):
        qtbot.keyClick(_field(composer), Qt.Key.Key_Return)
        qtbot.keyClicks(_field(composer), "wait")
        composer.set_busy(True)
        qtbot.keyClick(_field(composer), Qt.Key.Key_Return)
    assert composer.text() == "wait"
    with qtbot.waitSignal(composer.tools.stop_wanted):
        qtbot.mouseClick(_round(composer), Qt.MouseButton.LeftButton)
    composer.set_busy(False)
    composer.set_text("")
    composer.set_attachments((picture,))
    with qtbot.waitSignal(composer.submitted) as sent:
        qtbot.mouseClick(_round(composer), Qt.MouseButton.LeftButton)
    assert sent.args == [""]


def test_enter_that_ends_a_composition_sends_nothing(qtbot: QtBot, composer: Composer) -> None:
    field = _field(composer)
    QApplication.sendEvent(field, QInputMethodEvent("にほ", []))
    with qtbot.assertNotEmitted(composer.submitted):
        qtbot.keyClick(field, Qt.Key.Key_Return)
    done = QInputMethodEvent("", [])
    done.setCommitString("日本")
    QApplication.sendEvent(field, done)
    with qtbot.waitSignal(composer.submitted):
        qtbot.keyClick(field, Qt.Key.Key_Return)


def test_pictures_and_files_are_pasted_as_such_and_text_as_plain_text(qtbot: QtBot, composer: Composer) -> None:
    field = _field(composer)
    image, files, text = QMimeData(), QMimeData(), QMimeData()
    image.setImageData(QImage(4, 4, QImage.Format.Format_RGB32))
    files.setUrls([QUrl.fromLocalFile("/tmp/a.png")])
    text.setHtml("<i>words</i>")
    text.setText("words")
    # A spreadsheet copies a picture of the cells beside their text.
    text.setImageData(QImage(4, 4, QImage.Format.Format_RGB32))
    for mime in (image, files):
        with qtbot.waitSignal(composer.pasted):
            field.insertFromMimeData(mime)
    assert composer.text() == ""
    field.insertFromMimeData(text)
    assert composer.text() == "words"
    assert "italic" not in field.toHtml()


def test_the_field_grows_to_eight_lines_and_then_scrolls(qtbot: QtBot, composer: Composer) -> None:
    field, heights = _field(composer), []
    for lines in (1, 4, 8, 30):
        composer.set_text("\n".join(["line"] * lines))
        heights.append(field.height())
    assert heights[0] < heights[1] < heights[2] == heights[3]


def test_the_draft_is_told_once_the_typing_rests(qtbot: QtBot, composer: Composer) -> None:
    composer.set_text("kept from last time")
    with qtbot.waitSignal(composer.draft_changed, timeout=5_000) as draft:
        qtbot.keyClicks(_field(composer), ", and more")
    assert draft.args == ["kept from last time, and more"]
    with qtbot.assertNotEmitted(composer.draft_changed):
        composer.flush_draft()


def test_tiles_are_moved_and_removed_by_keyboard(qtbot: QtBot, composer: Composer, picture: Attachment) -> None:
    other = dataclasses.replace(picture, id="b" * 64, title="Second")
    composer.set_attachments((picture, other))
    first, second = composer.findChildren(Tile)
    with qtbot.waitSignal(composer.moved) as moved:
        qtbot.keyClick(second, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert moved.args == ["b" * 64, 0]
    composer.set_attachments((other, picture))
    assert composer.findChildren(Tile) == [first, second], "tiles that stay are the same widgets"
    qtbot.waitUntil(lambda: second.x() < first.x())
    with qtbot.waitSignal(composer.removed) as removed:
        qtbot.keyClick(first, Qt.Key.Key_Delete)
    assert removed.args == [picture.id]
    with qtbot.waitSignal(composer.enlarge_wanted):
        qtbot.mouseClick(second, Qt.MouseButton.LeftButton)


def test_a_tile_is_dragged_to_another_place(qtbot: QtBot, composer: Composer, picture: Attachment) -> None:
    composer.set_attachments((picture, dataclasses.replace(picture, id="b" * 64)))
    first, second = composer.findChildren(Tile)
    qtbot.waitUntil(lambda: second.x() > first.x())
    qtbot.mousePress(first, Qt.MouseButton.LeftButton, pos=first.rect().center())
    with qtbot.waitSignal(composer.moved) as moved, qtbot.assertNotEmitted(composer.enlarge_wanted):
        qtbot.mouseMove(first, first.mapFrom(composer, second.mapTo(composer, second.rect().center())))
        qtbot.mouseRelease(first, Qt.MouseButton.LeftButton)
    assert moved.args == [picture.id, 1]


def test_ways_in_carry_the_delay_and_the_monitor(qtbot: QtBot, composer: Composer) -> None:
    tools = composer.tools
    buttons = {each.text(): each for each in tools.findChildren(QPushButton)}
    tools.set_delay(5)
    with qtbot.waitSignal(tools.region_wanted) as region:
        qtbot.mouseClick(buttons["Region"], Qt.MouseButton.LeftButton)
    assert region.args == [5]
    with qtbot.waitSignal(tools.screen_wanted):
        qtbot.mouseClick(buttons["Screen"], Qt.MouseButton.LeftButton)
    tools.set_monitors(("LEFT", "RIGHT"))
    with qtbot.waitSignal(tools.monitor_wanted) as monitor:
        buttons["Screen"].menu().actions()[2].trigger()
    assert monitor.args == ["RIGHT", 5]
    tools.set_monitors(("LEFT",))
    assert buttons["Screen"].menu() is None


def test_thinking_and_detail_say_their_state(qtbot: QtBot, composer: Composer) -> None:
    tools = composer.tools
    think = next(each for each in tools.findChildren(QPushButton) if each.text() == "Think: off")
    with qtbot.assertNotEmitted(tools.thinking_changed):
        tools.set_thinking(True)
    assert think.text() == "Think: on"
    with qtbot.waitSignal(tools.thinking_changed) as thinking:
        qtbot.mouseClick(think, Qt.MouseButton.LeftButton)
    assert thinking.args == [False]
    detail = next(each for each in tools.findChildren(QPushButton) if each.text() == "Detail: balanced")
    with qtbot.waitSignal(tools.detail_changed) as changed:
        detail.menu().actions()[2].trigger()
    assert changed.args == ["full"]
    assert detail.text() == "Detail: full"


def test_looking_closer_is_switched_beside_the_detail(qtbot: QtBot, composer: Composer) -> None:
    tools = composer.tools
    detail = next(each for each in tools.findChildren(QPushButton) if each.text() == "Detail: balanced")
    with qtbot.waitSignal(tools.look_closer_changed) as switched, qtbot.assertNotEmitted(tools.detail_changed):
        detail.menu().actions()[-1].trigger()
    assert switched.args == [True]
    assert detail.text() == "Detail: balanced, look closer"
    assert detail.accessibleName().endswith("ask for a part of the picture at full size. Takes longer.")
    tools.set_detail("full")
    assert detail.text() == "Detail: full, look closer"
    with qtbot.assertNotEmitted(tools.look_closer_changed):
        tools.set_look_closer(False)
    assert detail.text() == "Detail: full"

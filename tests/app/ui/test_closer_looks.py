"""The model looks closer: the page says so, shows at what, and keeps everything in its order and place."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.domain.conversation import Answer, Attachment, CloserLook
from app.domain.geometry import Rect
from app.render.view import AnswerView
from app.ui.conversation_page import ConversationPage
from app.ui.look_row import LookRow, PartView
from app.ui.main_window import MainWindow
from app.ui.thinking import ThinkingFold
from app.ui.thumbnails import Thumbnails
from app.ui.words import look_line
from tests.app.ui import samples

BEGIN = "Let me see."


@pytest.fixture
def page(qtbot: QtBot, thumbnails: Thumbnails) -> ConversationPage:
    made = ConversationPage(samples.look_of(), samples.icons(), thumbnails, samples.answer_view)
    qtbot.addWidget(made)
    made.resize(900, 700)
    with qtbot.waitExposed(made):
        made.show()
    return made


def button(root: QWidget, words: str) -> QPushButton:
    return next(each for each in root.findChildren(QPushButton) if each.text() == words and each.isVisibleTo(root))


def parts(root: QWidget) -> list[str]:
    """What the answer shows, from top to bottom."""
    shown = [each for each in root.findChildren(QWidget) if isinstance(each, AnswerView | LookRow) and each.isVisible()]
    shown.sort(key=lambda each: each.mapTo(root, each.rect().topLeft()).y())
    return [each.markdown() if isinstance(each, AnswerView) else each.words() for each in shown]


def test_a_look_is_said_while_it_lasts_and_stays_above_what_follows(
    qtbot: QtBot, page: ConversationPage, picture: Attachment
) -> None:
    page.set_conversation(samples.conversation(samples.turn("t", "How wide?", Answer(), picture)))
    look = samples.closer_look(picture)
    page.set_answer("t", Answer(looks=(look,)))
    qtbot.waitUntil(lambda: parts(page) == ["Looking closer at part of the picture"])
    assert "“the values under Margins”" in [each.text() for each in page.findChildren(QLabel)]
    assert not [
        each for each in page.findChildren(QLabel) if each.text() == "Waiting for the model" and each.isVisible()
    ]
    page.set_answer("t", Answer("streaming", "\n\n2.00", looks=(look,)))
    page.extend_answer("t", "answer", " cm.")
    qtbot.waitUntil(lambda: parts(page) == ["Looked closer at part of the picture", "2.00 cm."])


def test_what_was_read_does_not_move_for_it(qtbot: QtBot, page: ConversationPage, picture: Attachment) -> None:
    page.set_conversation(samples.conversation(samples.turn("t", "How wide?", Answer("streaming", BEGIN), picture)))
    (before,) = page.findChildren(AnswerView)
    qtbot.waitUntil(lambda: before.height() > 0)
    place = before.geometry()
    looks = (samples.closer_look(picture, len(BEGIN)),)
    page.set_answer("t", Answer("streaming", BEGIN, looks=looks))
    page.extend_answer("t", "answer", "\n\n")
    page.extend_answer("t", "answer", "2.00 cm.")
    qtbot.waitUntil(lambda: parts(page) == [BEGIN, "Looked closer at part of the picture", "2.00 cm."])
    assert before.geometry() == place
    # The whole of it, as it is told at the end and after a restart.
    page.set_answer("t", samples.finished(f"{BEGIN}\n\n2.00 cm.", looks=looks))
    assert parts(page) == [BEGIN, "Looked closer at part of the picture", "2.00 cm."]
    assert before.geometry() == place


def test_copied_is_what_was_said(qtbot: QtBot, page: ConversationPage, picture: Attachment) -> None:
    text = f"{BEGIN}\n\n2.00 cm."
    answer = samples.finished(text, looks=(samples.closer_look(picture, len(BEGIN)),))
    page.set_conversation(samples.conversation(samples.turn("t", "How wide?", answer, picture)))
    copied: list[str] = []
    page.copy_wanted.connect(copied.append)
    qtbot.mouseClick(button(page, "Copy"), Qt.MouseButton.LeftButton)
    assert copied == [text]


@pytest.mark.parametrize("state", ["stopped", "failed"])
def test_an_answer_that_ends_after_it_says_that_it_is_over(
    qtbot: QtBot, page: ConversationPage, picture: Attachment, state: str
) -> None:
    answer = Answer(state, looks=(samples.closer_look(picture),))  # type: ignore[arg-type]
    page.set_conversation(samples.conversation(samples.turn("t", "How wide?", answer, picture)))
    qtbot.waitUntil(lambda: parts(page) == ["Looked closer at part of the picture"])


def test_one_that_is_taken_back_goes(qtbot: QtBot, page: ConversationPage, picture: Attachment) -> None:
    looks = (samples.closer_look(picture), samples.closer_look(picture, len(BEGIN)))
    page.set_conversation(
        samples.conversation(samples.turn("t", "How wide?", Answer("streaming", BEGIN, looks=looks), picture))
    )
    assert len(parts(page)) == 3
    page.set_answer("t", samples.finished(BEGIN))
    assert parts(page) == [BEGIN]


def test_the_thoughts_stay_on_top(qtbot: QtBot, page: ConversationPage, picture: Attachment) -> None:
    page.set_conversation(samples.conversation(samples.turn("t", "How wide?", Answer(), picture)))
    page.set_answer("t", Answer(looks=(samples.closer_look(picture),)))
    page.extend_answer("t", "reasoning", "Now I see.")
    (row,) = page.findChildren(LookRow)
    thoughts = page.findChild(ThinkingFold)
    qtbot.waitUntil(lambda: 0 < thoughts.y() < row.y())


def test_which_picture_it_was_is_said_where_there_are_several(picture: Attachment) -> None:
    look = samples.closer_look(picture)
    other = samples.attachment(picture.path, "b" * 64, "Terminal")
    assert look_line(look, (picture,), live=False) == "Looked closer at part of the picture"
    assert look_line(look, (other, picture), live=True) == "Looking closer at part of picture 2, Writer"
    assert look_line(look, (other,), live=False) == "Looked closer at part of an earlier picture, Writer"


def test_a_part_is_cut_from_the_original(qtbot: QtBot, thumbnails: Thumbnails, tmp_path: Path) -> None:
    drawn = Image.new("RGB", (2000, 1000), "white")
    drawn.paste((255, 0, 0), (1000, 500, 1100, 600))
    drawn.save(tmp_path / "a.jpg", quality=95)
    picture = samples.attachment(tmp_path / "a.jpg", size=(2000, 1000))
    area, size = Rect(0.5, 0.5, 0.05, 0.1), QSize(300, 300)
    with qtbot.waitSignal(thumbnails.changed, timeout=10_000):
        assert thumbnails.image(picture, size, area) is None
    image = thumbnails.image(picture, size, area)
    assert image is not None
    assert (image.width(), image.height()) == (100, 100)
    assert image.pixelColor(50, 50).red() > 240
    assert image.pixelColor(50, 50).green() < 30
    assert thumbnails.image(picture, size) is None, "the whole picture is another image"


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
def test_its_place_in_the_picture_is_a_click_away(
    qtbot: QtBot, window: MainWindow, picture: Attachment, by: str
) -> None:
    look = CloserLook(picture, Rect(0.5, 0.5, 0.05, 0.1), "OK", 0)
    window.set_conversation(
        samples.conversation(samples.turn("t", "What?", samples.finished("OK.", looks=(look,)), picture))
    )
    (part,) = window.findChildren(PartView)
    assert part.accessibleName() == "Looked closer at part of the picture: OK"
    if by == "mouse":
        qtbot.mouseClick(part, Qt.MouseButton.LeftButton)
    else:
        part.setFocus(Qt.FocusReason.TabFocusReason)
        qtbot.keyClick(part, Qt.Key.Key_Return)
    assert window.viewer.isVisible()
    assert window.viewer.scale() > 1, "small things are shown large"
    qtbot.waitUntil(lambda: _brightness(window, 0.5) > 2 * _brightness(window, 0.1))


def _brightness(window: MainWindow, across: float) -> float:
    """Of the viewer, half way down: the part is in the middle, and dark is what is not."""
    shot = window.viewer.grab().toImage()
    return shot.pixelColor(int(shot.width() * across), shot.height() * 9 // 20).lightnessF()

"""What an answer points at is one thing on the picture, in the text, in what is said of it and in the large view."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.domain.conversation import Answer
from app.render.view import AnswerView
from app.ui import viewer as viewer_module
from app.ui.actions import ActionsRow
from app.ui.conversation_page import ConversationPage
from app.ui.main_window import MainWindow
from app.ui.mark_evidence import MarkChip, MarkEvidence
from app.ui.picture_frame import PictureFrame
from app.ui.picture_view import PictureView
from app.ui.thumbnails import Thumbnails
from tests.app.ui import mark_samples, samples

LEFT = Qt.MouseButton.LeftButton
Open = Callable[..., ConversationPage]
Kind = TypeVar("Kind", bound=QWidget)


@pytest.fixture
def shot(tmp_path: Path, qtbot: QtBot) -> Path:
    return samples.draw_screenshot(tmp_path / "screenshot.png")


@pytest.fixture
def opened(qtbot: QtBot, thumbnails: Thumbnails, shot: Path) -> Open:
    def make(answer: Answer | None = None, *, live: bool = True) -> ConversationPage:
        page = ConversationPage(samples.look_of(), samples.icons(), thumbnails, samples.answer_view)
        qtbot.addWidget(page)
        page.resize(900, 900)
        turn = mark_samples.turn(shot, live=live)
        if answer is not None:
            turn = dataclasses.replace(turn, answer=answer)
        page.set_conversation(samples.conversation(turn))
        with qtbot.waitExposed(page):
            page.show()
        return page

    return make


def one(page: QWidget, kind: type[Kind]) -> Kind:
    (found,) = page.findChildren(kind)
    return found


def button(page: QWidget, words: str) -> QPushButton:
    (found,) = [each for each in page.findChildren(QPushButton) if each.text() == words]
    return found


def orange(page: QWidget, widget: PictureView, number: int) -> list[bool]:
    """Along the upper line of a mark."""
    area = widget.mark_area(number)
    image = widget.grab().toImage()
    xs = range(round(area.left()) + 8, round(area.right()) - 8)
    colours = [image.pixelColor(x, int(area.top())) for x in xs]
    return [colour.red() > 200 and colour.green() < 150 and colour.blue() < 90 for colour in colours]


def painted(qtbot: QtBot, page: ConversationPage) -> PictureView:
    view = one(page, PictureView)
    qtbot.waitUntil(lambda: any(orange(page, view, 1)))
    return view


def chips(page: QWidget) -> dict[int, MarkChip]:
    return {chip.mark.number: chip for chip in page.findChildren(MarkChip) if not chip.isHidden()}


def test_marks_lie_on_the_picture_where_they_belong(qtbot: QtBot, opened: Open) -> None:
    page = opened()
    view = painted(qtbot, page)
    assert all(orange(page, view, 1)), "a confirmed one is a whole line"
    assert True in orange(page, view, 2)
    assert False in orange(page, view, 2), "a doubtful one is dashed"
    scale = min(view.width() / 1920, view.height() / 1080)
    left = (view.width() - 1920 * scale) / 2
    assert view.mark_area(1).center().x() == pytest.approx(left + 705 * scale, abs=1)
    assert "Mark 2, OK: only the model says so" in view.accessibleDescription()


def test_the_same_mark_is_lit_everywhere(qtbot: QtBot, opened: Open) -> None:
    page = opened()
    view, text = painted(qtbot, page), one(page, AnswerView)
    plain = view.grab().toImage()
    QTest.mouseMove(view, view.mark_area(1).center().toPoint())
    assert text.marks.signs.lit == 1
    assert [number for number, chip in chips(page).items() if chip._lit] == [1]
    assert view.grab().toImage() != plain
    QTest.mouseMove(view, view.rect().bottomLeft())
    assert text.marks.signs.lit == 0
    text.mark_pointed.emit(2)
    assert view.grab().toImage() != plain
    text.mark_pointed.emit(0)
    assert view.grab().toImage() == plain
    chips(page)[3].pointed.emit(3)
    assert text.marks.signs.lit == 3


def test_marks_that_come_while_the_answer_streams_move_nothing(qtbot: QtBot, opened: Open) -> None:
    text = mark_samples.TEXT + "\nA further paragraph.\n" * 30
    page = opened(Answer("streaming", text))
    view, words = one(page, PictureView), one(page, AnswerView)
    qtbot.wait(50)
    bar = page._scroll.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    before = (bar.value(), bar.maximum(), view.geometry(), words.geometry(), [each.sheet for each in words.widgets])
    page.set_answer("t1", Answer("streaming", text, marks=mark_samples.marks()))
    qtbot.wait(50)
    after = (bar.value(), bar.maximum(), view.geometry(), words.geometry(), [each.sheet for each in words.widgets])
    assert after == before
    painted(qtbot, page)
    assert not chips(page), "how sure they are is said when they were weighed"


def test_a_mark_of_another_picture_is_not_drawn(qtbot: QtBot, opened: Open) -> None:
    other = tuple(dataclasses.replace(each, attachment="b" * 64) for each in mark_samples.marks())
    page = opened(mark_samples.answer(marks=other))
    frame = one(page, PictureFrame)
    assert frame.copy.isHidden()
    assert not frame.has_mark(1)


def test_what_is_sure_and_what_is_not_is_said(qtbot: QtBot, opened: Open) -> None:
    page = opened()
    assert one(page, MarkEvidence).sentences() == [
        "confirmed by the text on the picture and the window's own description.",
        "OK: only the model says so. Check before you click.",
    ]


def test_many_doubts_are_folded(qtbot: QtBot, opened: Open) -> None:
    many = tuple(
        mark_samples.mark(number, f"Thing {number}", mark_samples.OK, confirmed=False) for number in range(1, 9)
    )
    page = opened(mark_samples.answer(marks=many))
    evidence = one(page, MarkEvidence)
    assert len(evidence.sentences()) == 4
    button(evidence, "Show all 8 marks").click()
    assert len(evidence.sentences()) == 8


def test_what_the_strip_offers(qtbot: QtBot, opened: Open) -> None:
    page = opened()
    frame = one(page, PictureFrame)
    with qtbot.waitSignal(page.mark_show_wanted) as shown:
        button(page, "Show on screen").click()
    assert shown.args == ["t1", 1]
    one(page, AnswerView).mark_pointed.emit(3)
    with qtbot.waitSignal(page.mark_show_wanted) as shown:
        button(page, "Show on screen").click()
    assert shown.args == ["t1", 3]
    with qtbot.waitSignal(page.copy_marked_wanted) as copied:
        frame.copy.click()
    assert copied.args == [frame.attachment, mark_samples.marks()]
    with qtbot.waitSignal(page.walk_wanted) as walk:
        button(one(page, ActionsRow), "Walk me through").click()
    assert walk.args == ["t1"]


def test_what_was_not_taken_from_the_screen_can_not_be_shown_there(qtbot: QtBot, opened: Open) -> None:
    page = opened(live=False)
    frame = one(page, PictureFrame)
    assert frame.show_on_screen.isHidden()
    assert not frame.copy.isHidden()
    assert button(page, "Walk me through").isHidden()


def marked_window(window: MainWindow, shot: Path) -> MainWindow:
    window.set_conversation(samples.conversation(mark_samples.turn(shot)))
    return window


def test_a_click_on_a_mark_opens_the_large_view_at_it(qtbot: QtBot, window: MainWindow, shot: Path) -> None:
    marked_window(window, shot)
    view = one(window.page, PictureView)
    qtbot.waitUntil(lambda: any(orange(window, view, 2)))
    QTest.mouseClick(view, LEFT, pos=view.mark_area(2).center().toPoint())
    viewer = window.viewer
    assert viewer.isVisible()
    assert viewer.lit() == 2
    shown = viewer.shown()
    middle = QPointF(shown.x() + shown.width() * 1460 / 1920, shown.y() + shown.height() * 888 / 1080)
    assert abs(middle.x() - viewer.width() / 2) < 2, "the mark is in the middle"
    qtbot.waitUntil(lambda: _has_orange(viewer))


def test_tab_goes_through_the_marks_and_comes_back_to_them(qtbot: QtBot, window: MainWindow, shot: Path) -> None:
    viewer = window.viewer
    viewer.show_marks(mark_samples.picture(shot), mark_samples.marks())
    qtbot.waitUntil(viewer.hasFocus)
    seen = []
    for _ in range(3):
        QTest.keyClick(viewer, Qt.Key.Key_Tab)
        seen.append(viewer.lit())
    assert seen == [1, 2, 3]
    assert viewer.accessibleName().startswith("3  Paper format: found in")
    QTest.keyClick(viewer, Qt.Key.Key_Tab)
    assert viewer.lit() == 0
    assert viewer.bar.hiding.hasFocus()
    for _ in range(20):
        if viewer.hasFocus():
            break
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Tab)
    assert viewer.hasFocus()
    assert viewer.lit() == 1


def test_marks_can_be_hidden(qtbot: QtBot, window: MainWindow, shot: Path) -> None:
    viewer = window.viewer
    viewer.show_marks(mark_samples.picture(shot), mark_samples.marks())
    qtbot.waitUntil(lambda: _has_orange(viewer))
    QTest.keyClick(viewer, Qt.Key.Key_M)
    assert not _has_orange(viewer)
    assert viewer.bar.hiding.text() == "Show marks"
    viewer.bar.hiding.click()
    assert _has_orange(viewer)
    viewer.show_picture(mark_samples.picture(shot))
    assert viewer.bar.copy.isHidden()
    assert not _has_orange(viewer)


def _has_orange(widget: QWidget) -> bool:
    image = widget.grab().toImage()
    wanted = QColor(samples.look_of().palette.mark).rgb()
    return any(image.pixel(x, y) == wanted for y in range(image.height()) for x in range(0, image.width(), 3))


def test_a_marked_picture_is_copied_and_saved_from_the_large_view(
    qtbot: QtBot, window: MainWindow, shot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer, marks = window.viewer, mark_samples.marks()
    picture = mark_samples.picture(shot)
    viewer.show_marks(picture, marks)
    with qtbot.waitSignal(viewer.copy_marked_wanted) as copied:
        viewer.bar.copy.click()
    assert copied.args == [picture, marks]
    asked: list[str] = []

    def choose(_parent: QWidget, proposed: str) -> Path:
        asked.append(proposed)
        return shot.with_name("kept.png")

    monkeypatch.setattr(viewer_module, "choose_saved_picture", choose)
    with qtbot.waitSignal(viewer.save_marked_wanted) as saved:
        viewer.bar.save.click()
    assert saved.args == [picture, marks, shot.with_name("kept.png")]
    assert asked == ["Writer, marked.png"]


def test_marks_follow_the_look(qtbot: QtBot, window: MainWindow, shot: Path) -> None:
    marked_window(window, shot)
    view = one(window.page, PictureView)
    qtbot.waitUntil(lambda: any(orange(window, view, 1)))
    window.set_look(samples.look_of("dark"))
    dark = QColor(samples.look_of("dark").palette.mark).rgb()
    image = view.grab().toImage()
    y = int(view.mark_area(1).top())
    assert image.pixel(int(view.mark_area(1).center().x()), y) == dark

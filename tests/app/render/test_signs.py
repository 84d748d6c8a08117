"""A sign that stands for a mark is a chip, any other a character; and nothing moves when its mark becomes known."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.render.view import AnswerView
from engine.protocol import Box, Mark
from tests.app.render.palette import look

TEXT = "Press **Save** ① and then ② in the menu. In `a①` and [the ③ page](https://example.org) it is text; ⑨ too.\n"
ORANGE = look().palette.mark


def mark(number: int, *, confirmed: bool = True) -> Mark:
    return Mark(number, "a" * 64, f"Thing {number}", Box(0.1, 0.1, 0.2, 0.2), confirmed=confirmed)


@pytest.fixture
def view(qtbot: QtBot) -> AnswerView:
    made = AnswerView(look())
    qtbot.addWidget(made)
    made.resize(520, 300)
    made.set_text(TEXT)
    with qtbot.waitExposed(made):
        made.show()
    return made


def links(view: AnswerView) -> list[str]:
    return [link.target for widget in view.widgets for link in widget.sheet.links()]


def place(view: AnswerView, which: int) -> QPoint:
    widget = view.widgets[0]
    box = widget.sheet.box(widget.sheet.links()[which])
    return widget.pos() + box.center().toPoint()


def oranges(view: AnswerView) -> int:
    image = view.grab().toImage()
    wanted = QColor(ORANGE).rgb()
    return sum(image.pixel(x, y) == wanted for y in range(image.height()) for x in range(image.width()))


def test_only_signs_with_a_mark_are_chips(view: AnswerView) -> None:
    assert links(view) == ["https://example.org"]
    assert oranges(view) == 0
    view.set_marks((mark(1), mark(2), mark(3)))
    assert links(view) == ["mark:1", "mark:2", "https://example.org"]
    assert oranges(view) > 200


def test_nothing_is_laid_out_again_when_marks_become_known(view: AnswerView) -> None:
    before = [(widget, widget.geometry(), widget.sheet) for widget in view.widgets]
    view.select_all()
    view.set_marks((mark(1), mark(2)))
    assert [(widget, widget.geometry(), widget.sheet) for widget in view.widgets] == before
    assert "①" in view.selected_text(), "the selection stays"


def test_a_doubtful_chip_has_another_shape(view: AnswerView) -> None:
    view.set_marks((mark(1),))
    sure = oranges(view)
    view.set_marks((mark(1, confirmed=False),))
    assert 0 < oranges(view) < sure / 2


def test_the_text_is_copied_with_its_signs(view: AnswerView) -> None:
    view.set_marks((mark(1), mark(2)))
    assert view.plain_text().startswith("Press Save ① and then ② in the menu. In a① and the ③ page")


def test_a_chip_is_pointed_at_and_clicked(qtbot: QtBot, view: AnswerView) -> None:
    view.set_marks((mark(1), mark(2)))
    told: list[int] = []
    view.mark_pointed.connect(told.append)
    QTest.mouseMove(view, place(view, 1))
    QTest.mouseMove(view, QPoint(2, view.height() - 2))
    assert told == [2, 0]
    with qtbot.assertNotEmitted(view.link_activated), qtbot.waitSignal(view.mark_opened) as opened:
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=place(view, 0))
    assert opened.args == [1]


def test_chips_are_reached_by_keyboard(qtbot: QtBot, view: AnswerView) -> None:
    view.set_marks((mark(1), mark(2)))
    view.activateWindow()
    view.setFocus(Qt.FocusReason.OtherFocusReason)
    qtbot.waitUntil(view.hasFocus)
    told: list[int] = []
    view.mark_pointed.connect(told.append)
    QTest.keyClick(view, Qt.Key.Key_Tab)
    QTest.keyClick(view, Qt.Key.Key_Tab)
    with qtbot.waitSignal(view.mark_opened) as opened:
        QTest.keyClick(view, Qt.Key.Key_Return)
    assert opened.args == [2]
    assert told == [1, 2]


def test_a_lit_chip_stands_out(view: AnswerView) -> None:
    view.set_marks((mark(1, confirmed=False),))
    before = oranges(view)
    view.set_lit_mark(1)
    assert oranges(view) > 2 * before
    view.set_lit_mark(0)
    assert oranges(view) == before

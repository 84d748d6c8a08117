"""What a person does with an answer: read it while it grows, select, copy, follow links, resize the window."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QScrollArea, QScrollBar, QToolButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.render.view import AnswerView
from tests.app.render.palette import look

SAMPLE = """\
# Heading

First paragraph with a [link](https://example.org/there) and words enough that it is wrapped in a narrow window.

1. One
2. Two

```python
x = 1  # a comment that is long enough to be wider than any page that this test opens, and then some more of it
```

| a | b |
|---|---|
| c | d |

Last paragraph with $x^2$.
"""

Opened = Callable[[str], AnswerView]


@pytest.fixture
def opened(qtbot: QtBot) -> Opened:
    """A view on a page, as it stands in the window."""
    areas = []

    def open_(text: str) -> AnswerView:
        area = QScrollArea(widgetResizable=True)
        page = QWidget()
        layout = QVBoxLayout(page)
        view = AnswerView(look())
        layout.addWidget(view)
        layout.addStretch(1)
        area.setWidget(page)
        area.resize(760, 900)
        qtbot.addWidget(area)
        areas.append(area)
        view.set_text(text)
        area.show()
        qtbot.waitExposed(area)
        QApplication.processEvents()
        return view

    return open_


def spot(view: AnswerView, block: int, dx: int, dy: int = 10) -> QPoint:
    """A point in a block, from its left upper corner without the air above it."""
    widget = view.widgets[block]
    return widget.pos() + QPoint(dx, widget.height() - round(view.typography.body.line_height) + dy)


def drag(view: AnswerView, start: QPoint, end: QPoint) -> None:
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(view, end)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=end)


def test_the_height_is_exact_at_every_width(opened: Opened) -> None:
    """No last line is cut off and none is missing, however narrow the window becomes."""
    view = opened(SAMPLE)
    heights = []
    for width in (700, 300, 500, 700):
        view.window().resize(width, 900)
        QApplication.processEvents()
        last = view.widgets[-1].geometry()
        assert view.height() == last.bottom() + 1
        assert all(widget.width() == view.width() for widget in view.widgets)
        heights.append(view.height())
    assert heights[0] == heights[3]
    assert heights[1] > heights[2] > heights[0]


def test_what_was_read_is_not_touched_while_text_streams(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """The selection in an earlier paragraph survives, and it is neither moved nor laid out again."""
    view = opened("")
    view.append("First paragraph.\n\nSecond paragraph.\n\nThird")
    view.flush()
    QApplication.processEvents()
    first = view.widgets[0]
    drag(view, spot(view, 0, 0), spot(view, 0, 600))
    assert view.selected_text() == "First paragraph."
    place, picture = first.geometry(), first.grab().toImage()
    monkeypatch.setattr(first, "arrange", lambda *_: pytest.fail("laid out again"))
    monkeypatch.setattr(first, "take", lambda _: pytest.fail("given another block"))
    for _ in range(20):
        view.append(" goes on and on\n\nand on")
        view.flush()
        QApplication.processEvents()
    assert view.widgets[0] is first
    assert first.geometry() == place
    assert first.grab().toImage() == picture
    assert view.selected_text() == "First paragraph."
    assert view.markdown().endswith("and on")


def test_pieces_are_drawn_together_and_none_is_lost(opened: Opened, qtbot: QtBot) -> None:
    view = opened("")
    for character in SAMPLE:
        view.append(character)
    assert view.markdown() == SAMPLE
    qtbot.waitUntil(lambda: "Last paragraph" in view.plain_text())
    view.finish()
    assert view.plain_text().startswith("Heading\n\nFirst paragraph with a link and words")


def test_a_selection_goes_over_many_blocks(opened: Opened) -> None:
    """Numbers of a list, cells of a table and formulas come along as text."""
    view = opened(SAMPLE)
    view.select_all()
    text = view.selected_text()
    assert text == view.plain_text()
    assert "1. One\n2. Two\n\nx = 1  # a comment" in text
    assert "a\tb\nc\td\n\nLast paragraph with $x^2$." in text
    drag(view, spot(view, 3, 200), spot(view, 2, 28))
    assert view.selected_text() == "1. One\n2. Two"


def test_copying_by_keyboard(opened: Opened) -> None:
    view = opened(SAMPLE)
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=spot(view, 0, 5))
    QTest.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == view.plain_text()


def test_two_clicks_take_the_word_and_three_the_paragraph(opened: Opened) -> None:
    view = opened("some words here")
    at = spot(view, 0, 60)
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton, pos=at)
    assert view.selected_text() == "words"
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=at)
    assert view.selected_text() == "some words here"


def test_a_link_is_followed_by_mouse_and_by_keyboard(opened: Opened, qtbot: QtBot) -> None:
    view = opened("[link](https://example.org/there) and text")
    with qtbot.waitSignal(view.link_activated) as clicked:
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=spot(view, 0, 10))
    assert clicked.args == ["https://example.org/there"]
    with qtbot.assertNotEmitted(view.link_activated):
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=spot(view, 0, 300))
        drag(view, spot(view, 0, 5), spot(view, 0, 20))
    view.clearFocus()
    view.setFocus(Qt.FocusReason.TabFocusReason)
    with qtbot.waitSignal(view.link_activated) as chosen:
        QTest.keyClick(view, Qt.Key.Key_Return)
    assert chosen.args == ["https://example.org/there"]


def test_the_menu_copies_text_and_links(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QMenu, "popup", lambda *_: None)
    view = opened("[link](https://example.org/there) and text")
    at = spot(view, 0, 10)
    view.contextMenuEvent(QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, view.mapToGlobal(at)))
    menu = view.findChild(QMenu)
    assert isinstance(menu, QMenu)
    actions = {action.text(): action for action in menu.actions()}
    assert list(actions) == ["Copy", "Copy link", "Select all"]
    assert not actions["Copy"].isEnabled()
    actions["Copy link"].trigger()
    assert QGuiApplication.clipboard().text() == "https://example.org/there"
    actions["Select all"].trigger()
    assert view.selected_text() == "link and text"
    menu.close()


def test_the_page_scrolls_along_with_a_long_selection(opened: Opened) -> None:
    view = opened("\n\n".join(f"Paragraph {n}." for n in range(100)))
    area = view.window()
    assert isinstance(area, QScrollArea)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=spot(view, 0, 0))
    QTest.mouseMove(view, QPoint(20, 1500))
    assert area.verticalScrollBar().value() > 500
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(20, 1500))
    assert view.selected_text().startswith("Paragraph 0.\n\nParagraph 1.")


def test_the_copy_button_copies_the_code_and_says_so(opened: Opened, qtbot: QtBot) -> None:
    view = opened("```make\nall:\n\tcc -o a a.c\n```")
    button = view.findChild(QToolButton)
    assert isinstance(button, QToolButton)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "all:\n\tcc -o a a.c"
    assert button.text() == "Copied"
    qtbot.waitUntil(lambda: button.text() == "Copy", timeout=8000)


def test_long_code_scrolls_sideways_and_never_wraps(opened: Opened) -> None:
    view = opened("```\n" + "word " * 60 + "\n```\n\nafter")
    bar = view.findChild(QScrollBar)
    assert isinstance(bar, QScrollBar)
    assert bar.isVisible()
    assert bar.maximum() > 500
    code = view.widgets[0]
    one_line = view.typography.code.line_height
    assert code.height() < 100 + one_line
    event = QWheelEvent(
        QPointF(50, 50), QPointF(code.mapToGlobal(QPoint(50, 50))), QPoint(-40, 0), QPoint(-80, 0),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(code, event)
    assert bar.value() == 40
    view.append("\n\n```\nshort\n```")
    view.set_text("```\nshort\n```")
    assert not [left for left in view.findChildren(QScrollBar) if left.isVisible()]


def test_many_formulas_come_in_without_stopping_the_window(opened: Opened, qtbot: QtBot) -> None:
    """Those that wait are shown as TeX, and the page is laid out again when they are there."""
    view = opened("")
    view.set_text("\n\n".join(f"Number $\\sqrt{{x_{{{n}}}}} + {n}$ here." for n in range(30)))
    assert not any(widget.sheet.formulas_came() for widget in view.widgets[:1])
    lengths = [widget.sheet.length for widget in view.widgets]
    assert min(lengths) < max(lengths)
    qtbot.waitUntil(lambda: len({widget.sheet.length for widget in view.widgets}) == 1, timeout=10000)
    assert view.plain_text().startswith("Number $\\sqrt{x_{0}} + 0$ here.")


def test_another_theme_is_taken_at_once(opened: Opened) -> None:
    view = opened(SAMPLE)
    height = view.height()
    view.set_look(look("dark"))
    QApplication.processEvents()
    assert view.height() == height
    colour = view.widgets[4].grab().toImage().pixelColor(6, view.widgets[4].height() // 2)
    assert colour.name() == look("dark").palette.code


def test_a_view_that_grew_in_hiding_is_right_when_it_comes(opened: Opened) -> None:
    """The answer of a conversation that streams while another page is open."""
    view = opened("word " * 200)
    view.hide()
    view.window().resize(400, 900)
    view.append("\n\nmore")
    view.flush()
    view.show()
    QApplication.processEvents()
    assert view.height() == view.widgets[-1].geometry().bottom() + 1
    assert all(widget.width() == view.width() for widget in view.widgets)


def test_screen_readers_get_the_text(opened: Opened) -> None:
    view = opened("- one\n\n```sh\nls\n```")
    assert [widget.accessibleName() for widget in view.widgets] == ["- one", "ls"]
    assert [button.accessibleName() for button in view.findChildren(QToolButton)] == ["Copy code"]

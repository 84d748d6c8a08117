from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.domain.guide import GuideView
from app.look import load_look
from app.paths import resources
from app.ui.guide_card import GuideCard, bold_html
from app.ui.guide_place import card_place
from app.ui.icons import Icons

SCREEN = QRect(100, 50, 1200, 800)
SHOWING = GuideView(
    "showing",
    step=2,
    total=5,
    plan_is_whole=True,
    say="Open the **File** menu.",
    watch="Goes on when “Export” appears.",
    can_go_back=True,
    can_skip=True,
)


@pytest.fixture
def card(qtbot: QtBot) -> Iterator[GuideCard]:
    look = load_look("light", resources() / "look")
    style = (resources() / "look" / "style.qss").read_text(encoding="utf-8")
    card = GuideCard(look, Icons(resources() / "icons"), style)
    qtbot.addWidget(card)
    card.show_view(SHOWING)
    return card


def button(card: GuideCard, words: str) -> QPushButton:
    return next(each for each in card.findChildren(QPushButton) if each.text() == words)


def test_a_step_is_told_whole_to_eyes_and_to_a_screen_reader(card: GuideCard) -> None:
    assert card.say.text() == "Open the <b>File</b> menu."
    assert card.say.accessibleName() == "Step 2 of 5. Open the File menu"
    assert card._watch.text() == "Goes on when “Export” appears."
    card.show_view(replace(SHOWING, plan_is_whole=False, total=2, note="Not seen."))
    assert card.say.accessibleName() == "Step 2 of 2 or more. Open the File menu. Not seen."


def test_it_takes_no_keyboard_and_its_buttons_say_what_is_wanted(card: GuideCard, qtbot: QtBot) -> None:
    assert card.testAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
    for words, signal in (
        ("Back", card.back_wanted),
        ("Skip", card.skip_wanted),
        ("Show me again", card.again_wanted),
        ("Stop", card.stop_wanted),
    ):
        with qtbot.waitSignal(signal):
            button(card, words).click()
    with qtbot.waitSignal(card.stop_wanted):
        card.close()
    assert card.isVisible()


def test_buttons_that_lead_nowhere_are_off(card: GuideCard) -> None:
    card.show_view(GuideView("planning"))
    assert [button(card, words).isEnabled() for words in ("Back", "Skip", "Show me again", "Stop")] == [False] * 3 + [
        True
    ]
    card.show_view(GuideView("lost", note="The way could not be found again."))
    assert button(card, "Close").isEnabled()


def test_what_the_model_writes_is_words_and_no_markup() -> None:
    assert (
        bold_html("<img src='file:///etc/passwd'> **A & B**") == "&lt;img src='file:///etc/passwd'&gt; <b>A &amp; B</b>"
    )


def test_the_card_stands_in_a_corner_that_covers_nothing_and_stays_there() -> None:
    size = QSize(340, 160)
    first = card_place(size, SCREEN, [], 24)
    assert QRect(first, size).bottomRight() == QPoint(1300 - 24 - 1, 850 - 24 - 1)
    target = QRect(1000, 700, 200, 60)
    second = card_place(size, SCREEN, [target], 24)
    assert not QRect(second, size).intersects(target)
    assert card_place(size, SCREEN, [QRect(110, 700, 50, 50)], 24, second) == second
    everywhere = card_place(size, SCREEN, [SCREEN], 24)
    assert SCREEN.contains(QRect(everywhere, size))


def test_a_card_that_was_moved_by_hand_goes_only_where_it_would_cover_the_target(card: GuideCard) -> None:
    card._was_moved = True
    card.move(300, 300)
    card.keep_away(SCREEN, [QRect(900, 100, 40, 20)])
    assert card.pos() == QPoint(300, 300)
    card.keep_away(SCREEN, [QRect(310, 310, 40, 20)])
    assert not card.geometry().intersects(QRect(310, 310, 40, 20))

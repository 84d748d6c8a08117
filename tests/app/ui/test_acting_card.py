from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.domain.acting import ActingView
from app.look import load_look
from app.paths import resources
from app.ui.acting_card import ActingCard
from app.ui.icons import Icons

ASKS = ActingView("confirming", "save the letter", "Letter", 2, 30, "Click “Save”")


@pytest.fixture
def card(qtbot: QtBot) -> ActingCard:
    style = (resources() / "look" / "style.qss").read_text(encoding="utf-8")
    card = ActingCard(load_look("dark", resources() / "look"), Icons(resources() / "icons"), style, "Ctrl+Alt+Escape")
    qtbot.addWidget(card)
    card.show_view(ASKS)
    return card


def shown(card: ActingCard) -> list[str]:
    seen = [button for button in card.findChildren(QPushButton) if button.text() and button.isVisible()]
    return [button.text() for button in sorted(seen, key=lambda button: button.x())]


def test_what_would_be_done_waits_for_a_click(card: ActingCard, qtbot: QtBot) -> None:
    assert card.say.text() == "Click “Save”?"
    assert card.where.text() == "Step 2 of 30 at most"
    assert shown(card) == ["Do it", "Not this one", "Stop"]
    for words, signal in (("Do it", card.confirmed), ("Not this one", card.skipped), ("Stop", card.stop_wanted)):
        with qtbot.waitSignal(signal):
            next(each for each in card.findChildren(QPushButton) if each.text() == words).click()


def test_the_keyboard_stays_with_the_program(card: ActingCard) -> None:
    assert card.windowFlags() & Qt.WindowType.WindowDoesNotAcceptFocus


def test_each_state_shows_what_can_be_done_and_no_more(card: ActingCard) -> None:
    card.show_view(ActingView("asking", "save the letter", "Letter"))
    assert shown(card) == ["Begin", "Rehearse", "Close"]
    assert "“Letter”" in card.say.text()
    card.show_view(replace(ASKS, state="confirming_again", note="This may not be possible to undo."))
    assert shown(card) == ["Yes, do it", "Not this one", "Stop"]
    card.show_view(replace(ASKS, state="paused", note="You moved the mouse, so it waits."))
    assert shown(card) == ["Go on", "Stop"]
    card.show_view(replace(ASKS, state="paused", other_window="Save as"))
    assert shown(card) == ["Allow this window too", "Stop"]
    assert "“Save as”" in card.say.text()
    card.show_view(replace(ASKS, state="thinking", warning="Text in this window reads like an order."))
    assert shown(card) == ["Stop"]
    assert "reads like an order" in card.say.accessibleName()
    card.show_view(replace(ASKS, state="ended", note="Stopped by Ctrl+Alt+Escape."))
    assert shown(card) == ["Close"]


def test_a_rehearsal_says_so_and_what_the_screen_says_is_no_markup(card: ActingCard) -> None:
    card.show_view(replace(ASKS, dry_run=True, say="Click “<b>Pay</b>”"))
    assert "Rehearsal" in card.where.text()
    assert card.say.text() == "Click “&lt;b&gt;Pay&lt;/b&gt;”?"

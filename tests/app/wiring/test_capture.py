"""Pictures of the screen through the whole window: the region is chosen, refusals are told, Esc knows its order."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.capture.source import Availability
from app.overlay.picker_window import PickerWindow
from tests.app.wiring.desk import Desk
from tests.scripted import answer, count, make_scripted

LEFT = Qt.MouseButton.LeftButton


def pickers() -> list[PickerWindow]:
    return [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, PickerWindow)]


def begin_region(desk: Desk) -> PickerWindow:
    desk.press(Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    desk.until(lambda: any(window.isVisible() for window in pickers()))
    (window,) = pickers()
    return window


def test_a_region_is_dragged_and_becomes_a_tile(desk: Desk) -> None:
    desk.start()
    place = desk.window.geometry()
    picker = begin_region(desk)
    assert not desk.window.isVisible()
    QTest.mousePress(picker, LEFT, pos=QPoint(20, 30))
    QTest.mouseMove(picker, QPoint(60, 60))
    QTest.mouseMove(picker, QPoint(119, 79))
    QTest.mouseRelease(picker, LEFT, pos=QPoint(119, 79))
    desk.qtbot.keyClick(picker, Qt.Key.Key_Return)
    desk.until(lambda: len(desk.tiles()) == 1)
    (tile,) = desk.tiles()
    picture = tile.attachment
    assert (picture.width, picture.height, picture.source, picture.title) == (100, 50, "region", "Budget.ods")
    assert desk.window.isVisible()
    assert desk.window.geometry() == place


def test_the_pictures_of_all_monitors_are_let_go_when_a_region_is_given_up(desk: Desk) -> None:
    desk.start()
    picker = begin_region(desk)
    held = weakref.ref(desk.wiring._picker)
    desk.qtbot.keyClick(picker, Qt.Key.Key_Escape)
    desk.until(lambda: desk.window.isVisible() and not desk.parts.capture.busy)
    del picker
    desk.until(lambda: gc.collect() >= 0 and held() is None and not pickers())
    # The next one works.
    begin_region(desk)


def test_a_capture_that_is_given_up_elsewhere_closes_the_picker(desk: Desk) -> None:
    desk.start()
    picker = begin_region(desk)
    desk.parts.capture.cancel()
    assert not picker.isVisible()
    assert desk.window.isVisible()


def test_closing_the_program_while_a_region_is_chosen_leaves_no_window(desk: Desk) -> None:
    desk.start()
    picker = begin_region(desk)
    window = desk.window
    desk.end()
    assert not picker.isVisible()
    assert not window.isVisible()


def test_without_permission_a_note_leads_to_the_systems_settings(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()) or True)
    desk.source.found = Availability("needs_permission", "Allow it in Settings, then try again.", "x-settings:screen")
    desk.start()
    desk.composer.tools.window_wanted.emit(0)
    desk.until(lambda: desk.notes() == ("Allow it in Settings, then try again.",))
    assert desk.window.isVisible()
    desk.click("Open settings")
    assert opened == ["x-settings:screen"]


@pytest.mark.parametrize(
    "found",
    [
        Availability("needs_permission", "Allow it in the settings of your desktop, then try again."),
        Availability("unavailable", "Install the desktop portal, then try again."),
    ],
)
def test_where_no_settings_can_be_opened_the_sentence_stands_alone(desk: Desk, found: Availability) -> None:
    desk.source.found = found
    desk.start()
    desk.composer.tools.screen_wanted.emit(0)
    desk.until(lambda: desk.notes() == (found.sentence,))
    assert "Open settings" not in desk.buttons()


def test_escape_gives_up_the_countdown_before_it_stops_the_answer(desk: Desk, tmp_path: Path) -> None:
    desk.start(make_scripted(tmp_path / "model", [answer(count(0.005))]))
    desk.ask("Go on for ever")
    desk.until(lambda: desk.answer().state == "streaming")
    desk.composer.tools.window_wanted.emit(10)
    desk.until(lambda: desk.sees("The picture is taken in 10 seconds. Esc gives up."))
    desk.press(Qt.Key.Key_Escape)
    assert not desk.parts.capture.busy
    assert not desk.sees("The picture is taken in 10 seconds. Esc gives up.")
    assert desk.parts.session.status.state == "generating"
    desk.press(Qt.Key.Key_Escape)
    desk.until(lambda: desk.answer().state == "stopped")


def test_the_round_button_stops_the_answer_and_leaves_the_countdown(desk: Desk, tmp_path: Path) -> None:
    desk.start(make_scripted(tmp_path / "model", [answer(count(0.005))]))
    desk.ask("Go on for ever")
    desk.until(lambda: desk.answer().state == "streaming")
    desk.composer.tools.window_wanted.emit(10)
    desk.until(lambda: desk.parts.capture.busy and desk.sees("The picture is taken in 10 seconds. Esc gives up."))
    desk.composer.tools.stop_wanted.emit()
    desk.until(lambda: desk.answer().state == "stopped")
    assert desk.parts.capture.busy

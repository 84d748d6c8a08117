from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import QPushButton

from app.capture.screens import current_screens
from app.capture.shot import Shot
from app.domain.geometry import Rect, Screen
from app.look import Look, load_look
from app.overlay.magnifier import Magnifier
from app.overlay.picker_window import PickerWindow
from app.overlay.region_picker import RegionPicker

ROOT = Path(__file__).resolve().parents[3]
LEFT = Qt.MouseButton.LeftButton


def shot_of_ramp(screen: Screen) -> Shot:
    image = QImage(int(screen.physical.width), int(screen.physical.height), QImage.Format.Format_RGB32)
    image.fill(QColor("#c08040"))
    return Shot(screen, image)


@pytest.fixture(params=["light", "dark"])
def look(request) -> Look:
    return load_look(request.param, ROOT / "resources/look")


@pytest.fixture
def picker(qtbot, look: Look) -> Iterator[RegionPicker]:
    made = RegionPicker([shot_of_ramp(screen) for screen in current_screens()], look)
    made.start()
    qtbot.waitExposed(made.windows[0])
    yield made
    made.cancel()


def drag(window: PickerWindow, start: tuple[int, int], end: tuple[int, int]) -> None:
    QTest.mousePress(window, LEFT, pos=QPoint(*start))
    QTest.mouseMove(window, QPoint((start[0] + end[0]) // 2, (start[1] + end[1]) // 2))
    QTest.mouseMove(window, QPoint(*end))
    QTest.mouseRelease(window, LEFT, pos=QPoint(*end))


def test_drag_adjust_by_keys_and_enter(qtbot, picker: RegionPicker) -> None:
    window = picker.windows[0]
    drag(window, (100, 80), (299, 229))
    QTest.keyClick(window, Qt.Key.Key_Right)
    QTest.keyClick(window, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(window, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    both = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier
    QTest.keyClick(window, Qt.Key.Key_Down, both)
    taken, cancelled = QSignalSpy(picker.taken), QSignalSpy(picker.cancelled)
    QTest.keyClick(window, Qt.Key.Key_Return)
    assert taken.count() == 1
    assert taken.at(0) == [0, Rect(101, 70, 201, 160)]
    assert not window.isVisible()
    picker.cancel()
    assert cancelled.count() == 0


def test_the_mouse_alone_moves_resizes_and_takes(qtbot, picker: RegionPicker) -> None:
    window = picker.windows[0]
    drag(window, (100, 100), (299, 199))
    drag(window, (200, 150), (220, 160))  # The inside: moves.
    drag(window, (321, 211), (341, 231))  # Beside the corner: resizes, and the edge does not jump to the pointer.
    taken = QSignalSpy(picker.taken)
    window.findChild(QPushButton, "take").click()
    assert taken.at(0) == [0, Rect(120, 110, 220, 120)]


def test_an_unsteady_click_neither_selects_nor_loses_a_selection(qtbot, picker: RegionPicker) -> None:
    window = picker.windows[0]
    drag(window, (100, 100), (106, 104))
    assert window.selection is None
    drag(window, (100, 100), (299, 199))
    before = window.selection
    drag(window, (500, 400), (504, 404))
    assert window.selection == before
    drag(window, (500, 400), (520, 404))
    assert window.selection.left == 500


def test_space_takes_the_whole_monitor_and_enter_nothing_without_a_selection(qtbot, picker: RegionPicker) -> None:
    window = picker.windows[0]
    taken = QSignalSpy(picker.taken)
    QTest.keyClick(window, Qt.Key.Key_Enter)
    assert taken.count() == 0
    QTest.keyClick(window, Qt.Key.Key_Space)
    assert taken.at(0) == [0, current_screens()[0].logical]


@pytest.mark.parametrize("way", ["escape", "right click", "button"])
def test_there_are_three_ways_out(qtbot, picker: RegionPicker, way: str) -> None:
    window = picker.windows[0]
    cancelled, taken = QSignalSpy(picker.cancelled), QSignalSpy(picker.taken)
    drag(window, (100, 100), (299, 199))
    if way == "escape":
        QTest.keyClick(window, Qt.Key.Key_Escape)
    elif way == "right click":
        QTest.mousePress(window, Qt.MouseButton.RightButton, pos=QPoint(150, 150))
        assert window.isVisible()  # A release over another window would open that one's menu.
        QTest.mouseRelease(window, Qt.MouseButton.RightButton, pos=QPoint(150, 150))
    else:
        window.findChild(QPushButton, "cancel").click()
    assert (cancelled.count(), taken.count()) == (1, 0)
    assert not window.isVisible()


def test_a_double_click_takes_and_keys_alone_suffice(qtbot, picker: RegionPicker) -> None:
    window = picker.windows[0]
    width, height = window.bounds
    QTest.keyClick(window, Qt.Key.Key_Down)
    taken = QSignalSpy(picker.taken)
    QTest.mouseDClick(window, LEFT, pos=QPoint(width // 2, height // 2))
    assert taken.at(0)[1] == Rect(width // 4, height // 4, width / 2, height / 2)


def test_the_magnifier_makes_room_for_the_buttons_of_a_selection_made_by_keys(qtbot, picker: RegionPicker) -> None:
    window = picker.windows[0]
    QTest.mouseMove(window, QPoint(500, 400))
    magnifier = window.findChild(Magnifier)
    qtbot.waitUntil(magnifier.isVisible)
    QTest.keyClick(window, Qt.Key.Key_Down)
    assert not magnifier.isVisible()


def test_the_selection_is_seen_as_it_is_and_the_rest_is_dimmed(qtbot, picker: RegionPicker, look: Look) -> None:
    window = picker.windows[0]
    drag(window, (100, 100), (399, 299))
    seen = window.grab().toImage()
    assert seen.pixelColor(250, 200) == QColor("#c08040")
    assert seen.pixelColor(150, 101) == QColor("#c08040")
    assert seen.pixelColor(150, 99) == QColor(look.palette.accent)
    assert seen.pixelColor(30, 300).lightness() < QColor("#c08040").lightness() * 0.7


def test_the_magnifier_shows_the_frozen_pixels(qtbot, look: Look) -> None:
    screen = current_screens()[0]
    shot = shot_of_ramp(screen)
    shot.image.setPixelColor(201, 150, QColor("#00ff00"))
    window = PickerWindow(shot, look)
    qtbot.addWidget(window)
    window.resize(800, 600)
    magnifier = window.findChild(Magnifier)
    magnifier.look_at(200, 150)
    seen = magnifier.grab().toImage()
    middle = magnifier.width() // 2
    cell = magnifier.width() // 15
    assert seen.pixelColor(middle, middle) == QColor("#c08040")
    assert seen.pixelColor(middle + cell, middle - 3).green() > 150
    magnifier.look_at(0, 0)  # Beyond the corner there is nothing.
    assert magnifier.grab().toImage().pixelColor(20, 20).name() == QColor(look.palette.sunken).name()


def test_a_monitor_that_is_gone_gives_up_at_once(qtbot, look: Look) -> None:
    gone = Screen("HDMI-9", Rect(5000, 0, 100, 100), Rect(5000, 0, 100, 100), 1.0)
    picker = RegionPicker([shot_of_ramp(gone)], look)
    with qtbot.waitSignal(picker.cancelled, timeout=20_000):
        picker.start()

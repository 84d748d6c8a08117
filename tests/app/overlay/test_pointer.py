"""How long something is pointed at, and on which monitors. What is drawn is recorded, not shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QRect
from PySide6.QtGui import QGuiApplication

from app.domain.geometry import Rect, Screen
from app.domain.screen import ScreenMark, WindowRef
from app.hotkeys.keys import GlobalKeys
from app.look import Look, load_look
from app.overlay.pointer import ScreenPointer, pick_drawer
from app.overlay.pointer_panes import Pane, panes_of

LOOK = load_look("light", Path("resources/look"))
MARK = ScreenMark(1, "Save", Rect(100, 100, 60, 20), True)
WINDOW = WindowRef(7, 1, "Editor", Rect(50, 50, 400, 300))


class Recorded:
    def __init__(self) -> None:
        self.panes: tuple[Pane, ...] = ()

    def obstacle(self) -> str:
        return ""

    def draw(self, look: Look, panes: Sequence[Pane]) -> None:
        self.panes = tuple(panes)

    def clear(self) -> None:
        self.panes = ()

    def areas(self) -> tuple[QRect, ...]:
        return ()

    def close(self) -> None:
        self.clear()


class Keys(GlobalKeys):
    def _watch(self, name: str, key: object) -> str:
        return ""

    def press_all(self) -> None:
        for name in list(self._names):
            self._heard.emit(name)


class Desk:
    def __init__(self) -> None:
        self.window: WindowRef | None = WINDOW
        self.drawn, self.keys = Recorded(), Keys()
        self.pointer = ScreenPointer(LOOK, lambda _: self.window, keys=self.keys, drawer=self.drawn)
        self.told: list[str] = []
        self.pointer.hidden.connect(self.told.append)


@pytest.fixture
def desk(qapp) -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.pointer.close()


def test_escape_ends_it_and_is_watched_only_while_something_is_pointed_at(qtbot, desk: Desk) -> None:
    desk.keys.press_all()
    desk.pointer.point([MARK])
    assert [mark.words for pane in desk.drawn.panes for mark in pane.marks] == ["Save"]
    with qtbot.waitSignal(desk.pointer.hidden):
        desk.keys.press_all()
    assert (desk.told, desk.drawn.panes, desk.keys._names) == (["escape"], (), set())


def test_it_ends_after_its_time_and_a_second_pointing_has_a_time_of_its_own(qtbot, desk: Desk) -> None:
    desk.pointer.point([MARK], seconds=0.02)
    desk.pointer.point([replace(MARK, number=2)])
    qtbot.wait(60)
    assert (desk.told, len(desk.drawn.panes)) == ([], 1)
    with qtbot.waitSignal(desk.pointer.hidden):
        desk.pointer.point([MARK], seconds=0.02)
    assert desk.told == ["timeout"]


@pytest.mark.parametrize(
    ("now", "reason"), [(replace(WINDOW, frame=Rect(51, 50, 400, 300)), "moved"), (None, "closed")]
)
def test_it_ends_when_its_window_moves_or_goes(qtbot, desk: Desk, now: WindowRef | None, reason: str) -> None:
    desk.pointer.point([MARK], WINDOW)
    desk.window = replace(WINDOW, title="Editor *")
    with qtbot.assertNotEmitted(desk.pointer.hidden, wait=300):
        pass
    desk.window = now
    with qtbot.waitSignal(desk.pointer.hidden):
        pass
    assert (desk.told, desk.drawn.panes) == ([reason], ())


def test_nothing_is_drawn_when_the_window_has_already_moved(desk: Desk) -> None:
    desk.window = replace(WINDOW, frame=Rect(0, 0, 400, 300))
    desk.pointer.point([MARK], WINDOW)
    assert (desk.told, desk.drawn.panes, desk.keys._names) == (["moved"], (), set())


def test_what_lies_on_no_monitor_is_said_to_have_gone(desk: Desk) -> None:
    desk.pointer.point([replace(MARK, area=Rect(90_000, 0, 10, 10))])
    assert desk.told == ["moved"]


def test_it_is_hidden_when_asked_and_when_what_it_points_at_has_changed(desk: Desk) -> None:
    desk.pointer.hide()
    for end in (desk.pointer.note_changed, desk.pointer.hide):
        desk.pointer.point([MARK])
        end()
    assert desk.told == ["changed", "asked"]


LEFT = Screen("LEFT", Rect(-1200, -100, 800, 1280), Rect(-1200, -100, 1200, 1920), 1.5)
MIDDLE = Screen("MIDDLE", Rect(0, 0, 1920, 1080), Rect(0, 0, 1920, 1080), 1.0)


def test_a_mark_over_two_monitors_is_drawn_on_both_and_has_one_arm() -> None:
    mark = replace(MARK, area=Rect(-30, 200, 90, 30))
    left, middle = panes_of([mark], [MIDDLE, replace(LEFT, physical=Rect(-1200, -100, 1200, 1920))])[::-1]
    assert left.marks[0].area == Rect((1200 - 30) / 1.5, 300 / 1.5, 60, 20)
    assert middle.marks[0].area == Rect(-30, 200, 90, 30)
    assert [left.marks[0].armed, middle.marks[0].armed] == [False, True]


def test_where_device_pixels_of_monitors_overlap_the_named_one_is_meant() -> None:
    sharp = Screen("sharp", Rect(0, 0, 800, 400), Rect(0, 0, 1600, 800), 2.0)
    plain = Screen("plain", Rect(800, 0, 640, 480), Rect(800, 0, 640, 480), 1.0)
    mark = replace(MARK, area=Rect(1000, 100, 20, 20))
    (pane,) = panes_of([mark], [sharp, plain], "plain")
    assert (pane.screen.name, pane.marks[0].area.x) == ("plain", 200)
    (pane,) = panes_of([mark], [sharp, plain], "sharp")
    assert (pane.screen.name, pane.marks[0].area.x) == ("sharp", 500)


def test_where_no_window_can_be_placed_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QGuiApplication, "platformName", staticmethod(lambda: "wayland"))
    parent = QObject()
    drawer = pick_drawer(parent)
    assert "shows the place" in drawer.obstacle()
    assert drawer.areas() == ()

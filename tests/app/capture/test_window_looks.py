"""Fresh looks at a window: what comes back, what is deleted, and what counts as a change."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter

from app.accessibility.source import UNPLACED
from app.capture.shot import Taken
from app.capture.window_looks import Glance, WindowLooks, difference
from app.domain.geometry import Place, Rect, Screen
from app.domain.screen import WindowRef
from app.jobs import Jobs
from engine.protocol import Box, Element

WINDOW = WindowRef(7, 1, "Budget.ods", Rect(10, 20, 300, 200))
SAVE = Element("button", "Save", UNPLACED)


class OneWindow:
    """A screen that shows `image` wherever it is read, with one window on it."""

    leaves_itself_out = False

    def __init__(self) -> None:
        self.window: WindowRef | None = WINDOW
        self.image = QImage(300, 200, QImage.Format.Format_RGB32)
        self.image.fill(QColor("#808080"))
        self.failure: Exception | None = None

    def paint(self, x: int, y: int, width: int, height: int) -> None:
        painter = QPainter(self.image)
        painter.fillRect(QRect(x, y, width, height), QColor("white"))
        painter.end()

    def focused_window(self, screens: Sequence[Screen]) -> WindowRef | None:
        return self.active_window(screens)

    def find_window(self, handle: int, screens: Sequence[Screen]) -> WindowRef | None:
        return self.window if self.window is not None and self.window.handle == handle else None

    def grab_area(self, area: Rect, screens: Sequence[Screen]) -> Taken | None:
        if self.failure is not None:
            raise self.failure
        x, y = int(area.x - WINDOW.frame.x), int(area.y - WINDOW.frame.y)
        return Taken(self.image.copy(x, y, int(area.width), int(area.height)), "", Place("M", area, 1.0))


class Told:
    """A program that tells of one button."""

    def read(self, window: WindowRef, seconds: float = 0.3, most: int = 400) -> tuple[tuple[Element, Rect], ...]:
        return ((SAVE, Rect(window.frame.x + 30, window.frame.y + 20, 60, 20)),)


@pytest.fixture
def screen() -> OneWindow:
    return OneWindow()


@pytest.fixture
def hooks() -> list[str]:
    return []


@pytest.fixture
def looks(qtbot, screen: OneWindow, hooks: list[str], tmp_path: Path) -> Iterator[WindowLooks]:
    jobs = Jobs()
    before, after = (lambda: hooks.append("before")), (lambda: hooks.append("after"))
    made = WindowLooks(screen, Told(), jobs, tmp_path / "looks", None, before, after)
    yield made
    jobs.close()
    made.close()


class Answer:
    """What one request comes back with."""

    def __init__(self) -> None:
        self.value: object = None

    def __call__(self, value: object) -> None:
        self.value = value


def glance(qtbot, looks: WindowLooks, area: Rect | None = None) -> Glance:
    got, failed = Answer(), Answer()
    looks.glance(WINDOW, area, got, failed)
    qtbot.waitUntil(lambda: got.value is not None, timeout=20_000)
    assert isinstance(got.value, Glance)
    return got.value


def test_a_look_is_a_file_with_its_hash_and_the_elements_on_it(qtbot, looks, hooks) -> None:
    got, failed = Answer(), Answer()
    looks.look(WINDOW, got, failed)
    assert hooks == ["before"]
    qtbot.waitUntil(lambda: got.value is not None, timeout=20_000)
    look = got.value
    assert hooks == ["before", "after"]
    assert hashlib.sha256(look.path.read_bytes()).hexdigest() == look.id == look.path.stem
    assert (look.width, look.height, look.place.area, look.window) == (300, 200, WINDOW.frame, WINDOW)
    assert look.elements == (replace(SAVE, box=Box(0.1, 0.1, 0.3, 0.2)),)
    looks.close()
    assert not look.path.exists()


def test_what_is_drawn_on_the_screen_comes_back_once_after_two_looks_and_after_a_failure(
    qtbot, looks, screen, hooks
) -> None:
    one, two, failed = Answer(), Answer(), Answer()
    looks.look(WINDOW, one, failed, elements=False)
    looks.look(WINDOW, two, failed)
    qtbot.waitUntil(lambda: one.value is not None and two.value is not None, timeout=20_000)
    assert one.value.elements == ()
    screen.window = None
    looks.look(WINDOW, one, failed)
    qtbot.waitUntil(lambda: failed.value is not None, timeout=20_000)
    assert failed.value == "The window “Budget.ods” is closed or hidden. Open it again, then try again."
    assert hooks == ["before", "after", "before", "after"]


def test_a_number_that_now_is_another_programs_window_is_not_followed(looks, screen) -> None:
    moved = replace(WINDOW, frame=Rect(50, 60, 300, 200), title="Budget.ods *")
    screen.window = moved
    assert looks.find(WINDOW) == moved
    screen.window = replace(moved, process=99)
    assert looks.find(WINDOW) is None
    assert looks.find(replace(WINDOW, handle=0)) is None


def test_an_unforeseen_failure_is_logged_and_told(qtbot, looks, screen, caplog) -> None:
    screen.failure = RuntimeError("display went away")
    got, failed = Answer(), Answer()
    looks.glance(WINDOW, None, got, failed)
    qtbot.waitUntil(lambda: failed.value is not None, timeout=20_000)
    assert failed.value == "The window could not be looked at (display went away). Try again."
    caplog.clear()


def test_a_change_counts_only_where_it_is_looked_for(qtbot, looks, screen) -> None:
    before = glance(qtbot, looks)
    assert difference(before, glance(qtbot, looks), None) == 0
    screen.paint(200, 150, 60, 40)  # A dialog opens, far from what is pointed at.
    after = glance(qtbot, looks)
    assert 0.02 < difference(before, after, None) < 0.1
    assert difference(before, after, Rect(210 + 10, 160 + 20, 20, 20)) == 1
    assert difference(before, after, Rect(20, 30, 60, 20)) == 0
    assert difference(before, after, Rect(900, 900, 5, 5)) == 0


def test_a_blinking_caret_is_no_change_of_a_window_and_a_tick_is_one_of_its_box(qtbot, looks, screen) -> None:
    whole, box = glance(qtbot, looks), glance(qtbot, looks, Rect(50, 60, 16, 16))
    screen.paint(44, 44, 1, 8)
    after = glance(qtbot, looks, Rect(50, 60, 16, 16))
    assert difference(whole, glance(qtbot, looks), None) < 0.01
    assert difference(box, after, None) > 0.05


def test_another_size_is_a_change_and_another_place_is_none(qtbot, looks) -> None:
    one = glance(qtbot, looks)
    elsewhere = replace(one, area=Rect(500, 20, 300, 200))
    assert difference(one, elsewhere, None) == 0
    assert difference(one, replace(one, area=Rect(10, 20, 300, 240)), None) == 1

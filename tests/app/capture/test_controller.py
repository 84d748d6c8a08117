from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from io import BytesIO

import pytest
from PIL import Image
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QSignalSpy

from app.accessibility.source import UNPLACED
from app.capture.controller import CaptureController
from app.capture.errors import CaptureCancelled, CaptureError
from app.capture.screens import current_screens
from app.capture.shot import Shot, Taken, cut_area
from app.capture.source import Availability, cut_window
from app.domain.conversation import Picture
from app.domain.geometry import Rect, Screen
from app.domain.screen import WindowRef
from app.jobs import Jobs
from engine.protocol import Element


class ScriptedSource:
    """A desktop of one colour ramp with a window on it. `refusal` and `failure` are what it answers instead."""

    leaves_itself_out = False

    def __init__(self, record: list[str]) -> None:
        self.record = record
        self.refusal: Availability | None = None
        self.failure: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.front: WindowRef | None = WindowRef(7, 1, "Budget.ods", Rect(10, 20, 300, 200))

    def availability(self) -> Availability:
        return self.refusal or Availability("ok")

    def ask(self) -> Availability:
        self.record.append("ask")
        return self.availability()

    def grab_all(self, screens: Sequence[Screen]) -> tuple[Shot, ...]:
        assert threading.current_thread() is not threading.main_thread()
        self.gate.wait(20)
        self.record.append("grab")
        if self.failure is not None:
            raise self.failure
        return tuple(Shot(screen, self._image(screen)) for screen in screens)

    def grab_window(self, screens: Sequence[Screen]) -> Taken:
        return cut_window(self.grab_all(screens), self.front)

    def grab_area(self, area: Rect, screens: Sequence[Screen]) -> Taken | None:
        return cut_area(self.grab_all(screens), area)

    def active_window(self, screens: Sequence[Screen]) -> WindowRef | None:
        return self.front

    def focused_window(self, screens: Sequence[Screen]) -> WindowRef | None:
        return self.active_window(screens)

    def find_window(self, handle: int, screens: Sequence[Screen]) -> WindowRef | None:
        return self.front if self.front is not None and self.front.handle == handle else None

    def close(self) -> None:
        self.record.append("close")

    @staticmethod
    def _image(screen: Screen) -> QImage:
        image = QImage(int(screen.physical.width), int(screen.physical.height), QImage.Format.Format_RGB32)
        image.fill(QColor("teal"))
        image.setPixelColor(100, 50, QColor("white"))
        return image


@pytest.fixture
def record() -> list[str]:
    return []


@pytest.fixture
def source(record: list[str]) -> ScriptedSource:
    return ScriptedSource(record)


@pytest.fixture
def capture(qtbot, source: ScriptedSource, record: list[str]) -> Iterator[CaptureController]:
    jobs = Jobs()
    controller = CaptureController(source, jobs, lambda: record.append("hide"), lambda: record.append("show"))
    yield controller
    controller.close()
    source.gate.set()
    jobs.close()


def test_our_windows_are_away_only_while_the_screen_is_read(qtbot, capture, record) -> None:
    with qtbot.waitSignal(capture.picked, timeout=20_000) as picked:
        capture.screen()
    picture = picked.args[0]
    screen = current_screens()[0]
    assert record == ["ask", "hide", "grab", "show"]
    assert (picture.source, picture.media_type) == ("screen", "image/png")
    assert picture.place is not None
    assert picture.place.area == screen.physical
    assert Image.open(BytesIO(picture.data)).convert("RGB").getpixel((100, 50)) == (255, 255, 255)
    assert not capture.busy


def test_a_window_comes_with_its_title_and_place(qtbot, capture) -> None:
    with qtbot.waitSignal(capture.picked, timeout=20_000) as picked:
        capture.window()
    picture = picked.args[0]
    assert (picture.title, picture.source, picture.width, picture.height) == ("Budget.ods", "window", 300, 200)
    assert picture.place is not None
    assert picture.place.area == Rect(10, 20, 300, 200)


def test_a_region_waits_for_the_person_with_our_windows_away(qtbot, capture, record) -> None:
    with qtbot.waitSignal(capture.choosing, timeout=20_000) as choosing:
        capture.region()
    assert len(choosing.args[0]) == len(current_screens())
    assert record == ["ask", "hide", "grab"]
    with qtbot.waitSignal(capture.picked, timeout=20_000) as picked:
        capture.take(0, Rect(90, 45, 40, 30))
    picture = picked.args[0]
    assert (picture.title, picture.source, picture.width, picture.height) == ("Budget.ods", "region", 40, 30)
    assert Image.open(BytesIO(picture.data)).convert("RGB").getpixel((10, 5)) == (255, 255, 255)
    assert record[-1] == "show"


def test_giving_up_brings_the_windows_back_and_the_next_capture_works(qtbot, capture, record) -> None:
    with qtbot.waitSignal(capture.choosing, timeout=20_000):
        capture.region()
    with qtbot.waitSignal(capture.cancelled, timeout=20_000):
        capture.give_up()
    assert record[-1] == "show"
    capture.take(0, Rect(0, 0, 9, 9))  # A late answer is no answer.
    with qtbot.waitSignal(capture.picked, timeout=20_000):
        capture.monitor(current_screens()[0].name)


def test_the_countdown_is_told_and_can_be_stopped(qtbot, capture, record) -> None:
    counted = QSignalSpy(capture.counting)
    with qtbot.waitSignal(capture.picked, timeout=20_000):
        capture._second.setInterval(5)
        capture.screen(3)
    assert [counted.at(at)[0] for at in range(counted.count())] == [3, 2, 1, 0]
    capture._second.setInterval(60_000)
    with qtbot.waitSignal(capture.counting, timeout=20_000):
        capture.screen(10)
    with qtbot.waitSignal(capture.cancelled, timeout=20_000):
        capture.cancel()
    assert record.count("grab") == 1
    assert not capture.busy


def test_another_wish_takes_the_place_of_a_countdown_and_its_line(qtbot, capture, source) -> None:
    capture._second.setInterval(60_000)
    with qtbot.waitSignal(capture.counting, timeout=20_000):
        capture.screen(10)
    counted = QSignalSpy(capture.counting)
    with qtbot.waitSignal(capture.picked, timeout=20_000) as picked:
        capture.window()
    assert picked.args[0].source == "window"
    assert [counted.at(at)[0] for at in range(counted.count())] == [0]


def test_a_program_that_closes_does_not_show_its_windows_again(qtbot, capture, record) -> None:
    with qtbot.waitSignal(capture.choosing, timeout=20_000):
        capture.region()
    capture.close()
    assert record == ["ask", "hide", "grab", "close"]


def test_what_is_cancelled_while_it_is_read_never_arrives(qtbot, capture, source, record) -> None:
    source.gate.clear()
    picked = QSignalSpy(capture.picked)
    capture.screen()
    qtbot.waitUntil(lambda: "hide" in record and not capture._settle.isActive(), timeout=20_000)
    capture.cancel()
    assert record[-1] == "show"
    source.gate.set()
    with qtbot.waitSignal(capture.picked, timeout=20_000):
        capture.window()
    assert [picked.at(at)[0].source for at in range(picked.count())] == ["window"]


def test_a_failure_is_a_sentence_and_our_windows_are_back(qtbot, capture, source, record) -> None:
    source.failure = CaptureError("The screen came back empty. Unlock it and try again.")
    with qtbot.waitSignal(capture.problem, timeout=20_000) as problem:
        capture.window()
    assert problem.args == ["The screen came back empty. Unlock it and try again."]
    assert record == ["ask", "hide", "grab", "show"]
    assert not capture.busy


def test_an_unforeseen_failure_is_logged_and_told(qtbot, capture, source, caplog) -> None:
    source.failure = RuntimeError("display went away")
    with qtbot.waitSignal(capture.problem, timeout=20_000) as problem:
        capture.window()
    assert problem.args == ["The picture could not be taken (display went away). Try again."]
    assert "a capture failed" in caplog.text
    caplog.clear()


def test_a_no_to_the_system_is_not_a_problem(qtbot, capture, source) -> None:
    source.failure = CaptureCancelled()
    with qtbot.waitSignal(capture.cancelled, timeout=20_000):
        capture.window()


def test_without_permission_nothing_is_hidden_and_the_way_is_told(qtbot, capture, source, record) -> None:
    source.refusal = Availability("needs_permission", "Allow it in Settings, then try again.", "settings:")
    with qtbot.waitSignal(capture.withheld, timeout=20_000) as withheld:
        capture.screen()
    assert withheld.args == [source.refusal]
    assert record == ["ask"]


def test_a_monitor_that_is_gone_is_named(qtbot, capture) -> None:
    with qtbot.waitSignal(capture.problem, timeout=20_000) as problem:
        capture.monitor("HDMI-9")
    assert problem.args == ["The monitor “HDMI-9” is not connected any more. Choose another one."]


class Told:
    """A program whose window has a button in its middle and a status bar below. Records when it is asked."""

    def __init__(self, record: list[str]) -> None:
        self.record = record

    def read(self, window: WindowRef, seconds: float = 0.3, most: int = 400) -> tuple[tuple[Element, Rect], ...]:
        assert threading.current_thread() is not threading.main_thread()
        self.record.append(f"read {window.title}")
        frame = window.frame
        return (
            (Element("window", window.title, UNPLACED), frame),
            (Element("button", "Save", UNPLACED, parent=0), Rect(frame.x + 100, frame.y + 50, 40, 20)),
            (Element("status_bar", "Ready", UNPLACED, parent=0), Rect(frame.x, frame.y + 180, 300, 20)),
        )


@pytest.fixture
def seeing(qtbot, source: ScriptedSource, record: list[str]) -> Iterator[CaptureController]:
    jobs = Jobs()
    hide, show = (lambda: record.append("hide")), (lambda: record.append("show"))
    controller = CaptureController(source, jobs, hide, show, elements=Told(record))
    yield controller
    controller.close()
    jobs.close()


def boxes(picture: Picture) -> dict[str, tuple[int, ...]]:
    """Where the elements lie in pixels of the picture."""
    across, down = picture.width, picture.height
    return {
        element.name: tuple(
            round(edge)
            for edge in (element.box.x0 * across, element.box.y0 * down, element.box.x1 * across, element.box.y1 * down)
        )
        for element in picture.elements
    }


def test_a_window_is_asked_for_its_parts_while_ours_are_away(qtbot, seeing, source, record) -> None:
    with qtbot.waitSignal(seeing.picked, timeout=20_000) as picked:
        seeing.window()
    picture = picked.args[0]
    assert record == ["ask", "hide", "grab", "read Budget.ods", "show"]
    assert picture.window == source.front
    assert boxes(picture)["Save"] == (100, 50, 140, 70)


def test_parts_lie_on_the_whole_screen_and_on_a_region_where_they_are_seen(qtbot, seeing, source) -> None:
    with qtbot.waitSignal(seeing.picked, timeout=20_000) as picked:
        seeing.screen()
    assert picked.args[0].window == source.front
    assert boxes(picked.args[0])["Save"] == (110, 70, 150, 90)
    with qtbot.waitSignal(seeing.choosing, timeout=20_000):
        seeing.region()
    with qtbot.waitSignal(seeing.picked, timeout=20_000) as picked:
        seeing.take(0, Rect(100, 60, 80, 60))
    picture = picked.args[0]
    assert boxes(picture)["Save"] == (10, 10, 50, 30)
    assert "Ready" not in boxes(picture)
    assert picture.window == source.front


def test_a_picture_of_no_window_has_no_parts(qtbot, seeing, source, record) -> None:
    source.front = None
    with qtbot.waitSignal(seeing.picked, timeout=20_000) as picked:
        seeing.screen()
    assert (picked.args[0].elements, picked.args[0].window) == ((), None)
    assert not any(line.startswith("read") for line in record)


def test_without_a_source_of_elements_pictures_still_know_their_window(qtbot, capture, source) -> None:
    with qtbot.waitSignal(capture.picked, timeout=20_000) as picked:
        capture.window()
    assert (picked.args[0].elements, picked.args[0].window) == ((), source.front)

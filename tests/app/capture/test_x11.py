"""Real pixels and real windows on a virtual screen."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtGui import QColor

from app.capture.errors import CaptureError
from app.capture.shot import cut
from app.capture.x11 import X11Source
from app.domain.geometry import Place, Rect, Screen
from tests.xvfb import set_monitors, virtual_screen, wait_until, x11_environment

pytestmark = pytest.mark.x11
ROOT = Path(__file__).resolve().parents[3]
SCREEN = Screen("screen", Rect(0, 0, 1280, 800), Rect(0, 0, 1280, 800), 1.0)


@pytest.fixture
def display(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with virtual_screen(tmp_path) as name:
        monkeypatch.setenv("DISPLAY", name)
        monkeypatch.delenv("XAUTHORITY", raising=False)
        yield name


@contextmanager
def painted_window(
    display: str, title: str, x: int, y: int, width: int, height: int, colour: int
) -> Iterator[tuple[int, int]]:
    """A managed window of another program: one colour, a white pixel at (7, 5). Gives its corner inside the frame."""
    from Xlib.display import Display

    connection = Display(display)
    try:
        window = _paint(connection, title, x, y, width, height, colour)
        corner = connection.screen().root.translate_coords(window, 0, 0)
        yield corner.x, corner.y
    finally:
        connection.close()


def _paint(connection, title: str, x: int, y: int, width: int, height: int, colour: int):
    from Xlib import X, Xutil

    window = connection.screen().root.create_window(
        x, y, width, height, 0, 24, X.InputOutput, event_mask=X.ExposureMask
    )
    pixmap = window.create_pixmap(width, height, 24)
    paint = window.create_gc(foreground=colour)
    pixmap.fill_rectangle(paint, 0, 0, width, height)
    paint.change(foreground=0xFFFFFF)
    pixmap.fill_rectangle(paint, 7, 5, 1, 1)
    window.change_attributes(background_pixmap=pixmap)
    window.change_property(connection.get_atom("_NET_WM_NAME"), connection.get_atom("UTF8_STRING"), 8, title.encode())
    window.set_wm_normal_hints(flags=Xutil.USPosition, x=x, y=y)
    window.map()
    connection.sync()
    wait_until(lambda: title in _titles(connection))
    return window


def _titles(connection) -> list[str]:
    from Xlib import X

    root = connection.screen().root
    found = root.get_full_property(connection.get_atom("_NET_CLIENT_LIST_STACKING"), X.AnyPropertyType)
    numbers = [] if found is None else found.value
    windows = [connection.create_resource_object("window", number) for number in numbers]
    names = [window.get_full_text_property(connection.get_atom("_NET_WM_NAME")) for window in windows]
    return [name.decode() if isinstance(name, bytes) else str(name) for name in names]


def seen(ready: Callable[[], object]) -> None:
    def holds() -> bool:
        try:
            return bool(ready())
        except CaptureError:
            return False  # The screen is still of one colour.

    wait_until(holds)


def test_the_picture_is_the_screen_pixel_for_pixel(display: str) -> None:
    source = X11Source()
    assert source.ask().state == "ok"
    with painted_window(display, "Painted", 200, 150, 300, 220, 0x3366CC) as (x, y):
        seen(lambda: source.grab_all([SCREEN])[0].image.pixelColor(x + 7, y + 5) == QColor("white"))
        image = source.grab_all([SCREEN])[0].image
        assert image.pixelColor(x, y) == image.pixelColor(x + 299, y + 219) == QColor("#3366cc")
        assert image.pixelColor(x + 8, y + 5) == QColor("#3366cc")


def test_the_window_in_front_is_taken_with_its_frame_and_title(display: str) -> None:
    source = X11Source()
    with (
        painted_window(display, "Behind", 50, 60, 200, 100, 0x00FF00),
        painted_window(display, "Größe – 3 × 4", 600, 300, 301, 221, 0x3366CC) as (x, y),
    ):
        seen(lambda: source.active_window([SCREEN]).title == "Größe – 3 × 4")
        taken = source.grab_window([SCREEN])
        assert taken.title == "Größe – 3 × 4"
        assert taken.image.width() >= 301
        assert taken.image.height() > 221
        assert taken.image.pixelColor(x - int(taken.place.area.x) + 7, y - int(taken.place.area.y) + 5) == QColor(
            "white"
        )
        assert taken.place == Place("screen", source.active_window([SCREEN]).frame, 1.0)
        middle = taken.image.pixelColor(taken.image.width() // 2, taken.image.height() // 2)
        assert middle == QColor("#3366cc")


def test_an_empty_desktop_says_so_instead_of_giving_a_black_picture(display: str) -> None:
    with pytest.raises(CaptureError, match="single colour"):
        X11Source().grab_all([SCREEN])
    assert X11Source().active_window([SCREEN]) is None


def test_a_display_that_is_gone_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    assert X11Source().availability().state == "unavailable"
    with pytest.raises(CaptureError, match="could not be read"):
        X11Source().grab_all([SCREEN])


def test_a_region_over_the_edge_of_the_screen_is_clamped(display: str) -> None:
    beyond = Screen("screen", Rect(0, 0, 1400, 900), Rect(0, 0, 1400, 900), 1.0)
    with painted_window(display, "Painted", 0, 0, 1280, 800, 0x3366CC):
        seen(lambda: X11Source().grab_all([beyond]))
        shot = X11Source().grab_all([beyond])[0]
        assert (shot.image.width(), shot.image.height()) == (1280, 800)
        taken = cut(shot, Rect(1200, 700, 500, 500), "")
        assert (taken.image.width(), taken.image.height()) == (80, 100)


PROBE = """
import json, sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget
from app.capture.controller import CaptureController
from app.capture.screens import current_screens
from app.capture.x11 import X11Source
from app.jobs import Jobs

app = QApplication([])
own = QWidget()
own.setStyleSheet("background: #ff00ff")
own.setWindowTitle("Fingerpost")
own.setGeometry(app.screens()[0].geometry().adjusted(40, 40, -40, -40))
own.show()
jobs = Jobs()
capture = CaptureController(X11Source(), jobs, own.hide, own.show)
found = {"screens": [[s.name, s.scale] for s in current_screens()]}

def picked(picture):
    from io import BytesIO
    from PIL import Image
    image = Image.open(BytesIO(picture.data)).convert("RGB")
    found[picture.source] = [picture.title, image.size, (255, 0, 255) in {c for _, c in image.getcolors(1 << 24)}]
    found["visible"] = own.isVisible()
    if picture.source == "screen":
        capture.window()
    else:
        app.quit()

def failed(sentence):
    found["problem"] = sentence
    app.quit()

capture.picked.connect(picked)
capture.problem.connect(failed)
QTimer.singleShot(300, capture.screen)
app.exec()
capture.close()
jobs.close()
print(json.dumps(found))
"""


def test_our_own_window_is_in_no_picture_on_two_monitors_of_mixed_scale(display: str) -> None:
    set_monitors(display, ("LEFT", 0, 0, 480, 800), ("*RIGHT", 480, 100, 800, 600))
    with painted_window(display, "Letter", 300, 200, 400, 300, 0x3366CC):
        environment = x11_environment(display, factors="LEFT=1;RIGHT=1.5")
        done = subprocess.run(
            [sys.executable, "-c", PROBE],
            check=False,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
    assert found.get("problem") is None
    assert sorted(map(tuple, found["screens"])) == [("LEFT", 1.0), ("RIGHT", 1.5)]
    assert found["screen"] == ["", [1280, 800], False]
    title, size, ours = found["window"]
    assert (title, ours, found["visible"]) == ("Letter", False, True)
    assert size[0] >= 400
    assert size[1] > 300

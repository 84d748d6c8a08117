"""The picker on a virtual screen with a window manager, driven by a real pointer and real keys."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.xvfb import set_monitors, virtual_screen, x11_environment, xdotool

pytestmark = pytest.mark.x11
ROOT = Path(__file__).resolve().parents[3]

PROGRAM = """
import json
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QWidget
from app.capture.screens import current_screens
from app.capture.shot import Shot, cut
from app.look import load_look
from app.overlay.region_picker import RegionPicker

app = QApplication([])
shots = []
for screen in current_screens():
    image = QImage(int(screen.physical.width), int(screen.physical.height), QImage.Format.Format_RGB32)
    image.fill(QColor("teal"))
    shots.append(Shot(screen, image))
picker = RegionPicker(shots, load_look("light", Path("resources/look")))

def say(value):
    print(json.dumps(value), flush=True)

def taken(index, area):
    place = cut(shots[index], area, "").place
    say([place.screen, place.area.x, place.area.y, place.area.width, place.area.height])
    app.quit()

picker.taken.connect(taken)
picker.cancelled.connect(lambda: (say("cancelled"), app.quit()))
picker.start()

def ready():
    if all(window.windowHandle().isExposed() for window in picker.windows) and not picker._keyboard.isActive():
        watch.stop()
        say("ready")

watch = QTimer(interval=20)
watch.timeout.connect(ready)
watch.start()
app.exec()
"""


@contextmanager
def running_picker(display: str, factors: str = "") -> Iterator[subprocess.Popen[str]]:
    environment = x11_environment(display, factors=factors)
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert json.loads(program.stdout.readline()) == "ready"
        yield program
    finally:
        program.terminate()
        program.wait(timeout=20)
        program.stdout.close()


def drag(display: str, start: tuple[int, int], end: tuple[int, int]) -> None:
    middle = ((start[0] + end[0]) // 2, (start[1] + end[1]) // 2)
    xdotool(display, "mousemove", *map(str, start), "mousedown", "1")
    for spot in (middle, end):
        xdotool(display, "mousemove", *map(str, spot))
    xdotool(display, "mouseup", "1")


def test_drag_and_enter_take_exactly_what_was_dragged_over(tmp_path: Path) -> None:
    with virtual_screen(tmp_path) as display:
        with running_picker(display) as program:
            drag(display, (420, 330), (1059, 689))
            xdotool(display, "key", "Return")
            assert json.loads(program.stdout.readline())[1:] == [420, 330, 640, 360]
        with running_picker(display) as program:
            drag(display, (420, 330), (1059, 689))
            xdotool(display, "key", "shift+Right", "ctrl+Up", "Escape")
            assert json.loads(program.stdout.readline()) == "cancelled"


def test_two_monitors_of_mixed_scale_each_give_their_own_device_pixels(tmp_path: Path) -> None:
    with virtual_screen(tmp_path) as display:
        set_monitors(display, ("LEFT", 0, 0, 480, 800), ("*RIGHT", 480, 100, 800, 600))
        factors = "LEFT=1;RIGHT=1.5"
        with running_picker(display, factors) as program:
            drag(display, (60, 300), (259, 399))
            drag(display, (700, 250), (1099, 549))
            xdotool(display, "key", "Left", "Return")
            assert json.loads(program.stdout.readline()) == ["RIGHT", 699, 250, 400, 300]
        with running_picker(display, factors) as program:
            xdotool(display, "mousemove", "100", "300", "mousemove", "110", "310", "key", "space")
            assert json.loads(program.stdout.readline()) == ["LEFT", 0, 0, 480, 800]

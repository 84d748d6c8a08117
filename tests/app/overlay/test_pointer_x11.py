"""The pointer over a real window of another program, with a real pointer, real keys and real pixels."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import mss
import pytest
from PIL import Image, ImageColor
from Xlib.display import Display
from Xlib.ext import shape

from tests.xvfb import set_monitors, virtual_screen, wait_until, x11_environment, xdotool

pytestmark = pytest.mark.x11
ROOT = Path(__file__).resolve().parents[3]
MARK = ImageColor.getrgb(json.loads((ROOT / "resources/look/tokens.json").read_text())["light"]["mark"])


class Program:
    """`pointer_program` on a display."""

    def __init__(self, process: subprocess.Popen[str], display: str) -> None:
        self._process = process
        self.display = display

    def tell(self, verb: str, *arguments: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([verb, *arguments]) + "\n")
        self._process.stdin.flush()

    def hear(self) -> list[object]:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def point(self, *marks: list[object], seconds: float = 0.0, in_window: bool = False) -> list[list[int]]:
        """The areas that are drawn on, in logical pixels."""
        self.tell("point", marks, seconds, in_window)
        heard = self.hear()
        assert heard[0] == "areas", heard
        return heard[1:]  # type: ignore[return-value]

    def picture(self) -> Image.Image:
        return picture(self.display)


def picture(display: str) -> Image.Image:
    with mss.MSS(display=display) as screen:
        seen = screen.grab(screen.monitors[0])
        return Image.frombytes("RGB", seen.size, seen.bgra, "raw", "BGRX")


def is_marked(image: Image.Image, box: tuple[int, int, int, int]) -> bool:
    """Whether there is a line of the marks' colour along the four sides of `box`, at most eight pixels outside it."""
    left, top, right, bottom = box
    x, y = (left + right) // 2, (top + bottom) // 2
    sides = [(x, top - 8, x, top), (x, bottom - 1, x, bottom + 7), (left - 8, y, left, y), (right - 1, y, right + 7, y)]
    return all(
        any(_near(image.getpixel((px, py))) for px in range(x0, x1 + 1) for py in range(y0, y1 + 1))
        for x0, y0, x1, y1 in sides
    )


def _near(pixel: object) -> bool:
    return all(abs(ours - theirs) < 40 for ours, theirs in zip(pixel, MARK, strict=True))  # type: ignore[call-overload]


@contextmanager
def compositor(display: str, wanted: bool) -> Iterator[None]:
    if not wanted:
        yield
        return
    if shutil.which("picom") is None:
        pytest.skip("not installed: picom")
    command = ["picom", "--backend", "xrender", "--config", "/dev/null"]
    with subprocess.Popen(command, env=x11_environment(display), stderr=subprocess.DEVNULL) as process:
        connection = Display(display)
        try:
            owned = connection.get_atom("_NET_WM_CM_S0")
            wait_until(lambda: bool(connection.get_selection_owner(owned)))
            yield
        finally:
            connection.close()
            process.terminate()


@contextmanager
def running(display: str, factors: str = "") -> Iterator[Program]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.app.overlay.pointer_program"],
        cwd=ROOT,
        env=x11_environment(display, factors=factors),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        program = Program(process, display)
        assert program.hear() == ["ready", ""]
        yield program
    finally:
        process.stdin.close()
        process.wait(timeout=20)
        process.stdout.close()


@pytest.fixture(scope="module")
def display(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with virtual_screen(tmp_path_factory.mktemp("screen")) as name:
        yield name


def place_of_button(program: Program) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the button, in device pixels."""
    program.tell("show", 300, 200, 400, 300)
    number = int(xdotool(program.display, "search", "--sync", "--onlyvisible", "--name", "^beneath$"))
    connection = Display(program.display)
    try:
        corner = connection.screen().root.translate_coords(number, 0, 0)
        x, y = corner.x + 60, corner.y + 40
    finally:
        connection.close()
    return x, y, x + 120, y + 36


@pytest.mark.parametrize("composited", [True, False], ids=["compositor", "none"])
def test_a_click_goes_through_box_and_arm_to_what_lies_beneath(display: str, composited: bool) -> None:
    with compositor(display, composited), running(display) as program:
        left, top, right, bottom = place_of_button(program)
        # A box around half of the button, so that its line and its arm lie on the button too.
        middle = (left + right) // 2
        target = (left + 10, top + 6, middle - 20, bottom - 6)
        (area,) = program.point([1, "Press", target[0], target[1], target[2] - target[0], target[3] - target[1], 1])
        wait_until(lambda: is_marked(program.picture(), target))
        spots = [((target[0] + target[2]) // 2, (top + bottom) // 2), (target[2], (top + bottom) // 2)]
        spots.append((min(area[0] + area[2], right) - 10, (top + bottom) // 2))
        for x, y in spots:
            xdotool(display, "mousemove", str(x), str(y), "click", "1")
            assert program.hear() == ["clicked"]
        assert xdotool(display, "getactivewindow", "getwindowname") == "beneath"
        program.tell("hide")
        assert program.hear() == ["hidden", "asked"]


def test_without_a_compositor_nothing_but_box_and_arm_is_covered(display: str) -> None:
    with running(display) as program:
        left, top, right, bottom = place_of_button(program)
        before = program.picture()
        program.point([1, "Press", left, top, right - left, bottom - top, 1])
        wait_until(lambda: is_marked(program.picture(), (left, top, right, bottom)))
        inside = (left + 4, top + 4, right - 4, bottom - 4)
        assert program.picture().crop(inside).tobytes() == before.crop(inside).tobytes()
        for area in program.point([1, "", left, top, 120, 36, 1], [2, "Far", 1000, 700, 40, 20, 0]):
            assert input_shape(display, area) == []


def input_shape(display: str, area: list[int]) -> list[object]:
    """The rectangles of the window at `area` that take clicks."""
    connection = Display(display)
    try:
        root = connection.screen().root
        for window in root.query_tree().children:
            size = window.get_geometry()
            if [size.x, size.y, size.width, size.height] == area and window.get_attributes().override_redirect:
                return list(window.shape_get_rectangles(shape.SK.Input).rectangles)
    finally:
        connection.close()
    raise AssertionError(f"no window at {area}")


def test_it_goes_on_escape_after_its_time_and_with_its_window(display: str) -> None:
    with running(display) as program:
        left, top, right, bottom = place_of_button(program)
        mark = [1, "Press", left, top, right - left, bottom - top, 1]
        program.point(mark)
        wait_until(lambda: is_marked(program.picture(), (left, top, right, bottom)))
        xdotool(display, "key", "Escape")
        assert program.hear() == ["hidden", "escape"]
        wait_until(lambda: not is_marked(program.picture(), (left, top, right, bottom)))
        program.point(mark, seconds=0.1)
        assert program.hear() == ["hidden", "timeout"]
        program.point(mark, in_window=True)
        program.tell("move", 320, 230)
        assert program.hear() == ["hidden", "moved"]
        program.point(mark, in_window=True)
        program.tell("close_window")
        assert program.hear() == ["hidden", "closed"]


def test_a_mark_over_two_monitors_of_mixed_scale_is_drawn_on_both(tmp_path: Path) -> None:
    with virtual_screen(tmp_path) as display:
        set_monitors(display, ("LEFT", 0, 0, 480, 800), ("*RIGHT", 480, 100, 800, 600))
        with running(display, "LEFT=1;RIGHT=2") as program:
            assert len(program.point([1, "Here", 420, 300, 140, 60, 1])) == 2
            wait_until(lambda: is_marked(program.picture(), (420, 300, 560, 360)))

"""Pointing hits what is meant: from a patch on a real screen through capture, the model's thousandths and the overlay
back to pixels of that screen, at each scale and on two monitors of which one stands apart from the corner.

The patches' true places are the X server's, what was pointed at is read from the pixels of the mark. Nothing in between
is replaced but the model, which is taken at its word: it writes the borders it sees, rounded to thousandths.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import mss
import numpy as np
import pytest
from PIL import Image, ImageColor
from Xlib.display import Display

from app.domain.geometry import Place, Rect, to_desktop
from engine.grounding_places import SCALE, areas_of
from engine.images import BALANCED_PIXELS, FAST_PIXELS, MAX_PIXELS, MIN_PIXELS, Limits, target_size
from tests.e2e.coordinate_programs import CELL, COLUMNS, ROWS, TITLE, colour
from tests.xvfb import set_monitors, virtual_screen, x11_environment, xdotool

pytestmark = [pytest.mark.e2e, pytest.mark.x11]
ROOT = Path(__file__).resolve().parents[2]
MARK = ImageColor.getrgb(json.loads((ROOT / "resources/look/tokens.json").read_text())["light"]["mark"])
LEFT, RIGHT = ("LEFT", 0, 0, 800, 1000), ("*RIGHT", 800, 120, 1120, 800)
AROUND = 16
"""Device pixels around a patch in which its mark's line lies, at any scale."""
FACTORS = ("LEFT=1;RIGHT=1", "LEFT=1.25;RIGHT=1.25", "LEFT=1.5;RIGHT=1.5", "LEFT=2;RIGHT=2", "LEFT=2;RIGHT=1.5")
BUDGETS = (FAST_PIXELS, BALANCED_PIXELS, MAX_PIXELS)


class Child:
    """One of `coordinate_programs`."""

    def __init__(self, display: str, factors: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.coordinate_programs", *arguments],
            cwd=ROOT,
            env=x11_environment(display, factors=factors),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def hear(self, word: str) -> list[object]:
        assert self._process.stdout is not None
        heard = json.loads(self._process.stdout.readline())
        assert heard[0] == word, heard
        return heard[1:]

    def ask(self, word: str, verb: str, *arguments: object) -> list[object]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([verb, *arguments]) + "\n")
        self._process.stdin.flush()
        return self.hear(word)

    def end(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=20)
        self._process.stdout.close()


@contextmanager
def child(display: str, factors: str, *arguments: str) -> Iterator[Child]:
    started = Child(display, factors, *arguments)
    try:
        started.hear("ready")
        yield started
    finally:
        started.end()


@pytest.fixture(scope="module")
def desktop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with virtual_screen(tmp_path_factory.mktemp("screen"), 1920, 1000) as display:
        set_monitors(display, LEFT, RIGHT)
        yield display


@pytest.fixture(scope="module")
def target(desktop: str) -> Iterator[Child]:
    with child(desktop, "", "target") as started:
        yield started


@pytest.mark.parametrize("factors", FACTORS)
def test_the_mark_is_painted_in_the_middle_of_what_is_meant(
    desktop: str, target: Child, tmp_path: Path, factors: str
) -> None:
    chance = random.Random(factors)
    cases = 0
    with child(desktop, factors, "pointer", str(tmp_path)) as pointer:
        for kind in ("window", "region", "monitor", "screen", "window"):
            monitor = chance.choice((LEFT, RIGHT))
            patches = arrange(desktop, target, monitor, chance)
            place, picture = take(pointer, kind, monitor, chance)
            boxes = [model_box(picture, index, chance.choice(BUDGETS)) for index in range(len(patches))]
            pointed = [on_desktop(box, place) for box in boxes if box is not None]
            wanted = [patch for patch, box in zip(patches, boxes, strict=True) if box is not None]
            assert len(wanted) >= len(patches) * 0.6
            for start in range(0, len(wanted), 20):
                check(desktop, pointer, wanted[start : start + 20], pointed[start : start + 20], place)
            cases += len(wanted)
    print(f"{factors}: {cases} of {cases} marks in the middle of what is meant")
    assert cases >= 110


def arrange(display: str, target: Child, monitor: tuple[str, int, int, int, int], chance: random.Random) -> list[Rect]:
    """Patches at new places on a monitor; where the X server says they are."""
    _, left, top, width, height = monitor
    x = left + chance.randint(10, width - COLUMNS * CELL[0] - 30)
    y = top + chance.randint(10, height - ROWS * CELL[1] - 50)
    numbers = target.ask("patches", "place", x, y, chance.randrange(1 << 30))
    xdotool(display, "search", "--sync", "--onlyvisible", "--name", f"^{TITLE}$")
    connection = Display(display)
    try:
        root = connection.screen().root

        def places() -> list[Rect]:
            found = []
            for number in numbers:
                size = connection.create_resource_object("window", number).get_geometry()
                corner = root.translate_coords(number, 0, 0)
                found.append(Rect(corner.x, corner.y, size.width, size.height))
            return found

        # Painted by its program and framed by the manager when nothing differs from what the server says any more.
        for _ in range(500):
            seen, now = screen_pixels(display), places()
            if all(is_painted(seen, patch, index) for index, patch in enumerate(now)) and now == places():
                return now
            time.sleep(0.02)
    finally:
        connection.close()
    raise AssertionError("the patches are not painted")


def is_painted(pixels: np.ndarray, patch: Rect, index: int) -> bool:
    left, top, right, bottom = int(patch.x), int(patch.y), int(patch.right), int(patch.bottom)
    return bool((pixels[top:bottom, left:right] == colour(index)).all())


def take(
    pointer: Child, kind: str, monitor: tuple[str, int, int, int, int], chance: random.Random
) -> tuple[Place, np.ndarray]:
    """A picture through the real capture, and where it says it was taken."""
    name = monitor[0].removeprefix("*")
    arguments: tuple[object, ...] = ()
    if kind == "region":
        x, y = chance.uniform(0, 0.12), chance.uniform(0, 0.12)
        arguments = (name, x, y, chance.uniform(0.85, 0.99) - x, chance.uniform(0.85, 0.99) - y)
    elif kind == "monitor":
        arguments = (name,)
    file, screen, *area = pointer.ask("taken", "take", kind, *arguments)
    with Image.open(str(file)) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    place = Place(str(screen), Rect(*[float(str(value)) for value in area]), 0.0)
    assert (pixels.shape[1], pixels.shape[0]) == (place.area.width, place.area.height)
    return place, pixels


def model_box(picture: np.ndarray, index: int, budget: int) -> list[int] | None:
    """The borders of a patch as a model writes them that sees the picture in its own size; None where it is cut off."""
    rows, columns = np.nonzero((picture == colour(index)).all(axis=2))
    height, width = picture.shape[:2]
    if not len(rows) or rows.min() == 0 or columns.min() == 0 or rows.max() == height - 1 or columns.max() == width - 1:
        return None
    seen_width, seen_height = target_size(width, height, Limits(min(MIN_PIXELS, budget), budget))
    across, down = seen_width / width, seen_height / height
    borders = (columns.min() * across, rows.min() * down, (columns.max() + 1) * across, (rows.max() + 1) * down)
    sides = (seen_width, seen_height, seen_width, seen_height)
    return [round(SCALE * border / side) for border, side in zip(borders, sides, strict=True)]


def on_desktop(written: Sequence[int], place: Place) -> Rect:
    """What a model has written in device pixels, by the product's own code."""
    (area,) = areas_of({"bbox_2d": list(written), "label": "patch"})
    box = area.box
    return to_desktop(Rect(box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0), place)


def check(display: str, pointer: Child, patches: Sequence[Rect], pointed: Sequence[Rect], place: Place) -> None:
    """Draw the marks and look where they are."""
    pointer.ask("drawn", "point", *[[area.x, area.y, area.width, area.height] for area in pointed])
    for _ in range(500):
        marked = (np.abs(screen_pixels(display).astype(int) - MARK) < 60).all(axis=2)
        centres = [centre_of(marked, patch) for patch in patches]
        if all(centres):
            break
        time.sleep(0.02)
    pointer.ask("hidden", "hide")
    # Half a thousandth of the picture at either border, and a pixel for the borders' own rounding.
    off = (place.area.width / SCALE / 2 + 1, place.area.height / SCALE / 2 + 1)
    for patch, area, centre in zip(patches, pointed, centres, strict=True):
        assert centre is not None, patch
        assert patch.contains(*centre), (patch, centre)
        assert max(abs(ours - theirs) for ours, theirs in zip(centre, area.centre, strict=True)) <= 1.0, (area, centre)
        assert all(abs(a - b) <= most for a, b, most in zip(centre, patch.centre, off, strict=True)), (patch, centre)


def centre_of(marked: np.ndarray, patch: Rect) -> tuple[float, float] | None:
    """The middle of the line around a patch, None until it is all there."""
    left, top = max(int(patch.x) - AROUND, 0), max(int(patch.y) - AROUND, 0)
    around = marked[top : int(patch.bottom) + AROUND, left : int(patch.right) + AROUND]
    rows, columns = np.nonzero(around)
    if not len(rows) or columns.max() - columns.min() < patch.width - 4 or rows.max() - rows.min() < patch.height - 4:
        return None
    return left + (columns.min() + columns.max() + 1) / 2, top + (rows.min() + rows.max() + 1) / 2


def screen_pixels(display: str) -> np.ndarray:
    with mss.MSS(display=display) as screen:
        seen = screen.grab(screen.monitors[0])
        return np.asarray(Image.frombytes("RGB", seen.size, seen.bgra, "raw", "BGRX"))

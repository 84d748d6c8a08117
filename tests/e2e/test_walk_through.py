"""A walk-through by the real program, through a text editor that people use: it goes on by itself on the person's
clicks, and finds its way again after a wrong one."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from engine.pointing.find import Picture, Search
from engine.pointing.screen_text import ScreenReader
from tests.e2e.conftest import ARTIFACTS
from tests.e2e.program import Program
from tests.scripted import make_scripted
from tests.xvfb import virtual_screen, x11_environment, xdotool

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.x11,
    pytest.mark.skipif(shutil.which("mousepad") is None, reason="mousepad is not installed"),
]

QUESTION = "How do I show line numbers and tab characters?"
STEPS = (
    {"say": "Open the **Edit** menu.", "target": "Edit", "role": "menu", "check": {"text_appears": "Preferences..."}},
    {
        "say": "Choose **Preferences...** at its end.",
        "target": "Preferences...",
        "role": "menu_item",
        "check": {"title_contains": "Preferences"},
    },
    {
        "say": "Tick **Show line numbers**.",
        "target": "Show line numbers",
        "role": "check_box",
        "check": {"element_state": {"name": "Show line numbers", "state": "checked"}},
    },
    {
        "say": "Tick **Display whitespace**.",
        "target": "Display whitespace",
        "role": "check_box",
        "check": {"element_state": {"name": "Display whitespace", "state": "checked"}},
    },
    {"say": "Go to the **Editor** page.", "target": "Editor", "role": "tab", "check": {"text_appears": "Tab width"}},
)
MARK = "#f2590d"
PLACE = (60, 60, 720, 520)
"""Of the editor: x, y, width, height."""


@dataclass
class Film:
    """What the screen showed, a picture at a time, with the pointer where it was clicked."""

    program: Program
    pointer: tuple[int, int] = (640, 860)
    frames: list[tuple[Image.Image, int]] = field(default_factory=list)

    def take(self, milliseconds: int) -> None:
        frame = self.program.screenshot()
        x, y = self.pointer
        arrow = [(x + dx, y + dy) for dx, dy in ((0, 0), (0, 24), (6, 18), (10, 28), (15, 26), (11, 16), (19, 16))]
        ImageDraw.Draw(frame).polygon(arrow, fill="black", outline="white", width=2)
        self.frames.append((frame.resize((896, 630), Image.Resampling.LANCZOS), milliseconds))

    def save(self, path: Path) -> None:
        """As a moving picture of few colours, which all frames share."""
        # The mark is small, and its colour would be lost among the others.
        sheet = Image.new("RGB", (896, 630 * (len(self.frames) + 1)), MARK)
        for at, (frame, _) in enumerate(self.frames):
            sheet.paste(frame, (0, 630 * at))
        palette = sheet.quantize(96)
        pictures = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame, _ in self.frames]
        durations = [milliseconds for _, milliseconds in self.frames]
        path.parent.mkdir(exist_ok=True)
        pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=durations, loop=0, optimize=True)


@pytest.fixture(scope="module")
def screen_reader() -> ScreenReader:
    return ScreenReader()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Says how in words, plans five steps, and after the wrong turn all of them once more."""
    plan = f"```json\n{json.dumps(STEPS)}\n```"
    words = "Open **Edit**, choose **Preferences...**, then tick **Show line numbers** and **Display whitespace**."
    return make_scripted(tmp_path / "model", [words, plan, plan], context_limit=200_000)


@pytest.fixture
def display(tmp_path: Path) -> Iterator[str]:
    with virtual_screen(tmp_path, 1280, 900) as name:
        environment = x11_environment(name) | {
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
            "GSETTINGS_BACKEND": "memory",
        }
        environment.pop("NO_AT_BRIDGE", None)
        editor = subprocess.Popen(["mousepad"], env=environment)
        try:
            window = xdotool(name, "search", "--sync", "--onlyvisible", "--class", "Mousepad").split()[0]
            x, y, width, height = map(str, PLACE)
            xdotool(name, "windowsize", "--sync", window, width, height)
            xdotool(name, "windowmove", "--sync", window, x, y)
            yield name
        finally:
            editor.terminate()
            editor.wait()


@pytest.fixture
def program(display: str, model: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Program]:
    program = Program(display, tmp_path / "home", ["--model", str(model)])
    yield program
    if getattr(request.node, "failed", False):
        ARTIFACTS.mkdir(exist_ok=True)
        program.screenshot().save(ARTIFACTS / f"{request.node.name}.png")
        (ARTIFACTS / f"{request.node.name}.log").write_text("\n".join(program.lines))
    program.end()


@dataclass
class Person:
    """Finds things on the screen by their words, and clicks them."""

    program: Program
    reader: ScreenReader
    film: Film

    def look_for(self, words: str) -> tuple[int, int]:
        """The middle of what is called so."""
        deadline = time.monotonic() + 20
        while True:
            shot = self.program.screenshot()
            picture = Picture(str(time.monotonic_ns()), partial(Image.Image.copy, shot))
            if found := Search(picture, (), self.reader, lambda: None).find(words, 1).marks:
                box = found[0].box
                return round((box.x0 + box.x1) / 2 * shot.width), round((box.y0 + box.y1) / 2 * shot.height)
            assert time.monotonic() < deadline, f"“{words}” is not seen"

    def click(self, words: str, then: str) -> None:
        """Click it, and wait until the log has a line `then`."""
        at = len(self.program.lines)
        self.film.pointer = self.look_for(words)
        self.film.take(900)
        self.program.click(*self.film.pointer)
        self.program.wait_for(then, timeout=60, start=at)


def test_five_steps_through_an_editor_with_one_wrong_click(
    program: Program, display: str, screen_reader: ScreenReader
) -> None:
    person = Person(program, screen_reader, Film(program))
    program.wait_for("engine: idle", timeout=120)
    program.activate("Mousepad")
    program.activate("Fingerpost")
    person.click("Window", "pictures in the question: 1")
    program.type(QUESTION)
    program.key("Return")
    program.wait_for("answer: finished", timeout=120)
    person.click("Walk me through", "walk-through: showing, step 1 of 5")
    # The editor comes before everything else when the person clicks on it.
    xdotool(display, "search", "--onlyvisible", "--name", "Mousepad", "windowactivate", "--sync")

    person.click("Edit", "walk-through: showing, step 2 of 5")
    # The wrong one: the menu closes, and nothing of what was to come is seen any more.
    person.click("Select All", "walk-through: replanning")
    program.wait_for("walk-through: showing, step 2 of 6", timeout=60)
    person.click("Edit", "walk-through: showing, step 3 of 6")
    person.click("Preferences...", "walk-through: showing, step 4 of 6")
    person.click("Show line numbers", "walk-through: showing, step 5 of 6")
    person.click("Display whitespace", "walk-through: showing, step 6 of 6")
    person.click("Editor", "walk-through: done, step 6 of 6")
    person.film.take(2500)
    person.film.save(ARTIFACTS / "walk-through.gif")
    assert program.close() == 0

"""A walk-through by the real program, through a text editor that people use: it goes on by itself on the person's clicks,
and finds its way again after a wrong one."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image

from engine.pointing.find import Finding
from tests.e2e.conftest import ARTIFACTS
from tests.e2e.program import ROOT, Program
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
PLACE = (60, 60, 720, 520)
"""Of the editor: x, y, width, height."""


@dataclass
class Film:
    """What the screen showed, a picture at a time."""

    program: Program
    frames: list[tuple[Image.Image, int]] = field(default_factory=list)

    def take(self, milliseconds: int) -> None:
        self.frames.append((self.program.screenshot().crop((0, 0, 1280, 800)), milliseconds))

    def save(self, path: Path) -> None:
        small = [frame.resize((960, 600), Image.Resampling.LANCZOS) for frame, _ in self.frames]
        palette = small[-1].quantize(128)
        pictures = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in small]
        durations = [milliseconds for _, milliseconds in self.frames]
        pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=durations, loop=0, optimize=True)


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

"""Acting by the real program in another one: switched on, allowed, confirmed, done, and stopped by the kill chord."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.capture.x11 import X11Source
from engine.pointing.find import Picture, Search
from engine.pointing.screen_text import ScreenReader
from engine.pointing.words import fold
from tests.app.acting import field_program
from tests.e2e.conftest import ARTIFACTS
from tests.e2e.program import Program
from tests.scripted import make_scripted
from tests.xvfb import virtual_screen, wait_until, x11_environment, xdotool

pytestmark = [pytest.mark.e2e, pytest.mark.x11]

LONG = "all work and no play " * 60


def call(action: str, **arguments: object) -> str:
    """A tool call as the family's template writes it."""
    parameters = "".join(f"<parameter={name}>\n{value}\n</parameter>\n" for name, value in arguments.items())
    head = f"<parameter=action>\n{action}\n</parameter>\n"
    return f"I do that next.\n<tool_call>\n<function=computer_use>\n{head}{parameters}</function>\n</tool_call>"


def _go_on() -> None:
    """Nobody stops a test's reading."""


class Fields:
    """The other program, and what it says of what happens to it."""

    def __init__(self, display: str) -> None:
        environment = x11_environment(display) | {"QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"}
        self.process = subprocess.Popen(
            [sys.executable, field_program.__file__], env=environment, stdout=subprocess.PIPE, text=True
        )
        self.lines: list[str] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        wait_until(lambda: "ready" in self.lines)

    def place(self, number: int) -> tuple[int, int]:
        found = [line.split() for line in self.lines if line.startswith("at ")][number]
        return int(found[1]), int(found[2])

    def text(self) -> str:
        return next((line[5:] for line in reversed(self.lines) if line.startswith("text ")), "")

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        self._thread.join(10)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in iter(self.process.stdout.readline, ""):
            self.lines.append(line.rstrip("\n"))


@pytest.fixture
def display(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with virtual_screen(tmp_path, 1280, 900) as name:
        monkeypatch.setenv("DISPLAY", name)
        yield name


@pytest.fixture
def fields(display: str) -> Iterator[Fields]:
    fields = Fields(display)
    yield fields
    fields.end()


@pytest.fixture
def program(display: str, fields: Fields, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Program]:
    window = X11Source().active_window(())
    assert window is not None
    frame = window.frame
    button, field = (
        [round(1000 * (x - frame.x) / frame.width), round(1000 * (y - frame.y) / frame.height)]
        for x, y in (fields.place(0), fields.place(1))
    )
    model = make_scripted(
        tmp_path / "model",
        [
            "Press the button.",
            call("left_click", coordinate=button),
            call("left_click", coordinate=field),
            call("type", text=LONG),
        ],
        context_limit=200_000,
    )
    program = Program(display, tmp_path / "home", ["--model", str(model)])
    yield program
    if getattr(request.node, "failed", False):
        ARTIFACTS.mkdir(exist_ok=True)
        program.screenshot().save(ARTIFACTS / f"{request.node.name}.png")
        (ARTIFACTS / f"{request.node.name}.log").write_text("\n".join(program.lines + fields.lines))
    program.end()


def test_an_allowed_click_is_done_and_typing_ends_with_the_kill_chord(
    program: Program, fields: Fields, display: str, tmp_path: Path
) -> None:
    reader = ScreenReader()

    def click(words: str, then: str) -> None:
        at, deadline = len(program.lines), time.monotonic() + 20
        while True:
            shot = program.screenshot()
            picture = shot.copy
            search = Search(Picture(str(time.monotonic_ns()), picture), (), reader, _go_on)
            found = search.find(f"“{words}”", 9).marks
            # A run of words in a longer line is less sure: “Do it” is not “Do it for me…”.
            exact = [
                mark for mark in found if fold(mark.label).compact == fold(words).compact and mark.confidence > 0.8
            ]
            if exact:
                break
            assert time.monotonic() < deadline, f"“{words}” is not seen, but {found}"
        box = exact[0].box
        program.click(round((box.x0 + box.x1) / 2 * shot.width), round((box.y0 + box.y1) / 2 * shot.height))
        program.wait_for(then, timeout=60, start=at)

    program.wait_for("engine: idle", timeout=120)
    program.activate("Two fields")
    program.activate("Fingerpost")
    click("Window", "pictures in the question: 1")
    program.type("Press the button, then write something")
    program.key("Return")
    program.wait_for("answer: finished", timeout=120)
    # Off until it is switched on: the menu is behind the dots at the top right.
    program.activate("Fingerpost")
    own = X11Source().focused_window(())
    assert own is not None
    program.click(int(own.frame.right) - 30, int(own.frame.y) + 46)
    click("Offer to act for me, until I quit", "acting: offered")
    click("Do it for me…", "acting: asking")
    xdotool(display, "search", "--onlyvisible", "--name", "Two fields", "windowactivate", "--sync")
    click("Begin", "acting: confirming, step 1")
    assert "clicked" not in fields.lines
    click("Do it", "acting: confirming, step 2")
    assert "clicked" in fields.lines
    click("Do it", "acting: confirming, step 3")
    click("Do it", "acting: doing")
    wait_until(lambda: len(fields.text()) > 20)
    begun = time.monotonic()
    program.key("ctrl+alt+Escape")
    program.wait_for("acting: ended")
    assert time.monotonic() - begun < 5
    length = len(fields.text())
    time.sleep(0.5)  # as long as sixty more letters would take
    assert len(fields.text()) == length < len(LONG)
    records = list((tmp_path / "home" / "data" / "acting").glob("*/steps.jsonl"))
    assert len(records) == 1
    assert '"what": "killed"' in records[0].read_text(encoding="utf-8")
    assert program.close() == 0

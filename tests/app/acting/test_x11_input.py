from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.acting.input.driver import KeyDown, KeyUp, Move, Press, Release, Write
from app.acting.input.x11 import XTestDriver
from tests.xvfb import virtual_screen, wait_until, x11_environment, xdotool

pytestmark = pytest.mark.x11


class Program:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.lines: list[str] = []
        self.thread = threading.Thread(target=self._read, args=(process,), daemon=True)
        self.thread.start()

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.lines += (line.rstrip("\n") for line in iter(process.stdout.readline, ""))

    def wait(self, line: str) -> None:
        try:
            wait_until(lambda: line in self.lines, 10)
        except AssertionError:
            pytest.fail(f"not seen: {line!r} in {self.lines}")

    def places(self) -> list[tuple[int, int]]:
        return [(int(line.split()[1]), int(line.split()[2])) for line in self.lines if line.startswith("at ")]


@pytest.fixture
def screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Program, XTestDriver, str]]:
    with virtual_screen(tmp_path) as display:
        monkeypatch.setenv("DISPLAY", display)
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("field_program.py"))],
            env=x11_environment(display),
            stdout=subprocess.PIPE,
            text=True,
        )
        program = Program(process)
        driver = XTestDriver()
        try:
            program.wait("ready")
            yield program, driver, display
        finally:
            driver.close()
            process.terminate()
            process.wait(10)
            program.thread.join(10)
            assert process.stdout is not None
            process.stdout.close()


def test_it_clicks_types_and_lets_go(screen: tuple[Program, XTestDriver, str]) -> None:
    program, driver, display = screen
    assert driver.prepare() == ""
    button, field = program.places()
    for primitive in (Move(*button), Press("left"), Release("left")):
        driver.send(primitive)
    program.wait("clicked")
    assert driver.pointer() == button
    for primitive in (Move(*field), Press("left"), Release("left")):
        driver.send(primitive)
    program.wait("focus QLineEdit")
    for character in "Grüße, 5 € für Ωmega!":
        driver.send(Write(character))
    program.wait("text Grüße, 5 € für Ωmega!")
    for primitive in (KeyDown("ctrl"), KeyDown("a"), KeyUp("a"), KeyUp("ctrl"), KeyDown("delete"), KeyUp("delete")):
        driver.send(primitive)
    program.wait("text ")
    # A key that is held when everything is let go does not stay down.
    driver.send(KeyDown("shift"))
    driver.release_all()
    xdotool(display, "type", "x")
    program.wait("text x")

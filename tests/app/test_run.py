"""The program as it is started: it ends when the system asks, takes its child along, and says why it can not start."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from app.main import PLACE
from app.store.database import NAME
from tests.scripted import answer, count, make_scripted

SHOWN = """
import sys
from PySide6.QtWidgets import QMessageBox
from app.main import run_window
QMessageBox.critical = lambda parent, title, text: print(f"{title}: {text}")
sys.exit(run_window(None, ()))
"""


def start_without_window() -> subprocess.CompletedProcess[str]:
    """A start that only shows a message, which is printed here instead."""
    return subprocess.run([sys.executable, "-c", SHOWN], capture_output=True, text=True, check=False, timeout=60)


class Running:
    """The program, and what it writes to stderr."""

    def __init__(self, *arguments: str) -> None:
        environment = {**os.environ, "FINGERPOST_LOG": "debug"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", *arguments], stderr=subprocess.PIPE, text=True, env=environment
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def wait_for(self, words: str) -> None:
        deadline = time.monotonic() + 60
        while not any(words in line for line in self.lines):
            assert time.monotonic() < deadline, f"{words!r} never came:\n{self.said()}"
            assert self.process.poll() is None, f"it ended before {words!r}:\n{self.said()}"
            time.sleep(0.02)

    def said(self) -> str:
        return "".join(self.lines)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join()
        if self.process.stderr is not None:
            self.process.stderr.close()

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.lines.extend(iter(self.process.stderr.readline, ""))


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Running]:
    model = make_scripted(tmp_path / "model", [answer(count(0.005))])
    running = Running("--model", str(model))
    yield running
    running.end()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends programs in other ways")
def test_it_ends_well_when_it_is_asked_to(program: Running) -> None:
    program.wait_for("engine: idle")
    (child,) = psutil.Process(program.process.pid).children()
    program.process.send_signal(signal.SIGTERM)
    assert program.process.wait(timeout=30) == 0
    assert not child.is_running()
    program.end()
    assert "Traceback" not in program.said()
    assert "WARNING" not in program.said()
    home = Path(os.environ["FINGERPOST_HOME"])
    assert (home / "data" / PLACE).is_file()
    with closing(sqlite3.connect(home / "data" / NAME)) as history:
        assert history.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_folder_that_can_not_be_made_is_said_in_a_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("FINGERPOST_HOME", str(tmp_path / "file"))
    done = start_without_window()
    assert done.returncode == 2
    assert done.stdout.startswith(f"Fingerpost: Fingerpost can not use the folder {tmp_path / 'file'}")
    assert "set FINGERPOST_HOME to another folder." in done.stdout
    # And on the terminal, where there is one.
    assert done.stderr.strip() in done.stdout


def test_a_history_that_can_not_be_read_is_said_in_a_window(tmp_path: Path) -> None:
    history = Path(os.environ["FINGERPOST_HOME"]) / "data" / NAME
    history.mkdir(parents=True)
    done = start_without_window()
    assert done.returncode == 2
    assert done.stdout.startswith("Fingerpost: ")
    assert "Traceback" not in done.stderr

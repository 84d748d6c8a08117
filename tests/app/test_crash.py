"""What nothing caught is noted, said once, and the program goes on."""

from __future__ import annotations

import faulthandler
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.crash import CrashGuard

ROOT = Path(__file__).parents[2]

NATIVE_FAULT = """
import os, sys
from pathlib import Path
from app.crash import CrashGuard
CrashGuard(Path(sys.argv[1]), print).install()
def deep_inside():
    os.abort()
deep_inside()
"""


def quiet(*_: object) -> None:
    """In place of the hooks that would fail the test."""


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What the window was told, with a guard installed over quiet hooks."""
    monkeypatch.setattr(sys, "excepthook", quiet)
    monkeypatch.setattr(threading, "excepthook", quiet)
    sentences: list[str] = []
    guard = CrashGuard(tmp_path, sentences.append)
    guard.install()
    yield sentences
    guard.uninstall()


def fail(message: str) -> None:
    """As the interpreter hands over an exception that nothing caught."""
    try:
        raise LookupError(message)
    except LookupError as error:
        sys.excepthook(type(error), error, error.__traceback__)


def notes(folder: Path) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in folder.glob("crash-*.txt"))


def test_a_failure_is_said_in_one_sentence_and_noted(
    told: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fail("private text")
    (sentence,) = told
    assert sentence.startswith("Something inside Fingerpost failed; your conversations are kept.")
    (note,) = tmp_path.glob("crash-*.txt")
    assert str(note) in sentence
    assert "LookupError: private text" in notes(tmp_path)
    assert f"Python {sys.version_info.major}" in notes(tmp_path)
    # The log may be sent to somebody, the note stays.
    assert "LookupError at " in caplog.text
    assert "private text" not in caplog.text
    caplog.clear()


def test_the_same_failure_again_is_not_said_again(
    told: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(50):  # a widget that can not be painted fails at each frame
        fail(str(number))
    assert len(told) == 1
    assert notes(tmp_path).count("Traceback") == 1
    caplog.clear()


def test_a_thread_that_fails_is_noted_too(told: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def work() -> None:
        raise OSError("in a thread")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert len(told) == 1
    assert "OSError: in a thread" in notes(tmp_path)
    caplog.clear()


def test_ctrl_c_is_no_failure(told: list[str]) -> None:
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert told == []


def test_the_hooks_from_before_are_called_and_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def before(_: object, error: BaseException, __: object) -> None:
        seen.append(str(error))

    monkeypatch.setattr(sys, "excepthook", before)
    thread_hook, faults = threading.excepthook, faulthandler.is_enabled()
    guard = CrashGuard(tmp_path, quiet)
    guard.install()
    sys.excepthook(SystemExit, SystemExit("leaving"), None)
    guard.uninstall()
    assert seen == ["leaving"]
    assert sys.excepthook is before
    assert threading.excepthook is thread_hook
    assert faulthandler.is_enabled() == faults
    assert list(tmp_path.iterdir()) == []  # no trouble, no note


def test_without_a_folder_it_is_still_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "excepthook", quiet)
    told: list[str] = []
    guard = CrashGuard(tmp_path / "missing", told.append)
    guard.install()
    fail("x")
    guard.uninstall()
    assert "no details could be kept" in told[0]
    caplog.clear()


def test_a_fault_of_native_code_leaves_its_stack(tmp_path: Path) -> None:
    child = subprocess.run(
        [sys.executable, "-c", NATIVE_FAULT, str(tmp_path)], cwd=ROOT, check=False, capture_output=True
    )
    assert child.returncode != 0
    assert "deep_inside" in notes(tmp_path)


def test_old_notes_go(tmp_path: Path) -> None:
    for day in range(10, 40):
        (tmp_path / f"crash-2020-01-{day}-000000-1.txt").write_text("old")
    guard = CrashGuard(tmp_path, quiet)
    guard.install()
    left = sorted(path.name for path in tmp_path.iterdir())
    guard.uninstall()
    assert len(left) == 20
    assert left[0] == "crash-2020-01-21-000000-1.txt"
    assert left[-1].endswith(f"-{os.getpid()}.txt")

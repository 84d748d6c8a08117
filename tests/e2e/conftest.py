"""A virtual desktop with another program's window on it, and the real program beside it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.checkpoints import make_tiny
from tests.e2e import settings_page
from tests.e2e.program import ROOT, Program
from tests.xvfb import virtual_screen, x11_environment, xdotool

ARTIFACTS = ROOT / "tests" / "artifacts"


@dataclass(frozen=True)
class Desktop:
    """An X display of 1280 x 900 with the page-style dialog open on it."""

    name: str
    target: str
    """The dialog's window id, as xdotool has it."""


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random checkpoint in the proportions of 4B with the family's real vocabulary, whose answers do not end."""
    folder = tmp_path_factory.mktemp("models") / "Qwen3.5-tiny"
    return make_tiny(folder, "4B", real_vocabulary=True, endless=True)


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[Desktop]:
    with virtual_screen(tmp_path, 1280, 900) as display:
        page = subprocess.Popen([sys.executable, settings_page.__file__], env=x11_environment(display))
        try:
            target = xdotool(display, "search", "--sync", "--onlyvisible", "--name", settings_page.TITLE)
            yield Desktop(display, target.splitlines()[0])
        finally:
            page.terminate()
            page.wait()


@pytest.fixture
def start(desktop: Desktop, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., Program]]:
    """Starts the program; when the test fails, a screenshot and the log stay in tests/artifacts."""
    running: list[Program] = []

    def start(*arguments: str, scale: str = "1") -> Program:
        program = Program(desktop.name, tmp_path / "home", list(arguments), scale)
        running.append(program)
        return program

    yield start
    failed = getattr(request.node, "failed", False)
    for program in running:
        if failed:
            ARTIFACTS.mkdir(exist_ok=True)
            program.screenshot().save(ARTIFACTS / f"{request.node.name}.png")
            (ARTIFACTS / f"{request.node.name}.log").write_text("\n".join(program.lines))
        program.end()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    if report.when == "call" and report.failed:
        item.failed = True  # type: ignore[attr-defined]
    return report

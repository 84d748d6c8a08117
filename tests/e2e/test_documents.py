"""A document by the real program on a virtual desktop: dropped from another window, asked about, and opened at the
passage that the answer cites."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.e2e import drag_source
from tests.e2e.conftest import ARTIFACTS, Desktop
from tests.e2e.lease import CLAUSE, NAME, QUESTION, write_lease
from tests.e2e.program import Program
from tests.e2e.test_ask_a_region import kept
from tests.scripted import answer, make_scripted, say
from tests.xvfb import x11_environment, xdotool

pytestmark = [pytest.mark.e2e, pytest.mark.x11]

ANSWER = (
    "You can end the lease after the first twelve months, with two months' notice.\n\n"
    f"The contract says: “{CLAUSE}” [{{number}}].\n"
)
COMPOSER = (740, 728)
PLATE = (0xE2, 0xF0, 0xEE)
"""The plate of a mark that nobody points at, in the light theme."""
MARKED = (0xFF, 0xE3, 0xD1)
"""A marked passage."""


@pytest.fixture
def files(desktop: Desktop, tmp_path: Path) -> Iterator[Path]:
    """Another program's window with the lease in it."""
    lease = write_lease(tmp_path)
    source = subprocess.Popen([sys.executable, drag_source.__file__, str(lease)], env=x11_environment(desktop.name))
    try:
        xdotool(desktop.name, "search", "--sync", "--onlyvisible", "--name", f"^{drag_source.TITLE}$")
        yield lease
    finally:
        source.terminate()
        source.wait()


def place_of(
    program: Program, colour: tuple[int, int, int], area: tuple[int, int, int, int], width: int
) -> tuple[int, int]:
    """The middle of the first row of at least `width` pixels of `colour` in `area`; waits until it is drawn."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        pixels = np.asarray(program.screenshot().crop(area)).astype(int)
        near = np.abs(pixels - colour).max(axis=2) <= 2
        # So many neighbours to the right are of the colour too.
        runs = np.lib.stride_tricks.sliding_window_view(near, width, axis=1).all(axis=2)
        if runs.any():
            top, left = np.argwhere(runs)[0]
            return area[0] + int(left) + width // 2, area[1] + int(top) + 4
        time.sleep(0.2)
    raise AssertionError(f"nothing in {colour} was drawn")


def window_of(desktop: Desktop, title: str) -> str:
    return xdotool(desktop.name, "search", "--onlyvisible", "--name", f"^{title}$").splitlines()[-1]


def test_a_file_is_dropped_asked_about_and_opened_at_what_is_cited(
    desktop: Desktop, files: Path, start: Callable[..., Program], tmp_path: Path
) -> None:
    # The clause stands on page 5; its number is that of the passage.
    model = make_scripted(tmp_path / "Qwen3.5-4B", [answer(say(ANSWER.format(number=5)))])
    program = start("--model", str(model))
    program.wait_for("engine: idle", timeout=120)
    program.activate("Fingerpost")
    source = window_of(desktop, drag_source.TITLE)
    xdotool(desktop.name, "windowmove", source, "940", "80")
    xdotool(desktop.name, "windowraise", source)
    time.sleep(0.5)  # openbox tells nobody when it has moved it
    program.drag((1060, 130), COMPOSER)
    program.wait_for(r"documents in the question: \['ready'\]", timeout=60)
    program.activate("Fingerpost")
    program.type(QUESTION)
    program.key("Return")
    program.wait_for("answer: finished", timeout=60)
    # Left of the question, whose plate has the same colour.
    program.click(*place_of(program, PLATE, (365, 180, 800, 620), 8))
    place_of(program, MARKED, (640, 100, 1270, 860), 4)
    ARTIFACTS.mkdir(exist_ok=True)
    program.screenshot().save(ARTIFACTS / "document.png")
    assert program.close() == 0
    (conversation,) = kept(tmp_path / "home")
    (turn,) = conversation.turns
    (document,) = turn.documents
    assert document.name == NAME
    (citation,) = turn.answer.citations
    assert (citation.passage.page, citation.proved) == (5, True)

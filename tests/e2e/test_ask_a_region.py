"""The main job, by the real program on a virtual desktop: grab a part of another window, ask, read the answer."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from PIL import Image, ImageChops

from app.domain.conversation import Conversation
from app.store import Store
from tests.e2e.conftest import ARTIFACTS, Desktop
from tests.e2e.program import Program
from tests.xvfb import xdotool

pytestmark = [pytest.mark.e2e, pytest.mark.x11]

QUESTION = "Where do I change the page margins in this window?"
START, END = (140, 150), (620, 400)
"""Opposite corners of the region, both inside the dialog."""


def kept(home: Path) -> list[Conversation]:
    """What the program has kept, read after it has ended."""
    store = Store(home / "data")
    try:
        return [store.conversation(summary.id) for summary in store.summaries()]
    finally:
        store.close()


def target_pixels(desktop: Desktop, program: Program) -> Image.Image:
    """The region as the dialog shows it while nothing lies over it."""
    xdotool(desktop.name, "windowactivate", "--sync", desktop.target)
    xdotool(desktop.name, "mousemove", "1270", "890")
    time.sleep(0.5)  # openbox tells nobody when it has drawn the raised window
    left, top, right, bottom = (*START, END[0] + 1, END[1] + 1)
    return program.screenshot().crop((left, top, right, bottom))


def grab_region(program: Program) -> None:
    program.activate("Fingerpost")
    program.key("ctrl+shift+r")
    program.wait_for("choosing a region on 1 monitors")
    program.drag(START, END)
    program.key("Return")
    program.wait_for("pictures in the question: 1")


def test_a_region_is_grabbed_asked_about_and_answered(
    desktop: Desktop, start: Callable[..., Program], tiny_model: Path, tmp_path: Path
) -> None:
    program = start("--model", str(tiny_model))
    program.wait_for("engine: idle", timeout=120)
    expected = target_pixels(desktop, program)
    grab_region(program)
    program.type(QUESTION)
    program.key("Return")
    program.wait_for("answer: streaming", timeout=120)
    for _ in range(10):
        wait_for_change(program, program.screenshot())
    program.key("Escape")
    program.wait_for("answer: stopped")
    ARTIFACTS.mkdir(exist_ok=True)
    program.screenshot().save(ARTIFACTS / "asked-a-region.png")
    assert program.close() == 0

    (conversation,) = kept(tmp_path / "home")
    (turn,) = conversation.turns
    assert conversation.title == QUESTION == turn.question
    (picture,) = turn.attachments
    assert (picture.source, picture.title) == ("region", "Page Style: Default")
    with Image.open(picture.path) as taken:
        # The program's own window lay over the dialog: none of it is in the picture.
        assert ImageChops.difference(taken.convert("RGB"), expected).getbbox() is None
    assert turn.answer.state == "stopped"
    assert len(turn.answer.text) > 20
    assert turn.answer.image_tokens > 0


def test_a_killed_model_leaves_the_window_and_the_answer(
    start: Callable[..., Program], tiny_model: Path, tmp_path: Path
) -> None:
    program = start("--model", str(tiny_model))
    program.wait_for("engine: idle", timeout=120)
    program.activate("Fingerpost")
    program.type("Tell me a long story")
    program.key("Return")
    program.wait_for("answer: streaming", timeout=120)
    (child,) = psutil.Process(program.pid).children()
    os.kill(child.pid, signal.SIGKILL)
    program.wait_for("answer: failed")
    # It comes back by itself, and the next question is answered in the same conversation.
    at = len(program.lines)
    program.wait_for("engine: idle", timeout=120, start=at)
    program.type("Go on")
    program.key("Return")
    program.wait_for("answer: streaming", timeout=120, start=at)
    program.kill()

    (conversation,) = kept(tmp_path / "home")
    first, second = conversation.turns
    assert first.answer.state == "failed"
    assert first.answer.text
    assert "The model process" in first.answer.error
    assert second.question == "Go on"


def wait_for_change(program: Program, before: Image.Image) -> None:
    """The answer grows in front of the person's eyes."""
    page = (400, 480, 1140, 700)
    deadline = time.monotonic() + 60
    while ImageChops.difference(program.screenshot().crop(page), before.crop(page)).getbbox() is None:
        assert time.monotonic() < deadline, "the answer did not grow"
        time.sleep(0.1)

"""A first start without any model, by the real program on a virtual desktop: the proposed model is fetched from a hub
on loopback, and answers what was asked meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from tests.app.wiring.test_first_model import publish
from tests.e2e.conftest import ARTIFACTS, Desktop
from tests.e2e.program import Program
from tests.e2e.test_ask_a_region import kept
from tests.hub_server import HubServer

pytestmark = [pytest.mark.e2e, pytest.mark.x11]

ACCENT = (0x0B, 0x6E, 0x69)
"""Of the light theme: what a person can do."""
ANSWER = (370, 150, 1110, 400)
"""Where the answer to a short question is written."""
PAGE = (440, 100, 1240, 690)
"""Where the page of a first run lies in the window, with the composer below it."""


def primary_button(program: Program) -> tuple[int, int]:
    """The middle of the one filled button of the page; waits until it is drawn."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        page = program.screenshot().crop(PAGE)
        flat = Image.new("RGB", page.size, ACCENT)
        mask = ImageChops.difference(page, flat).convert("L").point(lambda value: 255 if value < 4 else 0)
        # The sign of the product has the colour too, on a small square, and frames are thin.
        for top in range(page.height - 12):
            box = mask.crop((0, top, page.width, top + 1)).getbbox()
            if box is None or box[2] - box[0] < 120:
                continue
            left = (box[0] + 16, top, box[0] + 24, top + 12)
            if mask.crop(left).getextrema() == (255, 255):
                return PAGE[0] + box[0] + 20, PAGE[1] + top + 6
        time.sleep(0.2)
    raise AssertionError("no filled button on the page")


def wait_for_change(program: Program, area: tuple[int, int, int, int]) -> None:
    """Until something in `area` looks otherwise."""
    before = program.screenshot().crop(area)
    deadline = time.monotonic() + 60
    while ImageChops.difference(program.screenshot().crop(area), before).getbbox() is None:
        assert time.monotonic() < deadline, "nothing has changed"
        time.sleep(0.1)


def test_from_a_first_start_to_the_first_answer(
    desktop: Desktop,
    start: Callable[..., Program],
    tiny_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate = threading.Event()
    for name in ("HF_HOME", "HF_HUB_CACHE", "MODELSCOPE_CACHE", "FINGERPOST_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    with HubServer() as server:
        publish(server, tiny_model)
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        monkeypatch.setenv("MODELSCOPE_ENDPOINT", server.url)
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
        # The weights come half and then wait, so that there is time to type.
        server.fail("*.safetensors", times=1, after=100_000, gate=gate)
        program = start()
        program.wait_for("models here: 0", timeout=120)
        program.activate("Fingerpost")
        ARTIFACTS.mkdir(exist_ok=True)
        button = primary_button(program)
        program.screenshot().save(ARTIFACTS / "first-run.png")
        program.click(*button)
        program.wait_for(r"downloads: \['running'\]", timeout=60)
        deadline = time.monotonic() + 60
        while not server.sent("*.safetensors"):
            assert time.monotonic() < deadline, "no weights were asked for"
            time.sleep(0.1)
        program.click(700, 728)
        program.type("What can you do?")
        program.key("Return")
        program.wait_for("answer: waiting")
        program.screenshot().save(ARTIFACTS / "first-run-fetching.png")
        gate.set()
        program.wait_for("models here: 1", timeout=180)
        program.wait_for("answer: streaming", timeout=180)
        wait_for_change(program, ANSWER)
        program.screenshot().save(ARTIFACTS / "first-run-answered.png")
        program.key("Escape")
        program.wait_for("answer: stopped")
        assert program.close() == 0
    (conversation,) = kept(tmp_path / "home")
    (turn,) = conversation.turns
    assert turn.question == "What can you do?"
    assert len(turn.answer.text) > 5
    chosen = Path((tmp_path / "home" / "data" / "default-model.txt").read_text().strip())
    assert (chosen / "fingerpost.json").is_file()
    assert chosen.parent == tmp_path / "home" / "data" / "models"

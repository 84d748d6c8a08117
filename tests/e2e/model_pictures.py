"""Makes the pictures of docs/models.md by using the real program on a virtual desktop.

    python tests/e2e/model_pictures.py

The models in the list are real shapes in names and sizes alone: the weights of the published one are random and tiny.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from engine.cli import main as fingerpost
from tests.checkpoints import make_tiny
from tests.e2e.pictures import PICTURES, client_area, save
from tests.e2e.program import Program
from tests.xvfb import virtual_screen, xdotool

FOOT = (90, -44)
"""The model's name in the sidebar, from the window's lower left corner: it opens the list of models."""


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fingerpost-pictures-") as name:
        folder = Path(name)
        os.environ["HOME"] = str(folder)
        for variable in ("HF_HOME", "HF_HUB_CACHE", "MODELSCOPE_CACHE", "FINGERPOST_MODEL"):
            os.environ.pop(variable, None)
        take_first_run(folder / "first")
        take_list(folder / "list")


def take_first_run(folder: Path) -> None:
    """What a first start shows."""
    folder.mkdir()
    with virtual_screen(folder, 1280, 900) as display:
        program = Program(display, folder, [])
        try:
            program.wait_for("models here: 0", timeout=120)
            keep(program, display, "first-run")
        finally:
            program.close()


def take_list(folder: Path) -> None:
    """The list of models, with a published one and what was made of it."""
    os.environ["FINGERPOST_HOME"] = str(folder)
    published = make_tiny(folder / "data" / "models" / "Qwen3.5-4B", dtype="bfloat16")
    fingerpost(["models", "convert", "--to", "int8", str(published)])
    fingerpost(["models", "default", "Qwen3.5-4B"])
    with virtual_screen(folder, 1280, 900) as display:
        program = Program(display, folder, [])
        try:
            program.wait_for("engine: idle", timeout=120)
            program.activate("Fingerpost")
            left, _, _, bottom = client_area(display)
            program.click(left + FOOT[0], bottom + FOOT[1])
            program.wait_for("models here: 2", timeout=120)
            keep(program, display, "models")
        finally:
            program.close()


def keep(program: Program, display: str, name: str) -> None:
    """Once all is drawn, with the pointer out of the way."""
    time.sleep(2)
    xdotool(display, "mousemove", "1275", "895")
    time.sleep(0.5)
    save(program.screenshot().crop(client_area(display)), name)


if __name__ == "__main__":
    main()

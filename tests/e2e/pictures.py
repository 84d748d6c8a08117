"""Makes the pictures of README.md and docs/ by using the real program on a virtual desktop.

    python tests/e2e/pictures.py

The answer in the first pictures is written by hand, through the scripted back end: the repository carries no trained
weights. The last picture is an answer of a random checkpoint, as the end-to-end tests see it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PIL import Image

from tests.checkpoints import make_tiny
from tests.e2e import settings_page
from tests.e2e.program import ROOT, Program
from tests.scripted import answer, make_scripted, say
from tests.xvfb import virtual_screen, x11_environment, xdotool

PICTURES = ROOT / "docs" / "pictures"
QUESTION = "Where do I change the page margins in this window?"
START, END = (121, 101), (738, 441)
ANSWER = """\
You are already on the right tab: **Page**. The fields are under **Margins**.

1. Click into **Left** and type the new value, for example `2.5 cm`.
2. Press Tab to go on to **Right**, **Top** and **Bottom**.
3. Press **OK**. The new margins hold for every page with this style.
"""


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fingerpost-pictures-") as name:
        folder = Path(name)
        written = make_scripted(folder / "Qwen3.5-4B", [answer(say(ANSWER, 0.02))])
        random = make_tiny(folder / "Qwen3.5-random", real_vocabulary=True, endless=True)
        for theme in ("light", "dark"):
            take(folder / theme, written, theme, f"window-{theme}", pick=theme == "light")
        take(folder / "random", random, "light", "random-weights", wait="", pick=False)


def take(folder: Path, model: Path, theme: str, name: str, *, wait: str = "answer: finished", pick: bool) -> None:
    """One question from the region to the answer; `pick` also keeps the picker."""
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "settings.json").write_text(json.dumps({"theme": theme}))
    with virtual_screen(folder, 1280, 900) as display:
        subprocess.run(["xsetroot", "-solid", "#7d8fa3"], env=x11_environment(display), check=True)
        page = subprocess.Popen([sys.executable, settings_page.__file__], env=x11_environment(display))
        program = Program(display, folder, ["--model", str(model)])
        try:
            program.wait_for("engine: idle", timeout=120)
            program.activate("Fingerpost")
            program.key("ctrl+shift+r")
            program.wait_for("choosing a region")
            program.drag(START, END)
            time.sleep(0.5)
            if pick:
                save(program.screenshot(), "region-picker")
            program.key("Return")
            program.wait_for("pictures in the question: 1")
            program.type(QUESTION)
            program.key("Return")
            program.wait_for("answer: streaming")
            if wait:
                program.wait_for(wait)
            time.sleep(2)
            xdotool(display, "mousemove", "1275", "895")
            time.sleep(0.5)
            save(program.screenshot().crop(client_area(display)), name)
        finally:
            program.close()
            page.terminate()
            page.wait()


def client_area(display: str) -> tuple[int, int, int, int]:
    """The window without its frame."""
    window = xdotool(display, "search", "--onlyvisible", "--name", "^Fingerpost$").splitlines()[-1]
    command = ["xwininfo", "-id", window]
    said = subprocess.run(command, env=x11_environment(display), check=True, capture_output=True, text=True).stdout
    at = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in said.splitlines())}
    left, top = int(at["Absolute upper-left X"]), int(at["Absolute upper-left Y"])
    return left, top, left + int(at["Width"]), top + int(at["Height"])


def save(picture: Image.Image, name: str) -> None:
    picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=255).save(PICTURES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()

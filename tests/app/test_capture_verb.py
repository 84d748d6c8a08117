"""``fingerpost capture`` on a virtual screen, as a person runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.app.accessibility import told_window
from tests.session_bus import session_bus
from tests.xvfb import set_monitors, virtual_screen, wait_until, x11_environment, xdotool

pytestmark = pytest.mark.x11


@pytest.fixture
def display(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with session_bus(tmp_path, monkeypatch), virtual_screen(tmp_path) as name:
        environment = x11_environment(name) | {"QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"}
        page = subprocess.Popen(
            [sys.executable, told_window.__file__], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        page.stdout.readline()
        xdotool(name, "search", "--sync", "--onlyvisible", "--name", told_window.TITLE)
        yield name
        page.terminate()
        page.communicate(timeout=20)


def capture(display: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app", "capture", *arguments]
    environment = x11_environment(display)
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def size(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


def test_the_whole_desktop_a_monitor_and_a_region(display: str, tmp_path: Path) -> None:
    set_monitors(display, ("LEFT", 0, 0, 480, 800), ("*RIGHT", 480, 0, 800, 600))
    file = tmp_path / "shot.png"
    assert capture(display, "-o", str(file)).returncode == 0
    assert size(file) == (1280, 800)
    sizes = set()
    for number in ("1", "2"):
        assert capture(display, "--screen", number, "-o", str(file)).returncode == 0
        sizes.add(size(file))
    assert sizes == {(480, 800), (800, 600)}
    done = capture(display, "--screen", "3", "-o", str(file))
    assert done.returncode == 2
    assert done.stderr == "There are 2 monitors, and no number 3. Run “fingerpost doctor” to see them.\n"
    assert capture(display, "--region", "150,70,200,120", "-o", str(file)).returncode == 0
    assert size(file) == (200, 120)


def test_a_window_comes_with_its_tree_as_shares_of_the_picture(display: str, tmp_path: Path) -> None:
    file, tree = tmp_path / "shot.png", tmp_path / "shot.json"

    def told() -> dict[str, dict[str, object]]:
        done = capture(display, "--window", "-o", str(file), "--tree", str(tree))
        assert done.returncode == 0, done.stderr
        return {element["name"]: element for element in json.loads(tree.read_text())["elements"]}

    wait_until(lambda: "Save" in told())
    save = told()["Save"]
    width, height = size(file)
    assert width >= 420
    assert height > 520
    assert save["role"] == "button"
    assert 0 < save["box"]["x0"] < save["box"]["x1"] < 1
    assert told_window.SECRET not in tree.read_text()


def test_what_can_not_be_done_is_one_sentence(display: str, tmp_path: Path) -> None:
    done = capture(display, "-o", str(tmp_path / "nowhere" / "shot.png"))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "could not be written (No such file or directory). Choose another place." in done.stderr
    done = capture(display, "--region", "9000,0,10,10", "-o", str(tmp_path / "shot.png"))
    assert done.returncode == 2
    assert done.stderr.startswith("No monitor shows that region.")
    done = capture(":987", "-o", str(tmp_path / "shot.png"))
    assert done.returncode == 2
    assert done.stderr == "The X display can not be reached. Start Fingerpost from the desktop.\n"
    assert capture(display, "--region", "1,2,3", "-o", "x.png").returncode == 2
    assert not (tmp_path / "shot.png").exists()

"""A region taken through the real desktop portal of a Wayland session without a screen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from tests.e2e import settings_page
from tests.e2e.program import ROOT
from tests.xvfb import wait_until

pytestmark = pytest.mark.e2e

NEEDED = ("sway", "swaymsg", "grim", "wtype", "pipewire", "dbus-run-session", "dbus-update-activation-environment")
PORTALS = Path("/usr/share/xdg-desktop-portal/portals")
# A window that is scanned out directly is missing from what grim sees.
SWAY = ("dbus-run-session", "--", "sway", "-Dnoscanout", "-c")
LEFT, RIGHT = "HEADLESS-1", "HEADLESS-2"
INSIDE = (100, 200, 1500, 600)
"""Device pixels of the dialog that do not tell whether it has the keyboard."""
CONFIG = f"""
output {LEFT} mode 1600x800
output {LEFT} pos 0 0
output {LEFT} scale 2
output {RIGHT} mode 640x480
output {RIGHT} pos 800 0
output {RIGHT} scale 1
xwayland disable
for_window [app_id="fingerpost"] floating enable
exec dbus-update-activation-environment WAYLAND_DISPLAY XDG_CURRENT_DESKTOP
exec sh -c 'env -0 > "$XDG_RUNTIME_DIR/made" && mv "$XDG_RUNTIME_DIR/made" "$XDG_RUNTIME_DIR/session"'
"""


class Session:
    """A running sway with two outputs. `environment` is what its programs are started with."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self._environment = environment
        self._folder = folder

    def start(self, *command: str, log: Path, **variables: str) -> subprocess.Popen[bytes]:
        """Starts a program in the session; what it says goes to `log`."""
        with log.open("wb") as errors:
            environment = {**self._environment, **variables}
            return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=errors, stderr=errors)

    def ask(self, *command: str) -> str:
        """Runs a command to its end and gives what it prints."""
        return subprocess.run(command, env=self._environment, check=True, capture_output=True, text=True).stdout

    def windows(self) -> str:
        """Sway's tree of windows as JSON text."""
        return self.ask("swaymsg", "-t", "get_tree")

    def press_until(self, holds: Callable[[], bool], *words: str) -> None:
        """Presses keys, in wtype's words, again and again until it holds: a program may not know its keyboard yet."""

        def pressed() -> bool:
            self.ask("wtype", "-s", "300", *words, "-s", "300")
            return holds()

        wait_until(pressed, 60)

    def picture(self, output: str) -> Image.Image:
        """All device pixels of an output."""
        self.ask("grim", "-o", output, str(self._folder / "seen.png"))
        with Image.open(self._folder / "seen.png") as seen:
            return seen.convert("RGB")


@pytest.fixture
def session() -> Iterator[Session]:
    missing = [name for name in NEEDED if shutil.which(name) is None]
    missing += [name for name in ("wlr.portal", "gtk.portal") if not (PORTALS / name).is_file()]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    if os.geteuid() == 0:
        pytest.skip("sway does not run as root")
    # A socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="way-") as name, (Path(name) / "log").open("wb") as log:
        folder = Path(name)
        (folder / "config").write_text(CONFIG)
        own = {
            "XDG_RUNTIME_DIR": name,
            "XDG_CURRENT_DESKTOP": "sway",
            "XDG_SESSION_TYPE": "wayland",
            "WLR_BACKENDS": "headless",
            "WLR_RENDERER": "pixman",
            "WLR_HEADLESS_OUTPUTS": "2",
            "WLR_LIBINPUT_NO_DEVICES": "1",
        }
        foreign = ("DISPLAY", "WAYLAND_DISPLAY", "SWAYSOCK", "DBUS_SESSION_BUS_ADDRESS", "QT_QPA_PLATFORM")
        environment = {name: value for name, value in os.environ.items() if name not in foreign} | own
        pipes = subprocess.Popen(["pipewire"], env=environment, stdout=log, stderr=log)
        sway = subprocess.Popen([*SWAY, str(folder / "config")], env=environment, stdout=log, stderr=log)
        try:
            wait_until(lambda: (folder / "session").is_file() or sway.poll() is not None)
            assert sway.poll() is None, (folder / "log").read_text()
            lines = (folder / "session").read_text().split("\0")
            environment = dict(line.split("=", 1) for line in lines if line)
            yield Session(environment, folder)
        finally:
            # The bus ends with sway; the answer to this is that the connection is gone.
            subprocess.run(["swaymsg", "exit"], check=False, env=environment, capture_output=True)
            sway.wait(20)
            pipes.terminate()
            pipes.wait(20)


def test_a_region_comes_through_the_portal_in_its_monitors_own_pixels(session: Session, tmp_path: Path) -> None:
    page = session.start(sys.executable, settings_page.__file__, log=tmp_path / "page.log")
    log = tmp_path / "program.log"
    own = {"FINGERPOST_HOME": str(tmp_path / "home"), "FINGERPOST_LOG": "debug"}
    try:
        wait_until(lambda: settings_page.TITLE in session.windows())
        program = session.start(sys.executable, "-P", "-m", "app", log=log, **own)
        try:
            wait_until(lambda: '"app_id": "fingerpost"' in session.windows())
            before = session.picture(RIGHT)
            chord = ("-M", "ctrl", "-M", "shift", "-k", "r", "-m", "shift", "-m", "ctrl")
            session.press_until(lambda: "choosing a region on 2 monitors" in log.read_text(), *chord)
            wait_until(lambda: ImageChops.difference(session.picture(RIGHT), before).getbbox() is not None)
            # The whole monitor under the pointer, which stands in the middle of the first one.
            session.press_until(lambda: "pictures in the question: 1" in log.read_text(), "-k", "space")
            wait_until(lambda: '"app_id": "fingerpost"' in session.windows())
            (kept,) = (tmp_path / "home").rglob("pictures/*/*.png")
            with Image.open(kept) as picture:
                taken = picture.convert("RGB").crop(INSIDE)
        finally:
            program.terminate()
            program.wait(20)
        wait_until(lambda: '"app_id": "fingerpost"' not in session.windows())
        shown = session.picture(LEFT).crop(INSIDE)
    finally:
        page.terminate()
        page.wait(20)
    # Nothing of the program's own window, which lay over it, is in the picture.
    assert ImageChops.difference(taken, shown).getbbox() is None
    assert shown.getcolors(maxcolors=2) is None

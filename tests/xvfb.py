"""A virtual X screen of its own, with a window manager, for tests that look at real pixels."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NEEDED = ("Xvfb", "openbox", "xrandr", "xdotool")


@contextmanager
def virtual_screen(folder: Path, width: int = 1280, height: int = 800) -> Iterator[str]:
    """Starts Xvfb on a free display and openbox on it; gives the display's name. `folder` keeps what they say."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    reading, writing = os.pipe()
    log = (folder / "xvfb.log").open("w")
    size = ["-screen", "0", f"{width}x{height}x24"]
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), *size, "-nolisten", "tcp", "-noreset"], pass_fds=(writing,), stderr=log
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as answer:
            number = answer.readline().strip()
        assert number, (folder / "xvfb.log").read_text()
        display = f":{number}"
        manager = subprocess.Popen(["openbox", "--sm-disable"], env=x11_environment(display), stderr=log, stdout=log)
        try:
            # The list of windows is its last step: a window that is mapped before that is never managed.
            wait_until(lambda: _manages(display))
            yield display
        finally:
            _end(manager)
    finally:
        _end(server)
        log.close()


def x11_environment(display: str, platform: str = "xcb", factors: str = "") -> dict[str, str]:
    """The environment of a program on `display`; `factors` as QT_SCREEN_SCALE_FACTORS."""
    environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": platform, "XDG_SESSION_TYPE": "x11"}
    for name in ("WAYLAND_DISPLAY", "QT_QPA_PLATFORMTHEME", "QT_SCALE_FACTOR", "XAUTHORITY"):
        environment.pop(name, None)
    if factors:
        environment["QT_SCREEN_SCALE_FACTORS"] = factors
    return environment


def set_monitors(display: str, *monitors: tuple[str, int, int, int, int]) -> None:
    """Splits the screen into monitors of (name, x, y, width, height); the first takes the screen's only output."""
    output = "screen"
    for name, x, y, width, height in monitors:
        # Millimetres of a screen with 96 dots an inch.
        size = f"{width}/{round(width * 0.2646)}x{height}/{round(height * 0.2646)}+{x}+{y}"
        command = ["xrandr", "-d", display, "--setmonitor", name, size, output]
        subprocess.run(command, check=True, capture_output=True)
        output = "none"


def xdotool(display: str, *arguments: str) -> str:
    """Runs one command line of xdotool and gives what it prints."""
    done = subprocess.run(
        ["xdotool", *arguments], env=x11_environment(display), check=True, capture_output=True, text=True, timeout=30
    )
    return done.stdout.strip()


def wait_until(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    """Returns as soon as it holds; AssertionError when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"did not come true: {holds}"
        time.sleep(0.02)


def _manages(display: str) -> bool:
    from Xlib import X
    from Xlib.display import Display

    connection = Display(display)
    try:
        windows = connection.get_atom("_NET_CLIENT_LIST")
        return connection.screen().root.get_full_property(windows, X.AnyPropertyType) is not None
    finally:
        connection.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

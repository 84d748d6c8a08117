"""Keys on a real X server, pressed as by a keyboard while another program has the focus."""

from __future__ import annotations

import gc
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.hotkeys.x11 import X11Keys
from tests.xvfb import virtual_screen, wait_until, x11_environment, xdotool

pytestmark = pytest.mark.x11


@pytest.fixture(scope="module")
def display(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with virtual_screen(tmp_path_factory.mktemp("screen")) as name:
        yield name


@pytest.fixture
def keys(qapp, display: str) -> Iterator[X11Keys]:
    keys = X11Keys(display)
    yield keys
    keys.close()


def test_a_chord_is_heard_whatever_locks_are_on_and_once_while_it_is_kept_down(qtbot, keys, display) -> None:
    assert keys.hold("stop", "Ctrl+Alt+Escape") == ""
    heard: list[str] = []
    keys.pressed.connect(heard.append)
    for lock in ("Caps_Lock", "Num_Lock"):
        xdotool(display, "key", lock)
        with qtbot.waitSignal(keys.pressed):
            xdotool(display, "key", "ctrl+alt+Escape")
        xdotool(display, "key", lock)
    heard.clear()
    with qtbot.waitSignal(keys.pressed):
        # The server repeats a key after 660 ms.
        xdotool(display, "keydown", "ctrl", "keydown", "alt", "keydown", "Escape", "sleep", "0.9")
    xdotool(display, "keyup", "Escape", "keyup", "alt", "keyup", "ctrl", "key", "Escape", "key", "alt+Escape")
    qtbot.wait(50)
    assert heard == ["stop"]


def test_a_chord_that_another_program_holds_is_refused_with_a_sentence(qtbot, keys, display) -> None:
    other = X11Keys(display)
    try:
        assert other.hold("theirs", "Ctrl+Alt+F") == ""
        assert keys.hold("ours", "Ctrl+Alt+F") == (
            "Another program already holds Ctrl+Alt+F. Close that program, or choose other keys."
        )
    finally:
        other.close()
    assert keys.hold("ours", "Ctrl+Alt+F") == ""
    keys.release("ours")
    assert keys.hold("ours", "Hyper+F").startswith("“Hyper+F” is not one key")


def test_a_watched_key_reaches_the_program_in_front_as_well(qtbot, keys, display, tmp_path: Path) -> None:
    typed = tmp_path / "typed"
    command = ["xterm", "-T", "in front", "-e", f"head -c 2 | od -An -c > {typed}"]
    terminal = subprocess.Popen(command, env=x11_environment(display))
    try:
        xdotool(display, "search", "--sync", "--onlyvisible", "--name", "in front", "windowfocus", "--sync")
        assert keys.watch("away", "Escape") == ""
        with qtbot.waitSignal(keys.pressed) as told:
            xdotool(display, "key", "Escape")
        assert told.args == ["away"]
        with qtbot.assertNotEmitted(keys.pressed, wait=50):
            xdotool(display, "key", "a", "key", "Return")
        wait_until(lambda: typed.exists() and typed.read_text() != "")
        assert typed.read_text().split() == ["033", "a"]
    finally:
        terminal.terminate()
        terminal.wait()


def test_a_released_key_is_not_heard_and_leaves_no_thread(qtbot, keys, display) -> None:
    assert keys.hold("one", "Ctrl+Alt+1") == keys.watch("two", "Escape") == ""
    keys.release("one")
    with qtbot.waitSignal(keys.pressed) as told:
        xdotool(display, "key", "ctrl+alt+1", "key", "Escape")
    assert told.args == ["two"]
    keys.close()
    with qtbot.assertNotEmitted(keys.pressed, wait=50):
        xdotool(display, "key", "Escape")


# The X library leaves the sockets behind that it tried.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_without_a_display_there_is_a_sentence(qapp) -> None:
    keys = X11Keys(":4999")
    assert "Use its window instead" in keys.hold("stop", "Ctrl+Alt+Escape")
    keys.close()
    gc.collect()

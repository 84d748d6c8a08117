"""Real programs on a virtual screen, read over a real accessibility bus."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.accessibility.atspi import AtSpiSource
from app.accessibility.source import UNPLACED, FoundElements
from app.capture.x11 import X11Source
from app.domain.geometry import Rect
from app.domain.screen import WindowRef
from engine.protocol import Element
from tests.app.accessibility import told_window
from tests.session_bus import session_bus
from tests.xvfb import virtual_screen, wait_until, x11_environment, xdotool

pytestmark = pytest.mark.x11


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Its own, because a test switches accessibility on."""
    with session_bus(tmp_path, monkeypatch):
        yield


@pytest.fixture
def display(session: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with virtual_screen(tmp_path) as name:
        monkeypatch.setenv("DISPLAY", name)
        monkeypatch.delenv("XAUTHORITY", raising=False)
        yield name


@contextmanager
def program(display: str, *command: str, scale: str = "1") -> Iterator[subprocess.Popen[str]]:
    environment = x11_environment(display)
    environment |= {"QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1", "QT_SCALE_FACTOR": scale}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=20)


@contextmanager
def told(display: str, buttons: int = 0, scale: str = "1") -> Iterator[tuple[Any, dict[str, Rect], WindowRef]]:
    """The Qt program, where its widgets are, and its window."""
    with program(display, sys.executable, told_window.__file__, str(buttons), scale=scale) as process:
        places = {name: Rect(*area) for name, area in json.loads(process.stdout.readline()).items()}
        yield process.stdout, places, front(display, told_window.TITLE)


def front(display: str, title: str) -> WindowRef:
    xdotool(display, "search", "--sync", "--onlyvisible", "--name", title)
    wait_until(lambda: title in getattr(X11Source().active_window(()), "title", ""))
    window = X11Source().active_window(())
    assert window is not None
    return window


def read(window: WindowRef) -> FoundElements:
    """As soon as the program has told of its window: it registers on the bus while it starts."""
    source = AtSpiSource()
    wait_until(lambda: len(source.read(window, 5.0)) > 3)
    return source.read(window, 5.0)


def called(found: FoundElements, name: str) -> tuple[Element, Rect]:
    return next(pair for pair in found if pair[0].name == name)


def near(area: Rect, other: Rect) -> bool:
    edges = (area.x, area.y, area.right, area.bottom), (other.x, other.y, other.right, other.bottom)
    return all(abs(one - two) <= 1.5 for one, two in zip(*edges, strict=True))


def test_roles_names_states_and_values_are_those_of_the_widgets(display: str) -> None:
    with told(display) as (_, places, window):
        found = read(window)
        kinds = {element.name: element.role for element, _ in found}
        assert (found[0][0].role, found[0][0].name) == ("window", told_window.TITLE)
        assert (kinds["Save"], kinds["Customer"], kinds["Paid"], kinds["Lines"]) == (
            "button", "text_field", "check_box", "tab",
        )  # fmt: skip
        for name, area in places.items():
            assert near(called(found, name)[1], area), name
        assert called(found, "Customer")[0].value == "Müller & Söhne"
        assert called(found, "Amount")[0].value == "42"
        assert "checked" in called(found, "Paid")[0].states
        assert "disabled" in called(found, "Away")[0].states
        assert "disabled" not in called(found, "Save")[0].states
        items = [area for element, area in found if element.role == "list_item"]
        # Of 199 rows those that can be seen, and the last of them as far as it can be.
        assert 3 <= len(items) <= 8
        assert items[-1].bottom <= max(area.bottom for element, area in found if element.role == "list")
        assert "Hidden" not in kinds
        parents = [element.parent for element, _ in found]
        assert all(parent < at for at, parent in enumerate(parents))


def test_of_ten_thousand_cells_those_that_are_seen_are_told(display: str) -> None:
    with told(display) as (_, _, window):
        cells = {element.name: area for element, area in read(window) if element.role == "cell"}
        assert {"R0C0", "R1C0", "R1C1"} <= set(cells)
        assert len(cells) < 100
        assert cells["R0C1"].x >= cells["R0C0"].right
        assert cells["R1C0"].y >= cells["R0C0"].bottom


def test_a_password_is_never_read_nor_written(display: str) -> None:
    with told(display) as (_, _, window):
        found = read(window)
        element, area = called(found, "Password")
        assert (element.role, element.value) == ("password_field", "")
        assert told_window.SECRET not in repr(found)
        assert not AtSpiSource().set_value(window, element, area, "another")


def test_a_scaled_program_is_told_in_device_pixels(display: str) -> None:
    with told(display, scale="1.5") as (_, places, window):
        found = read(window)
        for name, area in places.items():
            # The program's only monitor begins at 0, 0.
            physical = Rect(area.x * 1.5, area.y * 1.5, area.width * 1.5, area.height * 1.5)
            assert near(called(found, name)[1], physical), name


def test_pressing_and_writing_go_to_what_is_there_now(display: str) -> None:
    source = AtSpiSource()
    with told(display) as (said, _, window):
        found = read(window)
        button, area = called(found, "Save")
        assert source.press(window, button, area)
        assert said.readline() == "pressed Save\n"
        field, place = called(found, "Customer")
        assert source.set_value(window, field, place, "Größe 3 € 🙂")
        assert said.readline() == "written Größe 3 € 🙂\n"
        tab, where = called(found, "Notes")
        assert source.press(window, tab, where)
        wait_until(lambda: any(element.name == "Hidden" for element, _ in source.read(window, 5.0)))
        # Another button has come to where it was, or it has moved.
        assert not source.press(window, button, called(found, "Away")[1])
        assert not source.press(window, called(found, "Away")[0], area)


def test_what_was_read_until_the_deadline_is_given(display: str) -> None:
    source = AtSpiSource()
    with told(display, buttons=285) as (_, _, window):
        found = read(window)
        assert len(found) > 285
        began = time.perf_counter()
        source.read(window, 5.0)
        print(f"{len(found)} elements in {1000 * (time.perf_counter() - began):.0f} ms")
        assert len(source.read(window, 5.0, most=40)) == 40
        assert len(source.read(window, 0.0)) == 0
        some = source.read(window, 0.02)
        assert len(some) < len(found)


def test_menus_of_a_gtk_program_open_and_tell_their_items(display: str) -> None:
    if shutil.which("mousepad") is None:
        pytest.skip("not installed: mousepad")
    source = AtSpiSource()
    with program(display, "mousepad", "--disable-server"):
        window = front(display, "Mousepad")
        found = read(window)
        menus = [element.name for element, _ in found if element.role == "menu"]
        assert menus[:2] == ["File", "Edit"]
        began = time.perf_counter()
        source.read(window, 5.0)
        print(f"mousepad: {len(found)} elements in {1000 * (time.perf_counter() - began):.0f} ms")
        menu, area = called(found, "File")
        assert window.frame.intersect(area) == area
        assert source.press(window, menu, area)
        wait_until(lambda: any(element.name == "Save As..." for element, _ in source.read(window, 5.0)))
        item, below = called(source.read(window, 5.0), "Save As...")
        assert item.role == "menu_item"
        assert below.y >= area.bottom


def test_a_field_without_a_name_is_called_by_the_label_beside_it(display: str) -> None:
    if shutil.which("mousepad") is None:
        pytest.skip("not installed: mousepad")
    source = AtSpiSource()
    with program(display, "mousepad", "--disable-server"):
        window = front(display, "Mousepad")
        assert source.press(window, *called(read(window), "Search"))
        wait_until(lambda: any(element.name == "Find and Replace..." for element, _ in source.read(window, 5.0)))
        assert source.press(window, *called(source.read(window, 5.0), "Find and Replace..."))
        dialog = front(display, "Find and Replace")
        wait_until(lambda: len(source.read(dialog, 5.0)) > 3)
        fields = [pair for pair in source.read(dialog, 5.0) if pair[0].role == "text_field"]
        assert [element.name for element, _ in fields] == ["Search for:", "Replace with:"]
        assert source.set_value(dialog, *fields[1], "Größe")
        wait_until(lambda: any(element.value == "Größe" for element, _ in source.read(dialog, 5.0)))


def test_a_window_that_tells_nothing_has_no_elements(display: str) -> None:
    nobody = WindowRef(0, 2, "Nothing like it", Rect(0, 0, 100, 100))
    assert AtSpiSource().read(nobody, 5.0) == ()
    assert not AtSpiSource().press(nobody, Element("button", "Save", UNPLACED), Rect(0, 0, 9, 9))


def test_without_the_bus_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/nobody")
    source = AtSpiSource()
    assert "Install at-spi2-core" in source.availability()
    assert "Install at-spi2-core" in source.enable()
    assert source.read(WindowRef(1, 2, "Any", Rect(0, 0, 9, 9))) == ()


def test_a_switched_off_desktop_is_told_and_switched_on_when_asked(
    monkeypatch: pytest.MonkeyPatch, session: None
) -> None:
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    source = AtSpiSource()
    assert "Accessibility is off" in source.availability()
    assert source.enable() == ""
    assert source.availability() == ""
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert "Wayland" in source.availability()

"""The portal's side is played on a bus of its own: it says yes, no, nothing, or that it was cancelled."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from jeepney import DBusAddress, HeaderFields, MessageType, message_bus, new_error, new_method_return, new_signal
from jeepney.io.blocking import open_dbus_connection
from PIL import Image
from PySide6.QtGui import QColor, QImage

from app.capture.errors import CaptureCancelled, CaptureError
from app.capture.portal import PortalSource, split
from app.domain.geometry import Rect, Screen

SCREENS = (
    Screen("eDP-1", Rect(0, 0, 80, 45), Rect(0, 0, 80, 45), 1.0),
    Screen("DP-1", Rect(80, 0, 60, 50), Rect(80, 0, 120, 100), 2.0),
)


@dataclass
class Portal:
    """`permission` is what the store remembers, `response` the code of the answer (None: it stays silent); one that
    `crashes` leaves the bus instead of an answer, one that is `starting` does not even hear."""

    bus: str
    folder: Path
    permission: str = ""
    response: int | None = 0
    crashes: bool = False
    starting: bool = False
    calls: list[str] = field(default_factory=list)

    def serve(self, ready: threading.Event, stop: threading.Event) -> None:
        with open_dbus_connection(self.bus) as connection:
            for name in ("org.freedesktop.portal.Desktop", "org.freedesktop.impl.portal.PermissionStore"):
                connection.send_and_get_reply(message_bus.RequestName(name), timeout=5)
            ready.set()
            while not stop.is_set():
                try:
                    message = connection.receive(timeout=0.05)
                except TimeoutError:
                    continue
                if message.header.message_type == MessageType.method_call:
                    self._answer(connection, message)

    def _answer(self, connection, message) -> None:
        member, sender = message.header.fields[HeaderFields.member], message.header.fields[HeaderFields.sender]
        if self.starting:
            return
        if member == "Get":
            connection.send(new_method_return(message, "v", (("u", 2),)))
        elif member == "Lookup":
            stored = {"org.example.Fingerpost": [self.permission]} if self.permission else {}
            connection.send(new_method_return(message, "a{sas}v", (stored, ("s", ""))))
        elif member == "Register":
            self.calls.append(f"Register {message.body[0]}")
            connection.send(new_error(message, "org.freedesktop.DBus.Error.UnknownMethod"))
        elif member == "Close":
            self.calls.append("Close")
        elif member == "Screenshot":
            options = message.body[1]
            self.calls.append("Screenshot interactive" if options["interactive"][1] else "Screenshot")
            path = (
                f"/org/freedesktop/portal/desktop/request/{sender[1:].replace('.', '_')}/{options['handle_token'][1]}"
            )
            if self.crashes:
                connection.send(message_bus.ReleaseName("org.freedesktop.portal.Desktop"))
            elif self.response is not None:
                # Sent first: a portal may be quicker with its answer than with its reply.
                signal = new_signal(DBusAddress(path, interface="org.freedesktop.portal.Request"), "Response", "ua{sv}")
                signal.header.fields[HeaderFields.destination] = sender
                uri = {"uri": ("s", self._picture().as_uri())} if self.response == 0 else {}
                signal.body = (self.response, uri)
                connection.send(signal)
            connection.send(new_method_return(message, "o", (path,)))

    def _picture(self) -> Path:
        path = self.folder / "Screen shot 1.png"
        picture = Image.new("RGB", (280, 100), "teal")
        picture.putpixel((160 + 10, 20), (255, 255, 255))
        picture.save(path)
        return path


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    if shutil.which("dbus-daemon") is None:
        pytest.skip("not installed: dbus-daemon")
    command = ["dbus-daemon", "--session", "--nofork", "--print-address", f"--address=unix:path={tmp_path}/bus"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as daemon:
        played = Portal(daemon.stdout.readline().strip(), tmp_path)
        ready, stop = threading.Event(), threading.Event()
        thread = threading.Thread(target=played.serve, args=(ready, stop))
        thread.start()
        assert ready.wait(10)
        yield played
        stop.set()
        thread.join()
        daemon.terminate()


def source(portal: Portal, answer_seconds: float = 20) -> PortalSource:
    return PortalSource("org.example.Fingerpost", portal.bus, answer_seconds)


def test_each_monitor_is_cut_out_at_its_own_scale_and_no_file_is_left(portal: Portal) -> None:
    left, right = source(portal).grab_all(SCREENS)
    assert (left.image.width(), left.image.height()) == (80, 45)
    assert (right.image.width(), right.image.height()) == (120, 100)
    assert right.image.pixelColor(10, 20) == QColor("white")
    assert portal.calls == ["Register org.example.Fingerpost", "Screenshot"]
    assert list(portal.folder.glob("*.png")) == []


def test_the_person_is_asked_once_and_not_at_all_after_a_remembered_yes(portal: Portal) -> None:
    asking = source(portal)
    assert [asking.ask().state, asking.ask().state] == ["ok", "ok"]
    assert portal.calls.count("Screenshot") == 1
    portal.permission = "yes"
    assert source(portal).ask().state == "ok"
    assert portal.calls.count("Screenshot") == 1


def test_a_no_says_where_to_allow_it(portal: Portal) -> None:
    portal.permission, portal.response = "no", 2
    found = source(portal).ask()
    assert found.state == "needs_permission"
    assert "Settings" in found.sentence
    assert source(portal).availability() == found
    with pytest.raises(CaptureError, match="did not allow"):
        source(portal).grab_all(SCREENS)


def test_a_window_is_chosen_in_the_desktops_own_dialog(portal: Portal) -> None:
    taken = source(portal).grab_window(SCREENS)
    assert (taken.image.width(), taken.place) == (280, None)
    assert portal.calls[-1] == "Screenshot interactive"
    portal.response = 1
    with pytest.raises(CaptureCancelled):
        source(portal).grab_window(SCREENS)


def test_a_portal_that_fails_is_not_called_a_refusal(portal: Portal) -> None:
    portal.response = 2
    assert "install grim" in source(portal).ask().sentence
    with pytest.raises(CaptureError, match="dialog gave no picture"):
        source(portal).grab_window(SCREENS)


def test_a_silent_portal_is_given_up_and_told_so(portal: Portal) -> None:
    portal.response = None
    with pytest.raises(CaptureError, match="did not answer"):
        source(portal, answer_seconds=1).grab_all(SCREENS)
    closing = source(portal)
    closing.close()
    with pytest.raises(CaptureCancelled):
        closing.grab_all(SCREENS)


def test_a_portal_that_crashes_is_not_waited_for(portal: Portal) -> None:
    portal.crashes = True
    with pytest.raises(CaptureError, match="ended before it answered"):
        source(portal).grab_window(SCREENS)


def test_a_portal_that_is_still_starting_is_not_called_missing(portal: Portal) -> None:
    portal.starting = True
    found = source(portal, answer_seconds=0.2).ask()
    assert (found.state, found.sentence) == (
        "unavailable",
        "The desktop's portal does not answer yet. Try again in a moment.",
    )


def test_no_portal_and_no_bus_are_told_with_what_to_install(portal: Portal, tmp_path: Path) -> None:
    absent = PortalSource("org.example.Fingerpost", f"unix:path={tmp_path}/none")
    assert absent.availability().state == absent.ask().state == "unavailable"
    with pytest.raises(CaptureError, match="Install xdg-desktop-portal"):
        absent.grab_all(SCREENS)


def test_monitors_left_of_the_main_one_are_found() -> None:
    desktop = QImage(200, 100, QImage.Format.Format_RGB32)
    desktop.fill(QColor("teal"))
    desktop.setPixelColor(3, 4, QColor("white"))
    left = Screen("L", Rect(-50, 0, 50, 50), Rect(-50, 0, 100, 100), 2.0)
    main = Screen("M", Rect(0, 0, 50, 50), Rect(0, 0, 100, 100), 2.0)
    assert split(desktop, (main, left))[1].image.pixelColor(3, 4) == QColor("white")

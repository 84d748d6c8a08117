"""Wayland: the desktop portal takes the picture, https://flatpak.github.io/xdg-desktop-portal (Screenshot, Registry).

It gives one picture of the whole desktop: the monitors as they stand in logical coordinates, times the largest scale.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from secrets import token_hex
from time import monotonic
from typing import Any
from urllib.parse import unquote, urlsplit

from jeepney import DBusAddress, MatchRule, Message, Properties, message_bus, new_method_call
from jeepney.auth import AuthenticationError
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.wrappers import DBusErrorResponse, unwrap_msg
from PIL.PngImagePlugin import PngImageFile
from PySide6.QtGui import QImage

from app.capture.errors import CaptureCancelled, CaptureError
from app.capture.shot import Shot, Taken, cut_area, image_from_bgrx, shot_of
from app.capture.source import Availability, refuse_blank
from app.domain.geometry import Rect, Screen
from app.domain.screen import WindowRef

_BUS_NAME, _PATH = "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop"
_SCREENSHOT = DBusAddress(_PATH, _BUS_NAME, "org.freedesktop.portal.Screenshot")
_REGISTRY = DBusAddress(_PATH, _BUS_NAME, "org.freedesktop.host.portal.Registry")
_PERMISSIONS = DBusAddress(
    "/org/freedesktop/impl/portal/PermissionStore",
    "org.freedesktop.impl.portal.PermissionStore",
    "org.freedesktop.impl.portal.PermissionStore",
)
_OK, _CANCELLED = 0, 1
_CALL_SECONDS = 10.0
_PERSON_SECONDS = 180.0
"""Time to read a question of the system and answer it."""
_POLL_SECONDS = 0.2

_REFUSED = Availability(
    "needs_permission",
    "The desktop did not allow Fingerpost to see the screen. Allow it in Settings under Apps, Fingerpost, or run "
    "“flatpak permission-reset” with Fingerpost's name, then try again.",
)
_NO_PICTURE = (
    "The desktop gave no picture of the screen. Allow it in Settings under Apps, Fingerpost; on Sway and desktops "
    "like it, install grim. Then try again."
)
_NONE_CHOSEN = (
    "The desktop's own dialog gave no picture. Try again, or take a region instead; on Sway and desktops like it "
    "the dialog needs slurp."
)
_MISSING = Availability(
    "unavailable",
    "This desktop offers no way to take the screen. Install xdg-desktop-portal with the part for your desktop, log out "
    "and in, then try again.",
)


class PortalSource:
    """The portal of the session. Asks once while our window is in front, because GNOME asks the person only then.

    `bus` is a D-Bus address, or ``SESSION``; `answer_seconds` is how long a silent portal is waited for.
    """

    leaves_itself_out = False

    def __init__(self, app_id: str, bus: str = "SESSION", answer_seconds: float = _PERSON_SECONDS) -> None:
        self._app_id = app_id
        self._bus = bus
        self._answer_seconds = answer_seconds
        self._call_seconds = min(_CALL_SECONDS, answer_seconds)
        self._allowed = False
        self._closing = threading.Event()

    def availability(self) -> Availability:
        """Whether a portal answers and what it has been told about us. Asks nobody."""
        try:
            with self._session() as connection:
                self._call(connection, Properties(_SCREENSHOT).get("version"))
                return _REFUSED if self._remembered(connection) == "no" else Availability("ok")
        except CaptureError as error:
            return Availability("unavailable", str(error))

    def ask(self) -> Availability:
        """The first time, unless the desktop has said yes before, takes a picture only to be asked for leave."""
        found = self.availability()
        if found.state == "unavailable" or self._allowed:
            return found
        try:
            with self._session() as connection:
                if self._remembered(connection) != "yes":
                    self._screenshot(connection, interactive=False)
        except CaptureError as error:
            return Availability("needs_permission", str(error))
        self._allowed = True
        return Availability("ok")

    def grab_all(self, screens: Sequence[Screen]) -> tuple[Shot, ...]:
        """See `ScreenSource`."""
        with self._session() as connection:
            desktop = self._screenshot(connection, interactive=False)
        shots = split(desktop, screens)
        refuse_blank(shots)
        return shots

    def grab_window(self, screens: Sequence[Screen]) -> Taken:
        """The desktop's own dialog lets the person choose: a Wayland session does not tell which window is in front."""
        with self._session() as connection:
            return Taken(self._screenshot(connection, interactive=True), "", None)

    def grab_area(self, area: Rect, screens: Sequence[Screen]) -> Taken | None:
        """See `ScreenSource`."""
        return cut_area(self.grab_all(screens), area)

    def active_window(self, screens: Sequence[Screen]) -> WindowRef | None:
        """Not told."""
        return None

    def focused_window(self, screens: Sequence[Screen]) -> WindowRef | None:
        """Not told."""
        return None

    def find_window(self, handle: int, screens: Sequence[Screen]) -> WindowRef | None:
        """Not told."""
        return None

    def close(self) -> None:
        """See `ScreenSource`."""
        self._closing.set()

    @contextmanager
    def _session(self) -> Iterator[DBusConnection]:
        """A connection on which the portal knows who asks. Raises `CaptureError` when the bus or the portal fails."""
        try:
            with open_dbus_connection(self._bus) as connection:
                # An answer is awaited, not judged: portals before 1.20 do not have it, and a failure shows soon enough.
                register = new_method_call(_REGISTRY, "Register", "sa{sv}", (self._app_id, {}))
                connection.send_and_get_reply(register, timeout=self._call_seconds)
                yield connection
        except TimeoutError as error:
            # The bus lets a portal take 25 seconds to start, and right after login some do.
            raise CaptureError("The desktop's portal does not answer yet. Try again in a moment.") from error
        except (AuthenticationError, DBusErrorResponse, OSError, KeyError) as error:
            raise CaptureError(_MISSING.sentence) from error

    def _remembered(self, connection: DBusConnection) -> str:
        """``yes``, ``no``, ``ask``, or empty when nothing is stored."""
        lookup = new_method_call(_PERMISSIONS, "Lookup", "ss", ("screenshot", "screenshot"))
        try:
            permissions, _ = self._call(connection, lookup)
        except DBusErrorResponse:
            return ""
        return str((permissions.get(self._app_id) or [""])[0])

    def _screenshot(self, connection: DBusConnection, *, interactive: bool) -> QImage:
        """Raises `CaptureError` when it was denied or did not come, `CaptureCancelled` when the person cancelled."""
        code, results = self._request(connection, interactive)
        if code == _CANCELLED and interactive:
            raise CaptureCancelled
        if code != _OK or "uri" not in results:
            # One code stands for a refusal, a dialog that was left, and a portal whose helper is not installed.
            if self._remembered(connection) in ("no", "ask"):
                raise CaptureError(_REFUSED.sentence)
            raise CaptureError(_NONE_CHOSEN if interactive else _NO_PICTURE)
        return _take_file(Path(unquote(urlsplit(results["uri"][1]).path)))

    def _call(self, connection: DBusConnection, message: Message) -> Any:
        return unwrap_msg(connection.send_and_get_reply(message, timeout=self._call_seconds))

    def _request(self, connection: DBusConnection, interactive: bool) -> tuple[int, dict[str, Any]]:
        token = f"fingerpost_{token_hex(8)}"
        sender = str(connection.unique_name).removeprefix(":").replace(".", "_")
        request = DBusAddress(f"{_PATH}/request/{sender}/{token}", _BUS_NAME, "org.freedesktop.portal.Request")
        rule = MatchRule(type="signal", interface=request.interface, member="Response", path=request.object_path)
        gone = MatchRule(type="signal", interface=message_bus.interface, member="NameOwnerChanged")
        gone.add_arg_condition(0, _BUS_NAME)
        # Heard before it is called: the answer may be there before the reply is.
        for heard in (rule, gone):
            self._call(connection, message_bus.AddMatch(heard))
        options = {"handle_token": ("s", token), "modal": ("b", False), "interactive": ("b", interactive)}
        with connection.filter(rule) as answers, connection.filter(gone) as ends:
            self._call(connection, new_method_call(_SCREENSHOT, "Screenshot", "sa{sv}", ("", options)))
            deadline = monotonic() + self._answer_seconds
            while not answers:
                if ends:
                    raise CaptureError("The desktop's portal ended before it answered. Try again.")
                if self._closing.is_set() or monotonic() > deadline:
                    connection.send(new_method_call(request, "Close"))
                    if self._closing.is_set():
                        raise CaptureCancelled
                    raise CaptureError("The desktop did not answer when asked for the screen. Try again.")
                with suppress(TimeoutError):
                    connection.recv_messages(timeout=_POLL_SECONDS)
            code, results = answers.popleft().body
            return code, results


def split(desktop: QImage, screens: Sequence[Screen]) -> tuple[Shot, ...]:
    """One shot a screen out of the portal's picture of all of them, at each screen's own scale."""
    left, top = min(screen.logical.x for screen in screens), min(screen.logical.y for screen in screens)
    width = max(screen.logical.right for screen in screens) - left
    height = max(screen.logical.bottom for screen in screens) - top
    across, down = desktop.width() / width, desktop.height() / height
    shots = []
    for screen in screens:
        area = screen.logical
        x, y = round((area.x - left) * across), round((area.y - top) * down)
        right, bottom = round((area.right - left) * across), round((area.bottom - top) * down)
        shots.append(shot_of(screen, desktop.copy(x, y, right - x, bottom - y)))
    return tuple(shots)


def _take_file(path: Path) -> QImage:
    """The picture the portal has left on disk; the file is not ours to keep."""
    try:
        data = path.read_bytes()
        path.unlink()
        # Qt refuses pictures of several large monitors at twice their size (its limit is 256 MB).
        with PngImageFile(BytesIO(data)) as picture:
            pixels = picture.convert("RGB").tobytes("raw", "BGRX")
            return image_from_bgrx(pixels, picture.width, picture.height, 4 * picture.width)
    except (OSError, SyntaxError, ValueError) as error:
        raise CaptureError(f"The desktop's picture of the screen could not be read ({error}). Try again.") from error

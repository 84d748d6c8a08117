"""Wayland: the desktop portal (RemoteDesktop, with ScreenCast for places), see
https://flatpak.github.io/xdg-desktop-portal.

The desktop asks the person once a session, shows that input is being sent, and lets them end it at any time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_hex
from time import monotonic
from typing import Any

from jeepney import DBusAddress, MatchRule, message_bus, new_method_call
from jeepney.auth import AuthenticationError
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.wrappers import DBusErrorResponse, unwrap_msg

from app.acting.input.driver import (
    InputError,
    KeyDown,
    KeyUp,
    Move,
    Pause,
    Press,
    Primitive,
    Release,
    Wheel,
    Write,
)

_BUS_NAME, _PATH = "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop"
_REMOTE = DBusAddress(_PATH, _BUS_NAME, "org.freedesktop.portal.RemoteDesktop")
_CAST = DBusAddress(_PATH, _BUS_NAME, "org.freedesktop.portal.ScreenCast")
_REGISTRY = DBusAddress(_PATH, _BUS_NAME, "org.freedesktop.host.portal.Registry")
_KEYBOARD, _POINTER, _MONITORS = 1, 2, 1
_OK, _CANCELLED = 0, 1
_CALL_SECONDS, _PERSON_SECONDS, _POLL_SECONDS = 10.0, 180.0, 0.2
_BUTTONS = {"left": 0x110, "right": 0x111, "middle": 0x112}
"""Of linux/input-event-codes.h."""
_KEYSYMS = {
    "ctrl": 0xFFE3, "alt": 0xFFE9, "shift": 0xFFE1, "super": 0xFFEB, "enter": 0xFF0D, "escape": 0xFF1B, "tab": 0xFF09,
    "backspace": 0xFF08, "delete": 0xFFFF, "insert": 0xFF63, "home": 0xFF50, "end": 0xFF57, "page_up": 0xFF55,
    "page_down": 0xFF56, "left": 0xFF51, "up": 0xFF52, "right": 0xFF53, "down": 0xFF54, "space": 0x20, "\n": 0xFF0D,
}  # fmt: skip
_UNICODE = 0x01000000
_VERTICAL, _HORIZONTAL = 0, 1
NO_PORTAL = (
    "This desktop takes no input from programs. Do the step yourself: it is shown where. GNOME and KDE have what is "
    "needed; on others install a portal that offers RemoteDesktop."
)
DENIED = "The desktop did not allow Fingerpost to click and type. Try again and allow it, or do the step yourself."
GONE = "The desktop has ended the permission to click and type. Nothing more was sent; start again."


@dataclass(frozen=True, slots=True)
class _Stream:
    """A monitor that places are told on: its number, and where it is in the desktop's coordinates."""

    number: int
    x: int
    y: int
    width: int
    height: int


class PortalDriver:
    """One session of the portal, from `prepare` to `close`. `to_points` turns physical places into the desktop's
    coordinates."""

    def __init__(
        self,
        app_id: str,
        to_points: Callable[[float, float], tuple[float, float]],
        bus: str = "SESSION",
        person_seconds: float = _PERSON_SECONDS,
    ) -> None:
        self._app_id, self._to_points, self._bus, self._person_seconds = app_id, to_points, bus, person_seconds
        self._connection: DBusConnection | None = None
        self._session = ""
        self._streams: tuple[_Stream, ...] = ()
        self._buttons: list[str] = []
        self._keys: list[str] = []

    def prepare(self) -> str:
        """Begin the session, unless it runs."""
        if self._session:
            return ""
        try:
            self._connection = open_dbus_connection(self._bus)
            self._begin(self._connection)
        except (AuthenticationError, DBusErrorResponse, OSError, KeyError):
            self._drop()
            return NO_PORTAL
        except InputError as error:
            self._drop()
            return str(error)
        return ""

    def send(self, primitive: Primitive) -> None:
        """See `InputDriver`."""
        match primitive:
            case Move(x=x, y=y):
                self._move(*self._to_points(x, y))
            case Press(button=button):
                self._buttons.append(button)
                self._notify("NotifyPointerButton", "iu", _BUTTONS[button], 1)
            case Release(button=button):
                if button in self._buttons:
                    self._buttons.remove(button)
                self._notify("NotifyPointerButton", "iu", _BUTTONS[button], 0)
            case Wheel(right=right, up=up):
                if up:
                    self._notify("NotifyPointerAxisDiscrete", "ui", _VERTICAL, -up)
                if right:
                    self._notify("NotifyPointerAxisDiscrete", "ui", _HORIZONTAL, right)
            case KeyDown(key=key):
                self._keys.append(key)
                self._key(key, down=True)
            case KeyUp(key=key):
                if key in self._keys:
                    self._keys.remove(key)
                self._key(key, down=False)
            case Write(character=character):
                self._key(character, down=True)
                self._key(character, down=False)
            case Pause():
                return

    def release_all(self) -> None:
        """See `InputDriver`."""
        if not self._session:
            return
        for button in tuple(self._buttons):
            self.send(Release(button))  # type: ignore[arg-type]
        for key in tuple(self._keys):
            self.send(KeyUp(key))

    def pointer(self) -> tuple[float, float] | None:
        """Not told."""
        return None

    def close(self) -> None:
        """End the session: the desktop stops showing that input is sent."""
        if self._connection is not None and self._session:
            session = DBusAddress(self._session, _BUS_NAME, "org.freedesktop.portal.Session")
            self._connection.send(new_method_call(session, "Close"))
        self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection, self._session, self._streams = None, "", ()
        self._buttons.clear()
        self._keys.clear()

    def _begin(self, connection: DBusConnection) -> None:
        # An answer is awaited, not judged: portals before 1.20 do not have it.
        register = new_method_call(_REGISTRY, "Register", "sa{sv}", (self._app_id, {}))
        connection.send_and_get_reply(register, timeout=_CALL_SECONDS)
        token = {"session_handle_token": ("s", f"fingerpost_{token_hex(8)}")}
        made = self._request(connection, _REMOTE, "CreateSession", "", (), token)
        session = str(made["session_handle"][1])
        devices = {"types": ("u", _KEYBOARD | _POINTER)}
        self._request(connection, _REMOTE, "SelectDevices", "o", (session,), devices)
        sources = {"types": ("u", _MONITORS), "multiple": ("b", True)}
        self._request(connection, _CAST, "SelectSources", "o", (session,), sources)
        begun = self._request(connection, _REMOTE, "Start", "os", (session, ""), {})
        if begun.get("devices", ("u", 0))[1] & (_KEYBOARD | _POINTER) != _KEYBOARD | _POINTER:
            raise InputError(DENIED)
        self._streams = tuple(_stream(number, facts) for number, facts in begun.get("streams", ("", ()))[1])
        self._session = session

    def _request(
        self,
        connection: DBusConnection,
        where: DBusAddress,
        name: str,
        signature: str,
        arguments: tuple[Any, ...],
        options: dict[str, Any],
    ) -> dict[str, Any]:
        """The results of a call that the person may be asked about. Raises `InputError` when they say no."""
        token = f"fingerpost_{token_hex(8)}"
        sender = str(connection.unique_name).removeprefix(":").replace(".", "_")
        path = f"{_PATH}/request/{sender}/{token}"
        rule = MatchRule(type="signal", interface="org.freedesktop.portal.Request", member="Response", path=path)
        # Heard before it is called: the answer may be there before the reply is.
        unwrap_msg(connection.send_and_get_reply(message_bus.AddMatch(rule), timeout=_CALL_SECONDS))
        with connection.filter(rule) as answers:
            body = (*arguments, {"handle_token": ("s", token), **options})
            call = new_method_call(where, name, f"{signature}a{{sv}}", body)
            unwrap_msg(connection.send_and_get_reply(call, timeout=_CALL_SECONDS))
            deadline = monotonic() + self._person_seconds
            while not answers:
                if monotonic() > deadline:
                    raise InputError(DENIED)
                try:
                    connection.recv_messages(timeout=_POLL_SECONDS)
                except TimeoutError:
                    continue
            code, results = answers.popleft().body
        if code == _CANCELLED:
            raise InputError(DENIED)
        if code != _OK:
            raise InputError(NO_PORTAL)
        return dict(results)

    def _move(self, x: float, y: float) -> None:
        stream = next(
            (
                each
                for each in self._streams
                if each.x <= x < each.x + each.width and each.y <= y < each.y + each.height
            ),
            None,
        )
        if stream is None:
            raise InputError("That place is on a monitor that was not shared. Start again, and share all monitors.")
        self._notify("NotifyPointerMotionAbsolute", "udd", stream.number, x - stream.x, y - stream.y)

    def _key(self, key: str, *, down: bool) -> None:
        self._notify("NotifyKeyboardKeysym", "iu", _keysym_of(key), int(down))

    def _notify(self, name: str, signature: str, *arguments: Any) -> None:
        if self._connection is None or not self._session:
            raise InputError(GONE)
        call = new_method_call(_REMOTE, name, f"oa{{sv}}{signature}", (self._session, {}, *arguments))
        try:
            unwrap_msg(self._connection.send_and_get_reply(call, timeout=1.0))
        except (DBusErrorResponse, OSError) as error:
            self._drop()
            raise InputError(GONE) from error


def _stream(number: int, facts: dict[str, Any]) -> _Stream:
    x, y = facts.get("position", ("", (0, 0)))[1]
    width, height = facts["size"][1]
    return _Stream(int(number), int(x), int(y), int(width), int(height))


def _keysym_of(key: str) -> int:
    if key in _KEYSYMS:
        return _KEYSYMS[key]
    if len(key) > 1 and key.startswith("f"):
        return 0xFFBE + int(key[1:]) - 1
    point = ord(key[0])
    return point if point < 0x100 else _UNICODE | point

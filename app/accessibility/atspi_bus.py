"""The accessibility bus of a Linux desktop: many questions at once, and answers until a deadline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

from jeepney import DBusAddress, HeaderFields, Message, MessageType, Properties, new_method_call
from jeepney.auth import AuthenticationError
from jeepney.io.blocking import DBusConnection, open_dbus_connection

ACCESSIBLE = "org.a11y.atspi.Accessible"
ACTION = "org.a11y.atspi.Action"
COMPONENT = "org.a11y.atspi.Component"
EDITABLE_TEXT = "org.a11y.atspi.EditableText"
SELECTION = "org.a11y.atspi.Selection"
TEXT = "org.a11y.atspi.Text"
VALUE = "org.a11y.atspi.Value"
PROPERTIES = "org.freedesktop.DBus.Properties"

_IN_FLIGHT = 200
"""Questions that wait for their answer at one time: enough that nobody waits, few enough for every bus."""
_BUS = DBusAddress("/org/a11y/bus", "org.a11y.Bus", "org.a11y.Bus")
_STATUS = DBusAddress("/org/a11y/bus", "org.a11y.Bus", "org.a11y.Status")
_CALL_SECONDS = 5.0
"""The first call starts the bus."""
_LEAST_SECONDS = 0.05
"""A bus that runs greets in a thousandth of a second."""


_UNREACHABLE = (AuthenticationError, TimeoutError, OSError, KeyError, ValueError)
"""What jeepney raises for a bus that is not there, does not answer or has an address of another kind."""


class NoBusError(Exception):
    """The accessibility bus can not be reached. `str()` is the technical reason, for the log."""


@dataclass(frozen=True, slots=True)
class Peer:
    """An object of a program on the bus."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Call:
    """A question: `member` of `interface` of `peer`."""

    peer: Peer
    interface: str
    member: str
    signature: str | None = None
    body: tuple[Any, ...] = ()


def property_of(peer: Peer, interface: str, name: str) -> Call:
    """The question for a property; `value_in` its answer is the value."""
    return Call(peer, PROPERTIES, "Get", "ss", (interface, name))


def value_in(answer: Any) -> Any:
    """The value that the answer to `property_of` holds."""
    return answer[0][1]


def peers_in(answer: Any) -> list[Peer]:
    """The objects that an answer lists, none where there is no answer."""
    return [Peer(str(name), str(path)) for name, path in answer[0]] if answer else []


class AccessibilityBus:
    """One connection, for one thread."""

    def __init__(self, connection: DBusConnection, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline

    @property
    def is_over(self) -> bool:
        """Whether the deadline has passed: no answer comes any more."""
        return monotonic() >= self._deadline

    def gather(self, calls: Sequence[Call]) -> list[Any]:
        """The answers' bodies in the order of `calls`; None for an error, and for what the deadline cut off."""
        answers: list[Any] = [None] * len(calls)
        waiting: dict[int, int] = {}
        asked = 0
        while (asked < len(calls) or waiting) and not self.is_over:
            try:
                while asked < len(calls) and len(waiting) < _IN_FLIGHT:
                    waiting[self._ask(calls[asked])] = asked
                    asked += 1
                message = self._connection.receive(timeout=max(self._deadline - monotonic(), 0.0))
            except (TimeoutError, ConnectionError):
                break
            at = waiting.pop(message.header.fields.get(HeaderFields.reply_serial, -1), None)
            if at is not None and message.header.message_type is MessageType.method_return:
                answers[at] = message.body
        return answers

    def ask(self, call: Call) -> Any:
        """One answer's body, None as in `gather`."""
        return self.gather([call])[0]

    def _ask(self, call: Call) -> int:
        address = DBusAddress(call.peer.path, call.peer.name, call.interface)
        serial = next(self._connection.outgoing_serial)
        self._connection.send(new_method_call(address, call.member, call.signature, call.body), serial=serial)
        return int(serial)


@contextmanager
def accessibility_bus(seconds: float) -> Iterator[AccessibilityBus]:
    """A connection whose answers are awaited for `seconds` from now. Raises `NoBusError`."""
    deadline = monotonic() + seconds
    (address,) = _session_call(new_method_call(_BUS, "GetAddress"), seconds)
    try:
        connection = open_dbus_connection(address, auth_timeout=max(deadline - monotonic(), _LEAST_SECONDS))
    except _UNREACHABLE as error:
        raise NoBusError(str(error) or type(error).__name__) from error
    with connection:
        yield AccessibilityBus(connection, deadline)


def is_enabled() -> bool:
    """Whether programs are told to tell of their windows. Raises `NoBusError`."""
    ((_, value),) = _session_call(Properties(_STATUS).get("IsEnabled"))
    return bool(value)


def enable() -> None:
    """Tells programs to, for this session. Raises `NoBusError`."""
    _session_call(Properties(_STATUS).set("IsEnabled", "b", True))


def _session_call(message: Message, seconds: float = _CALL_SECONDS) -> Any:
    try:
        with open_dbus_connection("SESSION", auth_timeout=max(seconds, _LEAST_SECONDS)) as session:
            reply = session.send_and_get_reply(message, timeout=seconds)
    except _UNREACHABLE as error:
        raise NoBusError(str(error) or type(error).__name__) from error
    if reply.header.message_type is not MessageType.method_return:
        raise NoBusError(str(reply.body))
    return reply.body

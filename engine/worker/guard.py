"""No network, or only some hosts: audit hooks that refuse sockets, and what tells libraries not to try."""

from __future__ import annotations

import logging
import os
import re
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote

REFUSED = frozenset(
    {
        "socket.bind",
        "socket.connect",
        "socket.getaddrinfo",
        "socket.gethostbyaddr",
        "socket.gethostbyname",
        "socket.getnameinfo",
        "socket.sendmsg",
        "socket.sendto",
    }
)
"""The audit events of CPython behind which something leaves the process; sockets of every family, local ones too."""
OFFLINE = MappingProxyType(
    {
        "DO_NOT_TRACK": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "TRANSFORMERS_OFFLINE": "1",
        "TRANSFORMERS_VERBOSITY": "error",
    }
)
"""What libraries are told before they are imported."""

QUIET = MappingProxyType({"DO_NOT_TRACK": "1", "HF_HUB_DISABLE_TELEMETRY": "1"})
"""The same where there is a network."""
DBUS_VARIABLE = "DBUS_SESSION_BUS_ADDRESS"

log = logging.getLogger(__name__)


@contextmanager
def no_network(role: str) -> Iterator[None]:
    """Until the block ends, every attempt to reach another process by a socket raises PermissionError and is logged.

    The hook itself stays for the life of the process, as audit hooks do; after the block it lets everything pass.
    """
    on_duty = True

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        if on_duty and event in REFUSED:
            log.warning("refused %s: the %s process has no network", event, role)
            raise PermissionError(f"the {role} process has no network")

    os.environ.update(OFFLINE)
    sys.addaudithook(refuse)
    try:
        yield
    finally:
        on_duty = False


@contextmanager
def only_hosts(role: str, allows: Callable[[str], bool]) -> Iterator[None]:
    """Until the block ends, names and addresses that `allows` does not know can not be reached, nor any local socket
    but that of the desktop's bus, where the keyring is. What is refused raises PermissionError and is logged.

    A connection goes to an address and not to a name, so what allowed names stand for is learnt where they are looked
    up. The hook itself stays for the life of the process, as in `no_network`.
    """
    guard = _HostGuard(role, allows, socket.getaddrinfo)

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        if guard.on_duty and event in REFUSED:
            guard.check(event, arguments)

    sys.addaudithook(refuse)
    socket.getaddrinfo = guard.look_up
    try:
        yield
    finally:
        guard.on_duty = False
        socket.getaddrinfo = guard.resolve


class _HostGuard:
    """Knows which addresses belong to allowed names. Called from every thread that uses a socket."""

    def __init__(self, role: str, allows: Callable[[str], bool], resolve: Callable[..., list[Any]]) -> None:
        self.on_duty = True
        self.resolve = resolve
        self._role, self._allows = role, allows
        self._lock = threading.Lock()
        self._addresses: set[str] = set()
        self._buses = _desktop_bus()

    def look_up(self, host: Any, *arguments: Any, **options: Any) -> list[Any]:
        """As `socket.getaddrinfo`, whose audit event has already refused what is not allowed."""
        found = self.resolve(host, *arguments, **options)
        with self._lock:
            self._addresses.update(str(entry[4][0]) for entry in found)
        return found

    def check(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Raises PermissionError for what is not allowed."""
        if event == "socket.getaddrinfo":
            target = _text(arguments[0])
            allowed = self._allows(target)
        elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            target = arguments[1]
            allowed = self._may_reach(target)
        else:
            target, allowed = arguments[-1], False
        if not allowed:
            log.warning("refused %s to %s: the %s process may not reach it", event, target, self._role)
            raise PermissionError(f"the {self._role} process may not reach {target}")

    def _may_reach(self, address: Any) -> bool:
        if address is None:
            return True  # On a connection that stands.
        if not isinstance(address, tuple):
            return _text(address) in self._buses
        host = _text(address[0])
        with self._lock:
            known = host in self._addresses
        return known or self._allows(host)


def _desktop_bus() -> frozenset[str]:
    """Where the desktop's bus listens; a name that starts with a zero byte is an abstract one."""
    found = re.findall(r"unix:(path|abstract)=([^,;]+)", os.environ.get(DBUS_VARIABLE, ""))
    return frozenset(unquote(name) if kind == "path" else f"\0{unquote(name)}" for kind, name in found)


def _text(name: Any) -> str:
    return name.decode(errors="replace") if isinstance(name, bytes | bytearray) else str(name)

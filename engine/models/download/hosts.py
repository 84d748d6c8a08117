"""Whom a download talks to."""

from __future__ import annotations

import threading
from urllib.parse import urlsplit
from urllib.request import getproxies

import httpx2


class Hosts:
    """The hosts that were contacted, and the proxies that may be on the way to them. Used from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._contacted: list[str] = []
        self._allowed = {_host(address) for address in getproxies().values()}

    @property
    def contacted(self) -> tuple[str, ...]:
        """In the order of the first request."""
        with self._lock:
            return tuple(self._contacted)

    def allows(self, host: str) -> bool:
        """Whether a connection to `host` belongs to a request."""
        with self._lock:
            return host in self._allowed

    def contact(self, request: httpx2.Request) -> None:
        """Called with each request before it leaves, those that an answer leads on to as well."""
        host = request.url.host
        with self._lock:
            # As a person reads it, and as it is looked up.
            self._allowed |= {host, request.url.raw_host.decode("ascii")}
            if host not in self._contacted:
                self._contacted.append(host)


def _host(address: str) -> str:
    return urlsplit(address if "://" in address else f"//{address}").hostname or ""

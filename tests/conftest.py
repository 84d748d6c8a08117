"""What holds for every test: no network beyond loopback, no stray logs, no threads or timers left behind."""

from __future__ import annotations

import ipaddress
import logging
import os
import socket
import sys
import threading
from collections.abc import Iterator

import pytest

# Set before Qt or a hub library is imported by any test module.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# The reference implementation warns about kernels that only graphics cards have.
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")


def _refuse_network(event: str, arguments: tuple[object, ...]) -> None:
    if event not in ("socket.connect", "socket.sendto", "socket.getaddrinfo"):
        return
    address = arguments[1] if event != "socket.getaddrinfo" else (arguments[0], 0)
    if not isinstance(address, tuple):
        return  # A Unix socket: the desktop's own.
    host = address[0]
    host = host.decode() if isinstance(host, bytes) else str(host)
    if host in ("", "localhost", socket.gethostname()):
        return
    try:
        if ipaddress.ip_address(host.split("%")[0]).is_loopback:
            return
    except ValueError:
        pass
    raise PermissionError(f"a test tried to reach {host}")


def pytest_configure(config: pytest.Config) -> None:
    sys.addaudithook(_refuse_network)


@pytest.fixture(autouse=True)
def _no_stray_logs(caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest) -> Iterator[None]:
    """A warning in the log that the test does not expect is a failure. A test that expects one clears caplog."""
    yield
    stray = [
        f"{record.name}: {record.getMessage()}"
        for when in ("setup", "call")
        for record in caplog.get_records(when)
        if record.levelno >= logging.WARNING
    ]
    if stray:
        pytest.fail("stray log lines:\n" + "\n".join(stray), pytrace=False)


@pytest.fixture(autouse=True)
def _no_dangling_threads() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before and not thread.daemon]
    for thread in left:
        thread.join(timeout=5)
    left = [thread.name for thread in left if thread.is_alive()]
    if left:
        pytest.fail(f"threads left running: {left}", pytrace=False)

"""A process that may only reach the hosts of models reaches no other, whatever asks for it."""

from __future__ import annotations

import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.hub_server import HubServer
from tests.worker.child import ROOT

SETUP = """
    import logging, socket, sys
    logging.basicConfig(stream=sys.stdout, format="%(message)s")
    from engine.worker.guard import only_hosts
    allowed = {"localhost"}

    def tried(work):
        try:
            work()
        except PermissionError as error:
            print("refused:", error)
        except OSError as error:
            print("came through:", type(error).__name__)
        else:
            print("came through")
"""


def run(code: str, *arguments: str) -> str:
    """Audit hooks stay for the life of a process, so each test has its own."""
    script = textwrap.dedent(SETUP) + textwrap.dedent(code)
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert not done.returncode, done.stderr
    return done.stdout


def outcomes(said: str) -> list[str]:
    return [line.split(":")[0] for line in said.splitlines() if line.startswith(("refused:", "came"))]


def test_only_what_is_allowed_is_looked_up_and_reached() -> None:
    with HubServer() as server:
        said = run(
            """
            import httpx2
            port = int(sys.argv[1])
            with only_hosts("downloads", allowed.__contains__):
                tried(lambda: socket.create_connection(("127.0.0.1", port)).close())
                tried(lambda: httpx2.get(f"http://localhost:{port}/"))
                # What an allowed name stands for is known from now on.
                tried(lambda: socket.socket().connect(("127.0.0.1", port)))
                tried(lambda: socket.getaddrinfo("example.org", 443))
                tried(lambda: socket.gethostbyname("example.org"))
                tried(lambda: socket.create_connection(("192.0.2.1", 443)))
                tried(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)))
                tried(lambda: socket.socket().bind(("127.0.0.1", 0)))
            tried(lambda: socket.socket().bind(("127.0.0.1", 0)))
            """,
            server.url.rpartition(":")[2],
        )
    came, refused = "came through", "refused"
    assert outcomes(said) == [refused, came, came, refused, refused, refused, refused, refused, came]
    assert "refused socket.getaddrinfo to example.org: the downloads process may not reach it" in said


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="there are no local sockets")
def test_of_local_sockets_the_desktops_bus_alone_is_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/bus,guid=0;unix:abstract=/tmp/dbus-x")
    said = run(
        """
        def connect(path):
            return lambda: socket.socket(socket.AF_UNIX).connect(path)

        with only_hosts("downloads", allowed.__contains__):
            tried(connect(sys.argv[1] + "/bus"))
            tried(connect("\\0/tmp/dbus-x"))
            tried(connect(sys.argv[1] + "/other"))
        """,
        str(tmp_path),
    )
    assert outcomes(said) == ["came through", "came through", "refused"]

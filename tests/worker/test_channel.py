"""Lines out of a pipe: cut anywhere, of any length."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.worker.channel import read_lines
from engine.worker.guard import no_network

ROOT = Path(__file__).resolve().parents[2]


def lines_of(pieces: list[bytes], limit: int) -> list[bytes | None]:
    """What `read_lines` gives when the bytes arrive in `pieces`."""
    into, out = os.pipe()

    def write() -> None:
        for piece in pieces:
            os.write(out, piece)
        os.close(out)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        return list(read_lines(into, limit))
    finally:
        writer.join()
        os.close(into)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.binary(max_size=12).filter(bool), max_size=8), st.integers(1, 6))
def test_lines_do_not_depend_on_how_the_bytes_arrive(pieces: list[bytes], limit: int) -> None:
    whole = b"".join(pieces).split(b"\n")[:-1]
    assert lines_of(pieces, limit) == [line if len(line) <= limit else None for line in whole]


@pytest.mark.parametrize(
    "attempt",
    [
        "socket.create_connection(('127.0.0.1', 1))",
        "socket.getaddrinfo('example.org', 443)",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 1))",
        "socket.socket(socket.AF_INET).bind(('127.0.0.1', 0))",
        "socket.socket(getattr(socket, 'AF_UNIX', socket.AF_INET)).connect('/tmp/nobody')",
        "__import__('urllib.request').request.urlopen('http://127.0.0.1:1/')",
    ],
)
def test_the_guard_refuses_and_names_the_attempt(attempt: str) -> None:
    code = f"import socket\nfrom engine.worker.guard import no_network\nwith no_network('model'):\n    {attempt}"
    child = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert child.returncode == 1
    assert "refused socket." in child.stderr
    assert "the model process has no network" in child.stderr.splitlines()[-1]


def test_the_guard_ends_with_its_block() -> None:
    import socket

    with no_network("test"):
        pass
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))

"""A session bus of its own, with the accessibility bus of at-spi2 behind it and settings that are nobody's."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_LAUNCHERS = (Path("/usr/libexec/at-spi-bus-launcher"), Path("/usr/lib/at-spi2-core/at-spi-bus-launcher"))


@contextmanager
def session_bus(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Programs that are started inside are on it. `folder` holds its sockets."""
    if shutil.which("dbus-daemon") is None or not any(launcher.exists() for launcher in _LAUNCHERS):
        pytest.skip("not installed: dbus-daemon, at-spi2-core")
    run = folder / "run"
    run.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run))
    monkeypatch.setenv("GSETTINGS_BACKEND", "memory")
    command = ["dbus-daemon", "--session", "--nofork", "--print-address", f"--address=unix:path={run}/bus"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as daemon:
        assert daemon.stdout is not None
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", daemon.stdout.readline().strip())
        yield
        daemon.terminate()

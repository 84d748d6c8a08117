"""``fingerpost doctor``: what was found on this machine, of the window and of the engine. See docs/command-line.md."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from app.doctor_window import WindowReport, lines, read_report
from app.paths import FolderError, Paths, find_paths
from app.settings import load

_PATIENCE_S = 30
"""A desktop portal that is asleep takes some seconds to answer."""


def main(arguments: Sequence[str]) -> int:
    """Print the report and return 0; 2 with one sentence when not even the private folders can be used."""
    parser = argparse.ArgumentParser(prog="fingerpost doctor", description="Says what was found on this machine.")
    parser.add_argument("--model", type=Path, metavar="DIR", help="look at this model folder too")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines for a person")
    options = parser.parse_args(arguments)
    try:
        paths = find_paths()
    except FolderError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    report = _json_report if options.json else _lines
    for line in report(paths, options.model):
        sys.stdout.write(f"{line}\n")
    return 0


def _lines(paths: Paths, model: Path | None) -> Iterator[str]:
    from engine import doctor  # noqa: PLC0415 - PyTorch takes a second; the system's lines come before it

    yield f"Fingerpost {version('fingerpost')}"
    yield "System"
    yield f"  {platform.platform()}, Python {platform.python_version()}"
    yield f"  conversations, pictures and settings: {paths.data}"
    yield f"  logs: {paths.logs}"
    yield from lines(_window_report())
    yield from doctor.lines(doctor.report(model, _recent(paths)))


def _json_report(paths: Paths, model: Path | None) -> Iterator[str]:
    from engine import doctor  # noqa: PLC0415 - PyTorch takes a second

    found: dict[str, Any] = {
        "version": version("fingerpost"),
        "system": platform.platform(),
        "python": platform.python_version(),
        "paths": dataclasses.asdict(paths),
        "window": dataclasses.asdict(_window_report()),
        "engine": dataclasses.asdict(doctor.report(model, _recent(paths))),
    }
    yield json.dumps(found, indent=2, default=str)


def _recent(paths: Paths) -> tuple[Path, ...]:
    return tuple(Path(folder) for folder in load(paths.data / "settings.json").recent_models)


def _window_report() -> WindowReport:
    """Asked in a process of its own: Qt ends the whole process when it finds no display it can use."""
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return WindowReport(problem="No desktop: neither DISPLAY nor WAYLAND_DISPLAY is set.")
    command = [sys.executable, "-m", "app.doctor_window"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        return WindowReport(problem=f"The desktop did not answer within {_PATIENCE_S} seconds.")
    try:
        return read_report(done.stdout)
    except ValueError:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        return WindowReport(problem=f"No window can be opened here: {said[0] if said else 'Qt did not say why.'}")

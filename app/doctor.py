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
from engine import doctor as engine_doctor

_COMMAND = (sys.executable, "-P", "-X", "utf8", "-m", "app.doctor_window")
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
        # What is known already is read while the next part is looked for: the desktop and PyTorch take seconds.
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    return 0


def look_at_window(command: Sequence[str] = _COMMAND) -> WindowReport:
    """Asked in a process of its own: Qt ends the whole process when it finds no display it can use.

    `command` prints what `app.doctor_window.read_report` reads. Whatever it does, the result is a report.
    """
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return WindowReport(problem="No desktop was found: neither DISPLAY nor WAYLAND_DISPLAY is set.")
    try:
        done = subprocess.run(command, capture_output=True, timeout=_PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        return WindowReport(problem=f"The desktop did not answer within {_PATIENCE_S} seconds.")
    try:
        return read_report(done.stdout)
    except ValueError:
        return WindowReport(problem=f"No window can be opened here: {_reason(done.stderr)}")


def _lines(paths: Paths, model: Path | None) -> Iterator[str]:
    yield f"Fingerpost {version('fingerpost')}"
    yield "System"
    yield f"  {platform.platform()}, Python {platform.python_version()}"
    yield f"  conversations, pictures and settings: {paths.data}"
    yield f"  logs: {paths.logs}"
    yield from lines(look_at_window())
    yield from engine_doctor.lines(engine_doctor.report(model, _recent(paths)))


def _json_report(paths: Paths, model: Path | None) -> Iterator[str]:
    found: dict[str, Any] = {
        "version": version("fingerpost"),
        "system": platform.platform(),
        "python": platform.python_version(),
        "paths": dataclasses.asdict(paths),
        "window": dataclasses.asdict(look_at_window()),
        "engine": dataclasses.asdict(engine_doctor.report(model, _recent(paths))),
    }
    yield json.dumps(found, indent=2, default=str)


def _recent(paths: Paths) -> tuple[Path, ...]:
    return tuple(Path(folder) for folder in load(paths.data / "settings.json").recent_models)


def _reason(errors: bytes) -> str:
    """Qt says first what is missing, Python says last what went wrong."""
    said = errors.decode(errors="replace").strip().splitlines()
    if not said:
        return "Qt did not say why."
    return said[-1] if said[0].startswith("Traceback") else said[0]

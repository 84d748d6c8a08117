"""What Qt and the desktop tell about screens and their capture. Run as a module it prints them as JSON."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass

PERMISSION = {"ok": "allowed", "needs_permission": "not allowed yet", "unavailable": "not possible"}


@dataclass(frozen=True, slots=True)
class ScreenReport:
    """A monitor: its corner and size in device pixels, and the device pixels of one logical pixel."""

    name: str
    x: int
    y: int
    width: int
    height: int
    scale: float


@dataclass(frozen=True, slots=True)
class WindowReport:
    """Everything found. `problem` is a sentence, and all else empty, when no window can be opened."""

    qt: str = ""
    platform: str = ""
    screens: tuple[ScreenReport, ...] = ()
    capture: str = ""
    permission: str = ""
    sentence: str = ""
    """What withholds the capture and what to do about it."""
    problem: str = ""


def lines(report: WindowReport) -> Iterator[str]:
    """The report for a person, a line at a time."""
    yield "Screens"
    if report.problem:
        yield f"  {report.problem}"
        return
    for screen in report.screens:
        yield f"  {screen.name}: {screen.width} x {screen.height} at ({screen.x}, {screen.y}), scale {screen.scale:g}"
    yield f"  Qt {report.qt} on {report.platform}"
    yield "Capture"
    yield f"  through {report.capture}: {PERMISSION[report.permission]}"
    if report.sentence:
        yield f"  {report.sentence}"


def read_report(line: bytes) -> WindowReport:
    """What `main` printed. Raises `ValueError` when it did not get that far."""
    document = json.loads(line)
    screens = tuple(ScreenReport(**screen) for screen in document.pop("screens"))
    return WindowReport(screens=screens, **document)


def look_around() -> WindowReport:
    """Ask Qt and the desktop; ends the process when there is no display."""
    from PySide6.QtCore import qVersion  # noqa: PLC0415 - the doctor's own process does without Qt
    from PySide6.QtGui import QGuiApplication  # noqa: PLC0415

    from app.capture.screens import current_screens  # noqa: PLC0415
    from app.capture.source import pick_source  # noqa: PLC0415

    application = QGuiApplication([])
    source = pick_source("fingerpost")
    found = source.availability()
    screens = tuple(
        ScreenReport(
            screen.name,
            round(screen.physical.x),
            round(screen.physical.y),
            round(screen.physical.width),
            round(screen.physical.height),
            screen.scale,
        )
        for screen in current_screens()
    )
    report = WindowReport(
        qt=qVersion() or "",
        platform=application.platformName(),
        screens=screens,
        capture=type(source).__name__.removesuffix("Source"),
        permission=found.state,
        sentence=found.sentence,
    )
    source.close()
    return report


def main() -> None:
    """Print the report on one line."""
    sys.stdout.write(json.dumps(dataclasses.asdict(look_around())) + "\n")


if __name__ == "__main__":
    main()

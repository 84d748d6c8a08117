"""``fingerpost capture``: a picture of the screen into a file, from the terminal. See docs/command-line.md."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtGui import QGuiApplication

from app.accessibility.placed import placed
from app.accessibility.source import pick_elements
from app.capture.encode import png_of
from app.capture.errors import CaptureCancelled, CaptureError
from app.capture.screens import current_screens
from app.capture.shot import Taken, cut, whole
from app.capture.source import ScreenSource, pick_source
from app.domain.geometry import Rect, Screen
from app.files import write_whole
from engine.protocol import Element

APP_ID = "fingerpost"
_TREE_SECONDS = 2.0
"""Longer than the window gives a program: here nothing is hidden meanwhile."""
_CANCELLED = "No picture was taken, because the desktop's dialog was closed. Run the command again."
_INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Take the picture; 0, or 2 with one sentence on standard error. 130 after Ctrl+C."""
    options = _options(arguments)
    try:
        _capture(options)
    except CaptureCancelled:
        return _refuse(_CANCELLED)
    except CaptureError as error:
        return _refuse(str(error))
    except KeyboardInterrupt:
        return _INTERRUPTED
    return 0


def _capture(options: argparse.Namespace) -> None:
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise CaptureError("No desktop was found: neither DISPLAY nor WAYLAND_DISPLAY is set.")
    source = pick_source(APP_ID)
    # Before Qt is: that ends the whole process when it finds no display it can use.
    found = source.ask()
    if found.state != "ok":
        raise CaptureError(found.sentence)
    QGuiApplication.setDesktopFileName(APP_ID)
    application = QGuiApplication([APP_ID])
    try:
        time.sleep(options.delay)
        taken = _take(source, current_screens(), options)
        _write(options.output, png_of(taken.image))
        if options.tree is not None:
            _write(
                options.tree,
                json.dumps({"elements": [dataclasses.asdict(each) for each in _elements(taken)]}, indent=1).encode(),
            )
    finally:
        source.close()
        application.quit()


def _take(source: ScreenSource, screens: Sequence[Screen], options: argparse.Namespace) -> Taken:
    """With the window in front, where the desktop tells which that is."""
    if options.window:
        return source.grab_window(screens)
    front = source.active_window(screens)
    if options.region is not None:
        taken = source.grab_area(options.region, screens)
        if taken is None:
            raise CaptureError("No monitor shows that region. Run “fingerpost doctor” to see where the monitors are.")
    elif options.screen is not None:
        if options.screen > len(screens):
            there = "There is one monitor" if len(screens) == 1 else f"There are {len(screens)} monitors"
            raise CaptureError(f"{there}, and no number {options.screen}. Run “fingerpost doctor” to see them.")
        shot = source.grab_all([screens[options.screen - 1]])[0]
        taken = cut(shot, shot.screen.logical, "")
    else:
        taken = whole(source.grab_all(screens))
    return replace(taken, window=front)


def _elements(taken: Taken) -> tuple[Element, ...]:
    elements = pick_elements()
    try:
        found = elements.read(taken.window, _TREE_SECONDS) if taken.window is not None else ()
        if not found:
            said = elements.availability() or "The window in front tells nothing of its parts."
            sys.stderr.write(f"{said}\n")
        return placed(found, taken.place.area) if taken.place is not None else ()
    finally:
        elements.close()


def _write(path: Path, data: bytes) -> None:
    try:
        write_whole(path, data)
    except OSError as error:
        raise CaptureError(f"“{path}” could not be written ({error.strerror}). Choose another place.") from error


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return 2


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="fingerpost capture", description="Takes a picture of the screen; without a choice, of all monitors."
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--screen", type=_number, metavar="N", help="one monitor, counted from 1 as doctor lists them")
    what.add_argument("--window", action="store_true", help="the window in front")
    what.add_argument("--region", type=_region, metavar="X,Y,W,H", help="a part of the desktop, in device pixels")
    parser.add_argument("--delay", type=_seconds, default=0.0, metavar="S", help="wait that many seconds before")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="where to write the PNG file")
    parser.add_argument(
        "--tree", type=Path, metavar="FILE", help="write what the window in front tells of its parts, as JSON"
    )
    return parser.parse_args(arguments)


def _number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("monitors are counted from 1")
    return number


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds <= 3600:
        raise argparse.ArgumentTypeError("a delay is 0 to 3600 seconds")
    return seconds


def _region(text: str) -> Rect:
    try:
        x, y, width, height = (int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not X,Y,W,H, four whole numbers") from None
    if width < 1 or height < 1:
        raise argparse.ArgumentTypeError("a region is at least one pixel wide and high")
    return Rect(x, y, width, height)

"""Two programs for the test of coordinates, told what to do by lines of JSON: one shows patches of colour at random
places, the other takes pictures of them and points at them."""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QSocketNotifier, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QWidget

from app.capture.controller import CaptureController
from app.capture.x11 import X11Source
from app.domain.conversation import Picture
from app.domain.geometry import Rect
from app.domain.screen import ScreenMark
from app.jobs import Jobs
from app.look import load_look
from app.overlay.pointer import ScreenPointer

TITLE = "patches"
COLUMNS = ROWS = 5
CELL = (140, 120)
MARGIN = 20
"""Pixels between a patch and the edge of its cell: lines around neighbours stay apart."""


def colour(index: int) -> tuple[int, int, int]:
    """No two patches are alike, and none is like the marks or the window."""
    return 10 + 4 * index, 60, 120


class Lines(QObject):
    """Hands each line on standard input to the method it names."""

    def __init__(self, obey: Callable[[str, list[object]], None]) -> None:
        super().__init__()
        self._obey, self._rest = obey, b""
        self._notifier = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._read)

    def _read(self) -> None:
        read = os.read(sys.stdin.fileno(), 1 << 16)
        if not read:
            QApplication.quit()
        *lines, self._rest = (self._rest + read).split(b"\n")
        for line in lines:
            verb, *arguments = json.loads(line)
            self._obey(verb, arguments)


def say(*values: object) -> None:
    print(json.dumps(values), flush=True)


class Target:
    """The patches are X windows of their own, so that the server tells where they are."""

    def __init__(self) -> None:
        self._window = QWidget()
        self._window.setWindowTitle(TITLE)
        self._window.setFixedSize(COLUMNS * CELL[0], ROWS * CELL[1])
        self._window.setStyleSheet("background: #d8d8d8")
        self._patches = [QWidget(self._window) for _ in range(COLUMNS * ROWS)]
        for index, patch in enumerate(self._patches):
            patch.setAttribute(Qt.WidgetAttribute.WA_NativeWindow)
            patch.setAutoFillBackground(True)
            patch.setStyleSheet(f"background: {QColor(*colour(index)).name()}")

    def place(self, x: int, y: int, seed: int) -> None:
        chance = random.Random(seed)
        for index, patch in enumerate(self._patches):
            row, column = divmod(index, COLUMNS)
            width, height = chance.randint(12, CELL[0] - 2 * MARGIN), chance.randint(10, CELL[1] - 2 * MARGIN)
            left = column * CELL[0] + MARGIN + chance.randint(0, CELL[0] - 2 * MARGIN - width)
            top = row * CELL[1] + MARGIN + chance.randint(0, CELL[1] - 2 * MARGIN - height)
            patch.setGeometry(left, top, width, height)
        self._window.move(x, y)
        self._window.show()
        say("patches", *[int(patch.winId()) for patch in self._patches])


class Pointer:
    """The real controller and the real overlay."""

    def __init__(self, folder: Path, jobs: Jobs) -> None:
        self._file = folder / "taken.png"
        self._capture = CaptureController(X11Source(), jobs, lambda: None, lambda: None)
        self._capture.picked.connect(self._keep)
        self._capture.problem.connect(partial(say, "problem"))
        self._capture.choosing.connect(self._choose)
        self._pointer = ScreenPointer(load_look("light", Path("resources/look")), lambda window: window)
        self._region: tuple[str, Rect] = ("", Rect(0, 0, 0, 0))

    def take(self, kind: str, *arguments: object) -> None:
        """``region`` takes a monitor and its logical part in shares, ``monitor`` a name."""
        if kind == "region":
            name, *shares = arguments
            self._region = (str(name), Rect(*[float(str(share)) for share in shares]))
            self._capture.region()
        elif kind == "monitor":
            self._capture.monitor(str(arguments[0]))
        elif kind == "window":
            self._capture.window()
        else:
            self._capture.screen()

    def _choose(self, shots: tuple[object, ...]) -> None:
        name, shares = self._region
        for index, shot in enumerate(shots):
            area = shot.screen.logical  # type: ignore[attr-defined]
            if shot.screen.name == name:  # type: ignore[attr-defined]
                x, y = area.x + shares.x * area.width, area.y + shares.y * area.height
                self._capture.take(index, Rect(x, y, shares.width * area.width, shares.height * area.height))

    def _keep(self, picture: Picture) -> None:
        self._file.write_bytes(picture.data)
        place = picture.place
        assert place is not None
        area = place.area
        say("taken", str(self._file), place.screen, area.x, area.y, area.width, area.height)

    def point(self, *areas: list[float]) -> None:
        """Boxes in device pixels, without arms."""
        self._pointer.point([ScreenMark(0, "", Rect(*area), True) for area in areas])
        say("drawn", len(self._pointer.areas()))

    def hide(self) -> None:
        self._pointer.hide()
        say("hidden")

    def close(self) -> None:
        self._pointer.close()
        self._capture.close()


def main() -> None:
    application = QApplication([])
    application.setQuitOnLastWindowClosed(False)
    jobs = Jobs()
    program = Target() if sys.argv[1] == "target" else Pointer(Path(sys.argv[2]), jobs)
    lines = Lines(lambda verb, arguments: getattr(program, verb)(*arguments))
    say("ready")
    application.exec()
    lines.deleteLater()
    if isinstance(program, Pointer):
        program.close()
    jobs.close()


if __name__ == "__main__":
    main()

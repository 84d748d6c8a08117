"""A program with one window full of buttons and a `ScreenPointer`, told what to do by lines of JSON.

Each line is a list of a verb and its arguments; each answer is one line of JSON.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from PySide6.QtCore import QObject, QSocketNotifier
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from app.capture.x11 import X11Source
from app.domain.geometry import Rect
from app.domain.screen import ScreenMark, WindowRef
from app.look import load_look
from app.overlay.pointer import ScreenPointer

LOOKS = Path("resources/look")


def say(*values: object) -> None:
    print(json.dumps(values), flush=True)


class Program(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.rest = b""
        self.window = QWidget()
        self.window.setWindowTitle("beneath")
        self.button = QPushButton("Save", self.window)
        self.button.setGeometry(60, 40, 120, 36)
        self.button.clicked.connect(lambda: say("clicked"))
        self.source = X11Source()
        self.pointer = ScreenPointer(load_look("light", LOOKS), self.find)
        self.pointer.hidden.connect(lambda reason: say("hidden", reason))
        self.reader = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read, self)
        self.reader.activated.connect(self.obey)

    def find(self, window: WindowRef) -> WindowRef | None:
        return self.source.find_window(window.handle, ())

    def obey(self) -> None:
        read = os.read(sys.stdin.fileno(), 1 << 16)
        if not read:
            QApplication.quit()
        *lines, self.rest = (self.rest + read).split(b"\n")
        for line in lines:
            verb, *arguments = json.loads(line)
            getattr(self, verb)(*arguments)

    def show(self, x: int, y: int, width: int, height: int) -> None:
        self.window.resize(width, height)
        self.window.move(x, y)
        self.window.show()
        self.window.activateWindow()

    def where(self) -> None:
        say("where", int(self.window.winId()), self.window.width(), self.window.height())

    def close_window(self) -> None:
        self.window.hide()

    def move(self, x: int, y: int) -> None:
        self.window.move(x, y)

    def point(self, marks: list[list[float]], seconds: float, in_window: bool, theme: str = "light") -> None:
        """Marks as [number, words, x, y, width, height, confirmed] in device pixels."""
        self.pointer.set_look(load_look("dark" if theme == "dark" else "light", LOOKS))
        pointed = [
            ScreenMark(number, words, Rect(x, y, width, height), bool(confirmed))
            for number, words, x, y, width, height, confirmed in marks
        ]
        window = self.source.find_window(int(self.window.winId()), ()) if in_window else None
        self.pointer.point(pointed, window, seconds)
        QApplication.processEvents()
        say("areas", *[[area.x(), area.y(), area.width(), area.height()] for area in self.pointer.areas()])

    def hide(self) -> None:
        self.pointer.hide()


if __name__ == "__main__":
    application = QApplication([])
    application.setQuitOnLastWindowClosed(False)
    program = Program()
    say("ready", program.pointer.obstacle())
    application.exec()

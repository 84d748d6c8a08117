"""Drives the real program from outside: starts it, waits for lines of its log, presses keys, takes screenshots."""

from __future__ import annotations

import os
import queue
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]


class Program:
    """The running window process. `lines` holds what it has logged so far."""

    def __init__(self, display: str, home: Path, arguments: list[str], scale: str = "1") -> None:
        environment = {
            **os.environ,
            "DISPLAY": display,
            "FINGERPOST_HOME": str(home),
            "FINGERPOST_LOG": "debug",
            "QT_QPA_PLATFORM": "xcb",
            "QT_SCALE_FACTOR": scale,
            "XDG_SESSION_TYPE": "x11",
        }
        environment.pop("WAYLAND_DISPLAY", None)
        environment.pop("QT_QPA_PLATFORMTHEME", None)
        self.display = display
        self.lines: list[str] = []
        self._arrived: queue.Queue[str | None] = queue.Queue()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "app", *arguments], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
        )
        self._reader = threading.Thread(target=self._read, name="program-log", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process id of the window."""
        return self._process.pid

    def wait_for(self, pattern: str, timeout: float = 60, start: int = 0) -> re.Match[str]:
        """Wait until a log line matches `pattern`, from line `start` on; AssertionError with the log otherwise."""
        deadline = time.monotonic() + timeout
        at = start
        while True:
            while at < len(self.lines):
                if found := re.search(pattern, self.lines[at]):
                    return found
                at += 1
            try:
                line = self._arrived.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no line matched {pattern!r} in {timeout} s:\n{self.log()}") from None
            if line is None:
                raise AssertionError(f"the program ended before {pattern!r}:\n{self.log()}")
            self.lines.append(line)

    def log(self) -> str:
        """The last lines it has logged."""
        return "\n".join(self.lines[-60:])

    def key(self, *keys: str) -> None:
        """Press key combinations in xdotool's names, on whatever window has the keyboard."""
        self._xdotool("key", "--clearmodifiers", *keys)

    def type(self, text: str) -> None:
        """Type text."""
        self._xdotool("type", "--delay", "15", text)

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Press at `start`, move in steps, release at `end`; physical pixels."""
        self._xdotool("mousemove", *map(str, start), "mousedown", "1")
        for step in range(1, 9):
            spot = [round(a + (b - a) * step / 8) for a, b in zip(start, end, strict=True)]
            self._xdotool("mousemove", *map(str, spot))
        self._xdotool("mouseup", "1")

    def click(self, x: int, y: int) -> None:
        """Click at a physical pixel."""
        self._xdotool("mousemove", str(x), str(y), "click", "1")

    def activate(self, title: str) -> None:
        """Bring the window with this title to the front and give it the keyboard."""
        self._xdotool("search", "--sync", "--onlyvisible", "--name", title, "windowactivate", "--sync")

    def screenshot(self) -> Image.Image:
        """The whole display."""
        import mss

        with mss.MSS(display=self.display) as grabber:
            shot = grabber.grab(grabber.monitors[0])
        return Image.frombytes("RGB", shot.size, shot.bgra, "raw", "BGRX")

    def close(self) -> int:
        """Ask it to quit, wait, and return the exit code."""
        self._process.terminate()
        try:
            return self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise AssertionError(f"the program did not quit:\n{self.log()}") from None
        finally:
            self._process.wait()
            self._reader.join(timeout=5)
            if self._process.stderr:
                self._process.stderr.close()

    def _read(self) -> None:
        assert self._process.stderr
        for line in self._process.stderr:
            self._arrived.put(line.rstrip("\n"))
        self._arrived.put(None)

    def _xdotool(self, *words: str) -> None:
        subprocess.run(["xdotool", *words], env={**os.environ, "DISPLAY": self.display}, check=True, timeout=60)

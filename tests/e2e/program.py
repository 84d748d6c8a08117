"""Drives the real program from outside: starts it, waits for lines of its log, presses keys, takes screenshots."""

from __future__ import annotations

import queue
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

from PIL import Image

from tests.xvfb import x11_environment, xdotool

ROOT = Path(__file__).resolve().parents[2]


class Program:
    """The running window process. `lines` holds what it has logged so far."""

    def __init__(self, display: str, home: Path, arguments: list[str], scale: str = "1") -> None:
        own = {"FINGERPOST_HOME": str(home), "FINGERPOST_LOG": "debug", "QT_SCALE_FACTOR": scale}
        environment = x11_environment(display) | own
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
            raise AssertionError(f"the program did not quit:\n{self.log()}") from None
        finally:
            self.end()

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.kill()
        self.end()

    def end(self) -> None:
        """Whatever it does: it is gone after this. May be called again."""
        if self._process.poll() is None:
            self._process.kill()
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
        xdotool(self.display, *words)

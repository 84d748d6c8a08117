"""A real child process of the engine, spoken to by the protocol."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from engine.protocol import Command, Event, Failed, Finished, Generate, Message, Text, decode_event, encode

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
"""Seconds until a test gives up; far more than anything takes."""

T = TypeVar("T", bound=Event)


class Child:
    """Use as a context manager: the process is gone afterwards, whatever the test did."""

    def __init__(self, role: str = "model") -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-X", "utf8", "-m", "engine.worker", role],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUTF8": "1"},
        )
        self._events: queue.Queue[Event | None] = queue.Queue()
        self._log = bytearray()
        self._listening = True
        self._threads = [
            threading.Thread(target=self._read_events, name="child-events"),
            threading.Thread(target=self._read_log, name="child-log"),
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *error: object) -> None:
        self.process.kill()
        self.process.wait()
        for thread in self._threads:
            thread.join()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()

    @property
    def log(self) -> str:
        """What it wrote to stderr so far."""
        return self._log.decode(errors="replace")

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, *commands: Command) -> None:
        """Send commands in one write."""
        self.write(b"".join(encode(command) for command in commands))

    def hang_up(self) -> None:
        """End its input, as a window that is gone does."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def stop_listening(self) -> None:
        """Close this end of its output at its next event, while its input stays open."""
        self._listening = False

    def event(self) -> Event:
        """The next event."""
        event = self._events.get(timeout=PATIENCE)
        assert event is not None, f"the child ended:\n{self.log}"
        return event

    def wait_for(self, kind: type[T], where: Callable[[T], bool] = lambda event: True) -> T:
        """The next event of a kind; those before it are dropped."""
        while True:
            event = self.event()
            if isinstance(event, kind) and where(event):
                return event

    def answer(self, request_id: str) -> tuple[str, Finished | Failed]:
        """The text of a request and how it ended."""
        text = ""
        while True:
            event = self.event()
            if getattr(event, "request_id", None) != request_id:
                continue
            if isinstance(event, Finished | Failed):
                return text, event
            text += getattr(event, "text", "")

    def ended(self) -> int:
        """Wait for its end; the exit code, negative for a signal."""
        code = self.process.wait(timeout=PATIENCE)
        for thread in self._threads:
            thread.join()
        return code

    def _read_events(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self._events.put(decode_event(line))
                if not self._listening:
                    break
        self._events.put(None)

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._log.extend(line)


def ask(text: str, request_id: str = "r1") -> Generate:
    """A plain question."""
    return Generate(request_id, (Message("user", (Text(text),)),))

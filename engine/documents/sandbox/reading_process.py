"""The other end of `engine.documents.sandbox.isolated`: a child process with what it says, and its end in one word."""

from __future__ import annotations

import logging
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any, Literal

import psutil

from engine.documents.sandbox.isolated import OUT_OF_MEMORY
from engine.documents.sandbox.packing import Packed, dumps, loads

Reason = Literal["crashed", "hung", "memory"]
LARGEST_REPLY = 512 << 20
LOOK = 0.1
"""Seconds between two looks at the memory of the process, and between two of the caller's own."""
QUEUE = 64
"""Replies that wait at most; then the process waits."""

log = logging.getLogger(__name__)


class Ended(Exception):
    """The process came to its end, or was brought to it, before it was done."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class ReadingProcess:
    """A child process. Starting it does not wait for it."""

    def __init__(self) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-X", "utf8", "-m", "engine.documents.sandbox.isolated"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=environment,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._replies: queue.Queue[bytes | None] = queue.Queue(QUEUE)
        self._closing = False
        self._base: int | None = None
        self._looked = 0.0
        self._thread = threading.Thread(target=self._listen, name="document-replies", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether it can be asked for something."""
        return self._process.poll() is None

    def send(self, *request: Any) -> None:
        """Ask for something.

        Raises:
            Ended: there is nobody to ask any more.
        """
        data = dumps(request)
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(len(data).to_bytes(4, "big") + data)
            self._process.stdin.flush()
        except OSError as error:
            raise Ended(self._why()) from error

    def receive(self, deadline: float, memory: int) -> Packed | None:
        """The next reply, or None if there is none yet.

        Raises:
            Ended: there will be none: the process has ended, or `deadline` (of the monotonic clock) is over, or it has
                taken more than `memory` bytes since it was first asked.
            PackingError: what came is no reply.
        """
        self._watch(memory)
        try:
            data = self._replies.get(timeout=LOOK)
        except queue.Empty:
            if time.monotonic() >= deadline:
                self.close()
                raise Ended("hung") from None
            return None
        if data is None:
            raise Ended(self._why())
        return loads(data)

    def close(self) -> None:
        """End it at once."""
        self._closing = True
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._thread.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    log.debug("a pipe to a process that is gone could not be flushed")
        self._log.close()

    def _listen(self) -> None:
        out = self._process.stdout
        assert out is not None
        while len(length := out.read(4)) == 4:
            size = int.from_bytes(length, "big")
            if size > LARGEST_REPLY or len(data := out.read(size)) < size:
                break
            self._put(data)
        self._put(None)

    def _put(self, data: bytes | None) -> None:
        while not self._closing:
            try:
                self._replies.put(data, timeout=LOOK)
            except queue.Full:
                continue
            return

    def _watch(self, memory: int) -> None:
        if time.monotonic() - self._looked < LOOK:
            return
        self._looked = time.monotonic()
        try:
            taken = psutil.Process(self._process.pid).memory_info().rss
        except psutil.Error:
            return
        if self._base is None:
            self._base = taken
        if taken - self._base > memory:
            self.close()
            raise Ended("memory")

    def _why(self) -> Reason:
        """The process has closed its pipe: wait for its end, and keep what it said last."""
        try:
            code = self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.close()
            return "hung"
        self._log.seek(0)
        said = self._log.read()[-4000:].decode("utf-8", "replace")
        log.info("a process that read a document ended with code %s: %s", code, said)
        return "memory" if code == OUT_OF_MEMORY or "MemoryError" in said[-200:] else "crashed"

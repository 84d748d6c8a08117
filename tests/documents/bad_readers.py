"""Readers for tests that go wrong at a page, as a hostile file makes real ones do."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from engine.documents.document import Document, Page, Span
from engine.documents.job import Job

PAGES = 8
BAD = 5


def _pages(path: Path, job: Job, go_wrong: Callable[[], None]) -> Document:
    job.opened(PAGES)
    for number in range(job.first, PAGES + 1):
        job.checkpoint()
        if number == BAD:
            go_wrong()
        assert job.emit is not None
        job.emit(Page(number, (Span(f"text of page {number}"),)))
        job.progress(number, PAGES)
    return Document("pdf", path.stem, "page", ())


def _crash() -> None:
    if sys.platform == "win32":
        os.abort()
    os.kill(os.getpid(), signal.SIGSEGV)


def _hang() -> None:
    while True:
        time.sleep(1)


def _eat() -> None:
    hoard = []
    while True:
        hoard.append(bytearray(16 << 20))


def crash(path: Path, name: str, job: Job) -> Document:
    return _pages(path, job, _crash)


def hang(path: Path, name: str, job: Job) -> Document:
    return _pages(path, job, _hang)


def eat(path: Path, name: str, job: Job) -> Document:
    return _pages(path, job, _eat)


def stumble(path: Path, name: str, job: Job) -> Document:
    def fail() -> None:
        raise LookupError("a mistake in a reader")

    return _pages(path, job, fail)


def crash_at_once(path: Path, name: str, job: Job) -> Document:
    _crash()
    raise AssertionError


def crash_everywhere(path: Path, name: str, job: Job) -> Document:
    job.opened(40)
    _crash()
    raise AssertionError


def crash_at_the_end(path: Path, name: str, job: Job) -> Document:
    document = _pages(path, job, lambda: None)
    _crash()
    return document


def slow(path: Path, name: str, job: Job) -> Document:
    """Says nothing until the file is gone or has changed, then goes on."""
    size = path.stat().st_size
    while path.exists() and path.stat().st_size == size:
        time.sleep(0.02)
        job.checkpoint()
    return Document("text", name, "part", (Page(1, (Span("text"),)),))


def reach_out(path: Path, name: str, job: Job) -> Document:
    import socket

    try:
        socket.create_connection(("127.0.0.1", 9))
    except PermissionError:
        return Document("text", "refused", "part", ())
    return Document("text", "connected", "part", ())


def lie(path: Path, name: str, job: Job) -> Document:
    """Sends back what would run code in a careless parent."""

    class Evil:
        def __reduce__(self) -> tuple[object, ...]:
            return (os.mkdir, (str(path) + ".evil",))

    sys.modules["__main__"].dumps = lambda values: pickle.dumps(("document", Evil()))  # type: ignore[attr-defined]
    return Document("text", "", "part", ())

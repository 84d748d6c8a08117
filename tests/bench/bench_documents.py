"""From the drop of a PDF to its text and its first page, with the reader process as the window starts it.

    python tests/bench/bench_documents.py [--pages 100 1000]

Times are from the drop, through the hash and the copy, to `DocumentRead` (it can be searched), for a reader that has to
be started and one that runs; then a page of it while another is read, a search, all places of a word, and the memory
of the reader with all its processes at most. The pages are dense: 45 lines, 370 words each.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import psutil

from app.documents.intake import take_in
from app.domain.documents import DocumentAttachment
from app.store import Store
from engine.models.places import HOME_VARIABLE
from engine.protocol import (
    DocumentRead,
    Event,
    FindPassages,
    FindText,
    Hello,
    PageRendered,
    PassagesFound,
    ReadDocument,
    RenderPage,
    TextFound,
)
from tests.documents.pdfs import pdf, prose
from tests.worker.child import Child

E = TypeVar("E", bound=Event)
WIDTH = 1200
"""Pixels of a page in the viewer of a sharp screen."""


class Memory:
    """The most that a process and its children hold at once, in bytes of their own, looked at 50 times a second."""

    def __init__(self, pid: int) -> None:
        self.most = 0
        self._process = psutil.Process(pid)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            total = 0
            try:
                processes = [self._process, *self._process.children(recursive=True)]
            except psutil.Error:
                return
            for process in processes:
                try:
                    total += process.memory_info().rss
                except psutil.Error:
                    continue
            self.most = max(self.most, total)


def main() -> int:
    """Print the figures; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, nargs="+", default=[100, 1000])
    pages = parser.parse_args().pages
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        os.environ[HOME_VARIABLE] = str(root / "home")
        store = Store(root / "home" / "data")
        for count in pages:
            print(f"{count:,} pages")
            _measure(root, store, count)
        store.close()
    return 0


def _measure(root: Path, store: Store, count: int) -> None:
    cold, warm = (pdf(root / f"{name}-{count}.pdf", *prose(count + extra)) for extra, name in enumerate(("a", "b")))
    since = time.perf_counter()
    with Child("reader") as child:
        memory = Memory(child.process.pid)
        child.wait_for(Hello)
        _say("searchable, reader not started", since, _read(child, store, cold, "cold"))
        time.sleep(1)
        since = time.perf_counter()
        document = _read(child, store, warm, "warm")
        _say("searchable, reader runs", since, document)
        since = time.perf_counter()
        _draw(child, document, 1, "first")
        _say("first page drawn", since)
        since = time.perf_counter()
        _draw(child, document, 2, "next")
        _say("next page drawn", since)
        third = pdf(root / f"c-{count}.pdf", *prose(count + 2))
        busy = take_in(third, store)
        child.send(ReadDocument("busy", busy.id, str(busy.path), busy.name))
        since = time.perf_counter()
        _draw(child, document, 3, "meanwhile")
        _say("page drawn while another is read", since)
        _wait(child, DocumentRead, "busy")
        since = time.perf_counter()
        child.send(FindPassages("passages", (document.id,), "When does the tenant pay the agreed rent?"))
        _wait(child, PassagesFound, "passages")
        _say("passages found", since)
        since = time.perf_counter()
        child.send(FindText("text", document.id, f"needle {count} line 45"))
        _wait(child, TextFound, "text")
        _say("all places of a text found", since)
        since = time.perf_counter()
        child.send(ReadDocument("again", document.id, str(document.path), document.name))
        _wait(child, DocumentRead, "again")
        _say("read the second time", since)
        memory.close()
        print(f"  {'memory of the reader at most':36}{memory.most / 1e6:8,.0f} MB")


def _read(child: Child, store: Store, path: Path, request_id: str) -> DocumentAttachment:
    document = take_in(path, store)
    child.send(ReadDocument(request_id, document.id, str(document.path), document.name))
    _wait(child, DocumentRead, request_id)
    return document


def _draw(child: Child, document: DocumentAttachment, page: int, request_id: str) -> None:
    child.send(RenderPage(request_id, document.id, str(document.path), page, WIDTH))
    _wait(child, PageRendered, request_id)


def _wait(child: Child, kind: type[E], request_id: str) -> E:
    return child.wait_for(kind, lambda event: getattr(event, "request_id", "") == request_id)


def _say(what: str, since: float, _: object = None) -> None:
    print(f"  {what:36}{1000 * (time.perf_counter() - since):8,.0f} ms", flush=True)


if __name__ == "__main__":
    sys.exit(main())

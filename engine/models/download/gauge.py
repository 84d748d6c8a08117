"""How far a download is, gathered from its threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from engine.models.download.hosts import Hosts
from engine.models.download.rate import Rate
from engine.protocol import DownloadProgress, DownloadState, SourceName

OFTEN = 0.2
"""Seconds between two reports."""
SILENCE = 1.0
"""Seconds without a byte after which a person is told what is waited for."""


@dataclass(frozen=True, slots=True)
class Label:
    """What every report of a download carries."""

    request_id: str
    name: str
    title: str


class Gauge:
    """Counts what is here. Used from several threads."""

    def __init__(self, label: Label, hosts: Hosts, total: int) -> None:
        self._label, self._hosts = label, hosts
        self._lock = threading.Lock()
        self._rate = Rate()
        self._total, self._done, self._came = total, 0, 0
        self._listing, self._reading, self._asking = True, 0, 0
        self._source: SourceName | None = None
        self._aside = ""
        self._waiting: dict[str, str] = {}
        self._heard, self._last = 0.0, 0.0
        self._reported: DownloadProgress | None = None

    def list_at(self, source: SourceName) -> None:
        """A source is asked what there is."""
        with self._lock:
            self._source, self._listing = source, True

    def fetch(self, done: int, total: int) -> None:
        """It is known what there is."""
        with self._lock:
            self._done, self._total, self._listing = done, total, False
            self._waiting.clear()

    def came(self, path: str, count: int) -> None:
        """Bytes of a file have come in; it waits for nothing."""
        with self._lock:
            self._done += count
            self._came += count
            self._heard = time.monotonic()
            self._waiting.pop(path, None)

    def dropped(self, count: int) -> None:
        """Bytes turned out to be of no use."""
        with self._lock:
            self._done -= count

    def say(self, sentence: str) -> None:
        """A note that stays."""
        with self._lock:
            self._aside = sentence

    def wait(self, path: str, sentence: str) -> None:
        """What a file waits for; a note while nothing else comes either."""
        with self._lock:
            self._waiting[path] = sentence

    @contextmanager
    def reading(self) -> Iterator[None]:
        """In the block, what is here is read and checked."""
        with self._lock:
            self._reading += 1
        try:
            yield
        finally:
            with self._lock:
                self._reading -= 1

    @contextmanager
    def asking(self) -> Iterator[None]:
        """In the block, a host is asked for bytes."""
        with self._lock:
            self._asking += 1
        try:
            yield
        finally:
            with self._lock:
                self._asking -= 1

    def due(self, now: float | None = None) -> DownloadProgress | None:
        """The next report, None while it is too early or there is nothing new."""
        now = time.monotonic() if now is None else now
        with self._lock:
            if now - self._last < OFTEN:
                return None
            self._last = now
            progress = self._progress(self._rate.update(now, self._came), self._note(now))
            if progress == self._reported:
                return None
            self._reported = progress
            return progress

    def last(self) -> DownloadProgress:
        """How it stands at the end of a step, however soon that came: it may be the first to name a host."""
        now = time.monotonic()
        with self._lock:
            return self._progress(self._rate.update(now, self._came), self._note(now))

    def _progress(self, rate: float, note: str) -> DownloadProgress:
        left = None if rate <= 0 else (self._total - self._done) / rate
        return DownloadProgress(
            self._label.request_id,
            self._label.name,
            self._label.title,
            self._state(),
            self._source,
            self._done,
            self._total,
            rate,
            left,
            self._hosts.contacted,
            note,
        )

    def _note(self, now: float) -> str:
        if self._waiting and now - self._heard > SILENCE:
            return next(iter(self._waiting.values()))
        return self._aside

    def _state(self) -> DownloadState:
        if self._listing:
            return "listing"
        return "checking" if self._reading and not self._asking else "fetching"

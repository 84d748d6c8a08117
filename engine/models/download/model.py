"""Fetches a whole model: lists it, brings its files, checks them, and puts it where models are."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import httpx2

from engine.backends.base import Cancelled
from engine.models.description import describe
from engine.models.download.crew import Halt, attend
from engine.models.download.desk import DOWNLOADS, Desk
from engine.models.download.errors import DownloadError, SourceLost, disk_error
from engine.models.download.fetch import Fetcher
from engine.models.download.gauge import Gauge, Label
from engine.models.download.hosts import Hosts
from engine.models.download.listing import Listing, Sources
from engine.models.download.order import Order, order_of, slug_of
from engine.models.download.retry import Patience
from engine.models.download.state import (
    State,
    bytes_here,
    read_state,
    settle,
    unfinished_of,
    write_state,
)
from engine.models.download.template import borrow_template
from engine.models.errors import FULL
from engine.models.manifest import FileFact, Manifest
from engine.models.tokens import Tokens
from engine.protocol import DownloadProgress, Pull, Unfinished

CONNECTIONS = 4
LOOK = 0.5
"""Seconds between two looks whether another process has called `pause`."""

log = logging.getLogger(__name__)


def pull(
    request: Pull,
    models: Path,
    report: Callable[[DownloadProgress], None],
    checkpoint: Callable[[], None],
    *,
    hosts: Hosts | None = None,
    tokens: Tokens | None = None,
    patience: Patience | None = None,
) -> Path:
    """Fetch a model into `models`, or go on fetching it; returns its folder. One that is there already is not fetched.

    `checkpoint` is called some times a second, and what it raises pauses the download. Whatever ends it, every byte
    that was good is kept for the next time, and `unfinished` lists it.

    Raises:
        DownloadError: it can not go on by itself.
    """
    with _disk(models):
        desk, order = _order(request, models)
        with desk.claimed(order.title):
            try:
                with _disk(models):
                    _remember(desk, order)
                    return _Download(
                        order, desk, report, checkpoint, hosts or Hosts(), tokens or Tokens(), patience or Patience()
                    ).run()
            except DownloadError:
                # It would fail again: only a person can change what stands in its way.
                with suppress(OSError):
                    _want(desk, False)
                    desk.clear_if_empty()
                raise


def begin(request: Pull, models: Path) -> Unfinished:
    """Remember that a model is wanted, even if this process ends before its turn comes; how much of it is here.

    Raises:
        DownloadError: it is no model, or the folder can not be written to.
    """
    with _disk(models):
        desk, order = _order(request, models)
        desk.folder.mkdir(parents=True, exist_ok=True)
        return unfinished_of(desk.folder, _remember(desk, order))


def pause(models: Path, name: str) -> None:
    """Stop a download, whichever process runs it, and remember that it is not to go on by itself.

    Raises:
        DownloadError: there is none of that name.
    """
    with _disk(models):
        desk = Desk(models, slug_of(name))
        if read_state(desk.folder) is None:
            raise DownloadError("bad_request", f"{name} is not being fetched. Check the name.")
        _want(desk, False)


def unfinished(models: Path) -> tuple[Unfinished, ...]:
    """The downloads that were begun, by their name."""
    try:
        folders = sorted((models / DOWNLOADS).iterdir())
    except OSError:
        return ()
    states = ((folder, read_state(folder)) for folder in folders)
    return tuple(unfinished_of(folder, state) for folder, state in states if state is not None)


def discard(models: Path, name: str) -> None:
    """Delete what was fetched so far of `name`. Raises `DownloadError`."""
    with _disk(models):
        desk = Desk(models, slug_of(name))
        if os.path.lexists(desk.folder):
            with desk.claimed(name):
                desk.clear()


class _Download:
    """One `pull`, in the hands of the thread that called it."""

    def __init__(
        self,
        order: Order,
        desk: Desk,
        report: Callable[[DownloadProgress], None],
        checkpoint: Callable[[], None],
        hosts: Hosts,
        tokens: Tokens,
        patience: Patience,
    ) -> None:
        self._order, self._desk = order, desk
        self._report, self._checkpoint = report, checkpoint
        self._hosts, self._tokens, self._patience = hosts, tokens, patience
        self._gauge = Gauge(Label(order.request.request_id, order.request.name, order.title), hosts, _total(desk))
        self._looked = time.monotonic()

    def run(self) -> Path:
        order, desk = self._order, self._desk
        for source in order.sources:
            here = desk.present(order.folder, source.revision, None) if source.revision else None
            if here is not None:
                return self._already(here)
        timeout = httpx2.Timeout(self._patience.stall, connect=self._patience.connect, pool=None)
        with httpx2.Client(timeout=timeout, event_hooks={"request": [self._hosts.contact]}) as client:
            sources = Sources(order, client, self._tokens, self._gauge, self._patience)
            while True:
                halt = Halt()
                (listing,) = attend([partial(sources.list, halt)], 1, halt, self._watch)
                here = desk.present(order.folder, listing.snapshot.revision, listing.facts)
                if here is not None:
                    return self._already(here)
                try:
                    self._fetch(client, listing, len(order.sources) > 1)
                except SourceLost as error:
                    sources.turn(str(error))
                    continue
                return self._install(client, listing)

    def _fetch(self, client: httpx2.Client, listing: Listing, others: bool) -> None:
        """Bring all files of `listing`. Raises `SourceLost` where `others` may be asked."""
        folder, facts = self._desk.folder, listing.facts
        state = read_state(folder) or State(self._order.request.name, self._order.title, 0)
        settle(folder, state.files, facts)
        total = sum(fact.size for fact in facts)
        write_state(folder, replace(state, total=total, origin=listing.snapshot.source, files=facts))
        done = bytes_here(folder, facts)
        self._desk.check_space(self._order.title, total - done)
        self._gauge.fetch(done, total)
        halt = Halt()
        tries = self._patience.tries if others else None
        fetcher = Fetcher(client, listing.access, halt, self._gauge, self._patience, tries)
        missing = [file for file in listing.snapshot.files if not (folder / file.path).exists()]
        # The largest first: the small ones then fill what time is left beside them.
        missing.sort(key=lambda file: -file.size)
        try:
            attend(
                [partial(fetcher.fetch, file, folder / file.path) for file in missing], CONNECTIONS, halt, self._watch
            )
        except OSError as error:
            if error.errno in FULL:
                self._desk.check_space(self._order.title, total - bytes_here(folder, facts))
            raise

    def _install(self, client: httpx2.Client, listing: Listing) -> Path:
        folder, snapshot = self._desk.folder, listing.snapshot
        halt = Halt()
        borrowed: list[tuple[FileFact, ...]] = attend(
            [partial(borrow_template, folder, client, listing.access, halt, self._gauge, self._patience)],
            1,
            halt,
            self._watch,
        )
        self._checkpoint()
        form = self._order.entry.form if self._order.entry else describe(folder).form
        files = (*listing.facts, *(fact for facts in borrowed for fact in facts))
        manifest = Manifest(form, snapshot.source, snapshot.repo, snapshot.revision, files)
        return self._desk.install(self._order.folder, manifest)

    def _already(self, folder: Path) -> Path:
        log.info("%s is here already", folder.name)
        self._desk.clear()
        return folder

    def _watch(self) -> None:
        progress = self._gauge.due()
        if progress is not None:
            self._report(progress)
        self._checkpoint()
        now = time.monotonic()
        if now - self._looked > LOOK:
            self._looked = now
            state = read_state(self._desk.folder)
            if state is not None and not state.wanted:
                raise Cancelled


def _order(request: Pull, models: Path) -> tuple[Desk, Order]:
    desk = Desk(models, slug_of(request.name))
    return desk, order_of(request, read_state(desk.folder))


def _remember(desk: Desk, order: Order) -> State:
    """What is known of the download from now on: it is wanted, as `order` says."""
    asked = order.request
    state = read_state(desk.folder) or State(asked.name, order.title, order.entry.bytes if order.entry else 0)
    state = replace(state, source=asked.source, revision=asked.revision, endpoint=asked.endpoint, wanted=True)
    write_state(desk.folder, state)
    return state


def _total(desk: Desk) -> int:
    state = read_state(desk.folder)
    return state.total if state else 0


def _want(desk: Desk, wanted: bool) -> None:
    state = read_state(desk.folder)
    if state is not None and state.wanted != wanted:
        write_state(desk.folder, replace(state, wanted=wanted))


@contextmanager
def _disk(models: Path) -> Iterator[None]:
    """What the file system refuses in the block is told as a `DownloadError`."""
    try:
        yield
    except OSError as error:
        raise disk_error(error, models) from error

"""Fetches a whole model: lists it, brings its files, checks them, and puts it where models are."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import httpx2

from engine.backends.base import Cancelled
from engine.models.description import describe
from engine.models.download.begun import order_at, remember, set_wanted
from engine.models.download.crew import Halt, attend
from engine.models.download.desk import Desk
from engine.models.download.errors import DownloadError, SourceLost, disk_errors
from engine.models.download.fetch import Fetcher
from engine.models.download.gauge import Gauge, Label
from engine.models.download.hosts import Hosts
from engine.models.download.listing import Listing, Sources
from engine.models.download.order import Order
from engine.models.download.retry import Patience
from engine.models.download.state import State, bytes_here, differing, read_state, settle, write_state
from engine.models.download.template import borrow_template
from engine.models.errors import FULL
from engine.models.manifest import FileFact, Manifest
from engine.models.tokens import Tokens
from engine.protocol import DownloadProgress, Pull, SourceName

CONNECTIONS = 4
SMALL_LOSS = 0.01
"""Of what is here: descriptions may differ from source to source, weights must not."""
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
    with disk_errors(models):
        desk, order = order_at(request, models)
        with desk.claimed(order.title):
            try:
                with disk_errors(models):
                    remember(desk, order)
                    return _Download(
                        order, desk, report, checkpoint, hosts or Hosts(), tokens or Tokens(), patience or Patience()
                    ).run()
            except DownloadError:
                # It would fail again: only a person can change what stands in its way.
                with suppress(OSError):
                    set_wanted(desk, False)
                    desk.clear_if_empty()
                raise


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
        state = read_state(desk.folder)
        label = Label(order.request.request_id, order.request.name, order.title)
        self._gauge = Gauge(label, hosts, state.total if state else 0)
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
                desk.take_back(order.folder, listing.snapshot.revision, listing.facts)
                begun_at = self._begun_elsewhere(listing)
                if begun_at is not None:
                    sources.stay_with(begun_at)
                    continue
                try:
                    self._fetch(client, listing, sources.has_others)
                except SourceLost as error:
                    sources.turn(str(error))
                    continue
                return self._install(client, listing)

    def _begun_elsewhere(self, listing: Listing) -> SourceName | None:
        """The source that the download was begun at, where it would have to begin anew with what `listing` offers."""
        state = read_state(self._desk.folder)
        others = {source.name for source in self._order.sources} - {listing.snapshot.source}
        if state is None or state.origin not in others:
            return None
        lost = bytes_here(self._desk.folder, differing(state.files, listing.facts))
        return state.origin if lost > bytes_here(self._desk.folder, state.files) * SMALL_LOSS else None

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
        self._report(self._gauge.last())

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

"""Asks the sources of a model, one after the other, what it consists of."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace

import httpx2

from engine.models.download.crew import Halt
from engine.models.download.errors import DownloadError
from engine.models.download.fetch import Access, fact_of
from engine.models.download.gauge import Gauge
from engine.models.download.order import Order
from engine.models.download.part import SUFFIX
from engine.models.download.retry import Patience
from engine.models.download.state import STATE_FILE
from engine.models.hubs import Hub, HubError, Snapshot, check_weights, config_of, hub, wanted
from engine.models.manifest import MANIFEST_FILE, FileFact
from engine.models.tokens import Tokens
from engine.protocol import Source, SourceName

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Listing:
    """What is fetched, and what is needed for it. `snapshot` holds nothing else."""

    snapshot: Snapshot
    access: Access

    @property
    def facts(self) -> tuple[FileFact, ...]:
        """What is published of the files."""
        return tuple(fact_of(file) for file in self.snapshot.files)


class Sources:
    """The sources of one download, and which of them is asked now. Used by one thread at a time."""

    def __init__(self, order: Order, client: httpx2.Client, tokens: Tokens, gauge: Gauge, patience: Patience) -> None:
        """Raises `DownloadError` for an address that is none."""
        self._order, self._tokens = order, tokens
        self._gauge, self._patience = gauge, patience
        try:
            self._places = [(source, hub(source.name, order.request.endpoint, client)) for source in order.sources]
        except HubError as error:
            raise DownloadError(error.code, str(error)) from error

    @property
    def has_others(self) -> bool:
        """Whether another source can be asked."""
        return len(self._places) > 1

    def stay_with(self, name: SourceName) -> None:
        """Ask no other source any more."""
        other = self._places[0][1].title
        self._places = [place for place in self._places if place[0].name == name]
        title = self._places[0][1].title
        self._gauge.say(f"{other} has other files under this name, so the download goes on from {title} alone.")

    def turn(self, reason: str) -> None:
        """Ask the next source from now on, because of `reason`, a sentence."""
        self._places.append(self._places.pop(0))
        if self.has_others:
            self._gauge.say(f"{reason} {self._places[0][1].title} is asked instead.")

    def list(self, halt: Halt) -> Listing:
        """What the first source that answers has to say; waits for one as long as none can be reached.

        Raises:
            DownloadError: those that answer do not have it or do not give it.
            Stopped: called off.
        """
        failures = 0
        while True:
            refusal, missed = None, None
            for _ in self._places:
                halt.check()
                try:
                    return self._list_at(*self._places[0])
                except HubError as error:
                    log.info("%s: %s", error.host, error)
                    if error.code == "unreachable":
                        missed = error
                    else:
                        refusal = refusal or error
                    self.turn(str(error))
            if refusal is not None:
                raise DownloadError(refusal.code, str(refusal)) from refusal
            failures += 1
            self._gauge.wait("", f"{missed} It is tried again by itself.")
            halt.wait(self._patience.pause(failures, missed.retry_after if missed else None))

    def _list_at(self, source: Source, place: Hub) -> Listing:
        self._gauge.list_at(source.name)
        token = self._tokens.of(source.name)
        if self._order.entry is None:
            config_of(place, source.repo, source.revision, token)
        snapshot = place.snapshot(source.repo, source.revision, token)
        check_weights(place, snapshot)
        files = tuple(file for file in wanted(snapshot.files) if not _is_ours(file.path))
        return Listing(replace(snapshot, files=files), Access(place, source.repo, token))


def _is_ours(path: str) -> bool:
    """Whether a file would be taken for one of Fingerpost's own."""
    return path in (STATE_FILE, MANIFEST_FILE) or path.endswith(SUFFIX)

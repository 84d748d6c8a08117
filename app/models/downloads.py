"""`Downloads`: the models that are on their way, and what becomes of each."""

from __future__ import annotations

import dataclasses
import uuid
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.domain.models import Download
from app.engine_client import Service
from engine.protocol import (
    Cancel,
    DiscardDownload,
    Done,
    DownloadProgress,
    Event,
    Failed,
    KeepToken,
    Pull,
    Pulled,
    SourceName,
    Surveyed,
    Unfinished,
    request_id_of,
)

UNFINISHED = "models/.downloads"
"""In the data folder: what has been fetched so far, a folder for each model."""


class Downloads(QObject):
    """What is fetched by `service`, the process for downloads. Several may run; the process takes them in turn.

    Signals:
        changed: a tuple of `Download`, in the order in which they were begun.
        arrived: the folder of a model that is whole, and the name it was asked by.
        discarded: what was fetched of a model is deleted.
        note: a harmless sentence.
        problem: a sentence that belongs to no download.
    """

    changed = Signal(object)
    arrived = Signal(str, str)
    discarded = Signal()
    note = Signal(str)
    problem = Signal(str)

    def __init__(self, service: Service, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._service = service
        self._downloads: dict[str, Download] = {}
        self._asked: dict[str, SourceName | None] = {}
        self._pulls: dict[str, str] = {}
        self._discards: dict[str, str] = {}
        self._tokens: dict[str, KeepToken] = {}
        self._unwanted: set[str] = set()
        self._touched: set[str] = set()
        self._has_resumed = False
        self._mirror = ""
        service.event_received.connect(self._on_event)

    def set_mirror(self, address: str) -> None:
        """From now on what comes from Hugging Face is fetched from `address`, empty for its own."""
        self._mirror = address

    def pull(self, name: str, source: SourceName | None = None, title: str = "", revision: str = "") -> None:
        """Fetch a model, or go on with it, from where it was asked for the last time unless `source` says another. One
        that is being fetched is left alone. It is called `title` until it says itself what it is called."""
        if name in self._pulls.values():
            return
        self._asked[name] = source or self._asked.get(name)
        known = self._downloads.get(name) or Download(name, title or name, "running")
        origin = self._asked[name] or known.source
        self._put(dataclasses.replace(known, state="running", source=origin, sentence="", code=None))
        endpoint = "" if self._asked[name] == "modelscope" else self._mirror
        request = Pull(_new_id(), name, self._asked[name], revision, endpoint)
        self._pulls[request.request_id] = name
        self._service.send(request)

    def pause(self, name: str) -> None:
        """Stop fetching a model for now; it is not gone on with by itself."""
        for request_id, running in self._pulls.items():
            if running == name:
                self._service.send(Cancel(request_id))

    def discard(self, name: str) -> None:
        """Give a model up, and delete what was fetched of it."""
        if name in self._pulls.values():
            self._unwanted.add(name)
            self.pause(name)
        elif name in self._downloads and name not in self._discards.values():
            request = DiscardDownload(_new_id(), name)
            self._discards[request.request_id] = name
            self._service.send(request)

    def keep_token(self, source: SourceName, token: str) -> None:
        """Keep an access token, and try those again that failed for the want of it."""
        # Where no keyring takes it, the process alone knows it.
        self._service.stay()
        request = KeepToken(_new_id(), source, token)
        self._tokens[request.request_id] = request
        self._service.send(request)

    def begin_survey(self) -> None:
        """A survey is asked for: what happens from now on it may not know."""
        self._touched.clear()

    def compare(self, surveyed: Surveyed) -> None:
        """Take over what a survey found; after the first one, go on with what is to go on by itself."""
        before = dict(self._downloads)
        titles = {offered.id: offered.title for offered in surveyed.offered}
        here = {offered.id for offered in surveyed.offered if offered.installed}
        unfinished = {each.name: each for each in surveyed.unfinished}
        for name, download in before.items():
            if name not in self._touched and download.state != "running":
                self._compare_one(download, unfinished.pop(name, None), name in here)
            if name in titles and name in self._downloads:
                self._downloads[name] = dataclasses.replace(self._downloads[name], title=titles[name])
        for name, left in unfinished.items():
            if name not in self._touched and name not in self._downloads:
                self._downloads[name] = Download(name, left.title, "paused", left.done, left.total, left.source)
        if self._downloads != before:
            self._tell()
        if not self._has_resumed:
            self._has_resumed = True
            for left in surveyed.unfinished:
                if left.wanted:
                    self.pull(left.name)

    def close(self) -> None:
        """Listen no more. What is being fetched stays wanted, and goes on at the next start."""
        self._service.event_received.disconnect(self._on_event)

    def _compare_one(self, download: Download, left: Unfinished | None, is_here: bool) -> None:
        """One that does not run and was not touched since the survey was asked for: it may have been elsewhere."""
        if left is not None:
            found = dataclasses.replace(download, done=left.done, total=left.total, source=left.source)
            self._downloads[download.name] = found
        elif is_here or (download.state == "paused" and download.done):
            del self._downloads[download.name]

    # --- Events ------------------------------------------------------------------------------------------------------

    def _on_event(self, event: Event) -> None:
        request_id = request_id_of(event) or ""
        if request_id in self._pulls:
            if isinstance(event, DownloadProgress):
                self._on_progress(self._pulls[request_id], event)
            else:
                self._on_pull_ended(self._pulls.pop(request_id), event)
        elif request_id in self._discards:
            self._on_discard_ended(self._discards.pop(request_id), event)
        elif request_id in self._tokens:
            self._on_token_kept(self._tokens.pop(request_id), event)

    def _on_progress(self, name: str, event: DownloadProgress) -> None:
        self._put(
            dataclasses.replace(
                self._downloads[name],
                title=event.title or self._downloads[name].title,
                done=event.done,
                total=event.total,
                source=event.source or self._downloads[name].source,
                progress=event,
            )
        )

    def _on_pull_ended(self, name: str, event: Event) -> None:
        is_unwanted = name in self._unwanted
        self._unwanted.discard(name)
        ended = dataclasses.replace(self._downloads[name], state="paused", progress=None)
        if isinstance(event, Pulled):
            self._drop(name)
            self.arrived.emit(event.folder, name)
            return
        if isinstance(event, Failed):
            ended = dataclasses.replace(ended, state="failed", sentence=event.message, code=event.code)
        self._put(ended)
        if is_unwanted:
            self.discard(name)

    def _on_discard_ended(self, name: str, event: Event) -> None:
        if isinstance(event, Failed):
            self.problem.emit(event.message)
            return
        self._drop(name)
        self.discarded.emit()

    def _on_token_kept(self, request: KeepToken, event: Event) -> None:
        if isinstance(event, Failed):
            self.problem.emit(event.message)
        elif isinstance(event, Done):
            if event.message:
                self.note.emit(event.message)
            if request.token:
                self._try_gated(request.source)

    def _try_gated(self, source: SourceName) -> None:
        for download in tuple(self._downloads.values()):
            if download.code == "gated" and download.source in (None, source):
                self.pull(download.name)

    # --- The list ----------------------------------------------------------------------------------------------------

    def _put(self, download: Download) -> None:
        self._touched.add(download.name)
        if self._downloads.get(download.name) != download:
            self._downloads[download.name] = download
            self._tell()

    def _drop(self, name: str) -> None:
        self._touched.add(name)
        del self._downloads[name]
        self._asked.pop(name, None)
        self._tell()

    def _tell(self) -> None:
        self.changed.emit(tuple(self._downloads.values()))


def has_unfinished(data: Path) -> bool:
    """Whether the data folder holds downloads that are not through."""
    try:
        return any((data / UNFINISHED).iterdir())
    except OSError:
        return False


def _new_id() -> str:
    return uuid.uuid4().hex

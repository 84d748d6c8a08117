"""`Reading`: what the reader process knows of documents, by their hash."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.documents import DocumentAttachment
from app.engine_client import Service
from engine.protocol import (
    Cancel,
    DocumentInfo,
    DocumentRead,
    Event,
    Failed,
    OcrProgress,
    ReadDocument,
    ReadProgress,
    request_id_of,
)


@dataclass(slots=True)
class _Job:
    document: DocumentAttachment
    password: str
    is_usable: bool = False
    """It has been read, and its scans are recognised now."""


class Reading(QObject):
    """Has each document read once. What was read before takes no time.

    Signals:
        progressed: the id of a document, and how many of how many pages are read, or recognised once it is known.
        known: its `DocumentInfo`; again when scans were recognised.
        failed: its id, and the `Failed`.
    """

    progressed = Signal(str, int, int)
    known = Signal(object)
    failed = Signal(str, object)

    def __init__(self, service: Service, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._service = service
        self._jobs: dict[str, _Job] = {}
        self._infos: dict[str, DocumentInfo] = {}
        self._passwords: dict[str, str] = {}
        service.event_received.connect(self._on_event)

    def info(self, document: str) -> DocumentInfo | None:
        """What is known of a document, None while it was not read in this run."""
        return self._infos.get(document)

    def password(self, document: str) -> str:
        """The password that opened it."""
        return self._passwords.get(document, "")

    @Slot()
    def expect(self) -> None:
        """Somebody is about to bring a document."""
        self._service.wake()

    def begin(self, document: DocumentAttachment, password: str = "") -> None:
        """Read a document; one that is known or being read already says so by itself."""
        if (info := self._infos.get(document.id)) is not None:
            self.known.emit(info)
        elif self._request_of(document.id) is None:
            self._send(_Job(document, password))

    def stop(self, document: str) -> None:
        """Nobody waits for it any more. What is half recognised is taken up again another time."""
        request_id = self._request_of(document)
        if request_id is not None:
            del self._jobs[request_id]
            self._infos.pop(document, None)
            self._service.send(Cancel(request_id))

    def close(self) -> None:
        """Listen no more."""
        self._service.event_received.disconnect(self._on_event)

    def _send(self, job: _Job) -> None:
        request_id, document = uuid.uuid4().hex, job.document
        self._jobs[request_id] = job
        path = str(document.path)
        self._service.send(ReadDocument(request_id, document.id, path, document.name, job.password))

    def _request_of(self, document: str) -> str | None:
        return next((id_ for id_, job in self._jobs.items() if job.document.id == document), None)

    def _on_event(self, event: Event) -> None:
        request_id = request_id_of(event) or ""
        job = self._jobs.get(request_id)
        if job is None:
            return
        match event:
            case ReadProgress() | OcrProgress():
                self.progressed.emit(job.document.id, event.done, event.total)
            case DocumentRead():
                job.is_usable = True
                if event.final:
                    del self._jobs[request_id]
                if job.password:
                    self._passwords[job.document.id] = job.password
                self._infos[job.document.id] = event.info
                self.known.emit(event.info)
            case Failed():
                del self._jobs[request_id]
                # A document that can be used stays usable when the rest of its scans can not be recognised.
                self.failed.emit(job.document.id, None if job.is_usable else event)

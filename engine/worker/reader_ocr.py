"""Pages without text are recognised, one after another, while everything else goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.documents.document import DocumentError, Page
from engine.documents.job import Stopped
from engine.documents.places import documents_folder
from engine.documents.sandbox.isolate import Isolation
from engine.documents.search.index import Index
from engine.protocol import DocumentKind, DocumentRead, Event, OcrProgress, ReadDocument
from engine.worker.lanes import Task

if TYPE_CHECKING:
    from engine.documents.ocr import Recogniser

DOTS = 200 / 72
"""Pixels a point of a page that is recognised: small print can be read, and a page takes seconds."""
LEAST_WIDTH, MOST_WIDTH = 1000, 3000


@dataclass(frozen=True, slots=True)
class Scans:
    """The pages of a document that wait to be recognised."""

    request_id: str
    command: ReadDocument
    kind: DocumentKind
    pages: tuple[int, ...]


class Recognition:
    """Draws pages with `isolation` and reads what stands on them. For one thread."""

    def __init__(self, isolation: Isolation, send: Callable[[Event], None]) -> None:
        self._isolation, self._send = isolation, send
        self._recogniser: Recogniser | None = None

    def recognise(self, task: Task[Scans]) -> DocumentRead:
        """Recognise all pages of the task; each can be found as soon as it is read. Raises whatever goes wrong."""
        scans = task.command
        index = Index.open(documents_folder(), scans.command.document)
        if index is None:
            raise DocumentError("document_unreadable", f"{scans.command.name} is not here any more. Add it again.")
        with index:
            for done, number in enumerate(scans.pages):
                if task.cancelled.is_set():
                    raise Stopped
                self._send(OcrProgress(scans.request_id, done, len(scans.pages)))
                page = index.page(number)
                # Another request for the same document may have been here.
                if not page.recognised:
                    index.update_page(self._read(scans, page))
            self._send(OcrProgress(scans.request_id, len(scans.pages), len(scans.pages)))
            return DocumentRead(scans.request_id, index.info(), final=True)

    def _read(self, scans: Scans, page: Page) -> Page:
        command = scans.command
        width = round(min(max(page.width * DOTS, LEAST_WIDTH), MOST_WIDTH))
        try:
            picture = self._isolation.render(Path(command.path), scans.kind, page.number, width, None, command.password)
        except DocumentError as error:
            if not Path(command.path).is_file():
                raise
            return replace(page, recognised=True, problem=str(error))
        # Here and not above: the libraries take a while, and most documents need none of it.
        from engine.documents.ocr import Recogniser, with_text  # noqa: PLC0415

        self._recogniser = self._recogniser or Recogniser()
        return with_text(page, self._recogniser.read(picture))

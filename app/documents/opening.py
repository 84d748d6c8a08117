"""`Opening`: a document of the history is looked at again, maybe long after it was asked about."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.documents.intake import is_unchanged
from app.documents.reading import Reading
from app.domain.documents import DocumentAttachment
from app.jobs import Jobs
from engine.protocol import DocumentInfo, Failed

CHANGED = (
    "“{name}” is not there any more, or was changed since it was read, so its pages can not be shown. What was read of "
    "it can still be searched."
)
_NOWHERE = Path()

Opened = Callable[[DocumentAttachment, DocumentInfo], None]


class Opening(QObject):
    """Makes sure that a document is read, and that its file is the one that was read. A copy of the program's own in
    `copies` needs no second look.

    Signals:
        problem: a sentence for a person.
    """

    problem = Signal(str)

    def __init__(self, reading: Reading, jobs: Jobs, copies: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reading, self._jobs, self._copies = reading, jobs, copies
        self._documents: dict[str, DocumentAttachment] = {}
        self._waiting: dict[str, list[Opened]] = {}
        reading.known.connect(self._on_known)
        reading.failed.connect(self._on_failed)

    def document(self, id: str) -> DocumentAttachment | None:  # noqa: A002 - the word for it everywhere else
        """One that was opened in this run, with the path that its pages are drawn from."""
        return self._documents.get(id)

    def open(self, document: DocumentAttachment, opened: Opened) -> None:
        """Call `opened` as soon as the document can be looked at; a problem is told otherwise."""
        if document.id in self._documents:
            self._begin(self._documents[document.id], opened)
        elif document.path.is_relative_to(self._copies):
            self._check(document, opened, True)
        else:
            done = partial(self._check, document, opened)
            self._jobs.run(partial(is_unchanged, document), done, lambda _: done(False))

    def look_after(self, document: DocumentAttachment) -> None:
        """What was read of it is needed for a question; it is read again if it is not here any more."""
        self._reading.begin(document)

    def close(self) -> None:
        """Listen no more."""
        self._waiting.clear()
        self._reading.known.disconnect(self._on_known)
        self._reading.failed.disconnect(self._on_failed)

    def _check(self, document: DocumentAttachment, opened: Opened, is_unchanged: bool) -> None:
        if not is_unchanged:
            self.problem.emit(CHANGED.format(name=document.name))
            document = dataclasses.replace(document, path=_NOWHERE)
        self._documents[document.id] = document
        self._begin(document, opened)

    def _begin(self, document: DocumentAttachment, opened: Opened) -> None:
        if (info := self._reading.info(document.id)) is not None:
            opened(document, info)
        else:
            self._waiting.setdefault(document.id, []).append(opened)
            self._reading.begin(document)

    def _on_known(self, info: DocumentInfo) -> None:
        for opened in self._waiting.pop(info.document, []):
            opened(self._documents[info.document], info)

    def _on_failed(self, id_: str, failed: Failed | None) -> None:
        if self._waiting.pop(id_, None) and failed is not None:
            self.problem.emit(failed.message)

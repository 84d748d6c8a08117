"""`DocumentDesk`: the documents that wait in the composer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from app.documents.intake import MOST_FILES, Gathered, IntakeError, Skipped, gather, sentence_of, take_in
from app.documents.looking import Looking
from app.documents.reading import Reading
from app.documents.shown_pages import ShownPages
from app.domain.documents import DocumentAttachment
from app.jobs import Jobs
from app.store import Store, StoreError
from engine.protocol import DocumentInfo, Failed

NOT_TAKEN = "“{name}” could not be added. Add it once more."
WAITS = "The question is asked as soon as its documents are read."

Taker = Callable[[tuple[DocumentAttachment, ...]], None]

_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Batch:
    """Files that came with one folder: what can not be read of it is told in one sentence, when all is settled."""

    waits_for: set[int]
    skipped: list[Skipped]
    more: int


@dataclass(slots=True, eq=False)
class _Place:
    """A document in the composer; `batch` where it came with a folder. Its id is that of the place until it is known
    by its bytes. `is_tried`: a password was given."""

    document: DocumentAttachment
    batch: _Batch | None = None
    is_tried: bool = False


@dataclass(slots=True)
class _Asked:
    """A question that waits for its documents."""

    question: str
    taker: Taker = field(repr=False)


class DocumentDesk(QObject):
    """Takes files and folders, in their order and each once, has them read, and hands them to a question.

    Signals:
        attachments_changed: all documents in order, as a tuple of `DocumentAttachment`, in whatever state.
        ready_changed: those that can be asked about.
        problem: a sentence for a person.
        note: a harmless one.
    """

    attachments_changed = Signal(object)
    ready_changed = Signal(object)
    problem = Signal(str)
    note = Signal(str)

    def __init__(
        self, reading: Reading, looking: Looking, store: Store, jobs: Jobs, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._reading, self._store, self._jobs = reading, store, jobs
        self._shown_pages = ShownPages(reading, looking, store, jobs, self)
        self._places: dict[int, _Place] = {}
        self._last_ticket = 0
        self._gathering = 0
        self._asked: list[_Asked] = []
        self._ready: tuple[DocumentAttachment, ...] = ()
        reading.progressed.connect(self._on_progress)
        reading.known.connect(self._on_known)
        reading.failed.connect(self._on_failed)

    @property
    def all(self) -> tuple[DocumentAttachment, ...]:
        """The documents in order."""
        return tuple(place.document for place in self._places.values())

    @property
    def ready(self) -> tuple[DocumentAttachment, ...]:
        """Those that can be asked about."""
        return tuple(document for document in self.all if document.state == "ready")

    @property
    def obstacle(self) -> str:
        """Why a question can not be asked now, for a person; nothing if it can, perhaps a little later."""
        locked = next((document.name for document in self.all if document.state == "password"), "")
        return f"“{locked}” needs its password first. Type it, or remove the document." if locked else ""

    @Slot(object)
    def add(self, paths: Sequence[Path]) -> None:
        """Take files and folders."""
        self._gathering += 1
        room = MOST_FILES - len(self._places)
        self._jobs.run(partial(gather, paths, room), self._on_gathered, partial(self._on_not_gathered, tuple(paths)))

    @Slot(str)
    def remove(self, id: str) -> None:  # noqa: A002 - the seam's own name
        """Take one out, whatever its state."""
        for ticket in [ticket for ticket, place in self._places.items() if place.document.id == id]:
            del self._places[ticket]
            self._reading.stop(id)
            self._settle(ticket)
        self._tell()

    @Slot(str, str)
    def give_password(self, id: str, password: str) -> None:  # noqa: A002
        """Try again to read an encrypted one."""
        for place in self._of(id):
            place.document = replace(place.document, state="reading", sentence="", done=0, total=0)
            place.is_tried = True
            self._tell()
            self._reading.begin(place.document, password)

    def take(self, question: str, taker: Taker) -> None:
        """Hand those that can be asked about to `taker` and take them out, as soon as all are read. What can not be
        read stays here."""
        self._asked.append(_Asked(question, taker))
        if self._is_busy:
            self.note.emit(WAITS)
        self._hand_over()

    @Slot(object)
    def restore(self, documents: tuple[DocumentAttachment, ...]) -> None:
        """Put back what was taken, before what has come since."""
        places, self._places = self._places, {}
        for document in documents:
            if not any(place.document.id == document.id for place in places.values()):
                self._place(_Place(replace(document, shown=())))
        self._places |= places
        self._tell()

    def close(self) -> None:
        """Hand over nothing more."""
        self._asked.clear()
        self._reading.progressed.disconnect(self._on_progress)
        self._reading.known.disconnect(self._on_known)
        self._reading.failed.disconnect(self._on_failed)

    # --- What comes in -----------------------------------------------------------------------------------------------

    def _on_gathered(self, gathered: Gathered) -> None:
        self._gathering -= 1
        tickets = [self._place(_Place(DocumentAttachment("", path, path.name))) for path in gathered.files]
        batch = _Batch(set(tickets), list(gathered.skipped), gathered.more)
        if gathered.has_folder and tickets:
            for ticket in tickets:
                self._places[ticket].batch = batch
        else:
            self._tell_batch(batch)
        for ticket, path in zip(tickets, gathered.files, strict=True):
            work = partial(take_in, path, self._store)
            self._jobs.run(work, partial(self._on_taken_in, ticket), partial(self._on_not_taken_in, ticket))
        self._tell()

    def _on_not_gathered(self, paths: tuple[Path, ...], error: Exception) -> None:
        self._gathering -= 1
        _log.error("files could not be looked at", exc_info=error)
        self.problem.emit(NOT_TAKEN.format(name=paths[0].name))
        self._tell()

    def _on_taken_in(self, ticket: int, document: DocumentAttachment) -> None:
        place = self._places.get(ticket)
        if place is None:
            return
        if self._of(document.id):
            del self._places[ticket]
            self._settle(ticket)
            self._tell()
            return
        place.document = document
        self._tell()
        self._reading.begin(document)

    def _on_not_taken_in(self, ticket: int, error: Exception) -> None:
        place = self._places.get(ticket)
        if place is None:
            return
        if isinstance(error, IntakeError | StoreError):
            sentence = str(error)
        else:
            _log.error("a document could not be taken", exc_info=error)
            sentence = NOT_TAKEN.format(name=place.document.name)
        self._fail(ticket, place, sentence)

    def _place(self, place: _Place) -> int:
        self._last_ticket += 1
        ticket = self._last_ticket
        if not place.document.id:
            place.document = replace(place.document, id=f"place {ticket}")
        self._places[ticket] = place
        return ticket

    # --- The reader --------------------------------------------------------------------------------------------------

    def _on_progress(self, id_: str, done: int, total: int) -> None:
        for place in self._of(id_):
            place.document = replace(place.document, done=done, total=total)
            self._tell()

    def _on_known(self, info: DocumentInfo) -> None:
        for ticket, place in list(self._places.items()):
            if place.document.id == info.document:
                place.document = known(place.document, info)
                self._settle(ticket)
        self._tell()

    def _on_failed(self, id_: str, failed: Failed | None) -> None:
        for ticket, place in list(self._places.items()):
            if place.document.id != id_:
                continue
            if failed is None:
                place.document = replace(place.document, done=0, total=0)
                self._tell()
            elif failed.code == "password_needed":
                sentence = failed.message if place.is_tried else ""
                place.document = replace(place.document, state="password", sentence=sentence, done=0, total=0)
                self._settle(ticket)
                self._tell()
            else:
                self._fail(ticket, place, failed.message)

    def _fail(self, ticket: int, place: _Place, sentence: str) -> None:
        """A file of a folder is passed over, one that was chosen by itself says why it can not be read."""
        if place.batch is not None:
            del self._places[ticket]
            place.batch.skipped.append(Skipped(place.document.name, "it can not be read"))
            _log.info("%s of a folder: %s", place.document.name, sentence)
        else:
            place.document = replace(place.document, state="failed", sentence=sentence, done=0, total=0)
        self._settle(ticket, place.batch)
        self._tell()

    def _settle(self, ticket: int, batch: _Batch | None = None) -> None:
        """It is known what becomes of a place."""
        place = self._places.get(ticket)
        batch = batch or (place.batch if place is not None else None)
        if batch is not None and ticket in batch.waits_for:
            batch.waits_for.remove(ticket)
            if not batch.waits_for:
                self._tell_batch(batch)

    def _tell_batch(self, batch: _Batch) -> None:
        sentence = sentence_of(Gathered((), tuple(batch.skipped), batch.more))
        if sentence:
            self.problem.emit(sentence)

    # --- What goes out -----------------------------------------------------------------------------------------------

    @property
    def _is_busy(self) -> bool:
        return self._gathering > 0 or any(document.state == "reading" for document in self.all)

    def _of(self, id_: str) -> list[_Place]:
        return [place for place in self._places.values() if place.document.id == id_]

    def _hand_over(self) -> None:
        if not self._asked or self._is_busy:
            return
        asked, self._asked = self._asked, []
        for each in asked:
            ready = self.ready
            self._places = {ticket: place for ticket, place in self._places.items() if place.document.state != "ready"}
            self._tell()
            self._shown_pages.add_to(ready, each.question, each.taker)

    def _tell(self) -> None:
        self.attachments_changed.emit(self.all)
        ready = tuple(replace(document, done=0, total=0) for document in self.ready)
        if ready != self._ready:
            self._ready = ready
            self.ready_changed.emit(ready)
        self._hand_over()


def known(document: DocumentAttachment, info: DocumentInfo) -> DocumentAttachment:
    """`document` with what is known once it is read."""
    return replace(
        document,
        kind=info.kind,
        pages=len(info.pages),
        notes=info.notes,
        page_word=info.page_word,
        state="ready",
        sentence="",
        done=0,
        total=0,
    )

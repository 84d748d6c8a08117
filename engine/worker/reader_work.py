"""What the commands about documents do, and how each ends."""

from __future__ import annotations

import hashlib
import logging
import math
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from engine.documents.document import DocumentError, PasswordNeeded, Span
from engine.documents.job import Job, Stopped
from engine.documents.places import documents_folder
from engine.documents.sandbox.isolate import Isolation
from engine.documents.search.find import find_text
from engine.documents.search.index import Index, IndexDamaged
from engine.documents.search.quotes import locate
from engine.documents.search.retrieval import search
from engine.documents.tables import save_table
from engine.failures import failure_of
from engine.protocol import (
    DocumentInfo,
    DocumentRead,
    Done,
    Event,
    Failed,
    FindPassages,
    FindText,
    LocateQuote,
    PageRendered,
    PageShown,
    PassagesFound,
    QuoteLocated,
    ReadDocument,
    ReadProgress,
    RenderPage,
    SaveTable,
    ShowPage,
    SpanShown,
    TextFound,
)
from engine.worker.lanes import Task
from engine.worker.reader import STOPPED
from engine.worker.reader_ocr import Scans

INTERVAL = 0.1
"""Seconds between two tellings of how far a reading is."""
LEAST_PICTURE = 16
"""Pixels of a page that nobody sees."""
MOST_PLACES = 2000
"""Places of a text that are told at once."""
NOT_READ = "What was read of this document is not here any more. Add the document again."

log = logging.getLogger(__name__)

LookRequest = FindPassages | FindText | ShowPage | LocateQuote | SaveTable


def read(
    task: Task[ReadDocument], isolation: Isolation, send: Callable[[Event], None]
) -> tuple[DocumentRead, Scans | None]:
    """Read a document unless its index is there, and say what is left to recognise. Raises whatever goes wrong."""
    command = task.command
    info = _known(command.document)
    if info is not None:
        _check_password(command, info, isolation)
    else:
        with _build(task, isolation, send) as index:
            info = index.info()
    pages = tuple(page.number for page in info.pages if page.scanned and not page.recognised)
    scans = Scans(command.request_id, command, info.kind, pages) if pages else None
    return DocumentRead(command.request_id, info, final=scans is None), scans


def draw(command: RenderPage, cancelled: threading.Event, isolation: Isolation, folder: Path) -> PageRendered:
    """Write a picture of a page into `folder`. Raises whatever goes wrong."""
    if cancelled.is_set():
        raise Stopped
    with _index(command.document) as index:
        kind = index.info().kind
    picture = isolation.render(Path(command.path), kind, command.page, command.width, command.area, command.password)
    path = folder / f"{command.request_id}.png"
    # Packed loosely: it is read at once and deleted.
    picture.save(path, "PNG", compress_level=1)
    return PageRendered(command.request_id, command.page, str(path), picture.width, picture.height)


def look(task: Task[LookRequest]) -> Event:
    """Look into what was read. Raises whatever goes wrong."""
    if task.cancelled.is_set():
        raise Stopped
    command = task.command
    match command:
        case FindPassages():
            return _find_passages(command)
        case FindText():
            with _index(command.document) as index:
                places, more = find_text(index, command.text, MOST_PLACES)
            return TextFound(command.request_id, tuple(places), more)
        case ShowPage():
            return _show_page(command)
        case LocateQuote():
            with _index(command.document) as index:
                place = locate(index, command.quote, command.page)
            if place is None:
                return QuoteLocated(command.request_id, 0, (), "", exact=False)
            return QuoteLocated(command.request_id, place.page, tuple(place.boxes), place.text, place.exact)
        case SaveTable():
            with _index(command.document) as index:
                sentence = save_table(index, command.page, command.table, Path(command.to))
            return Done(command.request_id, command.to, sentence)


def failed(request_id: str, error: Exception) -> Failed:
    """The end of a command that can not be carried out. What nobody foresaw goes into the log with its trace."""
    match error:
        case Stopped():
            return Failed(request_id, "bad_request", STOPPED)
        case DocumentError():
            return Failed(request_id, error.code, str(error))
        case KeyError():
            return Failed(request_id, "bad_request", "This document has no such page. Open the document again.")
    return failure_of(request_id, error)


def _known(document: str) -> DocumentInfo | None:
    """What is told of a document that was read before, None where it has to be read."""
    index = Index.open(documents_folder(), document)
    if index is None:
        return None
    with index:
        try:
            return index.info()
        except IndexDamaged:
            return None


def _check_password(command: ReadDocument, info: DocumentInfo, isolation: Isolation) -> None:
    """Who reads a document the second time must know its password as well. Raises `PasswordNeeded`."""
    path = Path(command.path)
    if info.kind == "pdf" and _is_encrypted(path):
        try:
            isolation.render(path, info.kind, 1, LEAST_PICTURE, None, command.password)
        except PasswordNeeded:
            raise
        except DocumentError as error:
            log.info("whether the password is right is not known: %s", error)


def _is_encrypted(path: Path) -> bool:
    """Whether a PDF file speaks of encryption; it may be another that only does so in its text."""
    word = b"/Encrypt"
    before = b""
    try:
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                if word in before + piece:
                    return True
                before = piece[-len(word) :]
    except OSError:
        # What was read can be looked into without the file.
        return False
    return False


def _build(task: Task[ReadDocument], isolation: Isolation, send: Callable[[Event], None]) -> Index:
    command, path = task.command, Path(task.command.path)

    def checkpoint() -> None:
        if task.cancelled.is_set():
            raise Stopped

    last = -math.inf

    def progress(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= INTERVAL:
            last = time.monotonic()
            send(ReadProgress(command.request_id, done, total))

    checkpoint()
    document = isolation.read(path, command.name, Job(command.password, progress=progress, checkpoint=checkpoint))
    _check_bytes(command, path, checkpoint)
    return Index.build(documents_folder(), command.document, document)


def _check_bytes(command: ReadDocument, path: Path, checkpoint: Callable[[], None]) -> None:
    """What is kept by a hash must be what has that hash: the file may have changed since it was computed."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                checkpoint()
                digest.update(piece)
    except OSError as error:
        raise DocumentError("document_unreadable", f"{command.name} is not there any more. Add it again.") from error
    if digest.hexdigest() != command.document:
        raise DocumentError(
            "document_unreadable", f"{command.name} was changed while it was read. Add it again when it is finished."
        )


def _find_passages(command: FindPassages) -> PassagesFound:
    with ExitStack() as opened:
        indexes = [(document, opened.enter_context(_index(document))) for document in command.documents]
        found = search(indexes, command.question, command.top)
    return PassagesFound(command.request_id, tuple(found))


def _show_page(command: ShowPage) -> PageShown:
    with _index(command.document) as index:
        page = index.page(command.page)
    return PageShown(command.request_id, command.page, tuple(map(_shown, page.spans)), len(page.tables))


def _shown(span: Span) -> SpanShown:
    words = tuple(word.text for word in span.words)
    return SpanShown(span.text, span.kind, span.level, words, tuple(word.box for word in span.words))


def _index(document: str) -> Index:
    index = Index.open(documents_folder(), document)
    if index is None:
        raise DocumentError("document_unreadable", NOT_READ)
    return index

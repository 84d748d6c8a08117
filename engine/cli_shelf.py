"""Documents of the command line: read, recognised and kept as the window does it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.cli_output import Output
from engine.documents.document import DocumentError, PasswordNeeded
from engine.documents.job import Stopped
from engine.documents.places import documents_folder
from engine.documents.sandbox.isolate import Isolation
from engine.documents.search.index import Index, IndexDamaged
from engine.protocol import DocumentInfo, DocumentRef, Failed, PagePicture, ReadDocument
from engine.worker.lanes import Task
from engine.worker.reader_ocr import Recognition
from engine.worker.reader_work import failed, read

REQUEST_ID = "read"
MOST_PICTURES = 4
"""Scanned pages of a document that a question shows to the model; of a document with more of them, none."""
PICTURE_WIDTH = 1_240
"""Pixels: A4 at 150 dots per inch."""


class Shelf:
    """Reads files and keeps what was read: a file that is known is not read again. Tells `output` how far it is, and
    what went wrong."""

    def __init__(self, isolation: Isolation, output: Output, password: str, stopped: threading.Event) -> None:
        self._isolation, self._output, self._password, self._stopped = isolation, output, password, stopped

    def read(self, path: Path) -> str:
        """The sha256 of a document that can be opened now, ``""`` where that failed or was stopped."""
        try:
            command = ReadDocument(REQUEST_ID, _digest(path), str(path), path.name, self._password)
            document, scans = read(Task(command, self._stopped), self._isolation, self._output.show)
            self._output.show(document)
            if scans is not None:
                recognition = Recognition(self._isolation, self._output.show)
                self._output.show(recognition.recognise(Task(scans, self._stopped)))
        except Stopped:
            return ""
        except PasswordNeeded as error:
            self._output.show(Failed(REQUEST_ID, error.code, f"{error} Here: --password PASSWORD"))
            return ""
        except Exception as error:  # noqa: BLE001 - the outermost boundary of a reading: it ends in a sentence
            self._output.show(failed(REQUEST_ID, error))
            return ""
        return command.document

    def open(self, document: str) -> Index:
        """The index of a document that was read."""
        index = Index.open(documents_folder(), document)
        if index is None:
            raise IndexDamaged
        return index

    def ref(self, path: Path, folder: Path) -> DocumentRef | None:
        """`path` as part of a question; pictures of its scanned pages are kept in `folder`. None where it can not be
        read."""
        document = self.read(path)
        if not document:
            return None
        with self.open(document) as index:
            info = index.info()
        return DocumentRef(document, str(path), path.name, pictures=tuple(self._pictures(path, info, folder)))

    def _pictures(self, path: Path, info: DocumentInfo, folder: Path) -> Iterator[PagePicture]:
        scanned = [page.number for page in info.pages if page.scanned]
        for page in scanned if len(scanned) <= MOST_PICTURES else ():
            kept = folder / f"{info.document}-{page}.png"
            try:
                self._isolation.render(path, info.kind, page, PICTURE_WIDTH, None, self._password).save(kept)
            except DocumentError as error:
                self._output.show(Failed(REQUEST_ID, error.code, str(error)))
                continue
            yield PagePicture(page, _digest(kept), str(kept))


@contextmanager
def open_shelf(output: Output, password: str, stopped: threading.Event) -> Iterator[Shelf]:
    """A shelf whose processes end with the block."""
    isolation = Isolation()
    try:
        yield Shelf(isolation, output, password, stopped)
    finally:
        isolation.close()


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except IsADirectoryError as error:
        raise DocumentError("document_unreadable", f"{path} is a folder. Name the files in it.") from error
    except PermissionError as error:
        raise DocumentError("document_unreadable", f"{path} may not be read. Change its permissions.") from error
    except OSError as error:
        raise DocumentError("document_unreadable", f"There is no file {path}. Check its name.") from error

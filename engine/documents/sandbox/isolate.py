"""Reads and draws files in a process that is killed when it crashes, hangs or eats memory. A page that brings it down
is said and passed over, and the rest is read."""

from __future__ import annotations

import stat
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image

from engine.documents.document import Document, DocumentError, Page, PasswordNeeded
from engine.documents.job import Job
from engine.documents.limits import Limits
from engine.documents.render import MOST_PIXELS
from engine.documents.sandbox.packing import PackingError, unpack_document, unpack_page
from engine.documents.sandbox.reading_process import Ended, ReadingProcess
from engine.documents.sniff import kind_of
from engine.protocol import Box, DocumentKind

READER = "engine.documents.reading:read"
MOST_FAILURES = 10
"""Pages of one file that may bring a process down before no more are tried."""
RENDER_LIMITS = Limits()

_WHY: dict[str, str] = {
    "crashed": "the reader stopped at it, which happens with damaged files",
    "hung": "it took too long",
    "memory": "it took too much memory",
}


@dataclass(frozen=True, slots=True)
class _Signature:
    """What changes when a file is written to or replaced."""

    size: int
    changed: int
    node: int


class Isolation:
    """Keeps a process ready. One read or drawing at a time; not for several threads at once.

    `reader` names the function that reads, as ``module:function``."""

    def __init__(self, reader: str = READER) -> None:
        self._reader = reader
        self._spare: ReadingProcess | None = None
        self._drawing: tuple[Path, ReadingProcess] | None = None

    def warm(self) -> None:
        """Start the next process ahead of its use, so that its start takes no time then."""
        if self._spare is None or not self._spare.alive:
            self._spare = ReadingProcess()

    def read(self, path: Path, name: str, job: Job) -> Document:
        """What ``reading.read`` gives, from another process. Pages go to `job.emit`, if there is one, as they come, and
        are not in the document then.

        Raises:
            PasswordNeeded, DocumentError: it can not be read.
            Stopped: from the job's checkpoint, which is asked a few times a second.
        """
        before = _signature(path, name, job.limits)
        document = _Reading(self._take, self._reader, path, name, job).run()
        if _signature(path, name, job.limits) != before:
            raise DocumentError(
                "document_unreadable", f"{name} was changed while it was read. Add it again when it is finished."
            )
        return document

    def render(
        self, path: Path, kind: DocumentKind, page: int, width: int, area: Box | None, password: str
    ) -> Image.Image:
        """What ``render.render`` gives, from another process, which is kept for the next page of the same file.

        Raises:
            PasswordNeeded, DocumentError: it can not be drawn.
        """
        _signature(path, path.name, RENDER_LIMITS)
        if self._drawing is None or self._drawing[0] != path or not self._drawing[1].alive:
            self._end_drawing()
            self._drawing = (path, self._take())
        process = self._drawing[1]
        place = None if area is None else (area.x0, area.y0, area.x1, area.y1)
        limits = RENDER_LIMITS
        try:
            process.send(
                "render", limits.memory_bytes, limits.page_seconds, str(path), kind, page, width, place, password
            )
            deadline = time.monotonic() + limits.page_seconds
            while True:
                reply = process.receive(deadline, limits.memory_bytes)
                if reply and reply[0] in ("password", "error"):
                    raise _error(reply)
                if reply and reply[0] == "picture":
                    return _picture(reply)
        except (Ended, PackingError) as error:
            self._end_drawing()
            reason = error.reason if isinstance(error, Ended) else "crashed"
            raise DocumentError(
                "document_unreadable", f"Page {page} of {path.name} can not be shown: {_WHY[reason]}."
            ) from error

    def close(self) -> None:
        """End all processes."""
        self._end_drawing()
        if self._spare is not None:
            self._spare.close()
            self._spare = None

    def _take(self) -> ReadingProcess:
        process, self._spare = self._spare, None
        return process if process is not None and process.alive else ReadingProcess()

    def _end_drawing(self) -> None:
        if self._drawing is not None:
            self._drawing[1].close()
            self._drawing = None


def read_isolated(path: Path, name: str, job: Job, reader: str = READER) -> Document:
    """`Isolation.read`, once."""
    isolation = Isolation(reader)
    try:
        return isolation.read(path, name, job)
    finally:
        isolation.close()


class _Reading:
    """One file, by as many processes as it takes."""

    def __init__(self, take: Callable[[], ReadingProcess], reader: str, path: Path, name: str, job: Job) -> None:
        self._take, self._reader, self._path, self._name, self._job = take, reader, path, name, job
        self._pages: list[Page] = []
        self._next = job.first
        self._total: int | None = None
        self._read_any = False
        self._until = time.monotonic() + job.limits.seconds

    def run(self) -> Document:
        """Read to the end, whatever happens to single pages."""
        failures = 0
        while True:
            try:
                document = self._attempt()
                break
            except (Ended, DocumentError, PackingError) as error:
                if isinstance(error, PasswordNeeded) or self._total is None or self._total <= 1:
                    raise self._refusal(error) from error
                failures += 1
                if self._next > self._total:
                    document = self._headless()
                    break
                self._pass_over(error)
                if failures >= MOST_FAILURES or time.monotonic() >= self._until:
                    self._give_up(error)
        if self._total is not None and not self._read_any and self._next > self._job.first:
            raise DocumentError("document_unreadable", f"No page of {self._name} could be read. {_SAVE_AGAIN}")
        return document if self._job.emit is not None else replace(document, pages=(*self._pages, *document.pages))

    def _attempt(self) -> Document:
        job, limits = self._job, self._job.limits
        process = self._take()
        try:
            process.send(
                "read", limits.memory_bytes, limits.seconds,
                self._reader, str(self._path), self._name, job.password, asdict(limits), self._next,
            )  # fmt: skip
            deadline = self._deadline()
            while True:
                job.checkpoint()
                reply = process.receive(deadline, limits.memory_bytes)
                if reply is None:
                    continue
                if reply[0] == "document":
                    return self._whole(reply)
                self._take_in(reply)
                deadline = self._deadline()
        finally:
            process.close()

    def _deadline(self) -> float:
        return min(time.monotonic() + self._job.limits.page_seconds, self._until)

    def _take_in(self, reply: tuple[Any, ...]) -> None:
        match reply:
            case ("opened", int(total)):
                self._total = total
            case ("page", tuple(values)):
                self._hand_on(unpack_page(values))
                self._read_any = True
            case ("progress", int(done), int(total)):
                self._job.progress(done, total)
            case ("password" | "error", str(), str()):
                raise _error(reply)
            case ("alive",):
                pass
            case _:
                raise PackingError("an unknown reply")

    def _whole(self, reply: tuple[Any, ...]) -> Document:
        document = unpack_document(reply[1])
        if self._job.emit is None or self._total is not None:
            return document
        for page in document.pages:
            self._job.emit(page)
        return replace(document, pages=())

    def _hand_on(self, page: Page) -> None:
        if self._job.emit is None:
            self._pages.append(page)
        else:
            self._job.emit(page)
        self._next = page.number + 1

    def _pass_over(self, error: Exception) -> None:
        number = self._next
        problem = str(error) if isinstance(error, DocumentError) else f"It could not be read: {_WHY[_reason(error)]}."
        self._hand_on(Page(number, (), problem=f"Page {number}: {problem}"))
        self._job.progress(number, self._total or number)

    def _give_up(self, error: Exception) -> None:
        late = time.monotonic() >= self._until
        why = "reading the file took too long" if late else "too many pages before it could not be read"
        for number in range(self._next, (self._total or 0) + 1):
            self._hand_on(Page(number, (), problem=f"Page {number} was not read: {why}."))
        self._until = time.monotonic() + self._job.limits.page_seconds

    def _headless(self) -> Document:
        """All pages are there, but not what comes after them."""
        kind = kind_of(self._path, self._name, self._job.limits)
        word = "sheet" if kind in ("xlsx", "xls", "ods") else "page"
        notes = ("Its table of contents could not be read.",)
        return Document(kind, Path(self._name).stem, word, (), notes=notes)  # type: ignore[arg-type]

    def _refusal(self, error: Exception) -> DocumentError:
        if isinstance(error, DocumentError):
            return error
        why = {
            "crashed": "brings the reader down",
            "hung": "takes too long to be read",
            "memory": "takes too much memory to be read",
        }
        return DocumentError("document_unreadable", f"{self._name} {why[_reason(error)]}. {_SAVE_AGAIN}")


_SAVE_AGAIN = "Open it in the program it comes from and save it again, or as PDF."


def _reason(error: Exception) -> str:
    return error.reason if isinstance(error, Ended) else "crashed"


def _error(reply: tuple[Any, ...]) -> DocumentError:
    kind, code, message = reply
    return (PasswordNeeded if kind == "password" else DocumentError)(code, message)


def _picture(reply: tuple[Any, ...]) -> Image.Image:
    _, width, height, data = reply
    sides = isinstance(width, int) and isinstance(height, int) and min(width, height) > 0
    if not sides or not isinstance(data, bytes) or len(data) != 3 * width * height or len(data) > 6 * MOST_PIXELS:
        raise PackingError("not a picture")
    return Image.frombytes("RGB", (width, height), data)


def _signature(path: Path, name: str, limits: Limits) -> _Signature:
    """Raises DocumentError for what is no file that can be read."""
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise DocumentError("document_unreadable", f"{name} is a folder. Add the files in it.")
        if not stat.S_ISREG(found.st_mode):
            raise DocumentError("document_unreadable", f"{name} is not a file. Add a document instead.")
        with path.open("rb"):
            pass
    except PermissionError as error:
        raise DocumentError(
            "document_unreadable", f"{name} may not be read. Change its permissions or add a copy of it."
        ) from error
    except OSError as error:
        raise DocumentError("document_unreadable", f"{name} is not there any more. Add it again.") from error
    if found.st_size == 0:
        raise DocumentError("document_unreadable", f"{name} is empty. Choose the file that has something in it.")
    if found.st_size > limits.file_bytes:
        raise DocumentError(
            "document_unreadable",
            f"{name} has {found.st_size / 1e6:,.0f} MB, and {limits.file_bytes / 1e6:,.0f} MB is the most that is "
            "read. Split it and add the parts.",
        )
    return _Signature(found.st_size, found.st_mtime_ns, found.st_ino)

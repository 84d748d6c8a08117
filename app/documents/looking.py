"""`Looking`: pages, passages and places of documents that were read, from the reader process to the window."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QImage

from app.domain.documents import DocumentAttachment
from app.engine_client import Service
from app.jobs import Jobs
from engine.protocol import (
    Box,
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
    RenderPage,
    SaveTable,
    ShowPage,
    TextFound,
    request_id_of,
)

AT_ONCE = 2
"""Pages that are drawn and fetched at the same time: one is drawn while the one before it is unpacked."""
NOT_DRAWN = "This page could not be drawn. Scroll away and back to try again."

Answer = Callable[[Event], None]
Request = RenderPage | ShowPage | FindText | FindPassages | LocateQuote | SaveTable


class Looking(QObject):
    """Each wish is answered by one call of what was given with it. `password_of` a document's id is what opens it."""

    def __init__(
        self, service: Service, jobs: Jobs, password_of: Callable[[str], str], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._service, self._jobs, self._password_of = service, jobs, password_of
        self._waiting: dict[str, Answer] = {}
        self._wishes: deque[tuple[RenderPage, Callable[[], bool], Answer]] = deque()
        self._drawing = 0
        service.event_received.connect(self._on_event)

    def draw(
        self,
        document: DocumentAttachment,
        page: int,
        width: int,
        done: Callable[[QImage], None],
        failed: Callable[[str], None],
        *,
        area: Box | None = None,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        """A picture of a page, or of the part `area` of it. Wishes wait here, and one that is not wanted any more when
        its turn comes is dropped without an answer."""
        path, password = str(document.path), self._password_of(document.id)
        request = RenderPage(uuid.uuid4().hex, document.id, path, page, width, area, password)

        def answer(event: Event) -> None:
            if isinstance(event, PageRendered):
                self._jobs.run(partial(_unpack, Path(event.path)), unpacked, lambda _: unpacked(None))
            else:
                self._free()
                failed(event.message if isinstance(event, Failed) else NOT_DRAWN)

        def unpacked(image: QImage | None) -> None:
            self._free()
            if image is None:
                failed(NOT_DRAWN)
            else:
                done(image)

        self._wishes.append((request, is_wanted, answer))
        self._draw_next()

    def show_page(self, document: str, page: int, answer: Callable[[PageShown | Failed], None]) -> None:
        """The text of a page."""
        self._ask(ShowPage(uuid.uuid4().hex, document, page), answer)

    def find_text(self, document: str, text: str, answer: Callable[[TextFound | Failed], None]) -> None:
        """All places of a text."""
        self._ask(FindText(uuid.uuid4().hex, document, text), answer)

    def find_passages(
        self, documents: tuple[str, ...], question: str, top: int, answer: Callable[[PassagesFound | Failed], None]
    ) -> None:
        """What says most about a question."""
        self._ask(FindPassages(uuid.uuid4().hex, documents, question, top), answer)

    def locate(self, document: str, quote: str, page: int, answer: Callable[[QuoteLocated | Failed], None]) -> None:
        """Where a document says a quote."""
        self._ask(LocateQuote(uuid.uuid4().hex, document, quote, page), answer)

    def save_table(
        self, document: str, page: int, table: int, to: Path, answer: Callable[[Done | Failed], None]
    ) -> None:
        """Write a table as CSV."""
        self._ask(SaveTable(uuid.uuid4().hex, document, page, table, str(to)), answer)

    def close(self) -> None:
        """Listen no more, and answer nobody."""
        self._waiting.clear()
        self._wishes.clear()
        self._service.event_received.disconnect(self._on_event)

    def _ask(self, request: Request, answer: Callable[..., None]) -> None:
        self._waiting[request.request_id] = answer
        self._service.send(request)

    def _draw_next(self) -> None:
        while self._wishes and self._drawing < AT_ONCE:
            request, is_wanted, answer = self._wishes.popleft()
            if is_wanted():
                self._drawing += 1
                self._ask(request, answer)

    def _free(self) -> None:
        self._drawing -= 1
        self._draw_next()

    def _on_event(self, event: Event) -> None:
        answer = self._waiting.pop(request_id_of(event) or "", None)
        if answer is not None:
            answer(event)


def _unpack(path: Path) -> QImage | None:
    """The picture in a file, which is then deleted; None where there is none."""
    image = QImage(str(path))
    path.unlink(missing_ok=True)
    return None if image.isNull() else image

"""`Finder`: places on pictures without the model, from the reader process to the window."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from app.engine_client import Service
from engine.protocol import (
    Cancel,
    CheckMarks,
    Element,
    Event,
    Failed,
    FindOnScreen,
    FoundFor,
    FoundOnScreen,
    Grounded,
    Mark,
    MarksChecked,
    request_id_of,
)

Elements = tuple[Element, ...]


class Finder(QObject):
    """Each wish is answered by one call of `told` or `failed`, which gets a sentence, unless it is cancelled. Nothing
    is told from inside a call. Pictures are named by their sha256; what was read of one is known for the next wish."""

    def __init__(self, service: Service, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._service = service
        self._waiting: dict[str, Callable[[Event], None]] = {}
        self._ahead: dict[str, FindOnScreen] = {}
        """What is to be read ahead, by picture."""
        self._read: set[str] = set()
        """Pictures that were read or are on their way."""
        self._reads: FindOnScreen | None = None
        """What is read ahead now."""
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._read_on)
        service.event_received.connect(self._on_event)

    def find(
        self,
        attachment: str,
        path: Path,
        elements: Elements,
        queries: Sequence[str],
        told: Callable[[tuple[FoundFor, ...]], None],
        failed: Callable[[str], None],
        top: int = 5,
    ) -> str:
        """Where each of `queries`, in a person's words, is on the picture: at most `top` places each, best first.
        Returns the request's id."""

        def answer(event: Event) -> None:
            if isinstance(event, FoundOnScreen):
                told(event.found)
            elif isinstance(event, Failed):
                failed(event.message)

        request_id = uuid.uuid4().hex
        self._ask(FindOnScreen(request_id, attachment, str(path), elements, tuple(queries), top), answer)
        return request_id

    def check(
        self,
        attachment: str,
        path: Path,
        elements: Elements,
        marks: Sequence[Grounded],
        told: Callable[[tuple[Mark, ...]], None],
        failed: Callable[[str], None],
    ) -> str:
        """Weigh what the model said against the picture's text and `elements`. Returns the request's id."""

        def answer(event: Event) -> None:
            if isinstance(event, MarksChecked):
                told(event.marks)
            elif isinstance(event, Failed):
                failed(event.message)

        request_id = uuid.uuid4().hex
        self._ask(CheckMarks(request_id, attachment, str(path), tuple(marks), elements), answer)
        return request_id

    def read_ahead(self, attachment: str, path: Path, elements: Elements) -> None:
        """Read a picture's text once, when the process has nothing else to do. Nobody hears of a failure: the wish that
        needs it will say it."""
        if attachment not in self._read:
            self._ahead[attachment] = FindOnScreen(uuid.uuid4().hex, attachment, str(path), elements)
            self._soon.start()

    def cancel(self, request_id: str) -> None:
        """Nobody waits for it any more. Unknown ids are ignored."""
        if self._waiting.pop(request_id, None) is not None:
            self._service.send(Cancel(request_id))

    def close(self) -> None:
        """Listen no more, and answer nobody."""
        self._soon.stop()
        self._waiting.clear()
        self._ahead.clear()
        self._service.event_received.disconnect(self._on_event)

    def _ask(self, request: FindOnScreen | CheckMarks, answer: Callable[[Event], None]) -> None:
        if self._reads is not None and self._reads.attachment != request.attachment:
            # Somebody waits for another picture now. This one is taken up again afterwards.
            self._ahead[self._reads.attachment] = FindOnScreen(
                uuid.uuid4().hex, self._reads.attachment, self._reads.path, self._reads.elements
            )
            self._service.send(Cancel(self._reads.request_id))
            self._reads = None
        self._waiting[request.request_id] = answer
        self._service.send(request)

    def _read_on(self) -> None:
        if not self._ahead or self._service.busy:
            return
        attachment = next(iter(self._ahead))
        self._reads = self._ahead.pop(attachment)
        self._read.add(attachment)
        self._service.send(self._reads)

    def _on_event(self, event: Event) -> None:
        request_id = request_id_of(event) or ""
        if self._reads is not None and self._reads.request_id == request_id:
            self._reads = None
        answer = self._waiting.pop(request_id, None)
        if answer is not None:
            answer(event)
        if self._ahead:
            self._soon.start()

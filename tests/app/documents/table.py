"""A desk with a real reader process, and everything it said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytestqt.qtbot import QtBot

from app.documents import DocumentDesk, Looking, Opening, Reading
from app.domain.documents import DocumentAttachment
from app.engine_client import Service
from app.jobs import Jobs
from app.main import worker
from app.store import Store

WAIT = 60_000


class Table:
    """The desk and what it stands on. `end` closes it as the program does."""

    def __init__(self, qtbot: QtBot, data: Path) -> None:
        self.qtbot = qtbot
        self.store, self.jobs = Store(data), Jobs()
        self.service = Service(worker("reader"), "process that reads documents")
        self.reading = Reading(self.service)
        self.looking = Looking(self.service, self.jobs, self.reading.password)
        self.desk = DocumentDesk(self.reading, self.looking, self.store, self.jobs)
        self.opening = Opening(self.reading, self.jobs, self.store.copies)
        self.changes: list[tuple[DocumentAttachment, ...]] = []
        self.problems: list[str] = []
        self.notes: list[str] = []
        self.desk.attachments_changed.connect(self.changes.append)
        self.desk.problem.connect(self.problems.append)
        self.desk.note.connect(self.notes.append)
        self.opening.problem.connect(self.problems.append)

    def end(self) -> None:
        for part in (self.desk, self.opening, self.looking, self.reading):
            part.close()
        self.service.shutdown()
        self.jobs.close()
        self.store.close()

    def until(self, condition: Any) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=WAIT)

    def states(self) -> list[tuple[str, str]]:
        return [(document.name, document.state) for document in self.desk.all]

    def add(self, *paths: Path) -> tuple[DocumentAttachment, ...]:
        """Add files, and wait until it is known what becomes of them."""
        before = len(self.changes)
        self.desk.add(paths)
        self.until(lambda: len(self.changes) > before and "reading" not in [state for _, state in self.states()])
        return self.desk.all

    def take(self, question: str = "When?") -> tuple[DocumentAttachment, ...]:
        taken: list[tuple[DocumentAttachment, ...]] = []
        self.desk.take(question, taken.append)
        self.until(lambda: taken)
        return taken[0]

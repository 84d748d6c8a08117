"""`Attachments`: the pictures that wait in the composer."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.conversation import Attachment, Picture
from app.jobs import Jobs
from app.store.errors import StoreError
from app.store.store import Store

MOST = 20
TOO_MANY = f"A question takes up to {MOST} pictures. Send these first, or remove some."
NOT_KEPT = "The picture could not be kept. Add it once more."

_log = logging.getLogger(__name__)


class Attachments(QObject):
    """Keeps pictures as they come in, in their order, each once.

    Signals:
        changed: all attachments in order, as a tuple.
        problem: a sentence for a person.
    """

    changed = Signal(object)
    problem = Signal(str)

    def __init__(self, store: Store, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._jobs = jobs
        self._last_ticket = 0
        # By ticket, None while the picture is being written: jobs end in any order.
        self._places: dict[int, Attachment | None] = {}
        self._takers: list[Callable[[tuple[Attachment, ...]], None]] = []

    @property
    def all(self) -> tuple[Attachment, ...]:
        """The attachments that are kept, in order."""
        return tuple(attachment for attachment in self._places.values() if attachment is not None)

    @property
    def is_busy(self) -> bool:
        """Whether a picture is still being written."""
        return None in self._places.values()

    @Slot(object)
    def add(self, picture: Picture) -> None:
        """Keep a picture. The same picture twice is one attachment."""
        if len(self._places) >= MOST:
            self.problem.emit(TOO_MANY)
            return
        self._last_ticket += 1
        ticket = self._last_ticket
        self._places[ticket] = None
        self._jobs.run(
            partial(self._store.keep, picture), partial(self._on_kept, ticket), partial(self._on_failed, ticket)
        )

    @Slot(str)
    def remove(self, id: str) -> None:  # noqa: A002 - the seam's own name
        """Take one out."""
        self._replace(tuple(attachment for attachment in self.all if attachment.id != id))

    @Slot(str, int)
    def move(self, id: str, index: int) -> None:  # noqa: A002
        """Put one at another place, counted from 0."""
        moved = [attachment for attachment in self.all if attachment.id == id]
        others = [attachment for attachment in self.all if attachment.id != id]
        self._replace((*others[:index], *moved, *others[index:]))

    def clear(self) -> tuple[Attachment, ...]:
        """Take all out and return them. One that is still being written stays and appears later."""
        taken = self.all
        self._replace(())
        return taken

    def take(self, taker: Callable[[tuple[Attachment, ...]], None]) -> None:
        """Take all out and hand them to `taker`, as soon as those that are being written are kept too: Enter right
        after a paste must not send the question without its picture."""
        self._takers.append(taker)
        self._hand_over()

    @Slot(object)
    def restore(self, attachments: tuple[Attachment, ...]) -> None:
        """Put back what was taken, before what has come since."""
        back = {attachment.id: attachment for attachment in (*attachments, *self.all)}
        self._replace(tuple(back.values()))

    def _on_kept(self, ticket: int, attachment: Attachment) -> None:
        before = self.all
        self._places[ticket] = attachment
        same = [place for place, other in self._places.items() if other is not None and other.id == attachment.id]
        for place in same[1:]:
            del self._places[place]
        if self.all != before:
            self.changed.emit(self.all)
        self._hand_over()

    def _on_failed(self, ticket: int, error: Exception) -> None:
        del self._places[ticket]
        if isinstance(error, StoreError):
            self.problem.emit(str(error))
        else:
            _log.error("a picture could not be kept", exc_info=error)
            self.problem.emit(NOT_KEPT)
        self._hand_over()

    def _hand_over(self) -> None:
        if self._takers and not self.is_busy:
            takers, self._takers = self._takers, []
            for taker in takers:
                taker(self.clear())

    def _replace(self, attachments: tuple[Attachment, ...]) -> None:
        """Those that are being written keep their tickets and stand last."""
        before = self.all
        writing = {ticket: None for ticket, attachment in self._places.items() if attachment is None}
        self._places = {}
        for attachment in attachments:
            self._last_ticket += 1
            self._places[self._last_ticket] = attachment
        self._places |= writing
        if attachments != before:
            self.changed.emit(attachments)

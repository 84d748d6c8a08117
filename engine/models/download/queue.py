"""The downloads that are to come, one after the other."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from engine.protocol import Pull


@dataclass(slots=True, eq=False)
class Ticket:
    """A download in line. `cancelled` asks it to stop, `over` is set when its end has been
    told."""

    request: Pull
    slug: str
    title: str
    started: bool = False
    cancelled: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)


class Queue:
    """First come, first served. Used by several threads: one works, others add and cancel."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._tickets: list[Ticket] = []
        self._closed = False

    def add(self, ticket: Ticket) -> bool:
        """Put it at the end of the line; False for a model that is in line already."""
        with self._changed:
            if any(other.slug == ticket.slug and not other.cancelled.is_set() for other in self._tickets):
                return False
            self._tickets.append(ticket)
            self._changed.notify_all()
            return True

    def next(self) -> Ticket | None:
        """The first in line, which counts as started; waits for one. None once it is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or bool(self._tickets))
            if self._closed:
                return None
            self._tickets[0].started = True
            return self._tickets[0]

    def end(self, ticket: Ticket) -> None:
        """It is no more in line."""
        with self._changed:
            self._tickets.remove(ticket)

    def cancel(self, request_id: str = "", slug: str = "") -> Ticket | None:
        """Ask the download with the id or of the model to stop, and return it. One that had not started is over."""
        with self._changed:
            for ticket in self._tickets:
                if ticket.request.request_id == request_id or ticket.slug == slug:
                    ticket.cancelled.set()
                    if not ticket.started:
                        self._tickets.remove(ticket)
                        ticket.over.set()
                    return ticket
            return None

    def close(self) -> None:
        """Ask what runs to stop, and let nothing start any more."""
        with self._changed:
            self._closed = True
            for ticket in self._tickets:
                ticket.cancelled.set()
            self._changed.notify_all()

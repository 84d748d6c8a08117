"""What the process ``downloads`` does with its commands."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterable

from engine.backends.base import Cancelled
from engine.models.download import DownloadError, Hosts, begin, discard, pause, pull, slug_of
from engine.models.download.queue import Queue, Ticket
from engine.models.places import models_folder
from engine.models.tokens import Tokens
from engine.protocol import (
    Cancel,
    Command,
    DiscardDownload,
    Done,
    DownloadProgress,
    Event,
    Failed,
    KeepToken,
    Paused,
    Pull,
    Pulled,
    Unfinished,
)
from engine.worker.channel import Channel
from engine.worker.service import CommandService

UNFORESEEN = "Something went wrong with the downloads. Try again; if it comes back, the log has the details."

log = logging.getLogger(__name__)


class DownloadsWorker:
    """Takes commands until the input ends. Downloads run on the thread that calls `run`, all else on another one, so
    that nothing waits for a download but the next one."""

    def __init__(self, channel: Channel) -> None:
        self._service = CommandService(channel, self._accept, self._close)
        self._queue = Queue()
        self._errands: queue.SimpleQueue[tuple[str, Callable[[], object]]] = queue.SimpleQueue()
        self._models = models_folder()
        self._tokens = Tokens()
        self._hosts = Hosts()

    def allows(self, host: str) -> bool:
        """Whether the download that runs has business with `host`."""
        return self._hosts.allows(host)

    def run(self, lines: Iterable[bytes | None]) -> int:
        """Work until the input ends; returns the exit code."""
        self._service.listen(lines)
        threading.Thread(target=self._run_errands, name="errands", daemon=True).start()
        while (ticket := self._queue.next()) is not None:
            event = self._end_of(ticket)
            self._queue.end(ticket)
            self._service.send(event)
            ticket.over.set()
        return 0

    # --- On the thread that reads ------------------------------------------------------------------------------------

    def _accept(self, command: Command) -> None:
        match command:
            case Pull():
                self._errands.put((command.request_id, lambda: self._line_up(command)))
            case Cancel():
                # At once, unless it is not in line yet: what comes before it may take its time.
                if not self._pause(command.request_id):
                    self._errands.put((command.request_id, lambda: self._pause(command.request_id)))
            case DiscardDownload():
                self._errands.put((command.request_id, lambda: self._discard(command)))
            case KeepToken():
                self._errands.put((command.request_id, lambda: self._keep(command)))
            case _:
                self._service.refuse(command)

    def _pause(self, request_id: str) -> bool:
        """Whether the download was in line."""
        ticket = self._queue.cancel(request_id=request_id)
        if ticket is not None and not ticket.started:
            self._service.send(self._paused(ticket))
        return ticket is not None

    def _close(self) -> None:
        self._queue.close()

    # --- On the thread for errands -----------------------------------------------------------------------------------

    def _run_errands(self) -> None:
        while True:
            request_id, errand = self._errands.get()
            try:
                errand()
            except Exception:  # the outermost boundary of a command: it ends in an event, come what may
                log.exception("an errand for %s failed", request_id)
                self._service.send(Failed(request_id, "internal", UNFORESEEN))

    def _line_up(self, request: Pull) -> None:
        try:
            known = begin(request, self._models)
        except DownloadError as error:
            self._service.send(Failed(request.request_id, error.code, str(error)))
            return
        ticket = Ticket(request, slug_of(request.name), known.title)
        if not self._queue.add(ticket):
            message = f"{known.title} is being fetched already. Wait for it, or pause it first."
            self._service.send(Failed(request.request_id, "busy", message))
            return
        self._service.send(_waiting(request, known))

    def _discard(self, command: DiscardDownload) -> None:
        try:
            ticket = self._queue.cancel(slug=slug_of(command.name))
            if ticket is not None:
                ticket.over.wait()
                if not ticket.started:
                    self._service.send(Paused(ticket.request.request_id))
            discard(self._models, command.name)
        except DownloadError as error:
            self._service.send(Failed(command.request_id, error.code, str(error)))
        else:
            self._service.send(Done(command.request_id, "", f"What was fetched of {command.name} is deleted."))

    def _keep(self, command: KeepToken) -> None:
        self._service.send(Done(command.request_id, "", self._tokens.keep(command.source, command.token)))

    # --- On the main thread ------------------------------------------------------------------------------------------

    def _end_of(self, ticket: Ticket) -> Event:
        request = ticket.request

        def checkpoint() -> None:
            if ticket.cancelled.is_set():
                raise Cancelled

        self._hosts = Hosts()
        try:
            checkpoint()
            folder = pull(request, self._models, self._service.send, checkpoint, hosts=self._hosts, tokens=self._tokens)
        except Cancelled:
            # A window that is gone has paused nothing: the download goes on when it is back.
            return Paused(request.request_id) if self._service.closing.is_set() else self._paused(ticket)
        except DownloadError as error:
            return Failed(request.request_id, error.code, str(error))
        except Exception:  # the outermost boundary of a download: it ends in an event, come what may
            log.exception("the download of %s failed", request.name)
            return Failed(request.request_id, "internal", UNFORESEEN)
        return Pulled(request.request_id, str(folder))

    def _paused(self, ticket: Ticket) -> Event:
        try:
            pause(self._models, ticket.request.name)
        except DownloadError as error:
            log.info("that %s is paused was not remembered: %s", ticket.title, error)
        return Paused(ticket.request.request_id)


def _waiting(request: Pull, known: Unfinished) -> DownloadProgress:
    """What is told before the turn of a download comes."""
    return DownloadProgress(
        request.request_id, known.name, known.title, "waiting", None, known.done, known.total, 0.0, None, (), ""
    )

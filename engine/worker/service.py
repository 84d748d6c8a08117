"""What all child processes have in common: a thread that takes commands, events that go out, and an end in time."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable, Iterable

from engine.protocol import Command, Event, Failed, ProtocolError, decode_command
from engine.worker.channel import Channel

GRACE = 1.5
"""Seconds the main thread has to stop by itself when the window is gone; the promise is 2 s in all."""

log = logging.getLogger(__name__)


class CommandService:
    """Hands commands to `accept` on a thread of its own. When the window is gone, `closing` is set, `close` is called
    to stop what runs, and the process ends, at the latest after `GRACE`."""

    def __init__(self, channel: Channel, accept: Callable[[Command], None], close: Callable[[], None]) -> None:
        self.closing = threading.Event()
        self._channel, self._accept, self._on_close = channel, accept, close

    def listen(self, lines: Iterable[bytes | None]) -> None:
        """Take commands from now on; returns at once."""
        threading.Thread(target=self._listen, args=(lines,), name="commands", daemon=True).start()

    def send(self, event: Event) -> None:
        """Tell the window, from any thread; a window that is gone ends the process."""
        try:
            self._channel.send(event)
        except OSError:
            if not self.closing.is_set():
                log.warning("the window takes no more events")
                self._close()

    def refuse(self, command: Command) -> None:
        """Tell that `command` is for another process."""
        log.warning("a command for another process: %s", command.kind)
        message = "This part of Fingerpost can not do that. Start Fingerpost again."
        self.send(Failed(getattr(command, "request_id", None), "bad_request", message))

    def _listen(self, lines: Iterable[bytes | None]) -> None:
        try:
            for line in lines:
                if line is None:
                    self._reject(None, "a line was too long")
                    continue
                try:
                    command = decode_command(line)
                except ProtocolError as error:
                    self._reject(_request_id_in(line), str(error))
                else:
                    self._accept(command)
        finally:
            # Whatever ended it: a process that hears nothing any more must not stay.
            self._close()

    def _reject(self, request_id: str | None, reason: str) -> None:
        log.warning("a command could not be read: %s", reason)
        message = "The engine could not read a message of the window. Start Fingerpost again."
        self.send(Failed(request_id, "bad_message", message))

    def _close(self) -> None:
        self.closing.set()
        self._on_close()
        # os._exit, because a kernel may hold the main thread, and nothing is left to be saved.
        timer = threading.Timer(GRACE, os._exit, (0,))
        timer.daemon = True
        timer.start()


def _request_id_in(line: bytes) -> str | None:
    """Whose request a line was that is no command, as far as one can see."""
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return None
    found = document.get("request_id") if isinstance(document, dict) else None
    return found if isinstance(found, str) else None

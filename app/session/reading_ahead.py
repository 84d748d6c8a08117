"""`ReadingAhead`: the model reads the pictures of a question while it is being typed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Slot

from app.engine_client.client import EngineClient
from app.engine_client.outcome import ProcessOutcome
from engine.protocol import Event, Failed, Finished, Prepare, Ready, Thinking


class ReadingAhead(QObject):
    """Sends a `Prepare` whenever the model process is idle and the question begins with something new.

    `wanted` says what it begins with now, None where there is nothing to read before it is asked. A failure tells
    nobody: the question itself will say it. What ended the process once is not sent again.
    """

    def __init__(
        self, client: EngineClient, wanted: Callable[[], Prepare | None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._client = client
        self._wanted = wanted
        self._sent: Prepare | None = None
        self._is_reading = False
        self._deadly: Prepare | None = None
        # Pictures leave the composer a moment before their question is asked: what is read for it must go on.
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._look)
        client.event_received.connect(self._on_event)
        client.ended.connect(self._on_ended)

    @Slot()
    def look(self) -> None:
        """`wanted` may say something else now."""
        self._soon.start()

    def close(self) -> None:
        """Listen no more."""
        self._soon.stop()
        self._client.event_received.disconnect(self._on_event)
        self._client.ended.disconnect(self._on_ended)

    def _look(self) -> None:
        if self._client.state != "idle":
            return
        wanted = self._wanted()
        if _reads(wanted) == _reads(self._sent):
            return
        sendable = wanted is not None and _reads(wanted) != _reads(self._deadly)
        if self._is_reading and not sendable:
            self._client.cancel_prepare()
        self._sent, self._is_reading = wanted, sendable
        if wanted is not None and sendable:
            self._client.prepare(wanted)

    def _on_event(self, event: Event) -> None:
        match event:
            case Ready():
                self._sent, self._is_reading = None, False
            case Finished() | Failed() if self._sent is not None and event.request_id == self._sent.request_id:
                self._is_reading = False
                if isinstance(event, Finished) and event.reason != "prepared":
                    self._sent = None
            case Finished() | Failed():
                pass
            case _:
                return
        self.look()

    def _on_ended(self, outcome: ProcessOutcome) -> None:
        if self._is_reading and not outcome.asked:
            self._deadly = self._sent
        self._sent, self._is_reading = None, False


def _reads(prepare: Prepare | None) -> Prepare | None:
    """What tells one from another. Whether the model thinks makes no difference before the question."""
    return prepare and replace(prepare, request_id="", thinking=Thinking())

"""`CompletionSession`: the plain page, whose text a Base model continues."""

from __future__ import annotations

import uuid

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.engine_client.client import EngineClient
from app.engine_client.outcome import ProcessOutcome
from app.session.queue import FLUSH_MILLISECONDS
from app.store.errors import StoreError
from app.store.store import Store
from engine.protocol import Event, Failed, Finished, Generate, Message, Notice, NoticeCode, Ready, Text, TextDelta

LENGTH = 256
"""Tokens of one continuation, about 190 words: as much as is read before one goes on or takes it back."""
NOTHING_SAID = "The model takes the text as finished and adds nothing. Add some words of your own, and continue."
NO_MODEL = "No model is loaded. Choose a Base model, and continue."
_NOTICES: dict[NoticeCode, str] = {
    "repetition": "The model went in circles. What it wrote was taken back, and it tries once more.",
    "cut_short": "The model went in circles and was stopped. Change the end of the text, and continue.",
}


class CompletionSession(QObject):
    """Continues a text from its end, one continuation at a time; the page holds the text.

    A continuation waits until the model is loaded, and ends without a word when it turns out to be one that answers.

    Signals:
        began: a continuation was asked for.
        extended: more text, at most about 30 times a second.
        taken_back: all that `extended` has brought since `began` is void.
        noted: a sentence about the continuation.
        ended: it is over; with the sentence of what went wrong, or nothing.
        problem: a sentence, when the page can not be kept or read.
    """

    began = Signal()
    extended = Signal(str)
    taken_back = Signal()
    noted = Signal(str)
    ended = Signal(str)
    problem = Signal(str)

    def __init__(self, client: EngineClient, store: Store, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._store = store
        self._request: Generate | None = None
        self._is_sent = False
        self._has_said = False
        self._pending: list[str] = []
        self._flush_timer = QTimer(self)
        self._flush_timer.setSingleShot(True)
        self._flush_timer.setInterval(FLUSH_MILLISECONDS)
        self._flush_timer.timeout.connect(self.flush)
        client.event_received.connect(self._on_event)
        client.ended.connect(self._on_ended)

    @property
    def busy(self) -> bool:
        """Whether a continuation is on its way."""
        return self._request is not None

    # --- The page ----------------------------------------------------------------------------------------------------

    def restore(self) -> str:
        """The text that was kept."""
        try:
            return self._store.page()
        except StoreError as error:
            self.problem.emit(str(error))
            return ""

    @Slot(str)
    def keep(self, text: str) -> None:
        """Keep the text for the next start."""
        try:
            self._store.set_page(text)
        except StoreError as error:
            self.problem.emit(str(error))

    # --- Continuations -----------------------------------------------------------------------------------------------

    @Slot(str)
    def go_on(self, text: str) -> None:
        """Continue `text` from its end. A model process that is down is started for it."""
        if self._request is not None or not text:
            return
        message = Message("user", (Text(text),))
        self._request = Generate(uuid.uuid4().hex, (message,), max_tokens=LENGTH, raw=True)
        self._is_sent = self._has_said = False
        self.began.emit()
        if self._client.chosen is None:
            self._end(NO_MODEL)
            return
        if self._client.state in ("stopped", "crashed"):
            self._client.restart()
        self._send()

    @Slot()
    def stop(self) -> None:
        """Enough. One that runs ends when the model process says so, one that waits at once."""
        if self._is_sent:
            self._client.cancel()
        elif self._request is not None:
            self._end("")

    @Slot()
    def flush(self) -> None:
        """Emit `extended` for all text that came in."""
        self._flush_timer.stop()
        text = "".join(self._pending)
        self._pending.clear()
        if text:
            self.extended.emit(text)

    def close(self) -> None:
        """Stop, and listen no more."""
        self.stop()
        self.flush()
        self._client.event_received.disconnect(self._on_event)
        self._client.ended.disconnect(self._on_ended)

    # --- Inside ------------------------------------------------------------------------------------------------------

    def _send(self) -> None:
        if self._request is None or self._is_sent or self._client.state != "idle" or self._client.model is None:
            return
        if self._client.model.variant == "base":
            self._is_sent = True
            self._client.generate(self._request)
        else:
            self._end("")

    def _on_event(self, event: Event) -> None:
        if self._request is None:
            return
        match event:
            case Ready():
                self._send()
            case Failed(request_id=None):
                self._end(event.message)
            case TextDelta(request_id=id) if id == self._request.request_id:
                # A text may hold think tags of its own: either channel is text here.
                self._has_said = True
                self._pending.append(event.text)
                if not self._flush_timer.isActive():
                    self._flush_timer.start()
            case Notice(request_id=id) if id == self._request.request_id:
                self._note(event)
            case Finished(request_id=id) if id == self._request.request_id:
                if event.reason == "stop" and not self._has_said:
                    self.noted.emit(NOTHING_SAID)
                self._end("")
            case Failed(request_id=id) if id == self._request.request_id:
                self._end(event.message)

    def _on_ended(self, outcome: ProcessOutcome) -> None:
        if self._request is None:
            return
        if self._is_sent:
            self._end("" if outcome.asked or outcome.cause == "stuck" else outcome.sentence())
        elif self._client.state == "crashed":
            self._end(outcome.sentence())

    def _note(self, notice: Notice) -> None:
        if notice.code == "repetition":
            self._pending.clear()
            self._has_said = False
            self.taken_back.emit()
        self.noted.emit(_NOTICES.get(notice.code, notice.message))

    def _end(self, error: str) -> None:
        self.flush()
        self._request, self._is_sent = None, False
        self.ended.emit(error)

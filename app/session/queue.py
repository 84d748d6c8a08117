"""`AnswerQueue`: questions to the model process, one at a time, and its events to their answers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from app.domain.conversation import Turn
from app.domain.status import EngineState, Status
from app.engine_client.client import EngineClient
from app.engine_client.outcome import ProcessOutcome
from app.session.answering import Answering
from app.session.restarts import Restarts
from app.session.status import StatusLine
from engine.protocol import (
    Channel,
    Cited,
    Event,
    Failed,
    Finished,
    Generate,
    Grounded,
    ImageProgress,
    LookAgain,
    ModelInfo,
    Notice,
    PrefillProgress,
    QuoteChecked,
    Ready,
    Searched,
    SourcesRead,
    TextDelta,
    ToolCall,
    request_id_of,
)

FLUSH_MILLISECONDS = 33
"""About 30 times a second: more than that nobody reads, and each time a block is laid out again."""
WAITS = "A Base model does not answer questions. Choose another model, and what was asked is answered."


class AnswerQueue(QObject):
    """A question waits here until a model that answers is loaded and the questions before it are answered.

    For each question: `changed` (its first word), `extended` and `changed` (a notice, look, citation or mark) in any
    number, `ended`. What `changed` and `ended` carry holds all text up to then, `extended` only carries what came
    since. A look may come before the first word.

    Signals:
        changed: an `Answering` that is not what `extended` could say.
        extended: turn id, channel and more text.
        pointed: an `Answering` and the `Grounded` that it has taken.
        ended: an `Answering` that is over: finished, stopped or failed.
        held_up: a question waits for what the model does that is no question.
        status_changed: the `Status`.
        model_changed: the loaded `ModelInfo`, or None.
    """

    changed = Signal(object)
    extended = Signal(str, str, str)
    pointed = Signal(object, object)
    ended = Signal(object)
    held_up = Signal()
    status_changed = Signal(object)
    model_changed = Signal(object)

    def __init__(self, client: EngineClient, clock: Callable[[], float], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._clock = clock
        self._status = StatusLine()
        self._told: Status | None = None
        self._model: ModelInfo | None = None
        self._restarts = Restarts()
        self._was_ready = False
        self._errand = ""
        self._running: Answering | None = None
        self._waiting: list[Answering] = []
        self._pending: list[tuple[Channel, str]] = []
        self._flush_timer = QTimer(self)
        self._flush_timer.setSingleShot(True)
        self._flush_timer.setInterval(FLUSH_MILLISECONDS)
        self._flush_timer.timeout.connect(self._on_flush_timer)
        client.state_changed.connect(self._on_state)
        client.event_received.connect(self._on_event)
        client.ended.connect(self._on_ended)

    @property
    def status(self) -> Status:
        """What the model process does now."""
        if self._waiting and self._client.state == "idle" and not self._answers():
            return Status("idle", WAITS)
        if self._client.chosen is None:
            return self._status.without_model(self._client.state, bool(self._waiting))
        return self._status.status(self._client.state)

    @property
    def model(self) -> ModelInfo | None:
        """The loaded model."""
        return self._model

    @property
    def has_model(self) -> bool:
        """Whether a model answers, or will once it is loaded."""
        return self._client.state != "stopped" and (self._model is None or self._answers())

    @property
    def all(self) -> tuple[Answering, ...]:
        """The questions that run or wait, the running one first."""
        running = () if self._running is None else (self._running,)
        return (*running, *self._waiting)

    def put(self, question: Answering) -> None:
        """Answer `question` when its turn comes. A model process that is down is started for it."""
        self._waiting.append(question)
        if self._client.state in ("stopped", "crashed"):
            self._client.restart()
        self._send_next()
        if self._running is None and self._answers():
            self.held_up.emit()
        self._tell_status()

    def lend(self, request: Generate | LookAgain, doing: str) -> None:
        """Send what is no question; `doing` is what the status says meanwhile. Raises `RuntimeError` unless the model
        process is idle, which it never is while a question waits that it could answer."""
        self._errand = doing
        self._client.generate(request)
        self._errand = ""

    def find(self, turn: str) -> Answering | None:
        """The question of `turn` that runs or waits."""
        return next((question for question in self.all if question.turn.id == turn), None)

    def stop(self, question: Answering) -> None:
        """The person has read enough. A running one ends when the model process says so, a waiting one at once."""
        if question is self._running:
            self._client.cancel()
        else:
            self.abandon(question)

    def stop_running(self) -> None:
        """Stop whatever is being answered."""
        self._client.cancel()

    def abandon(self, question: Answering) -> None:
        """End `question` as stopped, here and now."""
        if question is self._running:
            self._client.cancel()
        self._break_off(question, "")
        self._tell_status()

    def use_model(self, folder: str, device: str, dtype: str) -> None:
        """Load another model. What runs is stopped, what waits is for the new one."""
        if self._running is not None:
            self.abandon(self._running)
        self._client.use_model(folder, device, dtype)

    def let_go(self) -> None:
        """Give the model up. What runs is stopped, what waits is for the next one."""
        if self._running is not None:
            self.abandon(self._running)
        self._status.forget()
        self._client.let_go()
        self._tell_status()

    def expect(self, title: str, share: float | None) -> None:
        """A model that what waits is for is being fetched; an empty title: none is."""
        self._status.expect(title, share)
        self._tell_status()

    def tell(self, question: Answering) -> None:
        """Emit `changed` for `question`, which knows something new."""
        if question is self._running:
            self._drop_pending()
        self.changed.emit(question)

    def note_answered(self, turn: Turn) -> None:
        """`turn` was answered elsewhere: what waits is asked after its answer."""
        for question in self._waiting:
            question.before = tuple(turn if each.id == turn.id else each for each in question.before)

    def flush(self) -> None:
        """Emit `extended` for all text that came in."""
        self._flush_timer.stop()
        pending, self._pending = self._pending, []
        if self._running is None:
            return
        turn, text = self._running.turn.id, ""
        for index, (channel, piece) in enumerate(pending):
            text += piece
            if index + 1 == len(pending) or pending[index + 1][0] != channel:
                self.extended.emit(turn, channel, text)
                text = ""

    def close(self) -> None:
        """Stop everything and listen no more."""
        for question in self.all:
            self.abandon(question)
        self._client.state_changed.disconnect(self._on_state)
        self._client.event_received.disconnect(self._on_event)
        self._client.ended.disconnect(self._on_ended)

    def _answers(self) -> bool:
        return self._model is not None and self._model.variant == "instruct"

    def _model_name(self) -> str:
        return "" if self._model is None else self._model.name

    # --- The client --------------------------------------------------------------------------------------------------

    def _on_state(self, state: EngineState) -> None:
        if state == "starting" and self._client.chosen is not None:
            self._status.start(self._client.chosen.path)
        if state in ("starting", "stopped", "crashed"):
            self._set_model(None)
        if state == "generating":
            self._status.ask(self._errand)
        # The other states come with an event, or the end of the child, that has to be told first.
        if state in ("starting", "loading", "generating", "cancelling"):
            self._tell_status()

    def _on_event(self, event: Event) -> None:
        self._status.observe(event)
        if isinstance(event, Ready):
            self._was_ready = True
            self._set_model(event.model)
        elif isinstance(event, Failed) and event.request_id is None:
            self._fail_waiting(event.message)
        elif self._running is not None and request_id_of(event) == self._running.request_id:
            self._on_answer(self._running, event)
        if isinstance(event, Ready | Finished | Failed):
            self._send_next()
        # The deltas' own status follows with the text, here or on the plain page.
        if not isinstance(event, TextDelta):
            self._tell_status()
        elif not self._flush_timer.isActive():
            self._flush_timer.start()

    def _on_answer(self, running: Answering, event: Event) -> None:
        now = self._clock()
        match event:
            case TextDelta() if not running.has_begun:
                running.add(event, now)
                self.tell(running)
                self._tell_status()
            case TextDelta():
                running.add(event, now)
                self._pending.append((event.channel, event.text))
                if not self._flush_timer.isActive():
                    self._flush_timer.start()
            case ToolCall():
                if running.look(event, now):
                    self.tell(running)
            case SourcesRead() | Searched() | Cited() | QuoteChecked():
                running.learn(event)
                if running.has_begun or isinstance(event, SourcesRead | Searched):
                    self.tell(running)
            case Grounded():
                running.point(event)
                if running.has_begun:
                    self.tell(running)
                self.pointed.emit(running, event)
            case ImageProgress() | PrefillProgress():
                running.read_on()
            case Notice():
                running.note(event, now)
                self.tell(running)
            case Finished():
                running.finish(event, now)
                self._end(running)
            case Failed():
                running.fail(event, now)
                self._end(running)

    def _on_ended(self, outcome: ProcessOutcome) -> None:
        was_ready, self._was_ready = self._was_ready, False
        sentence = outcome.sentence()
        if not outcome.asked:
            self._status.end(sentence)
        if self._running is not None:
            stopped = outcome.asked or outcome.cause == "stuck"
            self._break_off(self._running, "" if stopped else sentence)
        if self._client.state == "crashed":
            # One that never got ready would not get ready the next time either.
            if was_ready and self._restarts.allow(self._clock()):
                self._client.restart()
            else:
                self._fail_waiting(sentence)
        self._tell_status()

    # --- The questions -----------------------------------------------------------------------------------------------

    def _send_next(self) -> None:
        if self._running is None and self._waiting and self._client.state == "idle" and self._answers():
            self._running = self._waiting.pop(0)
            self._client.generate(self._running.request(self._model_name(), self._clock()))

    def _break_off(self, question: Answering, error: str) -> None:
        question.break_off(error, self._clock())
        self._end(question)

    def _end(self, question: Answering) -> None:
        if question is self._running:
            self._running = None
            self._drop_pending()
        else:
            self._waiting.remove(question)
        self.note_answered(dataclasses.replace(question.turn, answer=question.answer()))
        self.ended.emit(question)

    def _fail_waiting(self, sentence: str) -> None:
        for question in tuple(self._waiting):
            self._break_off(question, sentence)

    def _drop_pending(self) -> None:
        """What `changed` and `ended` carry holds this text already."""
        self._flush_timer.stop()
        self._pending.clear()

    def _on_flush_timer(self) -> None:
        self.flush()
        self._status.sample(self._clock())
        self._tell_status()

    # --- What is told ------------------------------------------------------------------------------------------------

    def _set_model(self, model: ModelInfo | None) -> None:
        if model != self._model:
            self._model = model
            self.model_changed.emit(model)

    def _tell_status(self) -> None:
        status = self.status
        if status != self._told:
            self._told = status
            self.status_changed.emit(status)

"""`Answers`: all answers that are on their way, from the model or without it, and what becomes of them later."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.domain.conversation import Answer
from app.domain.status import Status
from app.engine_client.client import EngineClient
from app.pointing.finder import Finder
from app.session.answering import Answering
from app.session.errands import Errands
from app.session.finding import Finding
from app.session.keeper import AnswerKeeper
from app.session.mark_checks import MarkChecks
from app.session.queue import AnswerQueue
from app.store.store import Store
from engine.protocol import ModelInfo

LOOKS_FOR_IT = "Looking for it on the picture"


class Answers(QObject):
    """Every change is saved. An answer whose marks are weighed after its end changes once more.

    Signals:
        changed: turn id and its whole `Answer`.
        extended: turn id, channel, text.
        ended: turn id and its whole `Answer`: finished, stopped or failed.
        status_changed: the `Status`.
        model_changed: the loaded `ModelInfo`, or None.
        problem: a sentence, when something could not be saved.
    """

    changed = Signal(str, object)
    extended = Signal(str, str, str)
    ended = Signal(str, object)
    status_changed = Signal(object)
    model_changed = Signal(object)
    problem = Signal(str)

    def __init__(
        self,
        client: EngineClient,
        store: Store,
        finder: Finder,
        clock: Callable[[], float],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._told: Status | None = None
        self._keeper = AnswerKeeper(store, self)
        self._queue = AnswerQueue(client, clock, self)
        self._errands = Errands(client, self._queue, self)
        self._checks = MarkChecks(finder, self._errands, self)
        self._finding = Finding(finder, lambda: self._queue.has_model, clock, self)
        self._keeper.problem.connect(self.problem)
        self._queue.changed.connect(self._on_changed)
        self._queue.extended.connect(self._on_extended)
        self._queue.pointed.connect(self._checks.take)
        self._queue.ended.connect(self._on_answered)
        self._queue.status_changed.connect(self._tell_status)
        self._queue.model_changed.connect(self.model_changed)
        self._checks.changed.connect(self._on_weighed)
        self._finding.ended.connect(self._on_found)
        self._finding.missed.connect(self._on_missed)

    @property
    def errands(self) -> Errands:
        """What may be asked of the model beside questions."""
        return self._errands

    @property
    def status(self) -> Status:
        """What is done now."""
        status = self._queue.status
        if self._finding.all and status.state in ("stopped", "idle"):
            return Status(status.state, LOOKS_FOR_IT)
        return status

    @property
    def model(self) -> ModelInfo | None:
        """The loaded model."""
        return self._queue.model

    def put(self, question: Answering, *, by_model: bool = False) -> None:
        """Answer `question`: at once where it asks for a place that can be found, unless it is to be answered
        `by_model`, or else when its turn comes."""
        self._checks.forget(question.turn.id)
        if by_model or not self._finding.put(question):
            self._queue.put(question)
        else:
            self._tell_status()

    def find(self, turn: str) -> Answering | None:
        """The question of `turn` that is not answered yet."""
        return next((question for question in self._all() if question.turn.id == turn), None)

    def latest(self, turn: str) -> Answer | None:
        """The answer of `turn`, when it is newer than the store's."""
        question = self.find(turn)
        return self._keeper.unsaved(turn) if question is None else question.answer()

    def stop(self, conversation: str) -> None:
        """Stop the answers of a conversation; when it has none, the one that the model writes elsewhere."""
        questions = self._in_conversation(conversation)
        for question in questions:
            if question in self._finding.all:
                self._finding.abandon(question)
            else:
                self._queue.stop(question)
        if not questions:
            self._queue.stop_running()

    def drop(self, turn: str) -> None:
        """End the answer of `turn` as stopped, here and now, and leave what there is of it as it is."""
        self._checks.forget(turn)
        if (question := self.find(turn)) is not None:
            self._abandon(question)

    def drop_conversation(self, conversation: str) -> None:
        """As `drop`, of all its turns."""
        self._checks.forget_conversation(conversation)
        for question in self._in_conversation(conversation):
            self._abandon(question)

    def use_model(self, folder: str, device: str, dtype: str) -> None:
        """Load another model. What it writes is stopped, what waits is for the new one."""
        self._queue.use_model(folder, device, dtype)

    def let_go(self) -> None:
        """Give the model up. What it writes is stopped, what waits is for the next one."""
        self._queue.let_go()

    def expect(self, title: str, share: float | None) -> None:
        """A model that what waits is for is being fetched; an empty title: none is."""
        self._queue.expect(title, share)

    def flush(self) -> None:
        """Emit `extended` for all text that came in."""
        self._queue.flush()

    def close(self) -> None:
        """Stop and save everything."""
        self._checks.close()
        self._errands.close()
        self._finding.close()
        self._queue.close()
        self._keeper.close()

    # --- Inside ------------------------------------------------------------------------------------------------------

    def _all(self) -> tuple[Answering, ...]:
        return (*self._finding.all, *self._queue.all)

    def _in_conversation(self, conversation: str) -> tuple[Answering, ...]:
        return tuple(question for question in self._all() if question.conversation == conversation)

    def _abandon(self, question: Answering) -> None:
        if question in self._finding.all:
            self._finding.abandon(question)
        else:
            self._queue.abandon(question)

    def _on_changed(self, question: Answering) -> None:
        self._keeper.save_soon(question.turn.id, question.answer)
        self.changed.emit(question.turn.id, question.answer())

    def _on_extended(self, turn: str, channel: str, text: str) -> None:
        if (question := self._queue.find(turn)) is not None:
            self._keeper.save_soon(turn, question.answer)
        self.extended.emit(turn, channel, text)

    def _on_answered(self, question: Answering) -> None:
        self._end(question)
        self._checks.end(question)

    def _on_weighed(self, question: Answering) -> None:
        if self.find(question.turn.id) is question:
            # Before its first word an earlier answer stands there, and the marks come with that word.
            if question.has_begun:
                self._queue.tell(question)
        else:
            self._keeper.save(question.turn.id, question.answer())
            self.changed.emit(question.turn.id, question.answer())

    def _on_found(self, question: Answering) -> None:
        self._queue.note_answered(dataclasses.replace(question.turn, answer=question.answer()))
        self._end(question)
        self._tell_status()

    def _on_missed(self, question: Answering) -> None:
        self._queue.put(question)
        self._tell_status()

    def _end(self, question: Answering) -> None:
        self._keeper.save(question.turn.id, question.answer())
        self.ended.emit(question.turn.id, question.answer())

    def _tell_status(self) -> None:
        status = self.status
        if status != self._told:
            self._told = status
            self.status_changed.emit(status)

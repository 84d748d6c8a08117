"""`ChatSession`: the conversation that is open, and what a person can do with it."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject, Signal, Slot

from app.domain.conversation import Answer, Attachment, Conversation, Turn
from app.domain.documents import DocumentAttachment
from app.domain.status import Status
from app.engine_client.client import EngineClient
from app.pointing.finder import Finder
from app.session.answers import Answers
from app.session.asking import Asking, append_turn
from app.session.errands import Errands
from app.session.history import title_of
from app.session.reading_ahead import ReadingAhead
from app.session.summaries import summary_wanted
from app.store.errors import StoreError
from app.store.store import Store
from engine.protocol import ImageBudget, ModelInfo, Offer, Prepare


class ChatSession(QObject):
    """Questions and answers of one window. It owns the history: every request carries the whole conversation.

    An answer that streams goes on when another conversation is opened; signals about turns are emitted only for turns
    of the path that is open. One question is answered at a time, others wait.

    The order of signals. `ask`: `conversation_opened` (only for a new conversation, still without turns), `turn_added`
    (waiting), `summaries_changed`. Then, for the turn: `answer_changed` (streaming, with the first word),
    `answer_extended` at most about 30 times a second, `answer_changed` at a notice, a closer look or a mark, and at
    last `answer_changed` (finished, stopped or failed), followed by `summaries_changed` and `status_changed`. When its
    marks are looked at again afterwards, there is another `answer_changed`. What is found on a picture without the
    model goes from waiting to finished. An `answer_changed` holds all text up to then, so what was extended before is
    part of it and what is extended later comes on top. `again`, `edit`, `choose` and `open_conversation` show another
    path: `conversation_opened` with all its turns.

    Signals:
        conversation_opened: a `Conversation`, or None for a new, empty one.
        turn_added: a `Turn` at the end of the open conversation.
        answer_extended: turn id, channel, text.
        answer_changed: turn id, and its whole `Answer`.
        summaries_changed: a tuple of `ConversationSummary`.
        status_changed: the `Status` of the model process.
        model_changed: the loaded `ModelInfo`, or None.
        problem: a sentence that belongs to no turn.
        refused: question, pictures and documents that could not be kept: the composer takes them back.
    """

    conversation_opened = Signal(object)
    turn_added = Signal(object)
    answer_extended = Signal(str, str, str)
    answer_changed = Signal(str, object)
    summaries_changed = Signal(object)
    status_changed = Signal(object)
    model_changed = Signal(object)
    problem = Signal(str)
    refused = Signal(str, object, object)

    def __init__(
        self,
        client: EngineClient,
        store: Store,
        finder: Finder,
        clock: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = store
        self._finder = finder
        self._open: Conversation | None = None
        self._asking = Asking()
        self._waiting: tuple[tuple[Attachment, ...], tuple[DocumentAttachment, ...]] = ((), ())
        self._closed = False

        self._answers = Answers(client, store, finder, clock, self)
        self._answers.problem.connect(self.problem)
        self._answers.changed.connect(self._on_changed)
        self._answers.extended.connect(self._on_extended)
        self._answers.ended.connect(self._on_ended)
        self._answers.status_changed.connect(self.status_changed)
        self._answers.model_changed.connect(self.model_changed)
        self._ahead = ReadingAhead(client, self._next_question, self)

    @property
    def conversation(self) -> Conversation | None:
        """The open conversation with its answers up to now, None for a new one."""
        return None if self._open is None else self._current(self._open)

    @property
    def status(self) -> Status:
        """What the model process does now."""
        return self._answers.status

    @property
    def model(self) -> ModelInfo | None:
        """The loaded model."""
        return self._answers.model

    @property
    def errands(self) -> Errands:
        """What may be asked of the model beside questions."""
        return self._answers.errands

    def begin(self) -> None:
        """Tell a fresh window what there is: the list of conversations, a new one, the status."""
        self._tell_summaries()
        self.conversation_opened.emit(None)
        self.model_changed.emit(self.model)
        self.status_changed.emit(self.status)

    @Slot()
    def close(self) -> None:
        """Stop and save every answer. The caller then shuts the client down and closes the store."""
        if self._closed:
            return
        self._closed = True
        self._ahead.close()
        self._answers.close()

    # --- Questions ---------------------------------------------------------------------------------------------------

    @Slot(object)
    def prepare_for(self, attachments: tuple[Attachment, ...], documents: tuple[DocumentAttachment, ...] = ()) -> None:
        """Pictures, and documents that were read, of the question that is being typed: the model reads them when it has
        nothing else to do, and their text is read in case it is asked where something is."""
        self._waiting = (attachments, documents)
        for each in attachments:
            self._finder.read_ahead(each.id, each.path, each.elements)
        self._ahead.look()

    @Slot(str, object, object)
    def ask(
        self,
        question: str,
        attachments: tuple[Attachment, ...] = (),
        documents: tuple[DocumentAttachment, ...] = (),
    ) -> None:
        """Add a question to the open conversation, or begin one with it. Documents without a word are summarised."""
        text = question.strip()
        if not text and not attachments and not documents:
            return
        title = title_of(text, attachments, documents)
        if not text and documents:
            text = summary_wanted(len(documents))
        try:
            conversation = self._open or self._store.create(title)
            turn = append_turn(self._store, conversation, text, attachments, documents)
        except StoreError as error:
            self.problem.emit(str(error))
            self.refused.emit(question, attachments, documents)
            return
        if self._open is None:
            self.conversation_opened.emit(conversation)
        before = conversation.turns
        self._open = dataclasses.replace(conversation, turns=(*before, turn))
        self.turn_added.emit(turn)
        self._tell_summaries()
        self._answers.put(self._asking.question(conversation.id, turn, before))

    @Slot()
    def stop(self) -> None:
        """Stop the answers of the open conversation; when it has none, the one that is written elsewhere."""
        self._answers.stop("" if self._open is None else self._open.id)

    @Slot(str)
    def again(self, turn_id: str) -> None:
        """Ask the model the same question once more, beside the answer that is there."""
        if (turn := self._turn(turn_id)) is not None:
            self._ask_beside(turn, turn.question, by_model=True)

    @Slot(str, str)
    def edit(self, turn_id: str, question: str) -> None:
        """Ask another question with the same pictures and documents, beside the one that is there."""
        turn = self._turn(turn_id)
        if turn is not None and (question.strip() or turn.attachments or turn.documents):
            self._ask_beside(turn, question.strip())

    @Slot(str)
    def retry(self, turn_id: str) -> None:
        """Ask again in the same turn. Its answer stays until the first word of the new one."""
        turn = self._turn(turn_id)
        if turn is None or self._open is None or self._answers.find(turn_id) is not None:
            return
        self._answers.put(self._asking.question(self._open.id, turn, self._before(turn_id), turn.answer))
        waiting = self._answers.find(turn_id)
        if waiting is not None:
            self.answer_changed.emit(turn_id, waiting.answer())

    @Slot(str, object)
    def accept(self, turn_id: str, offer: Offer) -> None:
        """Take a way out that a failed answer offers, for this and the next questions of the conversation."""
        turn = self._turn(turn_id)
        if turn is None or self._open is None:
            return
        self._asking.concede(self._open.id, offer, self._before(turn_id), turn)
        self.retry(turn_id)

    @Slot(bool)
    def set_thinking(self, on: bool) -> None:
        """Whether the model thinks first, from the next question on."""
        self._asking.thinking = on

    @Slot(str)
    def set_detail(self, detail: ImageBudget) -> None:
        """How closely pictures are looked at, from the next question on."""
        self._asking.detail = detail
        self._ahead.look()

    @Slot(bool)
    def set_look_closer(self, on: bool) -> None:
        """Whether the model may ask for a part of a picture at full size, from the next question on."""
        self._asking.looks_closer = on
        self._ahead.look()

    @Slot(str, str, str)
    def use_model(self, folder: str, device: str = "auto", dtype: str = "auto") -> None:
        """Load another model. An answer that is being written is stopped and kept, waiting questions are for the new
        model."""
        self._asking.forget_all()
        self._answers.use_model(folder, device, dtype)

    @Slot()
    def let_go(self) -> None:
        """Give the model up: its folder may be moved or deleted once the client has `ended`. An answer that is being
        written is stopped and kept, waiting questions are for the next model."""
        self._asking.forget_all()
        self._answers.let_go()

    def expect_model(self, title: str, share: float | None = None) -> None:
        """The model `title` is being fetched, of which `share` (0..1) is here; an empty title: none is. The status says
        so while no model is chosen."""
        self._answers.expect(title, share)

    # --- Conversations -----------------------------------------------------------------------------------------------

    @Slot()
    def new_conversation(self) -> None:
        """Show an empty page. Nothing is kept before its first question."""
        self._show(None)

    @Slot(str)
    def open_conversation(self, id: str) -> None:  # noqa: A002 - the seam's own name
        """Show a conversation."""
        with self._problems():
            self._show(self._store.conversation(id))

    @Slot(str)
    def choose(self, turn_id: str) -> None:
        """Show the path through another turn that stands in the same place."""
        with self._problems():
            conversation = self._store.choose(turn_id)
            # What was given up made the other path fit.
            self._asking.forget(conversation.id)
            self._show(conversation)

    @Slot(str)
    def delete_conversation(self, id: str) -> None:  # noqa: A002
        """Take a conversation away, for `undo_delete` to bring back. Its answer stops."""
        self._answers.drop_conversation(id)
        with self._problems():
            self._store.delete(id)
            if self._open is not None and self._open.id == id:
                self._show(None)
        self._tell_summaries()

    @Slot(str)
    def undo_delete(self, id: str) -> None:  # noqa: A002
        """Bring a conversation back, and show it unless another one is open."""
        with self._problems():
            self._store.restore(id)
            self._tell_summaries()
            if self._open is None:
                self._show(self._store.conversation(id))

    @Slot(str, str)
    def rename(self, id: str, title: str) -> None:  # noqa: A002
        """Give a conversation another title. An empty one changes nothing."""
        title = " ".join(title.split())
        if not title:
            return
        with self._problems():
            self._store.rename(id, title)
            if self._open is not None and self._open.id == id:
                self._open = dataclasses.replace(self._open, title=title)
        self._tell_summaries()

    # --- Inside ------------------------------------------------------------------------------------------------------

    def _ask_beside(self, turn: Turn, question: str, *, by_model: bool = False) -> None:
        assert self._open is not None
        before = self._before(turn.id)
        self._answers.drop(turn.id)
        with self._problems():
            parent = before[-1].id if before else None
            added = self._store.add_turn(self._open.id, parent, question, turn.attachments, turn.documents)
            self._show(self._store.conversation(self._open.id))
            self._tell_summaries()
            self._answers.put(self._asking.question(self._open.id, added, before), by_model=by_model)

    def _next_question(self) -> Prepare | None:
        """What the question that is being typed begins with, as far as it is worth reading."""
        pictures, documents = self._waiting
        if not (pictures or documents) or self.model is None or self.model.variant == "base":
            return None
        conversation = self.conversation
        id_, before = ("", ()) if conversation is None else (conversation.id, conversation.turns)
        turn = Turn("", "", pictures, Answer(), 0.0, documents=documents)
        return self._asking.question(id_, turn, before).ahead()

    def _show(self, conversation: Conversation | None) -> None:
        # What was read of the stream so far is part of the page that is opened.
        self._answers.flush()
        self._open = None if conversation is None else self._current(conversation)
        self._ahead.look()
        self.conversation_opened.emit(self._open)

    def _current(self, conversation: Conversation) -> Conversation:
        """With the answers that are newer than the store's."""
        return dataclasses.replace(conversation, turns=tuple(self._with_answer(turn) for turn in conversation.turns))

    def _with_answer(self, turn: Turn) -> Turn:
        answer = self._answers.latest(turn.id)
        return turn if answer is None else dataclasses.replace(turn, answer=answer)

    def _turn(self, turn_id: str) -> Turn | None:
        turns = () if self._open is None else self._open.turns
        return next((self._with_answer(turn) for turn in turns if turn.id == turn_id), None)

    def _before(self, turn_id: str) -> tuple[Turn, ...]:
        conversation = self.conversation
        turns = () if conversation is None else conversation.turns
        return turns[: [turn.id for turn in turns].index(turn_id)]

    def _is_shown(self, turn_id: str) -> bool:
        return self._open is not None and any(turn.id == turn_id for turn in self._open.turns)

    def _on_changed(self, turn_id: str, answer: Answer) -> None:
        if self._open is None or not self._is_shown(turn_id):
            return
        turns = (dataclasses.replace(turn, answer=answer) if turn.id == turn_id else turn for turn in self._open.turns)
        self._open = dataclasses.replace(self._open, turns=tuple(turns))
        self.answer_changed.emit(turn_id, answer)

    def _on_extended(self, turn_id: str, channel: str, text: str) -> None:
        if self._is_shown(turn_id):
            self.answer_extended.emit(turn_id, channel, text)

    def _on_ended(self, turn_id: str, answer: Answer) -> None:
        self._on_changed(turn_id, answer)
        self._tell_summaries()

    def _tell_summaries(self) -> None:
        with self._problems():
            self.summaries_changed.emit(self._store.summaries())

    @contextlib.contextmanager
    def _problems(self) -> Iterator[None]:
        try:
            yield
        except StoreError as error:
            self.problem.emit(str(error))

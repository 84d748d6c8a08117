"""`Answering`: one question on its way, and its answer as far as it came."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.domain.conversation import Answer, AnswerState, Attachment, Turn
from app.domain.documents import DocumentAttachment
from app.session.closer_looks import TOOL, CloserLooks
from app.session.evidence import Evidence, EvidenceEvent
from app.session.history import messages_of, shown_in, shows_pictures
from app.session.pointed import Pointed
from app.session.summaries import wants_summary
from engine.protocol import (
    Failed,
    Finished,
    Generate,
    Grounded,
    ImageBudget,
    Mark,
    Message,
    Notice,
    Prepare,
    TextDelta,
    Thinking,
    ToolCall,
)

LONGEST_ANSWER = 4096
"""Tokens: about 3,000 words. The engine takes fewer where the memory holds fewer."""
CUT_AT_LIMIT = "The answer was cut at its length limit. Ask the model to go on."
NOTHING_SAID = "The model gave no answer. Ask again, or put the question in other words."
LOOKED_ONLY = "The model went on looking closer and gave no answer. Ask again, or switch off Look closer under Detail."


@dataclass(slots=True)
class Answering:
    """What to ask, and what came back. With `zoom` the model may look closer at parts of the pictures.

    `before` are the turns that lead to it. `earlier` is the answer that stands in the turn already, when it is asked
    again in its place: it stays until the first word of the new one, when `has_begun` becomes true. Times are a clock's
    seconds.
    """

    conversation: str
    turn: Turn
    before: tuple[Turn, ...]
    thinking: bool
    budget: ImageBudget
    zoom: bool = False
    left_out: int = 0
    earlier: Answer = field(default_factory=Answer)
    has_begun: bool = False
    request_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    _model: str = ""
    _text: list[str] = field(default_factory=list)
    _reasoning: list[str] = field(default_factory=list)
    _asked_at: float | None = None
    _reasoning_since: float | None = None
    _own_pictures: int = 0
    _looks: CloserLooks = field(default_factory=CloserLooks)
    _evidence: Evidence = field(default_factory=Evidence)
    _pointed: Pointed = field(default_factory=Pointed)
    _answer: Answer = field(default_factory=Answer)
    _end_is_told: bool = False

    def request(self, model: str, now: float) -> Generate:
        """The request to send to `model`; its time runs from here."""
        self._model, self._asked_at = model, now
        messages = messages_of(self.before, self.turn, self.left_out)
        self._looks = CloserLooks(self._pictures_in(messages))
        self._own_pictures = len(self._pictures_in(messages[-1:]))
        return Generate(
            request_id=self.request_id,
            messages=messages,
            thinking=Thinking(self.thinking),
            max_tokens=LONGEST_ANSWER,
            image_budget=self.budget,
            zoom=self.zoom,
            task="summarise" if wants_summary(self.turn.question) else "answer",
            point=shows_pictures(messages),
        )

    def ahead(self) -> Prepare:
        """What can be read of `request` before its text is written."""
        messages = messages_of(self.before, self.turn, self.left_out)
        return Prepare(
            request_id=self.request_id,
            messages=messages,
            thinking=Thinking(self.thinking),
            image_budget=self.budget,
            zoom=self.zoom,
            point=shows_pictures(messages),
        )

    def answer(self) -> Answer:
        """All of it up to now."""
        new = self._answer
        if self.has_begun or not (self.earlier.text or self.earlier.reasoning):
            new = self._pointed.put_into(self._evidence.put_into(new))
            return dataclasses.replace(new, text="".join(self._text), reasoning="".join(self._reasoning))
        return dataclasses.replace(
            self.earlier,
            state=new.state,
            error=new.error,
            offers=new.offers,
            notices=(*self.earlier.notices, *new.notices),
        )

    def add(self, delta: TextDelta, now: float) -> None:
        """More text."""
        if not self.has_begun:
            self.has_begun = True
            self._answer = dataclasses.replace(self._answer, state="streaming")
        if delta.channel == "reasoning":
            self._reasoning.append(delta.text)
            if self._reasoning_since is None:
                self._reasoning_since = now
        else:
            self._text.append(delta.text)
            self._end_reasoning(now)

    def look(self, call: ToolCall, now: float) -> bool:
        """The model asks for a tool. Whether it looks closer at something, which is then part of the answer."""
        if not self.zoom or call.name != TOOL:
            return False
        self._end_reasoning(now)
        look = self._looks.take(call.arguments, len("".join(self._text)))
        if look is not None:
            self._answer = dataclasses.replace(self._answer, looks=(*self._answer.looks, look))
        return look is not None

    def learn(self, event: EvidenceEvent) -> None:
        """What was read of the documents, what the model has looked for in them, and what the answer cites."""
        self._evidence.take(event)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """What it points at, by number."""
        return self._pointed.marks

    def point(self, said: Grounded) -> None:
        """The model points at something."""
        self._pointed.take(said)

    def settle(self, said: Grounded, mark: Mark) -> bool:
        """`mark` is what became of `said` when it was weighed, also after the end. False when it does not count any
        more."""
        return self._pointed.settle(said, mark)

    def picture(self, id_: str) -> Attachment | None:
        """A picture of the conversation up to here, or a page of a document that the model was shown."""
        return self._known().get(id_)

    def find(self, text: str, marks: Sequence[Mark], notices: Sequence[str], seconds: float) -> None:
        """It was answered without the model, in so many seconds."""
        self.has_begun = True
        self._text = [text]
        self._pointed.put(marks)
        self._answer = Answer("finished", notices=tuple(notices), total_seconds=seconds)

    def read_on(self) -> None:
        """The model reads its prompt, which holds what it has asked for so far."""
        self._looks.go_on()

    def note(self, notice: Notice, now: float) -> None:
        """Something to tell beside the answer. After a repetition the text so far is void."""
        if notice.code == "repetition":
            self._text.clear()
            self._evidence.void_text()
            self._pointed.void_text()
            looks = tuple(dataclasses.replace(look, at=0) for look in self._answer.looks)
            self._answer = dataclasses.replace(self._answer, looks=looks)
        self._end_is_told = notice.code == "cut_short"
        self._end_reasoning(now)
        self._note(notice.message)

    def finish(self, finished: Finished, now: float) -> None:
        """It ended as it should."""
        said = bool("".join(self._text).strip())
        if finished.reason == "length" and not self._end_is_told:
            self._note(LOOKED_ONLY if self._looks.are_used_up and not said else CUT_AT_LIMIT)
        if finished.reason == "stop" and not said:
            self._note(NOTHING_SAID)
        self._close("stopped" if finished.reason == "cancelled" else "finished", now)
        # The pictures of earlier turns come first, what was looked at more closely comes last.
        given, images, looks = self._looks.given, finished.usage.images, self._answer.looks
        self._answer = dataclasses.replace(
            self._answer,
            total_seconds=finished.timings.total,
            tokens_per_second=finished.timings.tokens_per_second,
            image_tokens=sum(images[given - self._own_pictures : given]),
            # One that found no room was not seen.
            looks=looks if finished.reason == "cancelled" else looks[: max(0, len(images) - given)],
        )

    def fail(self, failed: Failed, now: float) -> None:
        """It failed, and the engine says why."""
        self._close("failed", now)
        self._answer = dataclasses.replace(self._answer, error=failed.message, offers=failed.offers)

    def break_off(self, error: str, now: float) -> None:
        """It ended with the process, for the reason `error`; without one, because the person stopped it."""
        self._close("failed" if error else "stopped", now)
        self._answer = dataclasses.replace(self._answer, error=error)

    def _pictures_in(self, messages: tuple[Message, ...]) -> tuple[Attachment, ...]:
        known = self._known()
        return tuple(known[id_] for message in messages for id_ in shown_in(message))

    def _known(self) -> dict[str, Attachment]:
        turns = (*self.before, self.turn)
        known = {picture.id: picture for turn in turns for picture in turn.attachments}
        return known | {page.id: page for turn in turns for document in turn.documents for page in pages_of(document)}

    def _note(self, sentence: str) -> None:
        self._answer = dataclasses.replace(self._answer, notices=(*self._answer.notices, sentence))

    def _end_reasoning(self, now: float) -> None:
        if self._reasoning_since is not None:
            seconds = self._answer.reasoning_seconds + now - self._reasoning_since
            self._answer = dataclasses.replace(self._answer, reasoning_seconds=seconds)
            self._reasoning_since = None

    def _close(self, state: AnswerState, now: float) -> None:
        self._end_reasoning(now)
        spent = 0.0 if self._asked_at is None else now - self._asked_at
        self._answer = dataclasses.replace(self._answer, state=state, model=self._model, total_seconds=spent)


def pages_of(document: DocumentAttachment) -> tuple[Attachment, ...]:
    """The pages of a document that the model is shown, as pictures that it may look at more closely."""
    word = document.page_word
    return tuple(
        Attachment(
            page.id, page.path, "image/png", page.width, page.height, "file", f"{document.name}, {word} {page.page}"
        )
        for page in document.shown
    )

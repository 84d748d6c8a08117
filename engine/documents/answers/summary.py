"""Summaries of documents that are too long to be read at once: notes on each part, then a summary of the notes."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from engine import resources
from engine.documents.answers.context import Context, Ruler
from engine.documents.answers.sources import Source, Sources, refs_in
from engine.documents.answers.written import write_found
from engine.documents.search.passages import Passage
from engine.protocol import (
    Event,
    FinishReason,
    Generate,
    ImageProgress,
    Message,
    Notice,
    PrefillProgress,
    SourcesRead,
    TaskProgress,
    Text,
    TextDelta,
    Thinking,
)

PART_MOST, PART_SHARE = 4_096, 0.5
"""Tokens of the passages that are read at once, and their share of the room."""
NOTES = 384
"""Tokens of the notes on one part."""
Prompt = Literal["notes", "merge", "summary"]


@dataclass(frozen=True, slots=True)
class Part:
    """Passages of one document that follow each other."""

    source: Source
    passages: tuple[Passage, ...]

    @property
    def name(self) -> str:
        """For example ``pages 3 to 9 of contract.pdf``."""
        first, last = self.passages[0].page, self.passages[-1].page
        word = self.source.info.page_word
        pages = f"{word} {first}" if first == last else f"{word}s {first} to {last}"
        return f"{pages} of {self.source.name}"


class Summary:
    """One request to summarise. The documents are those of its last message, or all where that has none."""

    def __init__(
        self,
        context: Context,
        sources: Sources,
        ruler: Ruler,
        answer: Callable[[Generate], Generator[Event, None, FinishReason]],
    ) -> None:
        self._context, self._sources, self._ruler, self._answer = context, sources, ruler, answer
        self._done = self._total = 0

    def events(self, request: Generate) -> Generator[Event, None, FinishReason]:
        """The events of the whole request; returns how it ended. The summary alone is told as an answer."""
        self._context.give_nothing()
        budget = min(PART_MOST, max(NOTES, int(self._context.room * PART_SHARE)))
        parts = list(self._parts(request, budget))
        self._total = len(parts) + 1
        notes: list[str] = []
        for part in parts:
            yield self._progress(request, f"Reading {part.name}")
            found = [(part.source, passage) for passage in part.passages]
            ended = yield from self._note(request, "notes", write_found(found, self._sources), notes)
            if ended == "cancelled":
                return ended
            for passage in part.passages:
                self._context.note_found(part.source.document, passage.number)
        while len(groups := self._groups(notes, budget)) > 1 and len(groups) < len(notes):
            self._total += len(groups)
            notes = []
            for group in groups:
                yield self._progress(request, "Merging the notes")
                ended = yield from self._note(request, "merge", group, notes)
                if ended == "cancelled":
                    return ended
        yield self._progress(request, "Writing the summary")
        yield SourcesRead(request.request_id, self._context.read())
        return (yield from self._answer(_asked(request, "summary", "\n\n".join(notes))))

    def _parts(self, request: Generate, budget: int) -> Iterator[Part]:
        own = {ref.document for ref in refs_in(request.messages[-1])}
        for source in self._sources:
            if own and source.document not in own:
                continue
            held: list[Passage] = []
            left = budget
            for passage in source.index.passages():
                cost = self._context.chooser.cost(source, passage)
                if held and cost > left:
                    yield Part(source, tuple(held))
                    held, left = [], budget
                held.append(passage)
                left -= cost
            if held:
                yield Part(source, tuple(held))

    def _groups(self, notes: Sequence[str], budget: int) -> list[str]:
        """Notes that are read at once."""
        groups: list[list[str]] = [[]]
        left = budget
        for note in notes:
            cost = self._ruler.count(note)
            if groups[-1] and cost > left:
                groups.append([])
                left = budget
            groups[-1].append(note)
            left -= cost
        return ["\n\n".join(group) for group in groups]

    def _note(
        self, request: Generate, prompt: Prompt, text: str, notes: list[str]
    ) -> Generator[Event, None, FinishReason]:
        """One pass whose answer is added to `notes` and not told."""
        asked = replace(
            _asked(request, prompt, text), thinking=Thinking(), max_tokens=min(NOTES, request.max_tokens), stop=()
        )
        said = ""
        reason: FinishReason = "stop"

        def listen() -> Generator[Event, None, None]:
            nonlocal reason
            reason = yield from self._answer(asked)

        for event in listen():
            match event:
                case TextDelta(channel="answer"):
                    said += event.text
                case Notice(code="repetition"):
                    said = ""
                case PrefillProgress() | ImageProgress():
                    yield event
        if said.strip():
            notes.append(said.strip())
        self._done += 1
        return reason

    def _progress(self, request: Generate, what: str) -> TaskProgress:
        return TaskProgress(request.request_id, self._done, self._total, what)


def _asked(request: Generate, prompt: Prompt, text: str) -> Generate:
    """What the model is asked: `text`, what to do with it, and what the person wants."""
    wanted = "".join(part.text for part in request.messages[-1].parts if isinstance(part, Text))
    asked = f"{text}\n\n{resources.text(f'prompts/documents_{prompt}.txt').strip()}\n\n{wanted}"
    return replace(request, messages=(Message("user", (Text(asked),)),), tools=())

"""What of its documents a conversation brings to the model: numbered passages before the text of a message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from engine import resources
from engine.documents.answers.choice import Budget, Chooser, Wanted
from engine.documents.answers.sources import Source, Sources, refs_in
from engine.documents.answers.written import count_pages, name_pages, unread_pages, write_documents
from engine.protocol import DocumentRef, Generate, Image, Message, Part, SourceRead, Text

INSTRUCTION = "prompts/documents.txt"
RESERVED_MOST = 2_048
"""Tokens that are kept for an answer, and as many for thinking, where the memory has them."""
LEAST_ROOM = 1_024
"""Tokens for a question's passages, below which those of the oldest questions are left out."""
UNKNOWN = "?"
SHORT = 6
"""Words of a question that is about the one before it, like "And why?"."""
SHORT_LETTERS = 12
"""The same where words are not set apart."""


@dataclass(frozen=True, slots=True)
class Ruler:
    """How long things are for a model: `count` the tokens of a text, `length` those of the prompt of a request without
    `DocumentRef`, `limit` those of the whole context. `sees`: it can be shown pictures."""

    count: Callable[[str], int]
    length: Callable[[Generate], int]
    limit: int
    sees: bool


class Context:
    """The documents of one request: what earlier questions were given, and what the last one is."""

    def __init__(self, request: Generate, sources: Sources, ruler: Ruler) -> None:
        self._request, self._sources, self._ruler = request, sources, ruler
        self._last = len(request.messages) - 1
        # By message, what it brought. A document is there from the first message on that names it.
        self._given = [dict[str, tuple[int, ...]]() for _ in request.messages]
        known: set[str] = set()
        for message, given in zip(request.messages[: self._last], self._given, strict=False):
            for ref in refs_in(message):
                numbers = sources[ref.document].known(ref.passages[: max(0, len(ref.passages) - ref.found)])
                if numbers or ref.document not in known:
                    given[ref.document] = numbers
            known |= {ref.document for ref in refs_in(message)}
        self._introduced = known
        self._new: dict[str, tuple[int, ...]] = {}
        self._found: dict[str, list[int]] = {}
        self.chooser = Chooser(ruler.count)

    @property
    def room(self) -> int:
        """Tokens that are left beside the conversation, what the last question is given, and what the answer needs."""
        request = self._request
        thinking = min(request.thinking.budget, RESERVED_MOST) if request.thinking.enabled else 0
        reserved = min(min(request.max_tokens, RESERVED_MOST) + thinking, self._ruler.limit // 3)
        return self._ruler.limit - reserved - self._ruler.length(self.filled)

    def choose(self) -> None:
        """Choose what the last question is given. Where the conversation leaves too little room for it, what the oldest
        questions were given is left out. Raises `IndexDamaged`."""
        self._leave_out_oldest()
        room = self.room
        while True:
            self._new = {}
            chosen = self.chooser.choose(self._wanted(), self._question(), Budget.of(room))
            self._new = self._with_own(chosen)
            if self.room >= 0 or not any(chosen.values()):
                return
            self._sources.forget_new()
            room //= 2

    def give_nothing(self) -> None:
        """Take back what was chosen: the documents are read in another way."""
        self._new = {}
        self._sources.forget_new()

    @property
    def filled(self) -> Generate:
        """The request as the model reads it, without any `DocumentRef`."""
        known: set[str] = set()
        messages = []
        for at, message in enumerate(self._request.messages):
            given = self._new if at == self._last else self._given[at]
            messages.append(self._written(message, given, known))
            known.update(given)
        return replace(self._request, messages=tuple(messages))

    @property
    def opening(self) -> Generate:
        """What is known of `filled` before its question is: the pictures, and documents that are read whole, with a
        question of one letter."""
        filled = self.filled
        last = filled.messages[-1]
        is_known = not self.searchable and any(self._new.values())
        kept = (part for part in last.parts if isinstance(part, Image))
        parts: tuple[Part, ...] = (*last.parts, Text(UNKNOWN)) if is_known else tuple(kept)
        return replace(filled, messages=(*filled.messages[:-1], replace(last, parts=parts)))

    @property
    def searchable(self) -> list[Source]:
        """The documents of which something has not been read."""
        return [source for source in self._sources if len(self.had(source.document)) < source.info.passages]

    def had(self, document: str) -> set[int]:
        """The passages of a document that the model has before it."""
        numbers = {number for given in (*self._given, self._new) for number in given.get(document, ())}
        return numbers | set(self._found.get(document, ()))

    def note_found(self, document: str, number: int) -> None:
        """The model was given a passage while it answers."""
        self._found.setdefault(document, []).append(number)

    def read(self) -> tuple[SourceRead, ...]:
        """What was read of every document."""
        return tuple(self._read(source) for source in self._sources)

    def _leave_out_oldest(self) -> None:
        for given in self._given[: self._last]:
            if self.room >= LEAST_ROOM:
                return
            for document in given:
                given[document] = ()

    def _wanted(self) -> list[Wanted]:
        """The documents that something can still be given of."""
        wanted = [Wanted(source, frozenset(self.had(source.document))) for source in self._sources]
        return [each for each in wanted if len(each.had) < each.source.info.passages]

    def _with_own(self, chosen: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
        """`chosen` and the documents that come with the question, in the order of the conversation."""
        brought = {ref.document for ref in refs_in(self._request.messages[self._last])} - self._introduced
        return {
            source.document: chosen.get(source.document, ())
            for source in self._sources
            if source.document in brought or chosen.get(source.document)
        }

    def _question(self) -> str:
        """What to look for: the last question, together with the one before where it says too little by itself."""
        asked = [_text_of(message) for message in self._request.messages if message.role == "user"]
        question = asked[-1] if asked else ""
        says_little = len(question.split()) < SHORT and (" " in question.strip() or len(question) < SHORT_LETTERS)
        return " ".join(asked[-2:]) if says_little else question

    def _written(self, message: Message, given: Mapping[str, tuple[int, ...]], known: set[str]) -> Message:
        refs = refs_in(message)
        if not refs and not any(given.values()):
            return message
        # The order of the conversation, which is that of the numbers.
        documents = [(source, given[source.document]) for source in self._sources if source.document in given]
        text = write_documents(documents, self._sources, known)
        if any(given.values()):
            text += f"\n\n{resources.text(INSTRUCTION).strip()}"
        parts = [shown for part in message.parts for shown in self._shown(part)]
        at = next((index for index, part in enumerate(parts) if isinstance(part, Text)), len(parts))
        block = (Text(f"{text}\n\n"),) if text else ()
        return replace(message, parts=(*parts[:at], *block, *parts[at:]))

    def _shown(self, part: Part) -> list[Part]:
        """A document is its pictures, for a model that sees."""
        if not isinstance(part, DocumentRef):
            return [part]
        return [Image(each.attachment, each.path) for each in part.pictures] if self._ruler.sees else []

    def _read(self, source: Source) -> SourceRead:
        had = self.had(source.document)
        found = self._found.get(source.document, [])
        numbers = (*self._new.get(source.document, ()), *found)
        passages = [source.index.passage(number) for number in sorted(had)]
        return SourceRead(
            document=source.document,
            name=source.name,
            whole=len(had) >= source.info.passages > 0,
            passages=numbers,
            pages=tuple(sorted({passage.page for passage in passages})),
            total_pages=len(source.info.pages),
            tokens=sum(self.chooser.cost(source, passage) for passage in passages),
            left_out=self._left_out(source, len(had)),
            marks=tuple(self._sources.mark(source.document, number) for number in numbers),
            found=len(found),
        )

    def _left_out(self, source: Source, had: int) -> str:
        info = source.info
        shown = {
            picture.page
            for message in self._request.messages
            for ref in refs_in(message)
            if ref.document == source.document and self._ruler.sees
            for picture in ref.pictures
        }
        unread = [page for page in unread_pages(info) if page not in shown]
        if not info.passages:
            return "" if shown and not unread else "No text was found in it."
        if had < info.passages:
            read = (
                f"the {had} passages that fit best were"
                if had > 1
                else "only one passage was"
                if had
                else "nothing was"
            )
            return f"Of {count_pages(info, len(info.pages))} {read} read; the rest can be searched."
        return f"{name_pages(info, unread)} could not be read." if unread else ""


def _text_of(message: Message) -> str:
    return "".join(part.text for part in message.parts if isinstance(part, Text))

"""Turns of a conversation to the messages of a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.domain.conversation import Attachment, Turn
from app.domain.documents import DocumentAttachment
from app.session.places import as_written
from engine.protocol import (
    DocumentRef,
    Image,
    ImageBudget,
    Mark,
    Message,
    Offer,
    PagePicture,
    Part,
    SourceRead,
    Text,
)

TITLE_CHARACTERS = 60
_BUDGETS: tuple[ImageBudget, ...] = ("fast", "balanced", "full")


@dataclass(frozen=True, slots=True)
class Concessions:
    """What the person gave up so that a conversation fits the memory: its first messages, detail, or nothing."""

    left_out: int = 0
    budget: ImageBudget | None = None

    def limit(self, budget: ImageBudget) -> ImageBudget:
        """`budget`, or the smaller one that was agreed on."""
        return budget if self.budget is None else min(budget, self.budget, key=_BUDGETS.index)


def messages_of(before: Sequence[Turn], turn: Turn, left_out: int = 0) -> tuple[Message, ...]:
    """The conversation up to the question of `turn`, without its first `left_out` messages.

    Answers that failed or are empty are left out, their questions stay. A question that failed without a word is left
    out whole: what made it fail would make this one fail too. The first message is always a person's, and the last one
    is never left out. Documents of what is left out come with the last one. Where an answer points at something the
    model reads the place as it wrote it.
    """
    messages: list[Message] = []
    marks: list[tuple[Mark, ...]] = []
    """Of each message."""
    documents: dict[str, DocumentAttachment] = {}
    for earlier in before:
        documents |= {document.id: document for document in earlier.documents}
        answer = earlier.answer
        if answer.state == "failed" and not answer.text:
            continue
        messages.append(_question(earlier, _given(earlier, documents)))
        marks.append(())
        if answer.state in ("finished", "stopped") and answer.text.strip():
            messages.append(Message("assistant", (Text(answer.text),)))
            marks.append(answer.marks)
    first = left_out
    while first < len(messages) and messages[first].role != "user":
        first += 1
    kept = {ref.document for message in messages[first:] for ref in message.parts if isinstance(ref, DocumentRef)}
    kept |= {document.id for document in turn.documents}
    missing = [document for document in documents.values() if document.id not in kept]
    question = _question(turn, [_ref(document) for document in (*missing, *turn.documents)])
    return (*_with_places(messages[first:], marks[first:]), question)


def shown_in(message: Message) -> tuple[str, ...]:
    """The ids of the pictures that a message shows, in order: a person's own and the pages of documents."""
    shown: list[str] = []
    for part in message.parts:
        match part:
            case Image():
                shown.append(part.attachment)
            case DocumentRef():
                shown += [picture.attachment for picture in part.pictures]
    return tuple(shown)


def shows_pictures(messages: Sequence[Message]) -> bool:
    """Whether a person gave pictures along with `messages`."""
    return any(isinstance(part, Image) for message in messages for part in message.parts)


def concede(concessions: Concessions, offer: Offer, before: Sequence[Turn], turn: Turn) -> Concessions:
    """What holds after `offer`, which was made for the request with `concessions`, is accepted.

    Raises:
        ValueError: the offer's value is none of its action.
    """
    if offer.action == "image_budget":
        for budget in _BUDGETS:
            if budget == offer.value:
                return Concessions(concessions.left_out, budget)
        raise ValueError(f"no image budget {offer.value!r}")
    already = len(messages_of(before, turn)) - len(messages_of(before, turn, concessions.left_out))
    return Concessions(already + int(offer.value), concessions.budget)


def title_of(question: str, attachments: Sequence[Attachment], documents: Sequence[DocumentAttachment] = ()) -> str:
    """The first line of the question, shortened at a word; without words the name of a document or picture."""
    line = next((line.strip() for line in question.splitlines() if line.strip()), "")
    if not line:
        names = [*(document.name for document in documents), *(attachment.title for attachment in attachments)]
        line = next(filter(None, names), "Picture")
    if len(line) <= TITLE_CHARACTERS:
        return line
    cut = line[:TITLE_CHARACTERS]
    at_word = cut.rpartition(" ")[0] if line[TITLE_CHARACTERS] != " " else cut
    # A language without spaces, or one long word, is cut where it is.
    return (at_word if len(at_word) > TITLE_CHARACTERS // 2 else cut).rstrip(" ,;:.-") + "…"


def _with_places(messages: Sequence[Message], marks: Sequence[tuple[Mark, ...]]) -> list[Message]:
    """`messages` with what each points at. Pictures are counted from the first one that is left."""
    written: list[Message] = []
    shown: list[str] = []
    for message, pointed in zip(messages, marks, strict=True):
        shown += shown_in(message)
        parts = tuple(
            Text(as_written(part.text, pointed, shown)) if pointed and isinstance(part, Text) else part
            for part in message.parts
        )
        written.append(replace(message, parts=parts))
    return written


def _given(turn: Turn, documents: Mapping[str, DocumentAttachment]) -> list[DocumentRef]:
    """The documents of a question that was answered, its own and those that it went on about, with what of them was
    given then: so the conversation begins as it did, and the model need not read it again."""
    sources = {source.document: source for source in turn.answer.sources}
    own = {document.id: document for document in turn.documents}
    others = {id_: documents[id_] for id_ in sources if id_ in documents and id_ not in own}
    return [
        _ref(document, sources.get(document.id), shows=document.id in own)
        for document in (*own.values(), *others.values())
        if document.id in own or sources[document.id].passages
    ]


def _ref(document: DocumentAttachment, source: SourceRead | None = None, shows: bool = True) -> DocumentRef:
    pictures = tuple(PagePicture(each.page, each.id, str(each.path)) for each in document.shown) if shows else ()
    given = (source.passages, source.marks, source.found) if source is not None else ((), (), 0)
    return DocumentRef(document.id, str(document.path), document.name, *given, pictures)


def _question(turn: Turn, documents: Sequence[DocumentRef]) -> Message:
    parts: list[Part] = [Image(attachment.id, str(attachment.path)) for attachment in turn.attachments]
    parts += documents
    if turn.question:
        parts.append(Text(turn.question))
    return Message("user", tuple(parts))

"""The documents of a conversation, and the numbers in brackets that their passages go by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Self

from engine.documents.document import DocumentError
from engine.documents.places import documents_folder
from engine.documents.search.index import Index
from engine.documents.search.passages import Passage
from engine.protocol import DocumentInfo, DocumentRef, Message, PassageFound

OpenIndex = Callable[[str], Index | None]
"""From the sha256 of a document to its index, None where it was not read yet."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A document that was read: its index is open."""

    document: str
    name: str
    index: Index
    info: DocumentInfo

    def known(self, numbers: Iterable[int]) -> tuple[int, ...]:
        """Those of `numbers` that there are passages of: the document may have been read anew."""
        there = {number for number, _, _ in self.index.lengths()}
        return tuple(number for number in numbers if number in there)

    def found(self, passage: Passage, score: float = 0.0) -> PassageFound:
        """`passage` as it is told to others."""
        return PassageFound(
            self.document,
            self.name,
            passage.number,
            passage.page,
            passage.label,
            passage.heading,
            passage.text,
            passage.boxes,
            score,
        )


def open_index(document: str) -> Index | None:
    """The index that is kept on this machine."""
    return Index.open(documents_folder(), document)


class Sources:
    """All documents of a conversation, in the order in which they came. A context manager that closes their indexes.

    Passages are numbered 1, 2, 3 through the whole conversation as they are given. What earlier questions were given
    keeps its numbers.
    """

    def __init__(self, sources: Sequence[Source], refs: Iterable[DocumentRef]) -> None:
        self._sources = {source.document: source for source in sources}
        self._marks: dict[tuple[str, int], int] = {}
        self._places: dict[int, tuple[str, int]] = {}
        refs = list(refs)
        for ref in refs:
            for number, mark in zip(ref.passages, ref.marks, strict=False):
                if mark not in self._places:
                    self._keep(ref.document, number, mark)
        for ref in refs:
            for number in ref.passages:
                self.mark(ref.document, number)
        self._earlier = max(self._places, default=0)

    @classmethod
    def open(cls, messages: Sequence[Message], open_index: OpenIndex) -> Self:
        """Open the index of every document in `messages`. Raises `DocumentError`: one was not read, or is damaged."""
        refs = [ref for message in messages for ref in refs_in(message)]
        with ExitStack() as stack:
            opened: dict[str, Source] = {}
            for ref in refs:
                if ref.document not in opened:
                    index = stack.enter_context(_opened(ref, open_index))
                    opened[ref.document] = Source(ref.document, ref.name, index, index.info())
            sources = cls(list(opened.values()), refs)
            stack.pop_all()
            return sources

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for source in self:
            source.index.close()

    def __iter__(self) -> Iterator[Source]:
        return iter(self._sources.values())

    def __len__(self) -> int:
        return len(self._sources)

    def __getitem__(self, document: str) -> Source:
        return self._sources[document]

    def mark(self, document: str, number: int) -> int:
        """The number in brackets of passage `number`: a new one where it has none yet."""
        key = (document, number)
        if key not in self._marks:
            self._keep(document, number, max(self._places, default=0) + 1)
        return self._marks[key]

    def cited(self, mark: int) -> PassageFound | None:
        """The passage that was given as ``[mark]``, None where none was."""
        if mark not in self._places:
            return None
        document, number = self._places[mark]
        source = self._sources[document]
        try:
            return source.found(source.index.passage(number))
        except (KeyError, DocumentError):  # An answer goes on without what the disk has lost.
            return None

    def forget_new(self) -> None:
        """Take back the numbers of what was not given after all."""
        for mark in [mark for mark in self._places if mark > self._earlier]:
            del self._marks[self._places.pop(mark)]

    def _keep(self, document: str, number: int, mark: int) -> None:
        self._marks[document, number] = mark
        self._places[mark] = (document, number)


def _opened(ref: DocumentRef, open_index: OpenIndex) -> Index:
    index = open_index(ref.document)
    if index is None:
        raise DocumentError("document_unreadable", f"{ref.name} has not been read yet. Add it again.")
    return index


def refs_in(message: Message) -> tuple[DocumentRef, ...]:
    """The documents of one message."""
    return tuple(part for part in message.parts if isinstance(part, DocumentRef))


def have_documents(messages: Iterable[Message]) -> bool:
    """Whether any message brings a document."""
    return any(refs_in(message) for message in messages)

"""`Evidence`: what an answer says of documents, as it comes in."""

from __future__ import annotations

import dataclasses

from app.domain.conversation import Answer
from app.domain.documents import Citation
from engine.protocol import Cited, QuoteChecked, Searched, SourceRead, SourcesRead

EvidenceEvent = SourcesRead | Searched | Cited | QuoteChecked


class Evidence:
    """Of one answer. A number that is cited for several quotes keeps the first that is not proved, or else the first:
    what can not be found is what a person has to see."""

    def __init__(self) -> None:
        self._sources: tuple[SourceRead, ...] = ()
        self._searches: tuple[Searched, ...] = ()
        self._citations: dict[int, Citation] = {}

    def take(self, event: EvidenceEvent) -> None:
        """More of it."""
        match event:
            case SourcesRead():
                self._sources = event.sources
            case Searched():
                self._searches = (*self._searches, event)
            case Cited():
                self._citations.setdefault(event.number, Citation(event.number, event.passage))
            case QuoteChecked():
                self._check(event)

    def void_text(self) -> None:
        """The text so far does not count, and with it what it cites."""
        self._citations.clear()

    def put_into(self, answer: Answer) -> Answer:
        """`answer` with all that is known."""
        citations = tuple(self._citations[number] for number in sorted(self._citations))
        return dataclasses.replace(answer, citations=citations, sources=self._sources, searches=self._searches)

    def _check(self, checked: QuoteChecked) -> None:
        known = self._citations.get(checked.number)
        if known is None or known.proved is False or (known.proved and checked.proved):
            return
        page = checked.page if checked.proved else 0
        self._citations[checked.number] = dataclasses.replace(
            known, quote=checked.quote, proved=checked.proved, boxes=checked.boxes, page=page
        )

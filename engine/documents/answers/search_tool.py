"""The tool ``search_document``: the model looks for more in documents that it was not given whole."""

from __future__ import annotations

from collections.abc import Generator

from engine.documents.answers.context import Context
from engine.documents.answers.sources import Source, Sources
from engine.documents.answers.written import write_found
from engine.documents.search.passages import Passage
from engine.documents.search.retrieval import search
from engine.protocol import Event, Generate, Part, PassageFound, Searched, SourcesRead, Text, Tool, ToolCall

SEARCH = Tool(
    "search_document",
    "Search the person's documents, which are too long to be shown whole, for more passages. Call this before you "
    "answer whenever the passages that you were given do not say what is asked for, and not for what they say already.",
    {
        "type": "object",
        "properties": {
            "query": {
                "type": "string",
                "description": "Words that the passage is likely to hold, in the language of the document.",
            },
        },
        "required": ["query"],
    },
)
TOP = 6
"""Passages that one search gives at most."""
TOKENS = 1_536
"""What they may take together."""
RANKED = 24
"""Passages that are looked at, those that are known among them."""
NO_QUERY = "Say what to search for, as query."
NOTHING = "Nothing more was found for this. Search for other words, or answer with what you have read."
NO_MORE = "There are no more searches for this question. Answer now with what you have read."
NO_ROOM = "There is no room in the memory for more passages. Answer now with what you have read."


class SearchTool:
    """Searches the documents of one request."""

    tool = SEARCH
    no_more = NO_MORE
    no_room = NO_ROOM

    def __init__(self, context: Context, sources: Sources) -> None:
        self._context, self._sources = context, sources

    def works_for(self, request: Generate) -> bool:
        """Whether something was left out."""
        return bool(self._context.searchable)

    def result(self, call: ToolCall, request: Generate) -> Generator[Event, None, tuple[Part, ...] | str]:
        """The passages that fit best of those that were not given yet, or a sentence. Tells `Searched` and
        `SourcesRead`. Raises `IndexDamaged`."""
        value = call.arguments.get("query", next(iter(call.arguments.values()), ""))
        query = str(value).strip()
        if not query:
            return NO_QUERY
        ranked = search([(source.name, source.index) for source in self._sources], query, RANKED)
        fresh = [one for one in ranked if one.number not in self._context.had(one.document)]
        known = [one for one in ranked[:TOP] if one not in fresh]
        taken = self._taken(fresh)
        yield Searched(request.request_id, query, tuple(one for one, _, _ in taken))
        for one, _, _ in taken:
            self._context.note_found(one.document, one.number)
        if not taken and not known:
            return NOTHING
        text = write_found([(source, passage) for _, source, passage in taken], self._sources)
        yield SourcesRead(request.request_id, self._context.read())
        return (Text("\n\n".join(filter(None, (text, self._pointer(known))))),)

    def close(self) -> None:
        """The documents are closed by whoever opened them."""

    def _taken(self, ranked: list[PassageFound]) -> list[tuple[PassageFound, Source, Passage]]:
        taken: list[tuple[PassageFound, Source, Passage]] = []
        left = TOKENS
        for one in ranked[:TOP]:
            source = self._sources[one.document]
            passage = source.index.passage(one.number)
            left -= self._context.chooser.cost(source, passage)
            if left < 0 and taken:
                break
            taken.append((one, source, passage))
        # By document and place, as they are read.
        order = {source.document: at for at, source in enumerate(self._sources)}
        return sorted(taken, key=lambda item: (order[item[0].document], item[2].page, item[2].number))

    def _pointer(self, known: list[PassageFound]) -> str:
        """Where it also stands, among what was given before."""
        if not known:
            return ""
        marks = sorted(self._sources.mark(one.document, one.number) for one in known)
        return f"You were given these before: {', '.join(f'[{mark}]' for mark in marks)}."

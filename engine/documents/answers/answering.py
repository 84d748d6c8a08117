"""A request about documents: what it is given of them, the searches of the model's own, the citations."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from engine.documents.answers.citations import Citing
from engine.documents.answers.context import Context, Ruler
from engine.documents.answers.search_tool import SearchTool
from engine.documents.answers.sources import OpenIndex, Sources
from engine.documents.answers.summary import Summary
from engine.protocol import Event, FinishReason, Generate, SourcesRead
from engine.tally import Tally
from engine.tool_loop import Answering, OwnTool, ToolLoop, offered


def answer_about(
    request: Generate, answer: Answering, tally: Tally, tools: Sequence[OwnTool], ruler: Ruler, open_index: OpenIndex
) -> Generator[Event, None, FinishReason]:
    """The events of `request`, which brings documents; returns how it ended. `tools` may be used beside the search.

    Raises:
        DocumentError: a document was not read, or what was read of it is damaged.
    """
    with Sources.open(request.messages, open_index) as sources:
        context = Context(request, sources, ruler)
        context.choose()
        citing = Citing(request.request_id, sources)
        if request.task == "summarise" and context.searchable:
            return (yield from citing.events(Summary(context, sources, ruler, answer).events(request)))
        yield SourcesRead(request.request_id, context.read())
        loop = ToolLoop(answer, tally, (*tools, SearchTool(context, sources)))
        return (yield from citing.events(loop.events(context.filled)))


def known_of(request: Generate, tools: Sequence[OwnTool], ruler: Ruler, open_index: OpenIndex) -> Generate:
    """What `answer_about` will begin with once the text of the last message is known. Raises `DocumentError`."""
    with Sources.open(request.messages, open_index) as sources:
        context = Context(request, sources, ruler)
        context.choose()
        return offered(context.opening, (*tools, SearchTool(context, sources)))[0]

"""Goes on with an answer by itself after the model has called tools that the engine answers."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Protocol

from engine.fit_offers import Refusal
from engine.protocol import (
    CalledTool,
    Channel,
    Event,
    FinishReason,
    Generate,
    Message,
    Notice,
    Part,
    Text,
    TextDelta,
    Thinking,
    Tool,
    ToolCall,
)
from engine.tally import Tally

CALLS = 3
"""Calls of a tool that are answered in one request; the next one is told to answer, and one more ends the request."""
GAP = "\n\n"
"""Between what was said before a call and after it."""

Answering = Callable[[Generate], Generator[Event, None, FinishReason]]


class OwnTool(Protocol):
    """A tool that the engine answers. `no_more` tells the model that it has used it up, `no_room` that the result does
    not fit the memory."""

    @property
    def tool(self) -> Tool:
        """What the model is told of it."""

    @property
    def no_more(self) -> str:
        """A sentence for the model."""

    @property
    def no_room(self) -> str:
        """A sentence for the model."""

    def works_for(self, request: Generate) -> bool:
        """Whether there is anything that it can do in `request`."""

    def result(self, call: ToolCall, request: Generate) -> Generator[Event, None, tuple[Part, ...] | str]:
        """What the model gets for `call`, or a sentence that tells it why it gets nothing. May tell events."""

    def close(self) -> None:
        """The request is over."""


def offered(request: Generate, tools: Sequence[OwnTool]) -> tuple[Generate, Mapping[str, OwnTool]]:
    """`request` with those of `tools` that work for it, behind its own, and these by name. None where no template tells
    the model of tools; a tool of the asker's own with the same name goes first."""
    taken = {tool.name for tool in request.tools}
    works = {
        own.tool.name: own for own in tools if not request.raw and own.tool.name not in taken and own.works_for(request)
    }
    return (
        replace(request, tools=(*request.tools, *(own.tool for own in works.values()))) if works else request
    ), works


@dataclass(slots=True)
class Heard:
    """What the model said in one go, as the template writes it again. `written` and `thought` are the tokens that the
    request had taken before."""

    written: int
    thought: int
    answer: str = ""
    reasoning: str = ""
    calls: list[ToolCall] = field(default_factory=list)
    restarted: bool = False
    reason: FinishReason = "stop"


class ToolLoop:
    """One request, answered as often as the model calls one of `tools`. `answer` counts into `tally`.

    The calls are told as they are, with ids that are unique within the whole request. Each go repeats the one before
    token by token up to its answer, so that only the answer and the results are to be read.
    """

    def __init__(self, answer: Answering, tally: Tally, tools: Sequence[OwnTool]) -> None:
        self._answer, self._tally, self._tools = answer, tally, tools
        self._own: Mapping[str, OwnTool] = {}
        self._calls: dict[str, int] = {}
        self._told = 0
        self._said: set[Channel] = set()

    def events(self, request: Generate) -> Generator[Event, None, FinishReason]:
        """The events of the whole request; returns how it ended."""
        with ExitStack() as stack:
            for own in self._tools:
                stack.callback(own.close)
            request, self._own = offered(request, self._tools)
            if not self._own:
                return (yield from self._answer(request))
            return (yield from self._goes(request))

    def _goes(self, request: Generate) -> Generator[Event, None, FinishReason]:
        without: Generate | None = None
        cached: int | None = None
        while True:
            heard = Heard(self._written, self._tally.reasoning)
            try:
                yield from self._go(request, heard)
            except Refusal:
                if without is None:
                    raise
                request, without = without, None
                continue
            finally:
                # What this request has read itself does not come from an earlier one.
                cached = self._tally.cached if cached is None else cached
                self._tally.cached = cached
            if heard.reason != "tool_calls" or any(call.name not in self._own for call in heard.calls):
                return heard.reason
            request = self._after(request, heard)
            if request.max_tokens < 1 or any(self._calls.get(call.name, 0) > CALLS for call in heard.calls):
                return "length"
            results = []
            for call in heard.calls:
                results.append((yield from self._result(call, request)))
            without = _with_results(
                request,
                [
                    result if isinstance(result, str) else self._own[call.name].no_room
                    for call, result in zip(heard.calls, results, strict=True)
                ],
            )
            request = _with_results(request, results)

    def _go(self, request: Generate, heard: Heard) -> Generator[Event, None, None]:
        """One answer, up to a call or to its end."""

        def events() -> Generator[Event, None, None]:
            heard.reason = yield from self._answer(request)

        before = set(self._said)
        for event in events():
            match event:
                case TextDelta(channel=channel, text=text):
                    self._said.add(channel)
                    if channel == "answer":
                        heard.answer += text
                    else:
                        heard.reasoning += text
                    yield replace(event, text=GAP + text) if channel in before else event
                    before.discard(channel)
                case Notice(code="repetition"):
                    # The next try stands in the prompt as one without thinking, and its budget is whole.
                    heard.answer = heard.reasoning = ""
                    heard.written, heard.restarted = self._written, True
                    self._said.discard("answer")
                    before.discard("answer")
                    yield event
                case ToolCall():
                    self._told += 1
                    heard.calls.append(replace(event, call_id=f"call_{self._told}"))
                    yield heard.calls[-1]
                case _:
                    yield event

    def _after(self, request: Generate, heard: Heard) -> Generate:
        """The conversation with what was said, and what is left of the budgets."""
        said = Message(
            "assistant",
            (Text(heard.answer),) if heard.answer else (),
            reasoning=heard.reasoning,
            tool_calls=tuple(CalledTool(call.name, call.arguments) for call in heard.calls),
        )
        budget = max(0, request.thinking.budget - (self._tally.reasoning - heard.thought))
        thinking = Thinking(request.thinking.enabled and budget > 0 and not heard.restarted, budget)
        left = request.max_tokens - (self._written - heard.written)
        return replace(request, messages=(*request.messages, said), thinking=thinking, max_tokens=left)

    def _result(self, call: ToolCall, request: Generate) -> Generator[Event, None, tuple[Part, ...] | str]:
        own = self._own[call.name]
        self._calls[call.name] = self._calls.get(call.name, 0) + 1
        if self._calls[call.name] > CALLS:
            return own.no_more
        return (yield from own.result(call, request))

    @property
    def _written(self) -> int:
        return len(self._tally.tokens) - self._tally.reasoning


def _with_results(request: Generate, results: Sequence[tuple[Part, ...] | str]) -> Generate:
    told = (Message("tool", (Text(result),) if isinstance(result, str) else result) for result in results)
    return replace(request, messages=(*request.messages, *told))

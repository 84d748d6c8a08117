"""Goes on with an answer by itself after the model has asked for a closer look."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.fit_offers import Refusal
from engine.images import PictureError
from engine.prompt import pictures_in
from engine.protocol import (
    CalledTool,
    Channel,
    Event,
    FinishReason,
    Generate,
    Image,
    Message,
    Notice,
    Part,
    Text,
    TextDelta,
    Thinking,
    ToolCall,
)
from engine.tally import Tally
from engine.zoom import ZOOM, crop, read_call

LOOKS = 3
"""Calls that are answered in one request; the next one is told to answer, and one more ends the request."""
NO_MORE = "There are no more closer looks for this question. Answer now with what you have seen."
NO_ROOM = "There is no room in the memory for a closer look. Answer now with what you have seen."
NOT_READ = "This part can not be looked at any more. Answer now with what you have seen."
GAP = "\n\n"
"""Between what was said before a look and after it."""

Answering = Callable[[Generate], Generator[Event, None, FinishReason]]


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

    @property
    def asks(self) -> bool:
        """Whether it ended to look closer, and for nothing else."""
        return self.reason == "tool_calls" and all(call.name == ZOOM.name for call in self.calls)


def offered(request: Generate) -> Generate:
    """`request` with the tool, behind its own tools. As it is where there is nothing to look at, where no template
    tells the model of tools, or where a tool of that name is the asker's own."""
    if request.raw or not pictures_in(request) or any(tool.name == ZOOM.name for tool in request.tools):
        return request
    return replace(request, tools=(*request.tools, ZOOM))


class Zoomer:
    """One request, answered as often as the model looks closer. `answer` counts into `tally`.

    The calls are told as they are, with ids that are unique within the whole request. Each go repeats the one before
    token by token up to its answer, so that only the answer and the new picture are to be read. What was cut out lies
    in a folder of its own until the request ends.
    """

    def __init__(self, answer: Answering, tally: Tally) -> None:
        self._answer, self._tally = answer, tally
        self._looks = self._told = 0
        self._said: set[Channel] = set()
        self._folder: Path | None = None

    def events(self, request: Generate) -> Generator[Event, None, FinishReason]:
        """The events of the whole request; returns how it ended."""
        request, asked = offered(request), request
        if request is asked:
            return (yield from self._answer(request))
        with ExitStack() as stack:
            return (yield from self._goes(request, stack))

    def _goes(self, request: Generate, stack: ExitStack) -> Generator[Event, None, FinishReason]:
        blind: Generate | None = None
        cached: int | None = None
        while True:
            heard = Heard(self._written, self._tally.reasoning)
            try:
                yield from self._go(request, heard)
            except Refusal:
                if blind is None:
                    raise
                request, blind = blind, None
                continue
            finally:
                # What this request has read itself does not come from an earlier one.
                cached = self._tally.cached if cached is None else cached
                self._tally.cached = cached
            if not heard.asks:
                return heard.reason
            request = self._after(request, heard)
            if self._looks > LOOKS or request.max_tokens < 1:
                return "length"
            results = [self._result(call, request, stack) for call in heard.calls]
            blind = _with_results(request, [(Text(NO_ROOM),) if _shows(parts) else parts for parts in results])
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

    def _result(self, call: ToolCall, request: Generate, stack: ExitStack) -> tuple[Part, ...]:
        """What the model gets for `call`: the part of the picture, or a sentence."""
        self._looks += 1
        if self._looks > LOOKS:
            return (Text(NO_MORE),)
        pictures = pictures_in(request)
        region = read_call(call.arguments, len(pictures))
        if isinstance(region, str):
            return (Text(region),)
        try:
            return (crop(Path(pictures[region.index].path), region, self._private_folder(stack)),)
        except (PictureError, OSError):
            return (Text(NOT_READ),)

    def _private_folder(self, stack: ExitStack) -> Path:
        if self._folder is None:
            made = TemporaryDirectory(prefix="fingerpost-", ignore_cleanup_errors=True)
            self._folder = Path(stack.enter_context(made))
        return self._folder

    @property
    def _written(self) -> int:
        return len(self._tally.tokens) - self._tally.reasoning


def _with_results(request: Generate, results: list[tuple[Part, ...]]) -> Generate:
    return replace(request, messages=(*request.messages, *(Message("tool", parts) for parts in results)))


def _shows(parts: tuple[Part, ...]) -> bool:
    return any(isinstance(part, Image) for part in parts)

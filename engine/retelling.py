"""Takes what is meant for the program out of an answer's text, and tells it as events."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from typing import Protocol

from engine.protocol import Event, FinishReason, Generate, Message, Notice, Text, TextDelta
from engine.tool_loop import Answering


class TextReader(Protocol):
    """Reads the answer channel of one go. What comes back is text to be shown, and events, in order."""

    def push(self, text: str) -> list[str | Event]:
        """Take more text."""

    def finish(self) -> list[str | Event]:
        """The end of the text: what was kept back. More may still be pushed."""


class Retelling:
    """The goes of one request. `read` gives the reader of a go, None where its text stays as it is; `void` is told when
    what was said does not count.

    Whoever goes on with an answer puts what was told into the next prompt. There the model's own words are put back, so
    that each go repeats the one before it token by token.
    """

    def __init__(
        self, answer: Answering, read: Callable[[Generate], TextReader | None], void: Callable[[], None]
    ) -> None:
        self._answer, self._read, self._void = answer, read, void
        self._said: dict[str, str] = {}

    def events(self, request: Generate) -> Generator[Event, None, FinishReason]:
        """The events of one go; the reasoning is left as it is."""
        request = replace(request, messages=tuple(map(self._in_own_words, request.messages)))
        if (reader := self._read(request)) is None:
            return (yield from self._answer(request))
        go = _Go(request.request_id, reader)
        reason: FinishReason = "stop"

        def listen() -> Generator[Event, None, None]:
            nonlocal reason
            reason = yield from self._answer(request)

        try:
            for event in listen():
                match event:
                    case TextDelta(channel="answer", text=text):
                        yield from go.push(text)
                    case TextDelta():
                        yield event
                    case Notice(code="repetition"):
                        self._void()
                        go = _Go(request.request_id, self._read(request) or reader)
                        yield event
                    case _:
                        yield from go.finish()
                        yield event
        except Exception:
            yield from go.finish()
            raise
        yield from go.finish()
        self._said[go.told] = go.said
        return reason

    def _in_own_words(self, message: Message) -> Message:
        match message:
            case Message(role="assistant", parts=(Text(text=told),)) if told in self._said:
                said = self._said[told]
                return replace(message, parts=(Text(said),) if said else ())
        return message


class _Go:
    """What the model `said`, and what was `told` of it."""

    def __init__(self, request_id: str, reader: TextReader) -> None:
        self._request_id, self._reader = request_id, reader
        self.said = self.told = ""

    def push(self, text: str) -> Iterator[Event]:
        self.said += text
        return self._retold(self._reader.push(text))

    def finish(self) -> Iterator[Event]:
        return self._retold(self._reader.finish())

    def _retold(self, items: list[str | Event]) -> Iterator[Event]:
        for item in items:
            if isinstance(item, str):
                self.told += item
                yield TextDelta(self._request_id, "answer", item)
            else:
                yield item

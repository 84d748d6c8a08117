"""Generated tokens -> what was said on which channel, and tool calls. Four stages, each of them text to text:

    token -> UTF-8 -> ThinkSplitter -> CallScanner, one a channel -> StopFinder, answer only

Each stage keeps back only what may still become a tag, a call or a stop string, so that the same text comes out however
it was cut into tokens. White space around a tag belongs to the tag.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.protocol import Channel, Tool
from engine.toolcalls import Called, ToolCallParser

__all__ = ["Called", "OutputStream", "Said"]

THINK = "<think>"
END_THINK = "</think>"


@dataclass(frozen=True, slots=True)
class Said:
    """More text on a channel, never empty."""

    channel: Channel
    text: str


class OutputStream:
    """The output of one request.

    Args:
        bytes_of: the exact bytes of a token; special tokens give their text.
        reasoning: the prompt ends in an opened think tag, so the output begins inside it.
        stop: strings that end the answer; they are not part of it, and they do not end the reasoning.
        tools: the offered tools. Without any, the text of a call is text like any other.
    """

    def __init__(
        self,
        bytes_of: Callable[[int], bytes],
        *,
        reasoning: bool,
        stop: Sequence[str] = (),
        tools: Sequence[Tool] = (),
    ) -> None:
        self._bytes_of = bytes_of
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._splitter = ThinkSplitter("reasoning" if reasoning else "answer")
        self._parser = ToolCallParser(tools) if tools else None
        self._channel: Channel = self._splitter.channel
        self._scanner = self._new_scanner()
        self._stop = StopFinder(stop)

    @property
    def channel(self) -> Channel:
        """Where the next text goes: ``reasoning`` until the end tag was read."""
        return self._splitter.channel

    @property
    def stopped(self) -> bool:
        """A stop string was met. What comes after it is dropped; the caller ends the request."""
        return self._stop.met

    def push(self, token: int) -> list[Said | Called]:
        """Take one token that is not an end token."""
        return self._collect(self._splitter.push(self._decoder.decode(self._bytes_of(token))))

    def finish(self) -> list[Said | Called]:
        """The end of the output: everything that was kept back."""
        rest = self._decoder.decode(b"", final=True)
        said = self._collect([*self._splitter.push(rest), *self._splitter.finish()])
        self._pass_on(self._scanner.finish(), said)
        self._say("answer", self._stop.finish(), said)
        return said

    def _collect(self, pieces: list[Said]) -> list[Said | Called]:
        said: list[Said | Called] = []
        for piece in pieces:
            if piece.channel != self._channel:
                self._pass_on(self._scanner.finish(), said)
                self._channel = piece.channel
                self._scanner = self._new_scanner()
            self._pass_on(self._scanner.push(piece.text), said)
        return said

    def _new_scanner(self) -> CallScanner:
        return CallScanner(self._parser, fences=self._channel == "answer")

    def _pass_on(self, found: list[str | Called], said: list[Said | Called]) -> None:
        for item in found:
            if self.stopped:
                return
            if isinstance(item, Called):
                self._say("answer", self._stop.finish(), said)
                said.append(item)
            else:
                self._say(self._channel, self._stop.push(item) if self._channel == "answer" else item, said)

    @staticmethod
    def _say(channel: Channel, text: str, said: list[Said | Called]) -> None:
        if not text:
            return
        match said[-1:]:
            case [Said(channel=last, text=before)] if last == channel:
                said[-1] = Said(channel, before + text)
            case _:
                said.append(Said(channel, text))


class ThinkSplitter:
    """Splits text at the think tags.

    The reasoning loses the white space at its ends, the answer the newlines between it and the end tag. A think tag at
    the very start of a channel opens (or does not open twice) the reasoning, and an end tag at the start of the answer
    is dropped; anywhere else in the answer both are text.
    """

    def __init__(self, channel: Channel) -> None:
        self.channel: Channel = channel
        self._text = ""
        self._at_start = True
        self._after_tag = False

    def push(self, text: str) -> list[Said]:
        self._text += text
        return self._split(final=False)

    def finish(self) -> list[Said]:
        return self._split(final=True)

    def _split(self, *, final: bool) -> list[Said]:
        said: list[Said] = []
        while self._text and self._started(final=final):
            text, end = self._text, -1
            if self.channel == "reasoning":
                end = text.find(END_THINK)
                size = end if end >= 0 else len(text) if final else tail_start(text, (END_THINK,))
                text = text[:size].rstrip()
            self._text = self._text[len(text) :]
            if text:
                said.append(Said(self.channel, text))
            if end < 0:
                break
            self._switch("answer", self._text.lstrip().removeprefix(END_THINK))
        return said

    def _started(self, *, final: bool) -> bool:
        """Read the tags at the start of a channel. False: what is there may still become one."""
        while self._at_start:
            rest = self._text.lstrip()
            if rest.startswith(THINK):
                self._switch("reasoning", rest.removeprefix(THINK))
            elif rest.startswith(END_THINK):
                self._switch("answer", rest.removeprefix(END_THINK))
            elif not final and (THINK.startswith(rest) or END_THINK.startswith(rest)):
                return False
            else:
                self._at_start = False
                if self.channel == "reasoning":
                    self._text = rest
                elif self._after_tag:
                    self._text = self._text.lstrip("\n")
        return True

    def _switch(self, channel: Channel, rest: str) -> None:
        self.channel, self._text = channel, rest
        self._at_start = self._after_tag = True


@dataclass(frozen=True, slots=True)
class CallForm:
    """One way to write a call: between `opening` and `closing`, or the end of the stream."""

    opening: str
    closing: str
    may_be: Callable[[str], bool]
    parse: Callable[[str], tuple[Called, ...]]


class CallScanner:
    """Takes tool calls out of the text of one channel. What begins like a call and is none comes back as text."""

    def __init__(self, parser: ToolCallParser | None, *, fences: bool) -> None:
        self._forms: list[CallForm] = []
        if parser is not None:
            self._forms.append(CallForm("<tool_call>", "</tool_call>", parser.may_be_tagged, parser.parse_tagged))
        if parser is not None and fences:
            self._forms.append(CallForm("```json", "\n```", parser.may_be_fenced, parser.parse_fenced))
        self._openings = tuple(form.opening for form in self._forms)
        self._text = ""
        self._open: CallForm | None = None
        self._body = 0
        self._after_call = False

    def push(self, text: str) -> list[str | Called]:
        self._text += text
        return self._scan(final=False)

    def finish(self) -> list[str | Called]:
        return self._scan(final=True)

    def _scan(self, *, final: bool) -> list[str | Called]:
        found: list[str | Called] = []
        while self._text:
            if self._open is None and not self._find_opening(found):
                self._release(len(self._text) if final else self._start_of_tail(), found)
                break
            if not self._close(found, final=final):
                break
        return found

    def _find_opening(self, found: list[str | Called]) -> bool:
        """Give out what stands before the next opening, and remember where the body behind it begins."""
        places = [(self._text.find(form.opening), index) for index, form in enumerate(self._forms)]
        at, index = min((place for place in places if place[0] >= 0), default=(-1, 0))
        if at < 0:
            return False
        size = len(self._text[:at].rstrip())
        self._release(size, found)
        self._open = self._forms[index]
        self._body = at - size + len(self._open.opening)
        return True

    def _close(self, found: list[str | Called], *, final: bool) -> bool:
        """Read the open call if it is complete. False: more of it may come."""
        form = self._open
        assert form is not None
        end = self._text.find(form.closing, self._body)
        body = self._text[self._body : end] if end >= 0 else self._text[self._body :]
        possible = form.may_be(body)
        if possible and end < 0 and not final:
            return False
        self._open = None
        if calls := form.parse(body) if possible else ():
            found.extend(calls)
            self._text = self._text[end + len(form.closing) :] if end >= 0 else ""
            self._after_call = True
        else:
            self._release(self._body, found)
        return True

    def _start_of_tail(self) -> int:
        """Where the text begins that may still become an opening, the white space before it included."""
        if not self._openings:
            return len(self._text)
        return len(self._text[: tail_start(self._text, self._openings)].rstrip())

    def _release(self, size: int, found: list[str | Called]) -> None:
        text, self._text = self._text[:size], self._text[size:]
        # White space between calls, or after the last one, was written for the calls' sake.
        if text and not (self._after_call and text.isspace()):
            found.append(text)
            self._after_call = False


class StopFinder:
    """Ends a text before the stop string that is complete first, of those the one that began first."""

    def __init__(self, stop: Sequence[str]) -> None:
        self._stop = tuple(text for text in stop if text)
        self._text = ""
        self.met = False

    def push(self, text: str) -> str:
        """What of the text so far can no longer be part of a stop string."""
        self._text += text
        places = [(self._text.find(stop), len(stop)) for stop in self._stop]
        ends = [(at + size, at) for at, size in places if at >= 0]
        if ends:
            self.met = True
            return self._take(min(ends)[1])
        return self._take(tail_start(self._text, self._stop))

    def finish(self) -> str:
        """What was kept back, and is no stop string now that the text ends or is interrupted."""
        return "" if self.met else self._take(len(self._text))

    def _take(self, size: int) -> str:
        text, self._text = self._text[:size], self._text[size:]
        return text


def tail_start(text: str, patterns: Sequence[str]) -> int:
    """Where the longest tail of `text` begins that is the beginning, but not all, of one of `patterns`."""
    longest = max((len(pattern) for pattern in patterns), default=1) - 1
    for at in range(max(0, len(text) - longest), len(text)):
        if any(len(pattern) > len(text) - at and pattern.startswith(text[at:]) for pattern in patterns):
            return at
    return len(text)

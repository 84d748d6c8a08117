"""JSON as models write it, read character by character.

Beyond the standard it takes single quotes, bare words, tuples, missing and trailing commas, brackets that close more
than their own, and quotes inside a text that were not escaped. It begins with an object, or with a list of objects.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

MOST_DEPTH = 16
LONGEST_TEXT = 600
"""Characters of a text; one that is longer was never closed."""

_QUOTES = "\"'"
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_WORDS = {"true": True, "false": False, "null": None, "none": None}


@dataclass(frozen=True, slots=True)
class Complete:
    """An object that was read to its end. `enclosed`: it stands inside another object."""

    value: dict[str, Any]
    enclosed: bool


@dataclass(slots=True)
class _Frame:
    """A list or object that is still open, and what comes next in it."""

    value: dict[str, Any] | list[Any]
    stage: Literal["key", "colon", "value", "next"]
    key: str = ""


class LooseJson:
    """One value, `opening` being its first character. `keys` are all that were read so far; `rest` is what a broken one
    had taken in and is no part of it."""

    def __init__(self, opening: str) -> None:
        self.state: Literal["open", "done", "broken"] = "open"
        self.keys: set[str] = set()
        self.rest = ""
        self._stack: list[_Frame] = []
        self._completed: list[Complete] = []
        self._reading: Literal["", "text", "quote", "word"] = ""
        self._token = self._quote = self._space = ""
        self._escapes = False
        self._open(opening)

    def push(self, char: str) -> list[Complete]:
        """Take one more character while the state is ``open``; the objects that end with it, inner ones first."""
        self._completed = []
        if self._reading == "text":
            self._in_text(char)
        elif self._reading == "quote":
            self._behind_quote(char)
        elif self._reading == "word" and (char.isalnum() or char in "_-+."):
            self._token += char
        else:
            if self._reading == "word":
                self._end_word()
            self._structure(char)
        return self._completed

    def open_objects(self) -> Iterator[dict[str, Any]]:
        """What is known of the objects that are not complete, inner ones first. A text may be cut, a list is whole."""
        if self._reading in ("text", "quote") and self._stack[-1].stage == "value":
            self._end_text()
        for frame in reversed(self._stack):
            if isinstance(frame.value, dict):
                yield frame.value

    # --- Texts and words ---------------------------------------------------------------------------------------------

    def _in_text(self, char: str) -> None:
        if self._escapes:
            self._token += char
            self._escapes = False
        elif char == "\n" or len(self._token) > LONGEST_TEXT:
            self._break_text(char)
        elif char == self._quote:
            self._reading, self._space = "quote", ""
        else:
            self._token += char
            self._escapes = char == "\\"

    def _behind_quote(self, char: str) -> None:
        """Only what comes behind a quote tells whether it ends the text."""
        if char.isspace():
            self._space += char
        elif char in self._closers or (char in _QUOTES and "\n" in self._space):
            self._end_text()
            self._structure(char)
        elif "\n" in self._space:
            self._end_text()
            self._break(char)
        else:
            self._token += self._quote + self._space
            self._reading, self._space = "text", ""
            self._in_text(char)

    @property
    def _closers(self) -> str:
        if self._stack[-1].stage == "key":
            return ":,}"
        return ",}]" if isinstance(self._stack[-1].value, dict) else ",])}"

    def _end_text(self) -> None:
        self._reading = ""
        self._take(_ESCAPE.sub(_unescaped, self._token))

    def _break_text(self, char: str) -> None:
        """A text that was never closed: it ends at the bracket that should have followed."""
        self._token, _, rest = self._token.partition("}")
        if self._stack[-1].stage == "value":
            self._end_text()
        self._break(rest + char)

    def _end_word(self) -> None:
        self._reading = ""
        word = self._token
        if word.casefold() in _WORDS and self._stack[-1].stage != "key":
            self._take(_WORDS[word.casefold()])
            return
        try:
            number = float(word)
        except ValueError:
            self._take(word)
            return
        if self._stack[-1].stage == "key":
            self._break("")
        else:
            self._take(number)

    def _take(self, value: Any) -> None:
        frame = self._stack[-1]
        if isinstance(frame.value, list):
            frame.value.append(value)
            frame.stage = "next"
        elif frame.stage == "key":
            frame.key, frame.stage = value, "colon"
            self.keys.add(value)
        else:
            frame.value[frame.key] = value
            frame.stage = "next"

    # --- Brackets and commas -----------------------------------------------------------------------------------------

    def _structure(self, char: str) -> None:
        if self.state != "open" or char.isspace():
            return
        frame = self._stack[-1]
        if char in "}])":
            self._close(char)
        elif char == ",":
            frame.stage = _first_stage(frame.value)
        elif char == ":" and frame.stage == "colon":
            frame.stage = "value"
        elif char in "{[(":
            self._open_inside(char, frame)
        elif char in _QUOTES:
            self._begin_text(char, frame)
        elif char.isalnum() or char in "_-+.":
            self._begin_word(char, frame)
        else:
            self._break(char)

    def _open_inside(self, char: str, frame: _Frame) -> None:
        in_list = isinstance(frame.value, list)
        wanted = frame.stage == "value" or (in_list and frame.stage == "next")
        if not wanted or len(self._stack) == MOST_DEPTH or (self._lists_objects and char != "{"):
            self._break(char)
        else:
            self._open(char)

    def _begin_text(self, char: str, frame: _Frame) -> None:
        if frame.stage == "next":
            frame.stage = _first_stage(frame.value)
        if frame.stage == "colon" or self._lists_objects:
            self._break(char)
        else:
            self._reading, self._quote, self._token, self._escapes = "text", char, "", False

    def _begin_word(self, char: str, frame: _Frame) -> None:
        follows = frame.stage == "next" and isinstance(frame.value, list) and not char.isalpha()
        if frame.stage in ("key", "value") and not self._lists_objects:
            follows = frame.stage == "value" or char.isalpha() or char == "_"
        if follows and not self._lists_objects:
            self._reading, self._token = "word", char
        else:
            self._break(char)

    @property
    def _lists_objects(self) -> bool:
        """Whether the innermost bracket is that of the outer list."""
        return len(self._stack) == 1 and isinstance(self._stack[0].value, list)

    def _open(self, char: str) -> None:
        value: dict[str, Any] | list[Any] = {} if char == "{" else []
        self._stack.append(_Frame(value, _first_stage(value)))

    def _close(self, char: str) -> None:
        closes = dict if char == "}" else list
        if not any(isinstance(frame.value, closes) for frame in self._stack):
            self._break(char)
            return
        while True:
            value = self._stack.pop().value
            if isinstance(value, dict):
                self._completed.append(Complete(value, any(isinstance(frame.value, dict) for frame in self._stack)))
            if self._stack:
                self._stack[-1].stage = "value" if self._stack[-1].stage != "key" else "key"
                self._attach(value)
            else:
                self.state = "done"
            if isinstance(value, closes):
                return

    def _attach(self, value: dict[str, Any] | list[Any]) -> None:
        frame = self._stack[-1]
        if isinstance(frame.value, list):
            frame.value.append(value)
        else:
            frame.value[frame.key] = value
        frame.stage = "next"

    def _break(self, rest: str) -> None:
        self.state, self.rest = "broken", rest


def _first_stage(value: dict[str, Any] | list[Any]) -> Literal["key", "value"]:
    return "key" if isinstance(value, dict) else "value"


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else _ESCAPED.get(match[2], match[2])

"""Finds the objects that are wanted in text that comes piece by piece, and takes them out of it.

They may stand in a sentence, in a list, in a fence, or in several of these, and may be written as `LooseJson` reads
them or in the family's own tokens:

    <|object_ref_start|>Save<|object_ref_end|><|box_start|>(120,340),(180,360)<|box_end|>

What only looks like one comes back as the text it is. Every decision depends on characters alone, never on how the text
was cut.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from engine.loose_json import LooseJson

MOST_HELD = 1000
"""Characters that are kept back at most while nothing tells that they are wanted."""
LONGEST_BOX = 120
LONGEST_LABEL = 200

REF, END_REF = "<|object_ref_start|>", "<|object_ref_end|>"
BOX, END_BOX = "<|box_start|>", "<|box_end|>"
_TAGS = (REF, END_REF, BOX, END_BOX)

_FENCE_SO_FAR = re.compile(r"`{1,2}|(`{3,})[ \t]*(\w*)\s*")
_LANGUAGES = frozenset({"", "json", "json5", "jsonc", "jsonl", "javascript", "js", "text", "txt", "plaintext"})
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")

Wanted = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class Found:
    """A wanted object. `standing`: it has lines of its own, in a fence or in a list of several lines. One that is not
    `whole` ended with the text, or was never closed."""

    value: Mapping[str, Any]
    standing: bool
    whole: bool = True


class JsonScanner:
    """Splits one text. `wanted` says of a complete object whether to take it out; a key of `certain` tells it before
    the object is complete, so that it is not shown then, even if it is never closed."""

    def __init__(self, wanted: Wanted, certain: frozenset[str]) -> None:
        self._wanted, self._certain = wanted, certain
        self._mode: Literal["text", "tag", "ticks", "value", "between", "box"] = "text"
        self._queue: deque[str] = deque()
        self._out: list[str | Found] = []
        self._held = ""
        self._json = LooseJson("{")
        self._taken = self._standing = False
        self._fence = ""
        self._left_open = ""
        self._code = ""
        self._label, self._names = "", False

    def push(self, text: str) -> list[str | Found]:
        """What is known with `text`, in order; texts that are side by side are one."""
        self._queue.extend(text)
        return self._drained()

    def finish(self) -> list[str | Found]:
        """The end of the text: what was kept back."""
        out: list[str | Found] = []
        while self._mode != "text":
            self._end()
            out += self._drained()
        return out

    def _drained(self) -> list[str | Found]:
        while self._queue:
            self._take(self._queue.popleft())
        out, self._out = self._out, []
        return out

    def _take(self, char: str) -> None:
        match self._mode:
            case "text":
                self._in_text(char)
            case "tag":
                self._in_tag(char)
            case "box":
                self._in_box(char)
            case "ticks":
                self._in_ticks(char)
            case "value":
                self._in_value(char)
            case "between":
                self._in_between(char)

    def _end(self) -> None:
        """The text ends in this mode."""
        match self._mode:
            case "tag":
                self._release(len(self._held))
            case "ticks":
                if self._held.rstrip() != self._left_open:
                    self._release(len(self._held))
            case "value" if self._is_certain:
                self._find_open()
            case "value":
                self._release_opening()
                return
            case _:
                pass
        self._mode = "text"

    # --- Text and the family's own tokens ----------------------------------------------------------------------------

    def _in_text(self, char: str) -> None:
        if char in "<`":
            self._mode, self._held = "tag" if char == "<" else "ticks", char
        elif char in "{[":
            self._begin("", char)
        else:
            self._say(char)

    def _in_tag(self, char: str) -> None:
        self._held += char
        if self._held in _TAGS:
            if self._held in (REF, END_REF):
                self._names = self._held == REF
                self._label = "" if self._names else self._label
            self._mode = "box" if self._held == BOX else "text"
            self._held = ""
        elif not any(tag.startswith(self._held) for tag in _TAGS):
            self._release(1)

    def _in_box(self, char: str) -> None:
        self._held += char
        if self._held.endswith(END_BOX):
            numbers = [float(number) for number in _NUMBER.findall(self._held)]
            self._find({"bbox_2d": numbers, "label": self._label.strip()}, whole=True)
            self._mode = "text"
        elif len(self._held) > LONGEST_BOX:
            self._release(len(self._held))

    # --- Fences ------------------------------------------------------------------------------------------------------

    def _in_ticks(self, char: str) -> None:
        if _FENCE_SO_FAR.fullmatch(self._held + char):
            self._held += char
            return
        opening = _FENCE_SO_FAR.fullmatch(self._held)
        assert opening is not None
        run, language = opening[1] or self._held, opening[2] or ""
        self._queue.appendleft(char)
        if self._left_open and run == self._left_open and not language:
            # The end of a fence whose beginning is gone.
            self._left_open = ""
            self._queue.extendleft(reversed(self._held[len(run) :]))
            self._mode = "text"
        elif char in "{[" and not self._code and language.casefold() in _LANGUAGES:
            self._begin(self._held, self._queue.popleft())
        else:
            self._release(len(self._held))

    def _in_between(self, char: str) -> None:
        """Behind a value in a fence."""
        if char.isspace() or (char == "`" and len(self._fence) > self._held.count("`") + 1):
            self._held += char
        elif char == "`":
            self._mode = "text"
        elif char in "{[" and "`" not in self._held:
            self._begin("", char, self._fence)
        elif char != ",":
            self._left_open = self._fence if len(self._fence) > 2 else ""
            self._queue.appendleft(char)
            self._release(len(self._held))

    # --- Values ------------------------------------------------------------------------------------------------------

    def _begin(self, opening: str, char: str, fence: str = "") -> None:
        self._mode, self._held = "value", opening + char
        self._json = LooseJson(char)
        self._fence = fence or "`" * opening.count("`")
        self._standing = len(self._fence) > 2
        self._taken = False

    def _in_value(self, char: str) -> None:
        self._held += char
        if char == "\n" and self._held.strip() == "[":
            self._standing = True
        for complete in self._json.push(char):
            if self._wanted(complete.value):
                self._taken = True
                self._find(complete.value, whole=True)
            elif not complete.enclosed and not self._is_certain:
                self._release(len(self._held))
                return
        if self._json.state == "done":
            if self._is_certain:
                self._leave()
            else:
                self._release(len(self._held))
        elif self._json.state == "broken":
            self._give_up()
        elif not self._is_certain and len(self._held) > MOST_HELD:
            self._release_opening()

    @property
    def _is_certain(self) -> bool:
        return self._taken or bool(self._json.keys & self._certain)

    def _give_up(self) -> None:
        """What is no JSON: text after all, or an end where none should be."""
        if self._is_certain:
            self._find_open()
            self._queue.extendleft(reversed(self._json.rest))
            self._leave()
        else:
            self._release_opening()

    def _leave(self) -> None:
        self._mode, self._held = "between" if self._fence else "text", ""

    def _find_open(self) -> None:
        for value in self._json.open_objects():
            if self._wanted(value):
                self._find(value, whole=False)

    def _find(self, value: Mapping[str, Any], *, whole: bool) -> None:
        self._out.append(Found(value, self._standing and self._mode == "value", whole))

    # --- What is text after all --------------------------------------------------------------------------------------

    def _release_opening(self) -> None:
        """The text up to the first bracket is no more than that; what follows it may still hold something."""
        brackets = [place for place in (self._held.find("{"), self._held.find("[")) if place >= 0]
        self._release(min(brackets) + 1)

    def _release(self, size: int) -> None:
        """Say as much of what is held, and read the rest of it again as text."""
        held, self._held, self._mode = self._held, "", "text"
        self._queue.extendleft(reversed(held[size:]))
        self._say(held[:size])
        run = len(held[:size]) - len(held[:size].lstrip("`"))
        if run > 2:
            # Fences that are text: in between, a fence is an end and no beginning.
            self._code = "" if self._code else "`" * run

    def _say(self, text: str) -> None:
        if self._names and len(self._label) < LONGEST_LABEL:
            self._label += text
        elif not text.isspace():
            self._label, self._names = "", False
        if self._out and isinstance(self._out[-1], str):
            self._out[-1] += text
        elif text:
            self._out.append(text)

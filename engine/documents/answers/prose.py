"""Markdown without its code and what is escaped, piece by piece."""

from __future__ import annotations

import re

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
BLANK = " "


class Prose:
    """Text as it comes, with code and escaped characters made blank. What is said is as long as what came in.

    Inline code ends with its paragraph, as it must: what is never closed is no code, and of that only the marks in one
    paragraph are lost.
    """

    def __init__(self) -> None:
        self._line = ""
        self._fence = ""
        self._ticks = 0
        self._run = 0
        self._escapes = False

    def push(self, text: str) -> str:
        """`text`, blanks in the place of what is code."""
        return "".join(map(self._next, text))

    def _next(self, char: str) -> str:
        if char != "`" and self._run:
            self._end_run()
        if char == "\n":
            self._end_line()
            return char
        self._line += char
        if self._fence:
            return BLANK
        if char == "`" and not self._escapes:
            self._run += 1
            return BLANK
        if self._ticks or _FENCE.match(self._line):
            return BLANK
        escaped, self._escapes = self._escapes, char == "\\" and not self._escapes
        return BLANK if escaped else char

    def _end_run(self) -> None:
        """A run of backticks opens code, or closes what as many have opened."""
        run, self._run = self._run, 0
        if self._ticks:
            self._ticks = 0 if run == self._ticks else self._ticks
        elif not _FENCE.match(self._line):
            self._ticks = run

    def _end_line(self) -> None:
        line, self._line, self._escapes = self._line, "", False
        match = _FENCE.match(line)
        if self._fence:
            if match and match[1].startswith(self._fence) and not line.strip(" " + self._fence[0]):
                self._fence = ""
        elif match and not self._ticks:
            self._fence = match[1]
        elif not line.strip():
            self._ticks = 0

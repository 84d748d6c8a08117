"""Code -> coloured runs per line. While code streams in, only its end is read again; the whole once it is complete."""

from __future__ import annotations

from typing import Literal

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Generic, Keyword, Name, Number, Operator, Punctuation, String, _TokenType
from pygments.util import ClassNotFound

from app.render.units import units

Ink = Literal["ink", "quiet", "keyword", "string", "number", "comment", "title", "removed", "added"]
Run = tuple[int, Ink]
"""Length in UTF-16 units, and ink."""

_CHUNK = 4000
"""Characters read again at most before the search for a safe place to begin next time."""

_INKS: tuple[tuple[_TokenType, Ink], ...] = (
    (Comment.Preproc, "keyword"),
    (Comment, "comment"),
    (Keyword.Constant, "number"),
    (Keyword, "keyword"),
    (Operator.Word, "keyword"),
    (Name.Function, "title"),
    (Name.Class, "title"),
    (Name.Namespace, "ink"),
    (Name.Tag, "keyword"),
    (Name.Attribute, "number"),
    (Name.Decorator, "number"),
    (Name.Builtin, "keyword"),
    (String, "string"),
    (Number, "number"),
    (Generic.Deleted, "removed"),
    (Generic.Inserted, "added"),
    (Generic.Heading, "title"),
    (Generic.Prompt, "comment"),
    (Operator, "quiet"),
    (Punctuation, "quiet"),
)


def ink_of(kind: _TokenType) -> Ink:
    """The ink of a pygments token type."""
    for family, ink in _INKS:
        if kind[: len(family)] == family:
            return ink
    return "ink"


class Highlighter:
    """Colours for one block of code that may grow. `lines` has the runs of every line."""

    def __init__(self, language: str) -> None:
        self.lines: list[tuple[Run, ...]] = [()]
        self._lexer = _lexer(language)
        self._inks: dict[_TokenType, Ink] = {}
        self._text = ""
        self._safe_line = 0
        self._safe_at = 0

    def update(self, text: str, *, whole: bool) -> int:
        """Take the code as it is now and return the first line whose runs differ. `whole` reads all of it again."""
        grown = text.startswith(self._text) and not whole
        if not grown:
            self._safe_line = self._safe_at = 0
        self._text = text
        before, kept = self.lines, self._safe_line
        fresh = self._read(text[self._safe_at :])
        self.lines = before[:kept] + fresh
        changed = kept
        while changed < min(len(before), len(self.lines)) and before[changed] == self.lines[changed]:
            changed += 1
        return changed

    def _read(self, text: str) -> list[tuple[Run, ...]]:
        if self._lexer is None:
            return [((units(line), "ink"),) for line in text.split("\n")]
        lines: list[tuple[Run, ...]] = []
        line: list[Run] = []
        at = 0
        safe: tuple[int, int] | None = None
        for kind, value in self._lexer.get_tokens(text):
            ink = self._inks.get(kind) or self._inks.setdefault(kind, ink_of(kind))
            parts = value.split("\n")
            for index, part in enumerate(parts):
                if index:
                    lines.append(tuple(line))
                    line = []
                    at += 1
                if part:
                    line.append((units(part), ink))
                    at += len(part)
            # A top-level line after an empty one, outside strings and comments: reading can begin there next time.
            if (
                ink not in ("string", "comment")
                and not line
                and len(lines) > 1
                and lines[-1] == ()
                and _outdented(text, at)
            ):
                safe = (len(lines), at)
        lines.append(tuple(line))
        # The lexer ends the text with a line break if it has none.
        wanted = text.count("\n") + 1
        lines = lines[:wanted] + [()] * (wanted - len(lines))
        if safe and len(text) > _CHUNK:
            self._safe_line += safe[0]
            self._safe_at += safe[1]
        return lines


def _outdented(text: str, at: int) -> bool:
    return at < len(text) and not text[at].isspace()


def _lexer(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(language, stripnl=False) if language else None
    except ClassNotFound:
        return None

"""The runs of a paragraph, a heading or a cell, from the parser's inline tokens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from markdown_it.token import Token

from app.render.blocks import Formula, Span, Spans, Style, Words
from app.render.marks import WRITTEN, numbers_in, target_of
from app.render.signs import SIGN, sign_target

_FOLLOWED = ("https://", "http://", "mailto:")
"""Targets that can be followed; others are shown, but are no links."""
_ADDRESS = re.compile(r"https?://[^\s<>\"]+")
_TRAILING = ".,;:!?'\"*_~"
_LINE_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_STYLES = {"strong": Style.BOLD, "em": Style.ITALIC, "s": Style.STRIKE}
_LARGE = ("$$", "\\[")


def spans(tokens: Sequence[Token], cited: frozenset[int] = frozenset()) -> Spans:
    """Tokens as runs. A picture becomes its text, an address a link, a number in brackets that is among `cited` a mark,
    and a link whose text does not say where it leads is followed by a note that does."""
    reader = _Reader(cited)
    for token in tokens:
        reader.read(token)
    return tuple(reader.made)


class _Reader:
    """What is open while the tokens of one text go by."""

    def __init__(self, cited: frozenset[int]) -> None:
        self.made: list[Span] = []
        self._cited = cited
        self._style = Style.PLAIN
        self._target = ""
        self._link = ""
        self._said = ""

    def read(self, token: Token) -> None:
        match token.type:
            case "text" | "text_special":
                self._text(token.content)
            case "softbreak":
                self._words(" ")
            case "hardbreak":
                self._words("\n")
            case "code_inline":
                self._said += token.content
                self.made.append(Words(token.content, self._style | Style.CODE, self._link))
            case "maths_inline":
                self.made.append(Formula(token.content, token.meta["source"], display=token.markup in _LARGE))
            case "image":
                self._words(token.content or str(token.attrs.get("src", "")), Style.ITALIC)
            case "link_open":
                self._target, self._said = str(token.attrs.get("href", "")), ""
                self._link = self._target if self._target.startswith(_FOLLOWED) else ""
            case "link_close":
                if note := _unsaid(self._target, self._said):
                    self.made.append(Words("\u00a0" + note, Style.NOTE, self._link))
                self._target = self._link = ""
            case _ if token.tag in _STYLES:
                style = _STYLES[token.tag]
                self._style = self._style | style if token.nesting > 0 else self._style & ~style

    def _text(self, text: str) -> None:
        self._said += text
        text = _LINE_BREAK.sub("\n", text)
        at = 0
        for match in [] if self._target else _ADDRESS.finditer(text):
            address = match.group().rstrip(_TRAILING)
            if "(" not in address:
                address = address.rstrip(")" + _TRAILING)
            self._cite(text[at : match.start()])
            self.made.append(Words(address, self._style, address))
            at = match.start() + len(address)
        self._cite(text[at:])

    def _cite(self, text: str) -> None:
        """Words with the marks among them."""
        at = 0
        for match in [] if self._target or not self._cited else WRITTEN.finditer(text):
            numbers = numbers_in(match.group(1))
            if self._cited.issuperset(numbers):
                self._point(text[at : match.start()])
                for number in numbers:
                    style = self._style | Style.CITATION
                    self.made.append(Words(f"[{number}]", style, target_of(number)))
                at = match.end()
        self._point(text[at:])

    def _point(self, text: str) -> None:
        """Words with the signs among them."""
        at = 0
        for match in [] if self._target else SIGN.finditer(text):
            self._words(text[at : match.start()])
            self.made.append(Words(match.group(), self._style | Style.SIGN, sign_target(match.group())))
            at = match.end()
        self._words(text[at:])

    def _words(self, text: str, style: Style = Style.PLAIN) -> None:
        """Join runs of one style, so that equal text gives equal values however it was cut."""
        if not text:
            return
        words = Words(text, self._style | style, self._link)
        last = self.made[-1] if self.made else None
        if isinstance(last, Words) and not words.link and replace(last, text=text) == words:
            self.made[-1] = replace(last, text=last.text + text)
        else:
            self.made.append(words)


def _unsaid(target: str, said: str) -> str:
    """Where a link leads, in a word, unless its text says so."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return target
    host = parts.netloc.rpartition("@")[2] or parts.path
    bare = target.removeprefix(f"{parts.scheme}:").removeprefix("//").rstrip("/")
    said = said.strip().removeprefix("https://").removeprefix("http://").rstrip("/")
    return "" if said in (bare, host) else host

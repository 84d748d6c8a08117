"""What the window knows of documents: those that wait or were asked about, and what an answer says of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.protocol import Box, DocumentKind, PageWord, PassageFound

DocumentState = Literal["reading", "ready", "failed", "password"]


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page that the model is shown as a picture, as scans need it: `id` is the sha256 of the PNG file `path`. Sizes
    in pixels."""

    page: int
    id: str
    path: Path
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class DocumentAttachment:
    """A file that belongs to a question. `id` is the sha256 of its bytes in hex.

    While it is read `done` of `total` pages are; `total` is 0 while nobody knows. `kind` is None until it is known, and
    `pages` 0. `page_word` is what a page of it is called. `notes` are sentences of what was left out. A failed one has
    a `sentence` for a person; one that waits for its password has one when the last password was wrong. `shown` are
    pages that the model is shown as pictures.
    """

    id: str
    path: Path
    name: str
    kind: DocumentKind | None = None
    pages: int = 0
    notes: tuple[str, ...] = ()
    state: DocumentState = "reading"
    done: int = 0
    total: int = 0
    sentence: str = ""
    page_word: PageWord = "page"
    shown: tuple[ShownPage, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """The mark ``[number]`` of an answer and what it stands for.

    `quote` is what the answer quotes for it, ``""`` where it quotes nothing. `proved`: whether the document says that,
    at `boxes` of page `page`; None while nobody has looked. `page` 0 is the passage's own.
    """

    number: int
    passage: PassageFound
    quote: str = ""
    proved: bool | None = None
    boxes: tuple[Box, ...] = ()
    page: int = 0

    @property
    def place(self) -> int:
        """The page to open, from 1."""
        return self.page or self.passage.page

    @property
    def lines(self) -> tuple[Box, ...]:
        """What to mark there: the quote where it was found, else the passage."""
        return self.boxes or self.passage.boxes

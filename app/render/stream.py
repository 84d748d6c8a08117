"""An answer that grows: finished blocks are frozen, only the open end is parsed again."""

from __future__ import annotations

from typing import Any

from app.render.blocks import Block
from app.render.marks import HALF_WRITTEN, WRITTEN, numbers_in
from app.render.parser import BlockParser
from app.render.unfinished import settle


class BlockStream:
    """Markdown in pieces -> blocks. Blocks before index `frozen` stay as they are until `finish`."""

    def __init__(self) -> None:
        self._parser = BlockParser()
        self._source = ""
        self._at = 0
        self._line = 0
        self._number: int | None = None
        self._references: dict[str, Any] = {}
        self._frozen: list[Block] = []
        self._open: tuple[Block, ...] = ()
        self._finished = False
        self._cited: frozenset[int] = frozenset()

    @property
    def source(self) -> str:
        """All the Markdown so far, without carriage returns."""
        return self._source

    @property
    def frozen(self) -> int:
        """How many blocks no longer change."""
        return len(self._frozen)

    @property
    def blocks(self) -> list[Block]:
        """Frozen and open blocks, in order."""
        return [*self._frozen, *self._open]

    def append(self, text: str) -> None:
        """Add text and read the open end again. After `finish`, all of it is open once more."""
        if self._finished:
            self._at = self._line = 0
            self._number, self._finished = None, False
            self._references.clear()
        self._source += _lines_of(text)
        tail = self._source[self._at :]
        if self._cited:
            # Half of a mark would be seen for a moment as what it is written with.
            tail = HALF_WRITTEN.sub("", tail)
        parsed = self._parser.parse(
            settle(tail),
            first_line=self._line,
            after_blank=self._after_blank(),
            number=self._number,
            references=self._references,
            streaming=True,
            cited=self._cited,
        )
        end = self._line + parsed.cut
        done = sum(block.line < end for block in parsed.blocks)
        self._frozen.extend(parsed.blocks[:done])
        self._open = parsed.blocks[done:]
        if parsed.cut:
            self._freeze(tail, parsed.cut)
            for label, reference in parsed.references.items():
                if reference.get("map", [0, 0])[1] <= parsed.cut:
                    self._references.setdefault(label, reference)
            self._number = parsed.next_number

    def cite(self, numbers: frozenset[int]) -> bool:
        """From now on these numbers in brackets are marks. True when blocks were read again for it."""
        new, self._cited = numbers ^ self._cited, numbers
        if not any(new.intersection(numbers_in(written)) for written in WRITTEN.findall(self._source)):
            return False
        if self._finished:
            self.finish()
        else:
            self._frozen.clear()
            self._finished = True
            self.append("")
        return True

    def finish(self, source: str | None = None) -> list[Block]:
        """Read the whole text, or another one in its place, once more as it stands."""
        if source is not None:
            self._source = _lines_of(source)
        self._frozen.clear()
        self._open = self._parser.parse(self._source, cited=self._cited).blocks
        self._finished = True
        return self.blocks

    def _after_blank(self) -> bool:
        before = self._source[: self._at].rstrip(" \t>")
        return not before or before.endswith("\n\n") or self._at == 0

    def _freeze(self, tail: str, lines: int) -> None:
        at = 0
        for _ in range(lines):
            at = tail.index("\n", at) + 1
        self._at += at
        self._line += lines


def _lines_of(text: str) -> str:
    """Text whose lines end as the parser counts them."""
    return text.replace("\r", "")

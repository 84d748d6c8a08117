"""An answer that grows: finished blocks are frozen, only the open end is parsed again."""

from __future__ import annotations

from typing import Any

from app.render.blocks import Block
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

    @property
    def source(self) -> str:
        """All the Markdown so far."""
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
        """Add text and read the open end again."""
        self._source += text
        tail = self._source[self._at :]
        parsed = self._parser.parse(
            settle(tail),
            first_line=self._line,
            after_blank=self._after_blank(),
            number=self._number,
            references=self._references,
            streaming=True,
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

    def finish(self, source: str | None = None) -> list[Block]:
        """Read the whole text, or another one in its place, once more as it stands. Every block is then frozen."""
        if source is not None:
            self._source = source
        self._frozen = list(self._parser.parse(self._source).blocks)
        self._open = ()
        self._at, self._line, self._number = len(self._source), self._source.count("\n"), None
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

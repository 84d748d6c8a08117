"""The distances between blocks, and how far lists and quotes push them in."""

from __future__ import annotations

from app.look import Sizes
from app.render.blocks import Block, Code, Level, Maths, Prose, Rule, Table


def indent(level: Level, sizes: Sizes) -> int:
    """Pixels that a level takes on the left."""
    return sizes.space_4 if level.kind == "quote" else sizes.space_5 + sizes.space_1


def gap(before: Block | None, block: Block, sizes: Sizes) -> int:
    """Pixels between two blocks that follow each other."""
    if before is None:
        return 0
    if isinstance(block.content, Prose) and block.content.heading:
        if _is_heading(before):
            return sizes.space_3
        return sizes.space_5 + (sizes.space_1 if block.content.heading <= 2 else 0)
    if _is_heading(before):
        return sizes.space_2
    if isinstance(block.content, Rule) or isinstance(before.content, Rule):
        return sizes.space_5
    if isinstance(block.content, Code | Table | Maths) or isinstance(before.content, Code | Table | Maths):
        return sizes.space_3 if block.levels else sizes.space_4
    if block.levels and block.tight:
        return sizes.space_1 if before.levels else sizes.space_2
    return sizes.space_3


def _is_heading(block: Block) -> bool:
    return isinstance(block.content, Prose) and block.content.heading > 0

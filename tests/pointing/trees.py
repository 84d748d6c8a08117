"""What the programs of a picture tell assistive technology, with the faults that real programs have."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF

from engine.protocol import Box, Element
from tests.pointing.parts import Part

WITHOUT = 0.25
"""The share of pictures whose programs tell nothing."""


@dataclass(frozen=True, slots=True)
class Told:
    """`elements` of a picture; `unnamed` are the parts (by place) whose name is missing, `gone` the names of elements
    that are told and not there any more."""

    elements: tuple[Element, ...]
    unnamed: frozenset[int]
    gone: tuple[str, ...]


def share(rect: QRectF, width: int, height: int) -> Box:
    """A rectangle in pixels as shares of the picture."""
    return Box(rect.left() / width, rect.top() / height, rect.right() / width, rect.bottom() / height)


def tell(
    chance: random.Random, parts: Sequence[Part], front: int, size: tuple[int, int], absent: Sequence[str]
) -> Told:
    """The tree of the front window and its menu, in some pictures of those behind it too. `absent` are names that
    stand nowhere: one may be told by an element that is not there any more."""
    if chance.random() < WITHOUT:
        return Told((), frozenset(), ())
    behind = chance.random() < 0.3
    bare_icons = chance.random() < 0.25
    numbers: dict[int, int] = {}
    unnamed: set[int] = set()
    elements: list[Element] = []
    for at, part in enumerate(parts):
        if part.window < front and not behind:
            continue
        name = part.name
        if bare_icons and part.role == "button" and not part.text:
            name = ""
            unnamed.add(at)
        states = (*part.states, *(("modal",) if part.role == "dialog" and chance.random() < 0.4 else ()))
        numbers[at] = len(elements)
        parent = numbers.get(part.parent, -1)
        description = part.description if not bare_icons and part.description != name else ""
        elements.append(Element(part.role, name, share(part.rect, *size), states, parent, part.value, description))
    gone: tuple[str, ...] = ()
    if absent and chance.random() < 0.2:
        gone = (chance.choice(list(absent)),)
        left, top = chance.uniform(0.1, 0.8), chance.uniform(0.1, 0.8)
        elements.append(Element("button", gone[0], Box(left, top, left + 0.05, top + 0.03), (), 0))
    return Told(tuple(elements), frozenset(unnamed), gone)

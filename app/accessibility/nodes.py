"""From everything that a program tells to what is worth knowing: seen, with a name or a use, and not too much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.accessibility.source import UNPLACED, FoundElements
from app.domain.geometry import Rect
from engine.protocol import Element, ElementRole, ElementState

LONGEST_TEXT = 500
"""Characters of a name, value or description that are kept: an editor's value is its whole document."""
_INSIDE = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands in a text for what is no text in it."""
_WORTHLESS_UNNAMED: frozenset[ElementRole] = frozenset({"group", "other", "image", "label", "separator", "heading"})
_SHOWS_A_PART: frozenset[ElementRole] = frozenset({"list", "table", "tree", "document"})
_FLOATS: frozenset[ElementRole] = frozenset({"menu", "dialog", "window"})


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a window as read. `area` is physical; `parent` is the place of its parent in the list, -1 for none.
    One that `scrolls` shows its children only as far as they lie in it."""

    role: ElementRole
    name: str
    area: Rect
    parent: int
    states: tuple[ElementState, ...] = ()
    value: str = ""
    description: str = ""
    scrolls: bool = False


def tidy(text: str) -> str:
    """One line without the blanks that programs put around names."""
    return " ".join(text[: 4 * LONGEST_TEXT].split())[:LONGEST_TEXT]


def pruned(nodes: Sequence[Node], most: int) -> FoundElements:
    """The first `most` that can be seen and say something; `nodes` has parents before their children, and the window
    is the first of them, whatever its program calls it.

    Children of one that is left out hang on its parent. Areas are cut at what scrolls around them.
    """
    kept: list[tuple[Element, Rect]] = []
    index: dict[int, int] = {-1: -1}
    clips: dict[int, Rect | None] = {-1: None}
    for at, node in enumerate(nodes):
        above = clips[node.parent]
        clip = None if node.role in _FLOATS else above
        area = node.area if clip is None else node.area.intersect(clip)
        scrolls = node.scrolls or node.role in _SHOWS_A_PART
        clips[at] = area if scrolls and area is not None and area.width >= 1 and area.height >= 1 else clip
        parent = index[node.parent]
        index[at] = parent
        if area is None or area.width < 1 or area.height < 1 or len(kept) >= most:
            continue
        element = _element(node, parent)
        if at == 0 and element.role not in ("window", "dialog"):
            element = replace(element, role="window")
        above_it = kept[parent][0] if parent >= 0 else None
        if element.role == "text_field" and not element.name and above_it is not None and above_it.role == "combo_box":
            element = replace(element, name=above_it.name)
        if not _says_something(element) or _repeats(element, above_it):
            continue
        index[at] = len(kept)
        kept.append((element, area))
    return tuple(kept)


def _element(node: Node, parent: int) -> Element:
    name, description = tidy(node.name), tidy(node.description)
    if not name:  # A button with a picture often has no more than a tooltip.
        name, description = description, ""
    value = "" if node.role == "password_field" else node.value.replace(_INSIDE, "")[:LONGEST_TEXT]
    if description == name:
        description = ""
    return Element(node.role, name, UNPLACED, node.states, parent, value, description)


def _says_something(element: Element) -> bool:
    """Whether it has a name or a use of its own; bullets and arrows beside words are neither."""
    if element.role == "label":
        return any(character.isalnum() for character in element.name)
    return bool(element.name) or element.role not in _WORTHLESS_UNNAMED


def _repeats(element: Element, parent: Element | None) -> bool:
    """Whether it is only the writing on its parent, as browsers tell it."""
    return parent is not None and element.role in ("label", "image", "group") and element.name == parent.name

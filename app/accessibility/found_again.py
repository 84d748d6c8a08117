"""An element that was read a moment ago, in what is read now: nothing is pressed because it used to be there."""

from __future__ import annotations

from collections.abc import Sequence

from app.accessibility.nodes import Node, tidy
from app.domain.geometry import Rect
from engine.protocol import Element


def alike(nodes: Sequence[Node], element: Element, area: Rect) -> list[int]:
    """Places in `nodes` of those with the element's role where it was read, the smallest first."""
    x, y = area.centre
    found = [at for at, node in enumerate(nodes) if node.role == element.role and node.area.contains(x, y)]
    return sorted(found, key=lambda at: nodes[at].area.width * nodes[at].area.height)


def is_called(node: Node, element: Element) -> bool:
    """Whether the node, read with its description, would be shown under the element's name. A field without a name of
    its own may have that of the box it is in."""
    name = tidy(node.name) or tidy(node.description)
    return name == element.name or (not name and node.role == "text_field")

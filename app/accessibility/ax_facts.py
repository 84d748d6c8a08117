"""What macOS tells of an element -> a node. Attributes are those of NSAccessibility, without a system's types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.accessibility.extents import Extents
from app.accessibility.nodes import Node
from app.accessibility.roles import ax_role
from app.domain.geometry import Rect
from engine.protocol import ElementRole, ElementState

ASKED = (
    "AXRole", "AXSubrole", "AXTitle", "AXDescription", "AXHelp", "AXPosition", "AXSize", "AXEnabled", "AXFocused",
    "AXSelected", "AXExpanded", "AXModal",
)  # fmt: skip
"""Asked of every element in one go; AXValue is not among them, because it may be a password."""
_SCROLLERS = frozenset({"AXScrollArea", "AXWebArea"})
_LEAVES: frozenset[ElementRole] = frozenset(
    {"label", "separator", "scroll_bar", "progress_bar", "slider", "check_box", "radio_button", "image", "switch",
     "button", "password_field"}
)  # fmt: skip
_HAS_MANY: frozenset[ElementRole] = frozenset({"list", "table", "tree"})
_TICKS: frozenset[ElementRole] = frozenset({"check_box", "radio_button", "switch", "toggle_button", "tab"})
_HAS_VALUE: frozenset[ElementRole] = _TICKS | {
    "text_field", "combo_box", "slider", "spin_box", "progress_bar", "label", "heading",
}  # fmt: skip
_MIXED = 2


@dataclass(frozen=True, slots=True)
class Facts:
    """The attributes in `ASKED` that the element has, by name. `area` is in points, None where it has no place."""

    told: Mapping[str, Any]
    area: Rect | None

    def text(self, name: str) -> str:
        """An attribute as text, empty where it has none."""
        value = self.told.get(name)
        return value if isinstance(value, str) else ""


def node_of(facts: Facts, parent: int, extents: Extents) -> Node | None:
    """The node that `facts` tell of, without its value. None when it has no place."""
    if facts.area is None:
        return None
    role = ax_role(facts.text("AXRole"), facts.text("AXSubrole"))
    return Node(
        role,
        facts.text("AXTitle") or facts.text("AXDescription"),
        extents.physical(facts.area),
        parent,
        _states(facts.told, role),
        description=facts.text("AXHelp"),
        scrolls=facts.text("AXRole") in _SCROLLERS,
    )


def may_have_children(node: Node) -> bool:
    """Whether it is asked for what it holds."""
    return node.role not in _LEAVES


def children_to_ask(node: Node) -> tuple[str, ...]:
    """The attributes that hold its children, the best first: of a table only the rows that can be seen."""
    return ("AXVisibleRows", "AXVisibleChildren", "AXChildren") if node.role in _HAS_MANY else ("AXChildren",)


def has_value(node: Node) -> bool:
    """Whether it is asked for its AXValue. Never a password field."""
    return node.role in _HAS_VALUE


def with_value(node: Node, value: Any) -> Node:
    """The node with its AXValue, which is a tick, a label's own text, or what is written or set in it."""
    if node.role in _TICKS:
        ticked = int(value) if isinstance(value, bool | int | float) else 0
        state: ElementState = "mixed" if ticked == _MIXED else "selected" if node.role == "tab" else "checked"
        return replace(node, states=(*node.states, state)) if ticked and state not in node.states else node
    written = f"{value:g}" if isinstance(value, int | float) else value if isinstance(value, str) else ""
    if node.role in ("label", "heading"):
        return replace(node, name=node.name or written)
    return replace(node, value=written)


def _states(told: Mapping[str, Any], role: ElementRole) -> tuple[ElementState, ...]:
    enabled, expanded = told.get("AXEnabled"), told.get("AXExpanded")
    held: tuple[tuple[ElementState, bool], ...] = (
        ("disabled", enabled is not None and not enabled and role not in ("label", "window", "group")),
        ("selected", bool(told.get("AXSelected"))),
        ("focused", bool(told.get("AXFocused"))),
        ("expanded", expanded is not None and bool(expanded)),
        ("collapsed", expanded is not None and not expanded),
        ("modal", bool(told.get("AXModal"))),
    )
    return tuple(state for state, holds in held if holds)

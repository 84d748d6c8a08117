"""What Windows tells of an element -> a node. Numbers are those of UIAutomationClient.h."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from app.accessibility.nodes import Node
from app.accessibility.roles import uia_role
from app.domain.geometry import Rect
from engine.protocol import ElementRole, ElementState

PLACE, PROCESS, CONTROL_TYPE, NAME, FOCUSED, ENABLED = 30001, 30002, 30003, 30005, 30008, 30010
HELP, IS_PASSWORD, IS_OFFSCREEN = 30013, 30019, 30022
HAS_RANGE, HAS_SCROLL, HAS_SELECTION_ITEM, HAS_TOGGLE, HAS_VALUE = 30033, 30034, 30036, 30041, 30043
VALUE, IS_READ_ONLY, NUMBER = 30045, 30046, 30047
EXPANSION, IS_MODAL, IS_SELECTED, TOGGLE_STATE = 30070, 30077, 30079, 30086

ASKED = (
    PLACE, CONTROL_TYPE, NAME, FOCUSED, ENABLED, HELP, IS_PASSWORD, HAS_RANGE, HAS_SCROLL, HAS_SELECTION_ITEM,
    HAS_TOGGLE, HAS_VALUE, IS_READ_ONLY, EXPANSION, IS_MODAL, IS_SELECTED, TOGGLE_STATE,
)  # fmt: skip
"""Asked of every element in one go; what is written in it is not among them, because it may be a password."""
MENU = 50009
"""The control type of an open menu, which is a window beside its own."""
_ON, _MIXED = 1, 2
_COLLAPSED, _EXPANDED = 0, 1
_LEAVES: frozenset[ElementRole] = frozenset(
    {"label", "separator", "scroll_bar", "progress_bar", "slider", "check_box", "radio_button", "image",
     "password_field"}
)  # fmt: skip
_HAS_TEXT: frozenset[ElementRole] = frozenset({"text_field", "combo_box", "spin_box", "cell"})
_HAS_NUMBER: frozenset[ElementRole] = frozenset({"slider", "progress_bar", "spin_box"})


def node_of(facts: Mapping[int, Any], parent: int) -> Node | None:
    """The node that `facts` tell of, by their numbers in `ASKED`. None when it has no place."""
    try:
        x, y, width, height = (float(part) for part in facts[PLACE])
    except (TypeError, ValueError):
        return None
    if not all(map(math.isfinite, (x, y, width, height))):
        return None
    role = uia_role(
        int(facts[CONTROL_TYPE] or 0), is_password=bool(facts[IS_PASSWORD]), can_toggle=bool(facts[HAS_TOGGLE])
    )
    return Node(
        role,
        str(facts[NAME] or ""),
        Rect(x, y, width, height),
        parent,
        _states(facts, role),
        description=str(facts[HELP] or ""),
        scrolls=bool(facts[HAS_SCROLL]),
    )


def may_have_children(node: Node) -> bool:
    """Whether it is asked for what it holds."""
    return node.role not in _LEAVES


def value_to_ask(node: Node, facts: Mapping[int, Any]) -> int:
    """The property that says what is written or set in it, 0 for none. Never one of a password field."""
    if node.role == "password_field" or facts[IS_PASSWORD]:
        return 0
    if node.role in _HAS_TEXT and facts[HAS_VALUE]:
        return VALUE
    return NUMBER if node.role in _HAS_NUMBER and facts[HAS_RANGE] else 0


def _states(facts: Mapping[int, Any], role: ElementRole) -> tuple[ElementState, ...]:
    # Properties that an element does not have come with a default, and that of a toggle is "mixed".
    toggle = facts[TOGGLE_STATE] if facts[HAS_TOGGLE] else None
    told: tuple[tuple[ElementState, bool], ...] = (
        ("disabled", not facts[ENABLED] and role not in ("label", "window")),
        ("checked", toggle == _ON or (role == "radio_button" and bool(facts[IS_SELECTED]))),
        ("mixed", toggle == _MIXED),
        ("selected", bool(facts[HAS_SELECTION_ITEM] and facts[IS_SELECTED]) and role != "radio_button"),
        ("focused", bool(facts[FOCUSED])),
        ("expanded", facts[EXPANSION] == _EXPANDED),
        ("collapsed", facts[EXPANSION] == _COLLAPSED),
        ("read_only", bool(facts[HAS_VALUE] and facts[IS_READ_ONLY]) and role == "text_field"),
        ("modal", bool(facts[IS_MODAL])),
    )
    return tuple(state for state, holds in told if holds)


def with_value(node: Node, value: Any) -> Node:
    """The node with what is written or set in it; a number without needless digits."""
    written = f"{value:g}" if isinstance(value, float) else str(value or "")
    return replace(node, value=written)

"""The kinds of things that people name, and the roles that elements have."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_BUTTONS = frozenset({"button", "toggle_button"})
_FIELDS = frozenset({"text_field", "password_field", "combo_box", "spin_box"})
_OPTIONS = frozenset({"check_box", "radio_button", "switch", "toggle_button"})

_KINDS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = MappingProxyType(
    {
        "button": (_BUTTONS, frozenset({"link", "menu_item", "tab", "menu", "radio_button", "switch", "combo_box"})),
        "icon": (_BUTTONS | {"image", "link"}, frozenset({"menu", "menu_item", "list_item", "tab", "check_box"})),
        "link": (frozenset({"link"}), _BUTTONS | {"list_item", "menu_item", "label"}),
        "menu": (frozenset({"menu", "menu_item"}), _BUTTONS | {"combo_box", "tab", "link"}),
        "menu_item": (
            frozenset({"menu_item", "menu", "list_item", "radio_button", "check_box", "tree_item"}),
            _BUTTONS | {"link", "tab"},
        ),
        "check_box": (frozenset({"check_box", "switch"}), _OPTIONS | {"menu_item"}),
        "switch": (frozenset({"switch", "toggle_button", "check_box"}), frozenset({"button"})),
        "radio_button": (frozenset({"radio_button"}), _OPTIONS | {"menu_item"}),
        "text_field": (_FIELDS, frozenset({"slider"})),
        "combo_box": (frozenset({"combo_box"}), _FIELDS | _BUTTONS | {"list", "menu"}),
        "spin_box": (frozenset({"spin_box"}), _FIELDS | {"slider"}),
        "slider": (frozenset({"slider"}), frozenset({"spin_box", "progress_bar", "scroll_bar"})),
        "tab": (frozenset({"tab"}), frozenset({"link", "list_item", "radio_button"}) | _BUTTONS),
        "list_item": (frozenset({"list_item", "tree_item", "row"}), frozenset({"cell", "link", "label", "menu_item"})),
        "row": (frozenset({"row"}), frozenset({"list_item", "tree_item", "cell"})),
        "column_header": (frozenset({"column_header"}), frozenset({"cell", "button", "label"})),
        "cell": (frozenset({"cell"}), frozenset({"row", "list_item", "label"})),
        "heading": (frozenset({"heading", "label"}), frozenset({"group", "document"})),
        "label": (frozenset({"label", "heading"}), frozenset({"link", "cell"})),
    }
)
"""What a word for a kind means, and what people also mean by it."""


def of_kind(kind: str, role: str) -> bool:
    """Whether an element of this `role` is what the word for `kind` means."""
    return role in _KINDS[kind][0] if kind in _KINDS else role == kind


def agreement(kind: str, role: str) -> float:
    """How well a `role` (``""``: not known) goes with the `kind` that was named (``""``: none), 0 to 1."""
    if not kind or of_kind(kind, role):
        return 1.0
    if not role:
        return 0.95
    return 0.9 if kind in _KINDS and role in _KINDS[kind][1] else 0.72

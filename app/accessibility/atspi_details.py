"""What is asked of the nodes of a window once they are known: labels beside fields, descriptions, and values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from app.accessibility.atspi_bus import ACCESSIBLE, TEXT, VALUE, AccessibilityBus, Call, Peer, property_of, value_in
from app.accessibility.nodes import LONGEST_TEXT, Node
from engine.protocol import ElementRole

_LABELLED_BY = 2
"""The AtspiRelationType of a field to its label."""
_NOT_DESCRIBED: frozenset[ElementRole] = frozenset({"label", "window", "separator", "cell", "list_item"})
"""Have no descriptions worth a question each."""
_HAS_TEXT: frozenset[ElementRole] = frozenset({"text_field", "combo_box", "spin_box"})
_MAY_HAVE_TEXT: frozenset[ElementRole] = frozenset({"combo_box", "spin_box"})
"""Some of them have none, and GTK complains in the program's log when it is asked for it."""
_HAS_VALUE: frozenset[ElementRole] = frozenset({"slider", "progress_bar", "spin_box"})
_HAS_LABEL: frozenset[ElementRole] = _HAS_TEXT | _HAS_VALUE | {"password_field", "list", "table", "tree"}


def with_details(bus: AccessibilityBus, nodes: Sequence[Node], peers: Sequence[Peer]) -> list[Node]:
    """The nodes, which are of `peers`, with what is written or set in them, as far as the deadline allows. No password
    is asked for."""
    calls: list[Call] = []
    wants: list[tuple[int, str]] = []

    def want(at: int, what: str, call: Call) -> None:
        wants.append((at, what))
        calls.append(call)

    silent = _without_text(bus, nodes, peers)
    for at, (node, peer) in enumerate(zip(nodes, peers, strict=True)):
        if node.role in _HAS_TEXT and at not in silent:
            want(at, "text", Call(peer, TEXT, "GetText", "ii", (0, LONGEST_TEXT)))
        if node.role in _HAS_VALUE:
            want(at, "number", property_of(peer, VALUE, "CurrentValue"))
        if node.role in _HAS_LABEL and not node.name:
            want(at, "relations", Call(peer, ACCESSIBLE, "GetRelationSet"))
        if node.role not in _NOT_DESCRIBED:
            want(at, "description", property_of(peer, ACCESSIBLE, "Description"))
    result = list(nodes)
    labels: list[tuple[int, Peer]] = []
    for (at, what), answer in zip(wants, bus.gather(calls), strict=True):
        if answer is None:
            continue
        if what == "relations":
            labels += [(at, label) for label in _labels(answer)]
        else:
            result[at] = _with(result[at], what, answer)
    names = bus.gather([property_of(label, ACCESSIBLE, "Name") for _, label in labels])
    for (at, _), answer in zip(labels, names, strict=True):
        if answer is not None:
            result[at] = replace(result[at], name=f"{result[at].name} {value_in(answer)}".strip())
    return result


def _without_text(bus: AccessibilityBus, nodes: Sequence[Node], peers: Sequence[Peer]) -> set[int]:
    """The places of those that say that they have no text."""
    asked = [at for at, node in enumerate(nodes) if node.role in _MAY_HAVE_TEXT]
    answers = bus.gather([Call(peers[at], ACCESSIBLE, "GetInterfaces") for at in asked])
    return {at for at, answer in zip(asked, answers, strict=True) if answer is not None and TEXT not in answer[0]}


def _with(node: Node, what: str, answer: Any) -> Node:
    if what == "description":
        return replace(node, description=str(value_in(answer)))
    if what == "text":
        return replace(node, value=str(answer[0]))
    # A spin box has both, and its text is with its unit.
    return node if node.value else replace(node, value=_number(value_in(answer)))


def _labels(answer: Any) -> list[Peer]:
    relations = [targets for kind, targets in answer[0] if kind == _LABELLED_BY]
    return [Peer(str(name), str(path)) for targets in relations for name, path in targets]


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)

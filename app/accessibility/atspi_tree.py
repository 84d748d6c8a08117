"""One window's tree on the accessibility bus: found by its process and title, read level by level.

https://docs.gtk.org/atspi2 describes the interfaces, their states and roles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.accessibility.atspi_bus import (
    ACCESSIBLE,
    COMPONENT,
    AccessibilityBus,
    Call,
    Peer,
    peers_in,
    property_of,
    value_in,
)
from app.accessibility.atspi_tables import large_ones, seen_children
from app.accessibility.extents import Extents
from app.accessibility.nodes import Node
from app.accessibility.roles import atspi_role
from app.domain.geometry import Rect
from app.domain.screen import WindowRef
from engine.protocol import ElementRole, ElementState

_REGISTRY = Peer("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root")
_DAEMON = Peer("org.freedesktop.DBus", "/org/freedesktop/DBus")
_PROCESS_ID = "GetConnectionUnixProcessID"
_ON_SCREEN = 0
"""The coordinates that GetExtents is asked for."""

_ACTIVE, _CHECKED, _COLLAPSED, _EDITABLE, _ENABLED, _EXPANDABLE, _EXPANDED = 1, 4, 5, 7, 8, 9, 10
_FOCUSED, _MODAL, _PRESSED, _SELECTED, _SENSITIVE, _SHOWING, _MIXED, _READ_ONLY = 12, 16, 20, 23, 24, 25, 32, 43
_POPUPS = frozenset({33, 41, 64, 69})
"""Roles of what stands over a window without being one for people: menus, tooltips, lists that drop down."""
_SCROLLERS = frozenset({49, 68})
_LEAVES: frozenset[ElementRole] = frozenset({"separator", "scroll_bar", "progress_bar", "slider", "password_field"})
_LEAVES_WITH_NAMES: frozenset[ElementRole] = frozenset(
    {"label", "button", "toggle_button", "check_box", "radio_button", "switch", "image"}
)
"""Not asked for children, the latter when they have names: there are none that say more."""
_MANY_CHILDREN: frozenset[ElementRole] = frozenset({"list", "table", "tree"})


@dataclass(frozen=True, slots=True)
class Frame:
    """A window on the bus, where it says it is, and what of its program stands over it."""

    peer: Peer
    told: Rect
    popups: tuple[Peer, ...]


def find_frame(bus: AccessibilityBus, window: WindowRef) -> Frame | None:
    """The frame that is `window`. None: its program tells nothing, or it is none of its frames."""
    programs = peers_in(bus.ask(Call(_REGISTRY, ACCESSIBLE, "GetChildren")))
    ids = bus.gather([Call(_DAEMON, _DAEMON.name, _PROCESS_ID, "s", (peer.name,)) for peer in programs])
    own = [peer for peer, told in zip(programs, ids, strict=True) if told is not None and told[0] == window.process]
    # A sandbox hides the process behind one of its own: then the title has to do.
    return _best(bus, own, window, "") or (None if own else _best(bus, programs, window, window.title))


def _best(bus: AccessibilityBus, programs: Sequence[Peer], window: WindowRef, title: str) -> Frame | None:
    """The likeliest frame of `programs`; only those called `title` unless that is empty."""
    of_each = bus.gather([Call(program, ACCESSIBLE, "GetChildren") for program in programs])
    found: list[tuple[tuple[bool, bool, float], Frame]] = []
    for children in map(peers_in, of_each):
        parts = _Parts(bus, children)
        popups = tuple(peer for at, peer in enumerate(children) if parts.roles[at] in _POPUPS and not parts.names[at])
        for at, peer in enumerate(children):
            area, name = parts.areas[at], parts.names[at]
            if peer in popups or area is None or not parts.has(at, _SHOWING) or (title and name != title):
                continue
            likeness = (_alike(name, window.title), parts.has(at, _ACTIVE), -_distance(area, window.frame))
            found.append((likeness, Frame(peer, area, popups)))
    return max(found, key=lambda pair: pair[0])[1] if found else None


def read_tree(bus: AccessibilityBus, frame: Frame, extents: Extents, most: int) -> tuple[list[Node], list[Peer]]:
    """The nodes of `frame` that are showing, parents first, with the object of each; as far as the deadline allows.

    `most` nodes are asked for what they are, and twice as many whether they are showing.
    """
    nodes: list[Node] = []
    peers: list[Peer] = []
    level = [(peer, -1) for peer in (frame.peer, *frame.popups)]
    seen: set[Peer] = set()
    while level and len(nodes) < most and not bus.is_over:
        level = [pair for pair in level if pair[0] not in seen]
        seen.update(peer for peer, _ in level)
        showing = _showing(bus, level)[: most - len(nodes)]
        parts = _Parts(bus, [peer for peer, _, _ in showing], states=[bits for _, _, bits in showing])
        opened: list[tuple[Peer, int]] = []
        for at, (peer, parent, _) in enumerate(showing):
            node = parts.node(at, parent, extents)
            if node is None:
                continue
            if node.role not in _LEAVES and not (node.name and node.role in _LEAVES_WITH_NAMES):
                opened.append((peer, len(nodes)))
            nodes.append(node)
            peers.append(peer)
        level = _children(bus, opened, nodes, extents)
    return nodes, peers


class _Parts:
    """Role, name, place and states of several objects, asked for at once."""

    def __init__(self, bus: AccessibilityBus, peers: Sequence[Peer], states: Sequence[int] | None = None) -> None:
        count = len(peers)
        calls = [Call(peer, ACCESSIBLE, "GetRole") for peer in peers]
        calls += [property_of(peer, ACCESSIBLE, "Name") for peer in peers]
        calls += [Call(peer, COMPONENT, "GetExtents", "u", (_ON_SCREEN,)) for peer in peers]
        if states is None:
            calls += [Call(peer, ACCESSIBLE, "GetState") for peer in peers]
        answers = bus.gather(calls)
        self.roles = [int(answer[0]) if answer else 0 for answer in answers[:count]]
        self.names = [str(value_in(answer)) if answer else "" for answer in answers[count : 2 * count]]
        self.areas = [Rect(*answer[0]) if answer else None for answer in answers[2 * count : 3 * count]]
        self.states = [_bits(answer) for answer in answers[3 * count :]] if states is None else list(states)

    def has(self, at: int, state: int) -> bool:
        """Whether the object has that AtspiState."""
        return bool(self.states[at] >> state & 1)

    def node(self, at: int, parent: int, extents: Extents) -> Node | None:
        """None when its place was not told."""
        area, code = self.areas[at], self.roles[at]
        if area is None or not code:
            return None
        role = atspi_role(code)
        states = _states(self.states[at], role)
        return Node(role, self.names[at], extents.physical(area), parent, states, scrolls=code in _SCROLLERS)


def _showing(bus: AccessibilityBus, level: Sequence[tuple[Peer, int]]) -> list[tuple[Peer, int, int]]:
    """Those of the level that are seen now, with their states."""
    answers = bus.gather([Call(peer, ACCESSIBLE, "GetState") for peer, _ in level])
    pairs = ((peer, parent, _bits(answer)) for (peer, parent), answer in zip(level, answers, strict=True))
    return [(peer, parent, bits) for peer, parent, bits in pairs if bits >> _SHOWING & 1]


def _children(
    bus: AccessibilityBus, opened: Sequence[tuple[Peer, int]], nodes: Sequence[Node], extents: Extents
) -> list[tuple[Peer, int]]:
    """The next level: children with the places of their parents in `nodes`."""
    holders = [(peer, at) for peer, at in opened if nodes[at].role in _MANY_CHILDREN]
    large = set(large_ones(bus, [peer for peer, _ in holders]))
    asked = [(peer, at) for peer, at in opened if peer not in large]
    answers = bus.gather([Call(peer, ACCESSIBLE, "GetChildren") for peer, _ in asked])
    found = [(child, at) for (_, at), answer in zip(asked, answers, strict=True) for child in peers_in(answer)]
    for peer, at in holders:
        if peer in large:
            found += [(child, at) for child in seen_children(bus, peer, extents.as_told(nodes[at].area))]
    return found


def _states(bits: int, role: ElementRole) -> tuple[ElementState, ...]:
    def has(state: int) -> bool:
        return bool(bits >> state & 1)

    told: tuple[tuple[ElementState, bool], ...] = (
        ("disabled", not (has(_SENSITIVE) or has(_ENABLED)) and role not in ("label", "window")),
        ("checked", has(_CHECKED)),
        ("mixed", has(_MIXED) and role != "progress_bar"),
        ("selected", has(_SELECTED)),
        ("focused", has(_FOCUSED)),
        ("expanded", has(_EXPANDED)),
        ("collapsed", has(_COLLAPSED) or (has(_EXPANDABLE) and not has(_EXPANDED))),
        ("pressed", has(_PRESSED)),
        ("read_only", has(_READ_ONLY) or (role == "text_field" and not has(_EDITABLE))),
        ("modal", has(_MODAL)),
    )
    return tuple(state for state, holds in told if holds)


def _bits(answer: Any) -> int:
    if not answer:
        return 0
    low, high = (*answer[0], 0, 0)[:2]
    return int(low) | int(high) << 32


def _alike(name: str, title: str) -> bool:
    """Whether a frame's name is that title; programs leave parts of it out or add some."""
    return bool(name) and bool(title) and (name in title or title in name)


def _distance(area: Rect, frame: Rect) -> float:
    moved = abs(area.x - frame.x) + abs(area.y - frame.y)
    return moved + abs(area.width - frame.width) + abs(area.height - frame.height)

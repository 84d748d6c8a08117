"""macOS: the accessibility interface. It counts in points, and is asked element by element for all at once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from time import monotonic
from typing import Any

import ApplicationServices as Ax
import objc

from app.accessibility import ax_facts
from app.accessibility.ax_facts import ASKED, Facts, node_of
from app.accessibility.extents import Extents
from app.accessibility.found_again import alike, is_called
from app.accessibility.nodes import Node, pruned
from app.accessibility.source import MOST_ELEMENTS, READ_SECONDS, FoundElements
from app.domain.geometry import Rect
from app.domain.screen import WindowRef
from engine.protocol import Element

_OK, _NO_ANSWER = 0, -25204  # kAXErrorSuccess, kAXErrorCannotComplete
_ACT_SECONDS = 2.0
_NODES_AN_ELEMENT = 3
_REFUSED = (
    "macOS does not let Fingerpost read the parts of windows. Switch Fingerpost, or the terminal it was started from, "
    "on under System Settings, Privacy & Security, Accessibility."
)

_log = logging.getLogger(__name__)


class AxSource:
    """The programs of this session, once the person has allowed it in System Settings. See `ElementSource`."""

    def availability(self) -> str:
        """See `ElementSource`. A refusal gives empty trees and no error, so the answer is read instead of tried."""
        return "" if Ax.AXIsProcessTrusted() else _REFUSED

    def enable(self) -> str:
        """Lets macOS ask the person, and puts Fingerpost on the list in System Settings."""
        return "" if Ax.AXIsProcessTrustedWithOptions({Ax.kAXTrustedCheckOptionPrompt: True}) else _REFUSED

    def read(self, window: WindowRef, seconds: float = READ_SECONDS, most: int = MOST_ELEMENTS) -> FoundElements:
        """See `ElementSource`."""
        with objc.autorelease_pool():
            nodes, _ = _tree(window, seconds, _NODES_AN_ELEMENT * most)
            return pruned(nodes, most)

    def press(self, window: WindowRef, element: Element, area: Rect) -> bool:
        """See `ElementSource`."""
        with objc.autorelease_pool():
            found = _again(window, element, area)
            if found is None:
                return False
            error = Ax.AXUIElementPerformAction(found, "AXPress")
            # A program that does not answer in time is about it: a dialog that it opened holds its answer back.
            return error in (_OK, _NO_ANSWER) or Ax.AXUIElementSetAttributeValue(found, "AXSelected", True) == _OK

    def set_value(self, window: WindowRef, element: Element, area: Rect, text: str) -> bool:
        """See `ElementSource`."""
        if element.role == "password_field":
            return False
        with objc.autorelease_pool():
            found = _again(window, element, area)
            if found is None:
                return False
            try:
                value: object = float(text) if element.role in ("slider", "spin_box") else text
            except ValueError:
                return False
            return bool(Ax.AXUIElementSetAttributeValue(found, "AXValue", value) == _OK)

    def close(self) -> None:
        """All waits end by themselves."""


def _tree(window: WindowRef, seconds: float, most: int) -> tuple[list[Node], list[Any]]:
    """The window's nodes, parents first, and the element of each; as far as the deadline allows."""
    deadline = monotonic() + seconds
    program = Ax.AXUIElementCreateApplication(window.process)
    Ax.AXUIElementSetMessagingTimeout(program, max(seconds, 0.05))
    found = _window(program, window)
    if found is None:
        return [], []
    root, area = found
    scale = window.frame.width / area.width
    extents = Extents((area.x, area.y), (window.frame.x, window.frame.y), scale)
    nodes: list[Node] = []
    elements: list[Any] = []
    # The menu bar stands apart from the window; of its menus only the open one is asked.
    bar = _value(program, "AXMenuBar")
    level = [(root, -1)] if bar is None else [(root, -1), (bar, -1)]
    while level and len(nodes) < most:
        opened: list[tuple[Any, int]] = []
        for element, parent in level:
            if monotonic() >= deadline:
                return nodes, elements
            node = node_of(_facts(element), parent, extents)
            if node is None:
                continue
            is_closed_menu = node.role == "menu_item" and "selected" not in node.states
            if ax_facts.may_have_children(node) and not is_closed_menu:
                opened.append((element, len(nodes)))
            nodes.append(ax_facts.with_value(node, _value(element, "AXValue")) if ax_facts.has_value(node) else node)
            elements.append(element)
        level = [
            (child, at) for element, at in opened if monotonic() < deadline for child in _children(element, nodes[at])
        ]
    return nodes[:most], elements[:most]


def _again(window: WindowRef, element: Element, area: Rect) -> Any:
    nodes, elements = _tree(window, _ACT_SECONDS, _NODES_AN_ELEMENT * MOST_ELEMENTS)
    return next((elements[at] for at in alike(nodes, element, area) if is_called(nodes[at], element)), None)


def _window(program: Any, window: WindowRef) -> tuple[Any, Rect] | None:
    """The program's window of that title, of several the one of its shape; with its area in points."""
    found = []
    for element in _value(program, "AXWindows") or ():
        facts = _facts(element)
        if facts.area is not None and facts.area.width >= 1:
            shape = facts.area.height / facts.area.width
            likeness = (facts.text("AXTitle") == window.title, -abs(shape - window.frame.height / window.frame.width))
            found.append((likeness, element, facts.area))
    if not found:
        return None
    _, element, area = max(found, key=lambda one: one[0])
    return element, area


def _facts(element: Any) -> Facts:
    error, values = Ax.AXUIElementCopyMultipleAttributeValues(element, ASKED, 0, None)
    if error != _OK or values is None:
        return Facts({}, None)
    told = dict(zip(ASKED, values, strict=True))
    position, size = told.pop("AXPosition"), told.pop("AXSize")
    return Facts({name: _plain(value) for name, value in told.items()}, _area(position, size))


def _plain(value: Any) -> Any:
    """Text, numbers and truth as they are; what stands for an attribute that is not there becomes None."""
    return value if isinstance(value, str | bool | int | float) else None


def _area(position: Any, size: Any) -> Rect | None:
    try:
        has_place, corner = Ax.AXValueGetValue(position, Ax.kAXValueCGPointType, None)
        has_size, extent = Ax.AXValueGetValue(size, Ax.kAXValueCGSizeType, None)
    except (TypeError, ValueError) as error:
        _log.debug("an element has no place: %s", error)
        return None
    return Rect(corner.x, corner.y, extent.width, extent.height) if has_place and has_size else None


def _value(element: Any, name: str) -> Any:
    error, value = Ax.AXUIElementCopyAttributeValue(element, name, None)
    return value if error == _OK else None


def _children(element: Any, node: Node) -> Sequence[Any]:
    for name in ax_facts.children_to_ask(node):
        children = _value(element, name)
        if children:
            return list(children)
    return ()

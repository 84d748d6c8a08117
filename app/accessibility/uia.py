"""Windows: UI Automation. Every element comes with all that is asked of it in one call a parent."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Sequence
from time import monotonic
from typing import Any

import comtypes
import comtypes.client

from app.accessibility import uia_facts as facts
from app.accessibility.found_again import alike, is_called
from app.accessibility.nodes import Node, pruned
from app.accessibility.source import MOST_ELEMENTS, READ_SECONDS, FoundElements
from app.accessibility.uia_facts import node_of
from app.domain.geometry import Rect
from app.domain.screen import WindowRef
from engine.protocol import Element

# Type checkers on other systems stop here: comtypes has no COM there.
assert sys.platform == "win32"

_LIBRARY = "UIAutomationCore.dll"
_CLIENT = "{E22AD333-B25F-460C-83D0-0581107395C9}"
"""CUIAutomation8, whose calls end after a time."""
_CHILDREN = 2
_INVOKE, _VALUE, _RANGE, _EXPAND, _SELECT, _TOGGLE = 10000, 10002, 10003, 10005, 10010, 10015
_TIMEOUT = -2146233083  # UIA_E_TIMEOUT, 0x80131505
_ACT_SECONDS = 2.0
_NODES_AN_ELEMENT = 3
_SLOW = "The parts of windows can not be read: Windows did not start UI Automation. Restart it, then try again."

_log = logging.getLogger(__name__)


class UiaSource:
    """The programs of this desktop, except those that run as administrator. See `ElementSource`."""

    def availability(self) -> str:
        """See `ElementSource`. Windows has no switch for it."""
        try:
            _Client(READ_SECONDS)
        except (comtypes.COMError, OSError) as error:
            _log.debug("no UI Automation: %s", error)
            return _SLOW
        return ""

    def enable(self) -> str:
        """It is always on."""
        return self.availability()

    def read(self, window: WindowRef, seconds: float = READ_SECONDS, most: int = MOST_ELEMENTS) -> FoundElements:
        """See `ElementSource`."""
        try:
            client = _Client(seconds)
            nodes, _ = client.tree(window, _NODES_AN_ELEMENT * most)
        except (comtypes.COMError, OSError) as error:
            _log.debug("no elements: %s", error)
            return ()
        return pruned(nodes, most)

    def press(self, window: WindowRef, element: Element, area: Rect) -> bool:
        """See `ElementSource`."""
        try:
            client = _Client(_ACT_SECONDS)
            found = client.again(window, element, area)
            return found is not None and client.press(found)
        except (comtypes.COMError, OSError) as error:
            return _is_about_it(error)

    def set_value(self, window: WindowRef, element: Element, area: Rect, text: str) -> bool:
        """See `ElementSource`."""
        if element.role == "password_field":
            return False
        try:
            client = _Client(_ACT_SECONDS)
            found = client.again(window, element, area)
            return found is not None and client.write(found, text)
        except (comtypes.COMError, OSError) as error:
            _log.debug("nothing written: %s", error)
            return False

    def close(self) -> None:
        """All waits end by themselves."""


class _Client:
    """One reading, on one thread. Raises `COMError` and `OSError`."""

    def __init__(self, seconds: float) -> None:
        try:
            # Stays so until the thread ends: what was read may be let go later.
            comtypes.CoInitializeEx(comtypes.COINIT_MULTITHREADED)
        except OSError:
            _log.debug("this thread has its own apartment already")
        self._deadline = monotonic() + seconds
        self._library = comtypes.client.GetModule(_LIBRARY)
        self._automation = comtypes.client.CreateObject(_CLIENT, interface=self._library.IUIAutomation2)
        self._automation.ConnectionTimeout = self._automation.TransactionTimeout = max(round(1000 * seconds), 50)
        self._request = self._automation.CreateCacheRequest()
        for number in facts.ASKED:
            self._request.AddProperty(number)
        shown = self._automation.CreatePropertyCondition(facts.IS_OFFSCREEN, False)
        self._shown = self._automation.CreateAndCondition(self._automation.ControlViewCondition, shown)

    def tree(self, window: WindowRef, most: int) -> tuple[list[Node], list[Any]]:
        """The window's nodes, parents first, and the element of each; as far as the deadline allows."""
        nodes: list[Node] = []
        elements: list[Any] = []
        level = [(element, -1) for element in self._roots(window)]
        while level and len(nodes) < most and monotonic() < self._deadline:
            opened: list[tuple[Any, int]] = []
            for element, parent in level:
                told = {number: element.GetCachedPropertyValue(number) for number in facts.ASKED}
                node = node_of(told, parent)
                if node is None:
                    continue
                if facts.may_have_children(node):
                    opened.append((element, len(nodes)))
                nodes.append(self._with_value(element, node, told))
                elements.append(element)
            level = [(child, at) for element, at in opened for child in self._children(element)]
        return nodes[:most], elements[:most]

    def again(self, window: WindowRef, element: Element, area: Rect) -> Any:
        """The element that was read as `element` at `area`, None when it is not there any more."""
        nodes, elements = self.tree(window, _NODES_AN_ELEMENT * MOST_ELEMENTS)
        places: Sequence[int] = alike(nodes, element, area)
        return next((elements[at] for at in places if is_called(nodes[at], element)), None)

    def press(self, element: Any) -> bool:
        """By the first of its ways: invoke, toggle, select, open or close."""
        if pattern := self._pattern(element, _INVOKE, self._library.IUIAutomationInvokePattern):
            pattern.Invoke()
        elif pattern := self._pattern(element, _TOGGLE, self._library.IUIAutomationTogglePattern):
            pattern.Toggle()
        elif pattern := self._pattern(element, _SELECT, self._library.IUIAutomationSelectionItemPattern):
            pattern.Select()
        elif pattern := self._pattern(element, _EXPAND, self._library.IUIAutomationExpandCollapsePattern):
            is_closed = pattern.CurrentExpandCollapseState == 0
            (pattern.Expand if is_closed else pattern.Collapse)()
        else:
            return False
        return True

    def write(self, element: Any, text: str) -> bool:
        """As text, or as a number into what takes numbers alone."""
        if pattern := self._pattern(element, _VALUE, self._library.IUIAutomationValuePattern):
            pattern.SetValue(text)
            return True
        pattern = self._pattern(element, _RANGE, self._library.IUIAutomationRangeValuePattern)
        try:
            number = float(text)
        except ValueError:
            return False
        if pattern is None:
            return False
        pattern.SetValue(number)
        return True

    def _roots(self, window: WindowRef) -> Iterator[Any]:
        """The window, and the open menus of its program."""
        yield self._automation.ElementFromHandleBuildCache(window.handle, self._request)
        condition = self._automation.CreateAndCondition(
            self._automation.CreatePropertyCondition(facts.PROCESS, window.process),
            self._automation.CreatePropertyCondition(facts.CONTROL_TYPE, facts.MENU),
        )
        desktop = self._automation.GetRootElement()
        yield from _all(desktop.FindAllBuildCache(_CHILDREN, condition, self._request))

    def _children(self, element: Any) -> Sequence[Any]:
        if monotonic() >= self._deadline:
            return ()
        try:
            return _all(element.FindAllBuildCache(_CHILDREN, self._shown, self._request))
        except comtypes.COMError as error:
            _log.debug("a part of the window was not read: %s", error)  # It went away while we looked, or is slow.
            return ()

    def _with_value(self, element: Any, node: Node, told: dict[int, Any]) -> Node:
        number = facts.value_to_ask(node, told)
        if not number or monotonic() >= self._deadline:
            return node
        try:
            return facts.with_value(node, element.GetCurrentPropertyValue(number))
        except comtypes.COMError as error:
            _log.debug("a value was not read: %s", error)
            return node

    def _pattern(self, element: Any, number: int, interface: Any) -> Any:
        found = element.GetCurrentPattern(number)
        return found.QueryInterface(interface) if found else None


def _all(array: Any) -> list[Any]:
    return [array.GetElement(at) for at in range(array.Length)] if array else []


def _is_about_it(error: Exception) -> bool:
    """A program that does not answer in time is about it: a dialog that it opened holds its answer back."""
    _log.debug("pressing: %s", error)
    return getattr(error, "hresult", 0) == _TIMEOUT

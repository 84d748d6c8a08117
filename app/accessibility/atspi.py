"""Linux: AT-SPI over the accessibility bus. Nothing is kept between two reads, so that any thread may read."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence

from app.accessibility.atspi_act import press, set_value
from app.accessibility.atspi_bus import AccessibilityBus, NoBusError, Peer, accessibility_bus, enable, is_enabled
from app.accessibility.atspi_details import with_details
from app.accessibility.atspi_tree import find_frame, read_tree
from app.accessibility.extents import extents_of
from app.accessibility.found_again import alike, is_called
from app.accessibility.nodes import Node, pruned
from app.accessibility.source import MOST_ELEMENTS, READ_SECONDS, FoundElements
from app.accessibility.x11_client import client_area
from app.domain.geometry import Rect
from app.domain.screen import WindowRef
from engine.protocol import Element

_ACT_SECONDS = 2.0
_NODES_AN_ELEMENT = 3
"""Of three things that a program tells about, one or two only hold others."""
_NO_BUS = (
    "Programs can not tell of their windows here, because the accessibility bus does not run. Install at-spi2-core, "
    "log out and in again."
)
_OFF = (
    "Accessibility is off on this desktop, and many programs then tell nothing of their windows. Let Fingerpost switch "
    "it on, then start those programs again."
)
_WAYLAND = (
    "Wayland does not say where a window is, so what programs tell of its parts has no place on the screen. Fingerpost "
    "points by what the picture shows."
)

_log = logging.getLogger(__name__)


class AtSpiSource:
    """The programs of this session. See `ElementSource`."""

    def availability(self) -> str:
        """See `ElementSource`."""
        try:
            enabled = is_enabled()
        except NoBusError:
            return _NO_BUS
        if os.environ.get("WAYLAND_DISPLAY"):
            return _WAYLAND
        return "" if enabled else _OFF

    def enable(self) -> str:
        """See `ElementSource`. Desktops keep the setting; programs that are open may have to be started again."""
        try:
            enable()
        except NoBusError:
            return _NO_BUS
        return ""

    def read(self, window: WindowRef, seconds: float = READ_SECONDS, most: int = MOST_ELEMENTS) -> FoundElements:
        """See `ElementSource`."""
        try:
            with accessibility_bus(seconds) as bus:
                nodes, peers = _tree(bus, window, most)
                return pruned(with_details(bus, nodes, peers), most)
        except NoBusError as error:
            _log.debug("no elements: %s", error)
            return ()

    def press(self, window: WindowRef, element: Element, area: Rect) -> bool:
        """See `ElementSource`."""
        try:
            with accessibility_bus(_ACT_SECONDS) as bus:
                peer = _again(bus, window, element, area)
                return peer is not None and press(bus, peer)
        except NoBusError as error:
            _log.debug("nothing pressed: %s", error)
            return False

    def set_value(self, window: WindowRef, element: Element, area: Rect, text: str) -> bool:
        """See `ElementSource`."""
        if element.role == "password_field":
            return False
        try:
            with accessibility_bus(_ACT_SECONDS) as bus:
                peer = _again(bus, window, element, area)
                return peer is not None and set_value(bus, peer, text)
        except NoBusError as error:
            _log.debug("nothing written: %s", error)
            return False

    def close(self) -> None:
        """All waits end by themselves."""


def _tree(bus: AccessibilityBus, window: WindowRef, most: int) -> tuple[list[Node], list[Peer]]:
    frame = find_frame(bus, window)
    if frame is None:
        return [], []
    extents = extents_of(frame.told, window.frame, client_area(window.handle))
    return read_tree(bus, frame, extents, _NODES_AN_ELEMENT * most)


def _again(bus: AccessibilityBus, window: WindowRef, element: Element, area: Rect) -> Peer | None:
    nodes, peers = _tree(bus, window, MOST_ELEMENTS)
    places: Sequence[int] = alike(nodes, element, area)
    known = with_details(bus, [nodes[at] for at in places], [peers[at] for at in places])
    return next((peers[at] for at, node in zip(places, known, strict=True) if is_called(node, element)), None)

"""Pressing and writing through the accessibility bus, in the program's own way instead of with a mouse."""

from __future__ import annotations

from app.accessibility.atspi_bus import (
    ACCESSIBLE,
    ACTION,
    EDITABLE_TEXT,
    PROPERTIES,
    SELECTION,
    VALUE,
    AccessibilityBus,
    Call,
    Peer,
    property_of,
    value_in,
)

_PRESSING = ("click", "press", "activate", "toggle", "jump", "open", "select", "dodefault", "showmenu")
"""What toolkits call the action of a click, as far as it is not something else: SetFocus or Increase are."""


def press(bus: AccessibilityBus, peer: Peer) -> bool:
    """Does what a click on it would. Without an action of that kind it is selected in its parent, as a tab is."""
    listed = bus.ask(Call(peer, ACTION, "GetActions"))
    count = len(listed[0]) if listed else 0
    answers = bus.gather([Call(peer, ACTION, "GetName", "i", (at,)) for at in range(count)])
    names = [str(answer[0]).lower().replace(" ", "") if answer else "" for answer in answers]
    pressing = [(_PRESSING.index(name), at) for at, name in enumerate(names) if name in _PRESSING]
    if not pressing:
        return _select(bus, peer)
    return _is_done(bus, Call(peer, ACTION, "DoAction", "i", (min(pressing)[1],)))


def set_value(bus: AccessibilityBus, peer: Peer, text: str) -> bool:
    """Writes `text` in the place of what is there; into what holds a number alone, that number."""
    if _is_done(bus, Call(peer, EDITABLE_TEXT, "SetTextContents", "s", (text,))):
        return True
    try:
        number = float(text)
    except ValueError:
        return False
    body = (VALUE, "CurrentValue", ("d", number))
    return bus.ask(Call(peer, PROPERTIES, "Set", "ssv", body)) is not None


def _select(bus: AccessibilityBus, peer: Peer) -> bool:
    parent, index = bus.gather([property_of(peer, ACCESSIBLE, "Parent"), Call(peer, ACCESSIBLE, "GetIndexInParent")])
    if not parent or not index:
        return False
    name, path = value_in(parent)
    return _is_done(bus, Call(Peer(name, path), SELECTION, "SelectChild", "i", (index[0],)))


def _is_done(bus: AccessibilityBus, call: Call) -> bool:
    """A program that does not answer in time is about it: a dialog that it opened holds its answer back."""
    answer = bus.ask(call)
    return bool(answer[0]) if answer else bus.is_over

"""What Windows and macOS tell of elements, as they hand it out, without those systems."""

from __future__ import annotations

from typing import Any

import pytest

from app.accessibility import ax_facts, uia_facts
from app.accessibility.ax_facts import Facts
from app.accessibility.extents import Extents
from app.accessibility.uia_facts import node_of
from app.domain.geometry import Rect

POINTS = Extents((100.0, 50.0), (200.0, 100.0), 2.0)


def uia(control_type: int, name: str = "", **more: Any) -> dict[int, Any]:
    """An element as UI Automation tells of it: what it does not have comes with the system's defaults."""
    told: dict[int, Any] = dict.fromkeys(uia_facts.ASKED, False)
    told |= {
        uia_facts.PLACE: (10.0, 20.0, 80.0, 24.0), uia_facts.CONTROL_TYPE: control_type, uia_facts.NAME: name,
        uia_facts.ENABLED: True, uia_facts.HELP: "", uia_facts.TOGGLE_STATE: 2, uia_facts.EXPANSION: 3,
    }  # fmt: skip
    return told | {getattr(uia_facts, key): value for key, value in more.items()}


def test_a_plain_button_of_windows_has_no_states_from_defaults() -> None:
    node = node_of(uia(50000, "Save", HELP="Ctrl+S"), 0)
    assert node is not None
    assert (node.role, node.name, node.description, node.states) == ("button", "Save", "Ctrl+S", ())
    assert node.area == Rect(10, 20, 80, 24)


@pytest.mark.parametrize(
    ("told", "role", "states"),
    [
        (uia(50002, HAS_TOGGLE=True, TOGGLE_STATE=1), "check_box", ("checked",)),
        (uia(50002, HAS_TOGGLE=True, TOGGLE_STATE=2), "check_box", ("mixed",)),
        (uia(50000, HAS_TOGGLE=True, TOGGLE_STATE=0), "toggle_button", ()),
        (uia(50013, HAS_SELECTION_ITEM=True, IS_SELECTED=True), "radio_button", ("checked",)),
        (uia(50007, HAS_SELECTION_ITEM=True, IS_SELECTED=True, FOCUSED=True), "list_item", ("selected", "focused")),
        (uia(50003, EXPANSION=0, ENABLED=False), "combo_box", ("disabled", "collapsed")),
        (uia(50004, HAS_VALUE=True, IS_READ_ONLY=True), "text_field", ("read_only",)),
        (uia(50032, IS_MODAL=True), "window", ("modal",)),
    ],
)
def test_states_of_windows(told: dict[int, Any], role: str, states: tuple[str, ...]) -> None:
    node = node_of(told, -1)
    assert node is not None
    assert (node.role, node.states) == (role, states)


def test_windows_is_never_asked_for_a_password() -> None:
    assert uia_facts.VALUE not in uia_facts.ASKED
    told = uia(50004, "Password", IS_PASSWORD=True, HAS_VALUE=True)
    node = node_of(told, 0)
    assert node is not None
    assert uia_facts.value_to_ask(node, told) == 0
    assert not uia_facts.may_have_children(node)
    plain = uia(50004, "Name", HAS_VALUE=True)
    assert uia_facts.value_to_ask(node_of(plain, 0), plain) == uia_facts.VALUE
    slider = uia(50015, "Zoom", HAS_RANGE=True)
    assert uia_facts.value_to_ask(node_of(slider, 0), slider) == uia_facts.NUMBER
    assert uia_facts.with_value(node_of(slider, 0), 42.0).value == "42"


@pytest.mark.parametrize("place", [None, (), (float("inf"), 0.0, 1.0, 1.0), ("a", 0, 1, 1)])
def test_an_element_without_a_place_is_no_node(place: Any) -> None:
    assert node_of(uia(50000, PLACE=place), 0) is None


def ax(role: str, **told: Any) -> Facts:
    """An element of macOS in points, with those attributes."""
    return Facts({"AXRole": role, **{f"AX{name}": value for name, value in told.items()}}, Rect(110, 60, 40, 10))


def test_macs_points_become_device_pixels() -> None:
    node = ax_facts.node_of(ax("AXButton", Title="Save", Enabled=True), 0, POINTS)
    assert node is not None
    assert (node.role, node.name, node.area, node.states) == ("button", "Save", Rect(220, 120, 80, 20), ())
    assert ax_facts.node_of(Facts({"AXRole": "AXButton"}, None), 0, POINTS) is None


def test_a_mac_button_with_a_picture_is_called_by_its_description() -> None:
    node = ax_facts.node_of(ax("AXButton", Title=None, Description="Bold", Expanded=None), 0, POINTS)
    assert node is not None
    assert (node.name, node.states) == ("Bold", ())
    row = ax_facts.node_of(ax("AXRow", Subrole="AXOutlineRow", Expanded=False, Selected=True), 0, POINTS)
    assert row is not None
    assert (row.role, row.states) == ("tree_item", ("selected", "collapsed"))


def test_values_of_a_mac_are_ticks_texts_or_numbers_and_never_passwords() -> None:
    assert "AXValue" not in ax_facts.ASKED

    def valued(facts: Facts, value: Any) -> Any:
        node = ax_facts.node_of(facts, 0, POINTS)
        assert node is not None
        assert ax_facts.has_value(node)
        return ax_facts.with_value(node, value)

    assert valued(ax("AXCheckBox"), 1).states == ("checked",)
    assert valued(ax("AXCheckBox"), 2).states == ("mixed",)
    assert valued(ax("AXCheckBox"), 0).states == ()
    assert valued(ax("AXRadioButton", Subrole="AXTabButton"), True).states == ("selected",)
    assert valued(ax("AXStaticText"), "Total").name == "Total"
    assert valued(ax("AXTextField", Title="Name"), "Ada").value == "Ada"
    assert valued(ax("AXSlider"), 0.5).value == "0.5"
    secret = ax_facts.node_of(ax("AXTextField", Subrole="AXSecureTextField"), 0, POINTS)
    assert secret is not None
    assert not ax_facts.has_value(secret)
    assert not ax_facts.may_have_children(secret)


def test_of_a_macs_table_only_the_rows_that_are_seen_are_asked_for() -> None:
    table = ax_facts.node_of(ax("AXTable"), 0, POINTS)
    group = ax_facts.node_of(ax("AXGroup"), 0, POINTS)
    assert table is not None
    assert group is not None
    assert ax_facts.children_to_ask(table)[0] == "AXVisibleRows"
    assert ax_facts.children_to_ask(group) == ("AXChildren",)

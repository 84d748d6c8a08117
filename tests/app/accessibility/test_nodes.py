"""What is kept of a program's tree, where it lies, and what it is called."""

from __future__ import annotations

import typing

import pytest

from app.accessibility import roles
from app.accessibility.extents import extents_of
from app.accessibility.nodes import LONGEST_TEXT, Node, pruned
from app.accessibility.none import NoElements
from app.accessibility.placed import placed
from app.accessibility.roles import atspi_role, ax_role, uia_role
from app.accessibility.source import UNPLACED
from app.domain.geometry import Rect
from app.domain.screen import WindowRef
from engine.protocol import Box, Element, ElementRole

WINDOW = Rect(100, 50, 400, 300)


def node(role: ElementRole, name: str, area: Rect, parent: int, **more: object) -> Node:
    return Node(role, name, area, parent, **more)


def test_only_what_is_seen_and_says_something_is_kept_and_hangs_together() -> None:
    tree = [
        node("window", "Letter", WINDOW, -1),
        node("group", "", Rect(100, 80, 400, 270), 0),
        node("button", "  Save\n as ", Rect(110, 90, 80, 20), 1),
        node("label", "Save as", Rect(112, 92, 60, 16), 2),
        node("button", "", Rect(200, 90, 20, 20), 1, description="Bold"),
        node("image", "", Rect(202, 92, 16, 16), 4),
        node("label", "•", Rect(240, 90, 5, 20), 1),
        node("text_field", "", Rect(110, 120, 200, 20), 1, value="Dear\N{OBJECT REPLACEMENT CHARACTER}"),
        node("button", "Gone", Rect(110, 150, 0, 0), 1),
    ]
    found = pruned(tree, 400)
    assert [(e.role, e.name, e.parent) for e, _ in found] == [
        ("window", "Letter", -1),
        ("button", "Save as", 0),
        ("button", "Bold", 0),
        ("text_field", "", 0),
    ]
    assert found[2][0].description == ""
    assert found[3][0].value == "Dear"
    assert [e.name for e, _ in pruned(tree, 2)] == ["Letter", "Save as"]


def test_what_is_scrolled_away_is_left_out_and_what_is_half_seen_is_cut_but_an_open_menu_is_whole() -> None:
    tree = [
        node("window", "Files", WINDOW, -1),
        node("group", "", Rect(100, 100, 200, 100), 0, scrolls=True),
        node("list_item", "Seen", Rect(100, 110, 200, 20), 1),
        node("list_item", "Half", Rect(100, 190, 200, 20), 1),
        node("list_item", "Away", Rect(100, 230, 200, 20), 1),
        node("menu", "Open with", Rect(150, 180, 90, 200), 1),
        node("menu_item", "Editor", Rect(150, 320, 90, 20), 5),
    ]
    found = {element.name: area for element, area in pruned(tree, 400)}
    assert found["Half"] == Rect(100, 190, 200, 10)
    assert "Away" not in found
    assert found["Editor"] == Rect(150, 320, 90, 20)


def test_long_texts_are_cut_and_a_password_is_dropped_wherever_it_came_from() -> None:
    tree = [
        node("group", "Form", WINDOW, -1),
        node("text_field", "Text", WINDOW, 0, value="x" * 9999),
        node("password_field", "Secret", WINDOW, 0, value="hunter2"),
    ]
    (window, _), (text, _), (secret, _) = pruned(tree, 9)
    assert window.role == "window"
    assert len(text.value) == LONGEST_TEXT
    assert secret.value == ""


def test_elements_are_shares_of_the_picture_and_keep_their_nearest_parent() -> None:
    found = (
        (Element("window", "Letter", UNPLACED), WINDOW),
        (Element("tool_bar", "Main", UNPLACED, parent=0), Rect(100, 50, 400, 20)),
        (Element("button", "Save", UNPLACED, parent=1), Rect(110, 70, 40, 20)),
        (Element("button", "Far", UNPLACED, parent=1), Rect(450, 55, 40, 10)),
    )
    # A region below the tool bar's corner, smaller than the window.
    kept = placed(found, Rect(100, 70, 200, 100))
    assert [(e.name, e.parent) for e in kept] == [("Letter", -1), ("Save", 0)]
    assert kept[1].box == Box(0.05, 0.0, 0.25, 0.2)
    assert kept[0].box == Box(0.0, -0.2, 2.0, 2.8)
    assert placed(found, Rect(900, 900, 10, 10)) == ()


FRAME, CLIENT = Rect(300, 200, 402, 325), Rect(301, 222, 400, 300)


@pytest.mark.parametrize(
    ("told", "inside", "physical"),
    [
        (CLIENT, Rect(311, 232, 50, 20), Rect(311, 232, 50, 20)),  # Qt: the screen's own
        (FRAME, Rect(311, 232, 50, 20), Rect(311, 232, 50, 20)),  # GTK 3
        (Rect(0, 0, 400, 300), Rect(10, 10, 50, 20), Rect(311, 232, 50, 20)),  # GTK 4 with the desktop's title bar
        (Rect(0, 0, 402, 325), Rect(11, 32, 50, 20), Rect(311, 232, 50, 20)),  # GTK 4 with its own
        (Rect(20, 30, 200, 150), Rect(25, 35, 25, 10), Rect(311, 232, 50, 20)),  # twice as many device pixels
        (Rect(0, 0, 0, 0), Rect(311, 232, 50, 20), Rect(311, 232, 50, 20)),  # a window without a place
    ],
)
def test_places_are_those_on_the_screen_however_the_program_counts(told: Rect, inside: Rect, physical: Rect) -> None:
    assert extents_of(told, FRAME, CLIENT).physical(inside) == physical


def test_a_window_at_the_screens_own_corner_is_not_moved() -> None:
    at_corner = Rect(0, 0, 400, 300)
    assert extents_of(at_corner, at_corner, at_corner).physical(Rect(5, 5, 9, 9)) == Rect(5, 5, 9, 9)
    # Without an inside of its own, as where the system tells frames alone.
    assert extents_of(Rect(0, 0, 402, 325), FRAME, None).physical(Rect(5, 5, 9, 9)) == Rect(305, 205, 9, 9)


def test_all_three_systems_roles_lead_to_roles_of_the_protocol() -> None:
    known = set(typing.get_args(ElementRole))
    for table in (roles._ATSPI, roles._UIA, roles._AX):
        assert set(table) <= known
        codes = [code for listed in table.values() for code in listed]
        assert len(codes) == len(set(codes))
    assert [atspi_role(code) for code in (43, 40, 35, 79, 9999)] == [
        "button", "password_field", "menu_item", "text_field", "other",
    ]  # fmt: skip


def test_a_role_that_a_property_makes_another() -> None:
    assert uia_role(50000, is_password=False, can_toggle=False) == "button"
    assert uia_role(50000, is_password=False, can_toggle=True) == "toggle_button"
    assert uia_role(50004, is_password=True, can_toggle=False) == "password_field"
    assert uia_role(50002, is_password=False, can_toggle=True) == "check_box"
    assert ax_role("AXTextField", "AXSecureTextField") == "password_field"
    assert ax_role("AXRadioButton", "AXTabButton") == "tab"
    assert ax_role("AXButton", "AXCloseButton") == "button"
    assert ax_role("AXRow", "AXOutlineRow") == "tree_item"
    assert ax_role("AXThing", "") == "other"


def test_a_system_without_says_so() -> None:
    nothing = NoElements()
    window = WindowRef(1, 2, "Any", WINDOW)
    assert "can not be read" in nothing.availability() == nothing.enable()
    assert nothing.read(window) == ()
    assert not nothing.press(window, Element("button", "Save", UNPLACED), WINDOW)

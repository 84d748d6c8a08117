from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, QSize

from app.overlay.placing import bar_place, beside_pointer, clear_of, label_place
from app.overlay.selection import CORNERS, EDGES, Grip, Selection, middle_of, spanned, whole_of

BOUNDS = (1000, 600)
AREA = Selection(100, 100, 300, 200)


def test_a_drag_holds_both_of_its_ends_in_every_direction_and_reaches_the_edges() -> None:
    assert spanned((420, 330), (1059, 689), (1920, 1080)) == Selection(420, 330, 1060, 690)
    assert spanned((300, 200), (100, 50), BOUNDS) == Selection(100, 50, 301, 201)
    assert spanned((-5, -5), (2000, 2000), BOUNDS) == whole_of(BOUNDS)


@pytest.mark.parametrize(
    ("grip", "expected"),
    [
        ("se", Selection(100, 100, 351, 251)),
        ("e", Selection(100, 100, 351, 200)),
        ("s", Selection(100, 100, 300, 251)),
        ("nw", Selection(299, 199, 351, 251)),
        ("w", Selection(299, 100, 351, 200)),
        ("n", Selection(100, 199, 300, 251)),
        ("ne", Selection(100, 199, 351, 251)),
        ("sw", Selection(299, 100, 351, 251)),
    ],
)
def test_a_grip_takes_its_edges_to_the_pointer_and_may_turn_over(grip: Grip, expected: Selection) -> None:
    assert AREA.pulled(grip, 350, 250, BOUNDS) == expected


def test_it_is_moved_and_grown_only_within_the_monitor() -> None:
    assert AREA.moved(-500, 7, BOUNDS) == Selection(0, 107, 200, 207)
    assert AREA.moved(5000, 5000, BOUNDS) == Selection(800, 500, 1000, 600)
    assert AREA.grown(1, -10, BOUNDS) == Selection(100, 100, 301, 190)
    assert AREA.grown(-900, 900, BOUNDS) == Selection(100, 100, 101, 600)


def test_a_press_takes_hold_of_what_is_under_it() -> None:
    for grip in (*CORNERS, *EDGES):
        x, y = AREA.grip_at(grip)
        assert AREA.part_at(int(x), int(y), 8) == grip
    assert AREA.part_at(200, 150, 8) == "inside"
    assert AREA.part_at(95, 95, 8) == "nw"
    assert AREA.part_at(150, 250, 8) is None
    assert Selection(50, 50, 56, 56).part_at(53, 53, 8) == "inside"
    assert middle_of(BOUNDS) == Selection(250, 150, 750, 450)


def test_the_magnifier_never_covers_the_pointer_or_leaves_the_monitor() -> None:
    bounds, size = QRect(0, 0, 800, 600), QSize(135, 135)
    for x in range(0, 800, 7):
        for y in range(0, 600, 7):
            placed = QRect(beside_pointer(QPoint(x, y), size, bounds, 24), size)
            assert bounds.contains(placed)
            assert not placed.adjusted(-10, -10, 10, 10).contains(x, y)


@pytest.mark.parametrize(
    "selection",
    [
        QRect(100, 100, 300, 200),
        QRect(0, 0, 800, 600),
        QRect(790, 590, 10, 10),
        QRect(0, 0, 10, 10),
        QRect(0, 580, 300, 20),
        QRect(0, 0, 20, 600),
    ],
)
def test_label_and_bar_stay_on_the_monitor_and_apart(selection: QRect) -> None:
    bounds = QRect(0, 0, 800, 600)
    bar = QRect(bar_place(selection, QSize(200, 38), bounds, 8), QSize(200, 38))
    label = QRect(label_place(selection, QSize(80, 24), bounds, 8), QSize(80, 24))
    label.moveTopLeft(clear_of(label, bar, bounds, 8))
    assert bounds.contains(bar)
    assert bounds.contains(label)
    assert not bar.intersects(label)

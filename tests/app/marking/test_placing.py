"""An arm stands where it hides nothing, as long as there is such a place."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRectF

from app.marking.placing import ArmPlace, ArmShape, ArmWanted, place_arms

SHAPE = ArmShape(24, 10, 5)
BOUNDS = QRectF(0, 0, 800, 500)


def wanted(x: float, y: float, width: float, height: float) -> ArmWanted:
    return ArmWanted(QRectF(x, y, width, height), (110, 34))


def grown(area: QRectF, by: float) -> QRectF:
    return area.adjusted(-by, -by, by, by)


def apart(one: QRectF, other: QRectF) -> bool:
    both = one.intersected(other)
    return both.width() < 1e-3 or both.height() < 1e-3


targets = st.builds(
    wanted,
    st.floats(0, 760),
    st.floats(0, 460),
    st.floats(1, 400),
    st.floats(1, 200),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(targets, min_size=1, max_size=12))
def test_arms_stay_inside_touch_their_targets_and_are_the_same_every_time(arms: list[ArmWanted]) -> None:
    places = place_arms(arms, BOUNDS, SHAPE)
    assert places == place_arms(arms, BOUNDS, SHAPE)
    assert len(places) == len(arms)
    for arm, place in zip(arms, places, strict=True):
        assert grown(BOUNDS, 1e-6).contains(place.area)
        assert grown(place.area, 1e-6).contains(place.tip)
        cornered = (
            min(arm.target.right(), 800 - arm.target.left()) < 24
            and min(arm.target.bottom(), 500 - arm.target.top()) < 24
        )
        if apart(place.area, arm.target) and not cornered:
            assert grown(arm.target, 1e-6).contains(place.tip)


@settings(max_examples=150, deadline=None)
@given(targets)
def test_one_arm_alone_hides_nothing_where_a_side_has_room(arm: ArmWanted) -> None:
    (place,) = place_arms([arm], BOUNDS, SHAPE)
    target = arm.target
    beside = max(target.left(), BOUNDS.right() - target.right()) >= 115 + 5 and 40 < target.center().y() < 460
    over = max(target.top(), BOUNDS.bottom() - target.bottom()) >= 39 + 5 and 120 < target.center().x() < 680
    if beside or over:
        assert apart(place.area, target)
        assert place.width == 0


@settings(max_examples=100, deadline=None)
@given(st.permutations(range(20)), st.integers(2, 20))
def test_a_grid_of_controls_keeps_its_arms_apart(order: list[int], many: int) -> None:
    arms = [wanted(40 + 190 * (cell % 4), 60 + 85 * (cell // 4), 40, 20) for cell in order[:many]]
    places = place_arms(arms, BOUNDS, SHAPE)
    for index, place in enumerate(places):
        assert all(apart(place.area, arm.target) for arm in arms)
        assert all(apart(place.area, other.area) for other in places[index + 1 :])


def test_what_fills_everything_is_still_named() -> None:
    (place,) = place_arms([ArmWanted(BOUNDS, (110, 34))], BOUNDS, SHAPE)
    assert BOUNDS.contains(place.area)


def test_in_a_corner_the_arm_is_where_the_picture_is() -> None:
    (corner,) = place_arms([wanted(784, 0, 16, 16)], BOUNDS, SHAPE)
    assert BOUNDS.contains(corner.area)
    assert apart(corner.area, QRectF(784, 0, 16, 16))


def test_words_give_way_before_other_marks_are_hidden() -> None:
    row = [wanted(300 + 60 * cell, 100, 30, 20) for cell in range(4)]
    narrow = QRectF(290, 0, 240, 200)
    places: tuple[ArmPlace, ...] = place_arms(row, narrow, SHAPE)
    assert any(place.width == 1 for place in places)
    for place in places:
        assert all(apart(place.area, arm.target) for arm in row)
        assert isinstance(place.tip, QPointF)

"""A wrong conversion points at the wrong button: every chain over a table of desktops as people have them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from app.domain.geometry import (
    Place,
    Rect,
    Screen,
    crop_of,
    place_at,
    place_of,
    screen_at_logical,
    screen_at_physical,
    to_desktop,
    to_logical,
    to_normalised,
    to_physical,
    to_picture,
)


def qt_screen(name: str, physical: Rect, scale: float) -> Screen:
    """As Qt reports it on X11 and Windows: origin in device pixels, size divided and rounded."""
    logical = Rect(physical.x, physical.y, round(physical.width / scale), round(physical.height / scale))
    return Screen(name, logical, physical, scale)


SCREENS = {
    "plain": qt_screen("A", Rect(0, 0, 1920, 1080), 1),
    "125": qt_screen("A", Rect(0, 0, 1920, 1080), 1.25),
    "150 and odd": qt_screen("RIGHT", Rect(800, 100, 1120, 800), 1.5),
    "200": qt_screen("A", Rect(0, 0, 3840, 2160), 2),
    "left of the first": qt_screen("B", Rect(-2560, -360, 2560, 1440), 1.25),
    "above, portrait": qt_screen("C", Rect(240, -1920, 1080, 1920), 1.5),
    "far right, 200": qt_screen("D", Rect(4480, -200, 3840, 2160), 2),
    "retina points": Screen("E", Rect(-1512, 0, 1512, 982), Rect(-3024, 0, 3024, 1964), 2),
}
EVERY = pytest.mark.parametrize("screen", SCREENS.values(), ids=SCREENS.keys())


def close(left: Rect, right: Rect) -> bool:
    return (left.x, left.y, left.width, left.height) == pytest.approx((right.x, right.y, right.width, right.height))


@EVERY
def test_logical_and_physical_are_each_others_inverse(screen: Screen) -> None:
    area = Rect(screen.logical.x + 37, screen.logical.y + 11.5, 200, 99)
    assert close(to_logical(to_physical(area, screen), screen), area)


@EVERY
def test_a_screens_own_corner_stays_where_it_is(screen: Screen) -> None:
    corner = to_physical(Rect(screen.logical.x, screen.logical.y, 0, 0), screen)
    assert (corner.x, corner.y) == (screen.physical.x, screen.physical.y)


@EVERY
def test_the_whole_screen_crops_to_the_whole_picture(screen: Screen) -> None:
    size = (int(screen.physical.width), int(screen.physical.height))
    assert crop_of(screen.logical, screen, size) == Rect(0, 0, *size)


@EVERY
def test_a_selection_takes_every_pixel_it_touches(screen: Screen) -> None:
    size = (int(screen.physical.width), int(screen.physical.height))
    selection = Rect(screen.logical.x + 101, screen.logical.y + 33, 67, 41)
    crop = crop_of(selection, screen, size)
    exact = Rect(101 * screen.scale, 33 * screen.scale, 67 * screen.scale, 41 * screen.scale)
    assert crop.intersect(exact) == exact
    assert crop.width - exact.width < 2
    assert crop.height - exact.height < 2
    assert crop == crop.rounded_out()


@EVERY
def test_a_mark_on_the_crop_lands_on_the_pixel_it_came_from(screen: Screen) -> None:
    """The product's whole chain: select, crop, answer in shares of the crop, point on the desktop."""
    size = (int(screen.physical.width), int(screen.physical.height))
    selection = Rect(screen.logical.x + 100, screen.logical.y + 60, 301, 203)
    crop = crop_of(selection, screen, size)
    place = place_of(selection, screen)
    button = Rect(crop.x + 20, crop.y + 10, 48, 16)  # in pixels of the picture of the screen
    in_crop = Rect(20, 10, 48, 16)
    on_desktop = to_desktop(to_normalised(in_crop, (int(crop.width), int(crop.height))), place)
    assert close(on_desktop, Rect(screen.physical.x + button.x, screen.physical.y + button.y, 48, 16))
    assert screen.logical.intersect(to_logical(on_desktop, screen)) is not None


@pytest.mark.parametrize(
    ("scale", "logical_x", "first_pixel", "pixels"),
    [(1, 10, 10, 7), (1.25, 10, 12, 10), (1.25, 8, 10, 9), (1.5, 11, 16, 11), (1.5, 10, 15, 11), (2, 10, 20, 14)],
)
def test_rounding_goes_outwards_and_no_further(scale: float, logical_x: int, first_pixel: int, pixels: int) -> None:
    screen = qt_screen("A", Rect(0, 0, 3000, 2000), scale)
    crop = crop_of(Rect(logical_x, 0, 7, 7), screen, (3000, 2000))
    assert (crop.x, crop.width) == (first_pixel, pixels)


def test_products_that_are_a_hair_off_do_not_take_a_further_pixel() -> None:
    screen = qt_screen("A", Rect(0, 0, 4096, 2160), 1.1)
    assert crop_of(Rect(30, 30, 60, 60), screen, (4096, 2160)) == Rect(33, 33, 66, 66)  # 60 * 1.1 = 66.00000000000001


def test_wayland_gives_every_screen_at_the_largest_scale() -> None:
    """Two outputs at 1 and 2: the picture of the first is twice its device pixels."""
    screen = Screen("A", Rect(0, 0, 1600, 900), Rect(0, 0, 1600, 900), 1)
    assert crop_of(Rect(100, 50, 10, 10), screen, (3200, 1800)) == Rect(200, 100, 20, 20)


@pytest.mark.parametrize("selection", [Rect(-50, -50, 10, 10), Rect(5000, 40, 10, 10), Rect(100, 100, 0, 0)])
def test_a_selection_outside_or_empty_still_gives_a_picture(selection: Rect) -> None:
    crop = crop_of(selection, SCREENS["plain"], (1920, 1080))
    assert crop.width >= 1
    assert crop.height >= 1
    assert crop.intersect(Rect(0, 0, 1920, 1080)) == crop


def test_a_selection_over_the_edge_is_cut() -> None:
    assert crop_of(Rect(1900, -5, 100, 20), SCREENS["plain"], (1920, 1080)) == Rect(1900, 0, 20, 15)
    assert place_of(Rect(1900, -5, 100, 20), SCREENS["plain"]).area == Rect(1900, 0, 20, 15)


@dataclass(frozen=True)
class Desktop:
    left: Screen
    middle: Screen
    right: Screen

    @property
    def screens(self) -> tuple[Screen, ...]:
        return (self.middle, self.left, self.right)  # Qt puts the primary one first


DESKTOP = Desktop(
    qt_screen("LEFT", Rect(-1080, -400, 1080, 1920), 1.5),
    qt_screen("MIDDLE", Rect(0, 0, 3840, 2160), 2),
    qt_screen("RIGHT", Rect(3840, 300, 1920, 1080), 1),
)


@pytest.mark.parametrize(
    ("point", "name"),
    [
        ((-1, 0), "LEFT"),
        ((0, 0), "MIDDLE"),
        ((3839, 2159), "MIDDLE"),
        ((3840, 300), "RIGHT"),
        ((-2000, 0), "LEFT"),  # off every screen: the nearest
        ((5000, 0), "RIGHT"),
    ],
)
def test_which_screen_holds_a_pixel(point: tuple[int, int], name: str) -> None:
    assert screen_at_physical(*point, DESKTOP.screens).name == name


@pytest.mark.parametrize(
    ("point", "name"),
    [
        ((-400, 0), "LEFT"),
        ((-1, 0), "MIDDLE"),
        ((1919, 10), "MIDDLE"),
        ((2000, 500), "MIDDLE"),
        ((3700, 500), "RIGHT"),
        ((3840, 400), "RIGHT"),
    ],
)
def test_which_screen_holds_a_logical_point_even_in_the_gaps(point: tuple[int, int], name: str) -> None:
    assert screen_at_logical(*point, DESKTOP.screens).name == name


def test_a_window_over_two_screens_belongs_to_the_one_with_its_centre() -> None:
    assert place_at(Rect(3700, 400, 400, 300), DESKTOP.screens) == Place("RIGHT", Rect(3700, 400, 400, 300), 1)
    assert place_at(Rect(-300, 0, 400, 300), DESKTOP.screens) == Place("LEFT", Rect(-300, 0, 400, 300), 1.5)


def test_normalised_and_picture_are_each_others_inverse() -> None:
    area = Rect(12, 34, 56, 78)
    assert close(to_picture(to_normalised(area, (640, 480)), (640, 480)), area)
    assert to_normalised(Rect(0, 0, 640, 480), (640, 480)) == Rect(0, 0, 1, 1)


def test_rectangles() -> None:
    area = Rect(-10, 0, 20, 10)
    assert area.contains(-10, 0)
    assert not area.contains(10, 5)
    assert area.centre == (0, 5)
    assert area.intersect(Rect(0, -5, 100, 10)) == Rect(0, 0, 10, 5)
    assert area.intersect(Rect(10, 0, 5, 5)) is None
    assert Rect(-0.5, 0.2, 1, 1).rounded_out() == Rect(-1, 0, 2, 2)
    assert area.distance_to(13, 14) == 5
    assert area.distance_to(0, 5) == 0

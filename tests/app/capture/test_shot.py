"""Wrong places are the commonest bug of every pointing product: the chain from screen to picture and back, by table."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QImage

from app.capture.errors import CaptureError
from app.capture.screens import with_native_size
from app.capture.shot import Shot, cut, cut_frame, is_one_colour, shot_of, whole
from app.capture.source import cut_window, front_window, is_wayland, refuse_blank
from app.domain.geometry import Place, Rect, Screen
from app.domain.screen import WindowRef


def screen(name: str, x: int, y: int, width: int, height: int, scale: float = 1.0) -> Screen:
    """A monitor with its corner and size in device pixels, as X11 and Windows give them."""
    logical = Rect(x, y, round(width / scale), round(height / scale))
    return Screen(name, logical, Rect(x, y, width, height), scale)


def marked(at: Screen, *pixels: tuple[int, int], ground: str = "#203040") -> Shot:
    """The monitor with white pixels at these device coordinates of it."""
    image = QImage(int(at.physical.width), int(at.physical.height), QImage.Format.Format_RGB32)
    image.fill(QColor(ground))
    for x, y in pixels:
        image.setPixelColor(x, y, QColor("white"))
    return Shot(at, image)


def white(image: QImage) -> list[tuple[int, int]]:
    return [
        (x, y) for y in range(image.height()) for x in range(image.width()) if image.pixelColor(x, y) == QColor("white")
    ]


@pytest.mark.parametrize("scale", [1.0, 1.25, 1.5, 2.0])
@pytest.mark.parametrize("corner", [(0, 0), (-300, -120), (1920, 40)])
def test_a_region_is_cut_where_it_was_seen(scale: float, corner: tuple[int, int]) -> None:
    shot = marked(screen("M", *corner, 300, 200, scale), (100, 60))
    logical = shot.screen.logical
    area = Rect(logical.x + 80 / scale, logical.y + 40 / scale, 60 / scale, 40 / scale)
    taken = cut(shot, area, "Title")
    assert (taken.image.width(), taken.image.height()) == (60, 40)
    assert white(taken.image) == [(20, 20)]
    assert taken.place == Place("M", Rect(corner[0] + 80, corner[1] + 40, 60, 40), scale)


def test_a_region_beyond_the_edge_is_cut_at_it() -> None:
    shot = marked(screen("M", 0, 0, 100, 80))
    taken = cut(shot, Rect(90, 70, 50, 50), "")
    assert (taken.image.width(), taken.image.height()) == (10, 10)
    assert taken.place is not None
    assert taken.place.area == Rect(90, 70, 10, 10)


def test_all_monitors_are_put_side_by_side_as_they_stand() -> None:
    left = marked(screen("L", -100, 20, 100, 50), (10, 10))
    right = marked(screen("R", 0, 0, 160, 90, 2.0), (5, 7))
    taken = whole([right, left])
    assert (taken.image.width(), taken.image.height()) == (260, 90)
    assert white(taken.image) == [(105, 7), (10, 30)]
    assert taken.image.pixelColor(10, 5) == QColor("black")
    assert taken.place == Place("R", Rect(-100, 0, 260, 90), 2.0)


def test_monitors_placed_in_points_are_enlarged_to_the_sharpest() -> None:
    sharp = Screen("Built-in", Rect(0, 0, 100, 60), Rect(0, 0, 200, 120), 2.0)
    plain = Screen("Desk", Rect(100, 0, 80, 60), Rect(100, 0, 80, 60), 1.0)
    taken = whole([marked(sharp), marked(plain, ground="#ffffff")])
    assert (taken.image.width(), taken.image.height()) == (360, 120)
    assert taken.image.pixelColor(199, 60) == QColor("#203040")
    assert taken.image.pixelColor(200, 60) == QColor("white")
    assert taken.place is None


def test_a_window_over_two_monitors_is_one_picture_and_its_hidden_part_is_left_out() -> None:
    left, right = marked(screen("L", 0, 0, 100, 80), (95, 10)), marked(screen("R", 100, 0, 100, 80, 1.5), (2, 10))
    taken = cut_frame([left, right], WindowRef(1, 2, "Editor", Rect(90, -20, 60, 60)))
    assert taken is not None
    assert white(taken.image) == [(5, 10), (12, 10)]
    assert taken.place == Place("R", Rect(90, 0, 60, 40), 1.5)
    assert cut_frame([left, right], WindowRef(1, 2, "", Rect(500, 500, 10, 10))) is None
    with pytest.raises(CaptureError, match="No other window is open"):
        cut_window([left, right], None)


def test_true_device_pixels_are_known_by_the_corner() -> None:
    # Qt's 747 x 533 at 1.5 is 1120.5 x 799.5.
    rounded = Screen("R", Rect(800, 100, 747, 533), Rect(800, 100, 1120, 800), 1.5)
    native = [Rect(0, 0, 800, 1080), Rect(800, 100, 1120, 799)]
    desktop = Rect(0, 0, 1920, 1080)
    found = with_native_size(rounded, native, desktop)
    assert found is not None
    assert found.physical == Rect(800, 100, 1120, 799)
    beyond = screen("R", 1800, 0, 200, 100)
    clamped = with_native_size(beyond, native, desktop)
    assert clamped is not None
    assert clamped.physical == Rect(1800, 0, 120, 100)
    assert with_native_size(screen("R", 2000, 0, 200, 100), native, desktop) is None


def test_a_shot_has_the_size_of_its_monitor_whatever_the_system_gave() -> None:
    shot = shot_of(screen("M", 0, 0, 50, 40), QImage(100, 80, QImage.Format.Format_RGBA8888))
    assert (shot.image.width(), shot.image.height(), shot.image.format()) == (50, 40, QImage.Format.Format_RGB32)


def test_a_screen_in_one_colour_is_refused_but_not_one_dark_monitor_of_two() -> None:
    dark, seen = marked(screen("L", 0, 0, 33, 9), ground="#000000"), marked(screen("R", 33, 0, 33, 9), (32, 8))
    assert is_one_colour(dark.image)
    assert not is_one_colour(seen.image)
    refuse_blank([dark, seen])
    with pytest.raises(CaptureError, match="single colour"):
        refuse_blank([dark])
    with pytest.raises(CaptureError, match="No monitor"):
        refuse_blank([])


def test_the_window_in_front_is_never_our_own() -> None:
    ours, tiny = WindowRef(1, 7, "Fingerpost", Rect(0, 0, 9, 9)), WindowRef(2, 8, "", Rect(0, 0, 0, 0))
    editor = WindowRef(3, 9, "Editor", Rect(0, 0, 9, 9))
    assert front_window([ours, tiny, editor], own_process=7) == editor
    assert front_window([ours], own_process=7) is None


def test_wayland_wins_over_an_x_server_inside_it() -> None:
    assert is_wayland({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"})
    assert is_wayland({"XDG_SESSION_TYPE": "wayland", "DISPLAY": ":0"})
    assert not is_wayland({"DISPLAY": ":0", "XDG_SESSION_TYPE": "x11"})

"""What is pointed at can be seen on anything, and a doubt can be seen without colour."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from app.look import Theme, load_look
from app.marking.drawn import DrawnMark
from app.marking.painter import MarkDrawing, paint_marks, reach

LOOK = load_look("light", Path(__file__).parents[3] / "resources" / "look")
BOUNDS = QRectF(0, 0, 400, 240)
BOX = QRectF(150, 100, 60, 30)
LINE = LOOK.sizes.mark_gap + LOOK.sizes.mark_line / 2


def painted(marks: Sequence[DrawnMark], ground: str = "#ffffff", ratio: float = 1.0, *, arms: bool = True) -> QImage:
    image = QImage(round(400 * ratio), round(240 * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor(ground))
    painter = QPainter(image)
    paint_marks(painter, LOOK, marks, BOUNDS, arms=arms)
    painter.end()
    return image


def at(image: QImage, x: float, y: float) -> QColor:
    ratio = image.devicePixelRatio()
    return image.pixelColor(int(x * ratio), int(y * ratio))


def is_orange(colour: QColor) -> bool:
    return colour.red() > 200 and 50 < colour.green() < 140 and colour.blue() < 80


def along_top(image: QImage) -> list[bool]:
    y = BOX.top() - LINE
    return [is_orange(at(image, x, y)) for x in range(round(BOX.left()) + 8, round(BOX.right()) - 8)]


def mark(*, confirmed: bool = True, number: int = 1, area: QRectF = BOX, lit: bool = False) -> DrawnMark:
    return DrawnMark(number, "Save", area, confirmed, "box", lit)


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_a_confirmed_mark_is_a_whole_line_and_another_one_is_dashed(qtbot: QtBot, ratio: float) -> None:
    assert all(along_top(painted([mark()], ratio=ratio, arms=False)))
    dashed = along_top(painted([mark(confirmed=False)], ratio=ratio, arms=False))
    assert True in dashed
    assert False in dashed


@pytest.mark.parametrize("ground", ["#ffffff", "#000000", LOOK.palette.mark, "#808080"])
def test_the_line_stands_out_from_any_ground(qtbot: QtBot, ground: str) -> None:
    image = painted([mark()], ground, arms=False)
    middle, y = BOX.center().x(), BOX.top() - LINE
    assert is_orange(at(image, middle, y))
    assert at(image, middle, y - LOOK.sizes.mark_line / 2 - 1).name() == LOOK.palette.mark_halo
    assert at(image, middle, BOX.center().y()).name() == QColor(ground).name(), "what is marked stays as it is"


def test_the_arm_touches_the_line_and_covers_nothing_marked(qtbot: QtBot) -> None:
    other = mark(number=2, area=QRectF(230, 90, 80, 50))
    image = painted([mark(), other])
    assert at(image, *BOX.center().toTuple()).name() == "#ffffff"
    assert at(image, *other.area.center().toTuple()).name() == "#ffffff"
    assert at(image, other.area.left() + 3, other.area.top() + 8).name() == "#ffffff"


def test_a_point_is_a_ring_with_a_dot(qtbot: QtBot) -> None:
    middle = QPointF(200, 120)
    image = painted([DrawnMark(1, "Add", QRectF(middle, middle), True, "point")], arms=False)
    assert is_orange(at(image, 200, 120))
    assert is_orange(at(image, 200 - LOOK.sizes.mark_ring / 2, 120))
    assert at(image, 200 - LOOK.sizes.mark_ring / 4 - 1, 120).name() == "#ffffff"


def test_while_one_is_lit_the_others_step_back(qtbot: QtBot) -> None:
    other = mark(number=2, area=QRectF(20, 20, 60, 30))
    beside = (50.0, 20 - LINE)
    alone = at(painted([mark(), other]), *beside)
    faded = at(painted([mark(lit=True), other]), *beside)
    assert is_orange(alone)
    assert faded.blue() > alone.blue() + 60


def test_nothing_is_painted_outside_of_what_is_said_to_be_touched(qtbot: QtBot) -> None:
    marks = [
        mark(),
        mark(number=2, confirmed=False, area=QRectF(-30, 180, 460, 90), lit=True),
        DrawnMark(3, "Close the window for good", QRectF(395, 2, 0, 0), True, "point"),
        mark(number=4, area=QRectF(900, 900, 10, 10)),
    ]
    areas = reach(LOOK, marks, BOUNDS)
    assert areas[3].isEmpty()
    image = painted(marks)
    for y in range(240):
        for x in range(400):
            if image.pixel(x, y) != 0xFFFFFFFF:
                assert any(area.adjusted(-1, -1, 1, 1).contains(x, y) for area in areas)


def test_a_mark_is_found_by_its_place_and_by_its_arm(qtbot: QtBot) -> None:
    outer = mark(number=2, area=QRectF(100, 60, 250, 120))
    drawing = MarkDrawing(LOOK, [outer, mark()], BOUNDS)
    assert drawing.at(BOX.center()) == 1, "the smaller one"
    assert drawing.at(QPointF(340, 170)) == 2
    assert drawing.at(QPointF(5, 235)) == 0
    alone = MarkDrawing(LOOK, [mark()], BOUNDS)
    assert alone.at(QPointF(BOX.right() + 30, BOX.center().y())) == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_have_no_theme(theme: Theme) -> None:
    look = load_look(theme, Path(__file__).parents[3] / "resources" / "look")
    assert look.palette.mark_halo == "#ffffff"

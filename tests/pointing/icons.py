"""Plain line icons, drawn here so that no icon theme is needed."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap

SIDE = 64
"""Pixels of an icon, more than any picture shows."""


def icon(phrase: str, colour: QColor) -> QIcon:
    """What tools of that name look like; a ring with a stroke in it where nothing is agreed on."""
    picture = QPixmap(SIDE, SIDE)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(SIDE / 24, SIDE / 24)
    painter.setPen(QPen(QBrush(colour), 1.8, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    for line in STROKES.get(phrase, ()):
        painter.drawPolyline([QPointF(x, y) for x, y in line])
    for x, y, radius in CIRCLES.get(phrase, ()):
        painter.drawEllipse(QPointF(x, y), radius, radius)
    if phrase in ("undo", "redo", "refresh", "rotate_left", "rotate_right"):
        _turn(painter, mirrored=phrase in ("redo", "rotate_right"))
    elif phrase in ("bold", "italic", "underline"):
        _letter(painter, phrase)
    elif phrase not in STROKES and phrase not in CIRCLES:
        angle = sum(map(ord, phrase)) % 12 * math.pi / 6
        painter.drawRoundedRect(QRectF(4, 4, 16, 16), 4, 4)
        painter.drawLine(QPointF(12, 12), QPointF(12 + 5 * math.cos(angle), 12 + 5 * math.sin(angle)))
    painter.end()
    return QIcon(picture)


def _turn(painter: QPainter, mirrored: bool) -> None:
    if mirrored:
        painter.translate(24, 0)
        painter.scale(-1, 1)
    arc = QPainterPath(QPointF(5, 11))
    arc.cubicTo(QPointF(9, 5), QPointF(19, 7), QPointF(19, 17))
    painter.drawPath(arc)
    painter.drawPolyline([QPointF(4, 6), QPointF(5, 11), QPointF(10, 11)])


def _letter(painter: QPainter, phrase: str) -> None:
    font = painter.font()
    font.setPixelSize(17)
    font.setBold(phrase == "bold")
    font.setItalic(phrase == "italic")
    font.setUnderline(phrase == "underline")
    painter.setFont(font)
    painter.drawText(QRectF(0, 0, 24, 24), Qt.AlignmentFlag.AlignCenter, phrase[0].upper())


STROKES: dict[str, tuple[tuple[tuple[float, float], ...], ...]] = {
    "new": (((6, 3), (14, 3), (19, 8), (19, 21), (6, 21), (6, 3)), ((14, 3), (14, 8), (19, 8))),
    "open": (((3, 19), (3, 6), (9, 6), (11, 8), (20, 8), (20, 11)), ((3, 19), (6, 11), (22, 11), (19, 19), (3, 19))),
    "save": (((4, 4), (17, 4), (20, 7), (20, 20), (4, 20), (4, 4)),
        ((8, 4), (8, 9), (15, 9), (15, 4)), ((7, 20), (7, 13), (17, 13), (17, 20))),
    "print": (((7, 8), (7, 3), (17, 3), (17, 8)),
        ((7, 17), (3, 17), (3, 8), (21, 8), (21, 17), (17, 17)), ((7, 14), (17, 14), (17, 21), (7, 21), (7, 14))),
    "cut": (((7, 16), (17, 4)), ((17, 16), (7, 4))),
    "copy": (((8, 8), (20, 8), (20, 21), (8, 21), (8, 8)), ((5, 16), (4, 16), (4, 3), (15, 3), (15, 5))),
    "paste": (((8, 5), (5, 5), (5, 21), (19, 21), (19, 5), (16, 5)), ((8, 3), (16, 3), (16, 7), (8, 7), (8, 3))),
    "delete": (((4, 6), (20, 6)), ((6, 6), (7, 21), (17, 21), (18, 6)), ((9, 6), (9, 3), (15, 3), (15, 6))),
    "trash": (((4, 6), (20, 6)), ((6, 6), (7, 21), (17, 21), (18, 6)), ((9, 6), (9, 3), (15, 3), (15, 6))),
    "find": (((15, 15), (21, 21)),),
    "search": (((15, 15), (21, 21)),),
    "zoom_in": (((15, 15), (21, 21)), ((7, 10), (13, 10)), ((10, 7), (10, 13))),
    "zoom_out": (((15, 15), (21, 21)), ((7, 10), (13, 10))),
    "back": (((14, 5), (7, 12), (14, 19)),),
    "next": (((10, 5), (17, 12), (10, 19)),),
    "home": (((3, 12), (12, 4), (21, 12)), ((6, 10), (6, 20), (18, 20), (18, 10))),
    "stop": (((6, 6), (18, 6), (18, 18), (6, 18), (6, 6)),),
    "play": (((7, 4), (19, 12), (7, 20), (7, 4)),),
    "pause": (((8, 5), (8, 19)), ((16, 5), (16, 19))),
    "add": (((12, 5), (12, 19)), ((5, 12), (19, 12))),
    "remove": (((5, 12), (19, 12)),),
    "move_up": (((5, 15), (12, 8), (19, 15)),),
    "move_down": (((5, 9), (12, 16), (19, 9)),),
    "send": (((3, 12), (21, 4), (14, 21), (11, 13), (3, 12)), ((11, 13), (21, 4))),
    "reply": (((10, 5), (4, 11), (10, 17)), ((4, 11), (15, 11), (20, 19))),
    "forward": (((14, 5), (20, 11), (14, 17)), ((20, 11), (9, 11), (4, 19))),
    "attach": (((18, 11), (11, 18), (7, 17), (7, 13), (14, 6), (18, 7), (17, 10), (11, 16)),),
    "archive": (((3, 4), (21, 4), (21, 8), (3, 8), (3, 4)), ((5, 8), (5, 20), (19, 20), (19, 8)), ((10, 12), (14, 12))),
    "compose": (((4, 20), (5, 15), (16, 4), (20, 8), (9, 19), (4, 20)),),
    "crop": (((7, 2), (7, 17), (22, 17)), ((2, 7), (17, 7), (17, 22))),
    "share": (((8, 11), (16, 7)), ((8, 13), (16, 17))),
    "download": (((12, 3), (12, 15)), ((7, 10), (12, 15), (17, 10)), ((4, 20), (20, 20))),
    "menu": (((4, 6), (20, 6)), ((4, 12), (20, 12)), ((4, 18), (20, 18))),
    "close": (((6, 6), (18, 18)), ((18, 6), (6, 18))),
    "minimize": (((5, 17), (19, 17)),),
    "maximize": (((5, 5), (19, 5), (19, 19), (5, 19), (5, 5)),),
}  # fmt: skip
CIRCLES: dict[str, tuple[tuple[float, float, float], ...]] = {
    "find": ((10, 10, 6.5),),
    "search": ((10, 10, 6.5),),
    "zoom_in": ((10, 10, 6.5),),
    "zoom_out": ((10, 10, 6.5),),
    "cut": ((6, 18.5, 2.5), (18, 18.5, 2.5)),
    "share": ((6, 12, 2.5), (18, 6, 2.5), (18, 18, 2.5)),
    "preferences": ((12, 12, 3), (12, 12, 8)),
    "record": ((12, 12, 5),),
    "volume": ((12, 12, 3), (12, 12, 6), (12, 12, 9)),
}
"""Where STROKES are not enough: middle and radius."""

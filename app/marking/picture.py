"""A picture with its marks, at its own pixels: to copy and to save."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from app.look import Look
from app.marking.drawn import drawn_on
from app.marking.painter import paint_marks
from engine.protocol import Mark

_SEEN_AT = 1440
"""Pixels that a picture is shown in, more or less, wherever it is pasted: larger ones are made smaller there, and what
is painted on them too."""


def marked_picture(look: Look, image: QImage, marks: Sequence[Mark]) -> QImage:
    """`image` with `marks` painted on it, as large as it is. For any thread; `image` stays as it was."""
    picture = image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
    picture.setDevicePixelRatio(1)
    whole = QRectF(picture.rect())
    unit = max(1.0, max(picture.width(), picture.height()) / _SEEN_AT)
    painter = QPainter(picture)
    paint_marks(painter, look, [drawn_on(mark, whole) for mark in marks], whole, unit=unit)
    painter.end()
    return picture

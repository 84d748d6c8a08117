"""Frozen monitors, and pictures cut out of them. Pixels never travel without the place they came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage, QPainter

from app.domain.geometry import Place, Rect, Screen, crop_of, place_at, place_of
from app.domain.screen import WindowRef
from engine.protocol import Element


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One monitor as it stood. `image` is RGB32 with device pixel ratio 1, and of the size of `screen.physical`."""

    screen: Screen
    image: QImage


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """A picture before it is encoded. `title` may be empty; `place` is None where the system does not tell it.
    `elements` are those of `window`, as shares of the picture."""

    image: QImage
    title: str
    place: Place | None
    window: WindowRef | None = None
    elements: tuple[Element, ...] = ()


def shot_of(screen: Screen, image: QImage) -> Shot:
    """A shot that keeps its promise on format and size: systems round sizes and scale monitors in their own ways."""
    width, height = round(screen.physical.width), round(screen.physical.height)
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    if (image.width(), image.height()) != (width, height):
        image = image.scaled(
            width, height, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
    image.setDevicePixelRatio(1.0)
    return Shot(screen, image)


def image_from_bgrx(pixels: bytes, width: int, height: int, stride: int) -> QImage:
    """A copy of `height` rows of `stride` bytes, four bytes (blue, green, red, unused) a pixel, as RGB32."""
    return QImage(pixels, width, height, stride, QImage.Format.Format_RGB32).copy()


def is_one_colour(image: QImage) -> bool:
    """Whether an RGB32 image is of one colour: what a system shows that does not let others see its screen."""
    rows = image.constBits()
    stride = image.bytesPerLine()
    first = bytes(rows[: 4 * image.width()])
    if first != first[:4] * image.width():
        return False
    return all(bytes(rows[at : at + len(first)]) == first for at in range(0, stride * image.height(), stride))


def whole(shots: Sequence[Shot]) -> Taken:
    """All monitors in one picture, side by side as they stand; what no monitor shows is black.

    Device pixels are kept as they are. Where the system places monitors in points and their device pixels would
    overlap (macOS, Wayland), the sharpest monitor's scale is used for all, and the picture has no place.
    """
    screens = [shot.screen for shot in shots]
    if not any(a.physical.intersect(b.physical) for a, b in combinations(screens, 2)):
        physical = [screen.physical for screen in screens]
        return Taken(_compose(shots, physical, _union(physical)), "", place_at(_union(physical), screens))
    scale = max(screen.scale for screen in screens)
    enlarged = [_times(screen.logical, scale) for screen in screens]
    return Taken(_compose(shots, enlarged, _union(enlarged)), "", None)


def cut(shot: Shot, area: Rect, title: str) -> Taken:
    """A logical area of the shot's screen: whole pixels, rounded outwards, at least one."""
    crop = crop_of(area, shot.screen, (shot.image.width(), shot.image.height()))
    image = shot.image.copy(int(crop.x), int(crop.y), int(crop.width), int(crop.height))
    return Taken(image, title, place_of(area, shot.screen))


def cut_frame(shots: Sequence[Shot], window: WindowRef) -> Taken | None:
    """The part of the window's frame that lies on monitors, one or several. None where no monitor shows it."""
    taken = cut_area(shots, window.frame)
    return replace(taken, title=window.title, window=window) if taken is not None else None


def cut_area(shots: Sequence[Shot], area: Rect) -> Taken | None:
    """The part of a physical area that lies on monitors. None where no monitor shows it."""
    screens = [shot.screen for shot in shots]
    seen = seen_part(area, screens)
    if seen is None:
        return None
    return Taken(_compose(shots, [screen.physical for screen in screens], seen), "", place_at(seen, screens))


def seen_part(area: Rect, screens: Sequence[Screen]) -> Rect | None:
    """The smallest physical rectangle around what monitors show of `area`, None where they show nothing."""
    parts = [part for screen in screens if (part := screen.physical.intersect(area))]
    return _union(parts) if parts else None


def _compose(shots: Sequence[Shot], places: Sequence[Rect], area: Rect) -> QImage:
    """The part `area` of all shots put at their `places`."""
    picture = QImage(round(area.width), round(area.height), QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.black)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    for shot, place in zip(shots, places, strict=True):
        left, top = round(place.x - area.x), round(place.y - area.y)
        painter.drawImage(QRect(left, top, round(place.width), round(place.height)), shot.image)
    painter.end()
    return picture


def _union(areas: Sequence[Rect]) -> Rect:
    left, top = min(area.x for area in areas), min(area.y for area in areas)
    return Rect(left, top, max(area.right for area in areas) - left, max(area.bottom for area in areas) - top)


def _times(area: Rect, factor: float) -> Rect:
    return Rect(area.x * factor, area.y * factor, area.width * factor, area.height * factor)

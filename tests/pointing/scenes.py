"""Windows on a desktop, painted into one picture with the place of every part in it."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QRegion
from PySide6.QtWidgets import QApplication, QDialog, QMainWindow, QMenu, QWidget

from tests.pointing.dialogs import dialog
from tests.pointing.icons import icon
from tests.pointing.kit import Kit
from tests.pointing.landscape import paint_landscape
from tests.pointing.looks import Dress
from tests.pointing.parts import Part, parts_of
from tests.pointing.programs import program

TITLE = 32
"""Logical height of a title bar."""
TITLE_BUTTONS = ("close", "maximize", "minimize")


@dataclass(frozen=True, slots=True)
class Monitor:
    """A monitor's place on the desktop, physical, and its scale."""

    area: QRect
    scale: float


@dataclass(frozen=True, slots=True)
class Desk:
    """What is captured: `area` of a desktop with `monitors`."""

    monitors: tuple[Monitor, ...]
    area: QRect

    @property
    def scale(self) -> float:
        return self.monitors[0].scale


@dataclass(frozen=True, slots=True)
class Pane:
    """A window on the desk: `at` is the physical place of its top left corner, without its title bar."""

    widget: QWidget
    at: QPoint
    scale: float
    bar: bool

    @property
    def area(self) -> QRect:
        size = QSize(round(self.widget.width() * self.scale), round(self.widget.height() * self.scale))
        return QRect(self.at, size)

    @property
    def frame(self) -> QRect:
        return self.area.adjusted(0, -round(TITLE * self.scale) if self.bar else 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Scene:
    """A painted picture. `parts` are in its pixels; their `window` numbers the windows from the backmost."""

    image: QImage
    desk: Desk
    parts: tuple[Part, ...]
    front: int


def choose_desk(chance: random.Random) -> Desk:
    """Mostly one monitor; some are larger, some are two of which the second is captured too."""
    kind = chance.random()
    scale = chance.choice((1.0, 1.0, 1.0, 1.25, 1.5, 2.0))
    if kind < 0.12:
        second = chance.choice((1.0, 1.25))
        left = Monitor(QRect(0, 0, 1920, 1080), 1.0)
        right = Monitor(QRect(1920, chance.choice((0, -200, 120)), 1920, 1080), second)
        return Desk((left, right), left.area | right.area)
    if kind < 0.24:
        area = QRect(1920, 0, 2560, 1440)
        return Desk((Monitor(area, chance.choice((1.0, 1.25, 1.5))),), area)
    if kind < 0.32:
        area = QRect(0, 0, 3840, 2160)
        return Desk((Monitor(area, chance.choice((1.5, 2.0))),), area)
    area = QRect(0, 0, 1920, 1080)
    return Desk((Monitor(area, min(scale, 1.5) if kind < 0.8 else scale),), area)


def build(kit: Kit, desk: Desk) -> Scene:
    """A desk with two to four windows, the front one perhaps with an open menu."""
    chance = kit.chance
    panes: list[Pane] = []
    for monitor in desk.monitors:
        for _ in range(chance.choice((1, 2, 2, 3))):
            panes.append(_placed(kit, program(kit) if chance.random() < 0.5 else dialog(kit), monitor))
    chance.shuffle(panes)
    front = len(panes) - 1
    menu = _open_menu(chance, panes[front], desk)
    if menu is not None:
        panes.append(menu)
    picture_area = desk.area
    if menu is None and chance.random() < 0.18:
        picture_area = panes[front].frame & desk.area
        panes, front = panes[front:], 0
    image = QImage(picture_area.size(), QImage.Format.Format_RGB32)
    image.fill(QColor("#20242c"))
    painter = QPainter(image)
    painter.translate(-picture_area.topLeft())
    for monitor in desk.monitors:
        painter.setClipRect(monitor.area)
        paint_landscape(painter, chance, QRectF(monitor.area))
    painter.setClipping(False)
    parts: list[Part] = []
    covers = [pane.frame for pane in panes]
    for number, pane in enumerate(panes):
        _paint(painter, pane, kit.dress, active=number == front)
        parts += _parts(pane, number, covers[number + 1 :], picture_area, len(parts), kit.voice("close"))
    painter.end()
    for pane in panes:
        pane.widget.close()
    return Scene(image, replace(desk, area=picture_area), tuple(parts), front)


def _placed(kit: Kit, window: QWidget, monitor: Monitor) -> Pane:
    """Laid out, and somewhere on the monitor. It is never shown on a real screen."""
    window.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    room = monitor.area.size() / monitor.scale
    if isinstance(window, QDialog):
        window.layout().setContentsMargins(*[kit.dress.spacing + 6] * 4)
    window.show()
    hint = window.minimumSizeHint()
    size = window.size().expandedTo(hint).boundedTo(QSize(room.width(), room.height() - TITLE))
    window.resize(size)
    QApplication.processEvents()
    free = room - window.size() - QSize(0, TITLE)
    x, y = (kit.chance.randint(0, max(0, side)) for side in (free.width(), free.height()))
    at = monitor.area.topLeft() + QPoint(round(x * monitor.scale), round((y + TITLE) * monitor.scale))
    return Pane(window, at, monitor.scale, True)


def _open_menu(chance: random.Random, pane: Pane, desk: Desk) -> Pane | None:
    window = pane.widget
    if not isinstance(window, QMainWindow) or chance.random() < 0.45:
        return None
    bar = window.menuBar()
    action = chance.choice(bar.actions())
    menu = action.menu()
    if not isinstance(menu, QMenu):
        return None
    menu.ensurePolished()
    menu.resize(menu.sizeHint())
    enabled = [entry for entry in menu.actions() if not entry.isSeparator() and entry.isEnabled()]
    if enabled and chance.random() < 0.6:
        menu.setActiveAction(chance.choice(enabled))
    corner = bar.mapTo(window, bar.actionGeometry(action).bottomLeft() + QPoint(0, 1))
    at = pane.at + QPoint(round(corner.x() * pane.scale), round(corner.y() * pane.scale))
    made = Pane(menu, at, pane.scale, False)
    overhang = made.area.right() - desk.area.right()
    return replace(made, at=at - QPoint(overhang, 0)) if overhang > 0 else made


def _paint(painter: QPainter, pane: Pane, dress: Dress, active: bool) -> None:
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for spread in range(10):
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 9))
        reach = round(spread * pane.scale)
        painter.drawRoundedRect(pane.frame.adjusted(-reach, -reach + 2, reach, reach + 2), reach, reach)
    if pane.bar:
        _paint_title(painter, pane, dress, active)
    picture = QImage(pane.area.size(), QImage.Format.Format_RGB32)
    picture.setDevicePixelRatio(pane.scale)
    picture.fill(QColor(dress.skin.colours[0]))
    pane.widget.render(picture)
    picture.setDevicePixelRatio(1)
    painter.drawImage(pane.at, picture)
    painter.setPen(QColor(0, 0, 0, 70))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(pane.frame)
    painter.restore()


def _paint_title(painter: QPainter, pane: Pane, dress: Dress, active: bool) -> None:
    window, _, text, _, line = (QColor(colour) for colour in dress.skin.colours)
    bar = QRect(pane.frame.topLeft(), QSize(pane.frame.width(), round(TITLE * pane.scale)))
    classic = dress.skin.base == "Windows" and active
    fill = QColor(dress.accent) if classic else window.darker(106) if not dress.skin.dark else window.lighter(125)
    ink = QColor("white") if classic else text if active else line.darker(130)
    painter.fillRect(bar, fill)
    font = QFont(dress.family)
    font.setPixelSize(round(14 * pane.scale))
    font.setBold(active)
    painter.setFont(font)
    painter.setPen(ink)
    painter.drawText(bar, Qt.AlignmentFlag.AlignCenter, pane.widget.windowTitle())
    for name, rect in _title_buttons(pane):
        inner = rect.adjusted(*(round(side * pane.scale) for side in (8, 8, -8, -8)))
        icon(name, ink).paint(painter, inner.toRect())


def _title_buttons(pane: Pane) -> list[tuple[str, QRectF]]:
    """Close is rightmost; a dialog has nothing else."""
    names = TITLE_BUTTONS[:1] if isinstance(pane.widget, QDialog) else TITLE_BUTTONS
    side = TITLE * pane.scale
    frame = QRectF(pane.frame)
    return [(name, QRectF(frame.right() - side * (at + 1), frame.top(), side, side)) for at, name in enumerate(names)]


def _parts(pane: Pane, number: int, above: list[QRect], area: QRect, first: int, close: str) -> list[Part]:
    """The parts of a pane in pixels of the picture, each with the share of it that can be seen."""
    made = []
    for part in parts_of(pane.widget):
        rect = QRectF(
            part.rect.x() * pane.scale + pane.at.x(), part.rect.y() * pane.scale + pane.at.y(),
            part.rect.width() * pane.scale, part.rect.height() * pane.scale,
        )  # fmt: skip
        label = part.label and QRectF(
            part.label.topLeft() * pane.scale + QPointF(pane.at), part.label.size() * pane.scale
        )
        made.append(replace(part, rect=rect, label=label, parent=part.parent + first if part.parent >= 0 else -1))
    if pane.bar:
        made += [
            Part("button", close if name == "close" else "", rect, parent=first) for name, rect in _title_buttons(pane)
        ]
    return [
        replace(
            part, window=number, clear=_clear(part.rect, above, area),
            rect=part.rect.translated(-area.topLeft()), label=part.label and part.label.translated(-area.topLeft()),
        )
        for part in made
    ]  # fmt: skip


def _clear(rect: QRectF, above: list[QRect], area: QRect) -> float:
    """The share of `rect` that no window above covers and that lies in the picture; 0 where its middle is hidden."""
    whole = rect.toAlignedRect()
    if whole.isEmpty():
        return 0.0
    left = QRegion(whole & area)
    for cover in above:
        left -= QRegion(cover)
    if not left.contains(whole.center()):
        return 0.0
    seen = sum(part.width() * part.height() for part in left)
    return seen / (whole.width() * whole.height())

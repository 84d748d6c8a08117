from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QColor, QImage, QPainter

from app.capture.comparing import cells_between, changed_between
from app.capture.signature import signature_of
from app.capture.window_looks import Glance
from app.domain.geometry import Place, Rect
from app.domain.screen import ScreenLook, WindowRef

AREA = Rect(100, 50, 640, 360)
WINDOW = WindowRef(7, 42, "Editor", AREA)


def picture(*squares: tuple[int, int, int, int]) -> QImage:
    image = QImage(640, 360, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    for square in squares:
        painter.fillRect(*square, QColor("black"))
    painter.end()
    return image


def glance(image: QImage, area: Rect = AREA) -> Glance:
    return Glance(WINDOW, area, signature_of(image))


def look(folder: Path, name: str, image: QImage, area: Rect = AREA) -> ScreenLook:
    path = folder / f"{name}.png"
    assert image.save(str(path))
    return ScreenLook(name, path, image.width(), image.height(), Place("A", area, 1.0), WINDOW)


def test_what_is_covered_does_not_count() -> None:
    before, after = glance(picture()), glance(picture((100, 100, 50, 50)))
    assert cells_between(before, after, ())
    assert not cells_between(before, after, [Rect(195, 145, 60, 60)])
    assert cells_between(before, glance(picture((100, 100, 50, 50), (400, 200, 20, 20))), [Rect(195, 145, 60, 60)])
    assert not cells_between(before, after, [AREA])
    larger = glance(picture().scaled(700, 400), Rect(100, 50, 700, 400))
    assert cells_between(before, larger, [AREA])


def test_a_part_of_two_looks_is_compared(tmp_path: Path) -> None:
    before = look(tmp_path, "a", picture())
    after = look(tmp_path, "b", picture((100, 100, 50, 50)))
    assert changed_between(before, after, Rect(200, 150, 50, 50)) == 1.0
    assert changed_between(before, after, Rect(500, 300, 50, 50)) == 0.0
    assert changed_between(before, after, Rect(5000, 300, 50, 50)) == 0.0


def test_a_window_that_moved_has_not_changed_and_one_of_another_size_has(tmp_path: Path) -> None:
    before = look(tmp_path, "a", picture((100, 100, 50, 50)))
    moved = look(tmp_path, "b", picture((100, 100, 50, 50)), Rect(300, 300, 640, 360))
    assert changed_between(before, moved, Rect(200, 150, 50, 50)) == 0.0
    larger = look(tmp_path, "c", picture().scaled(700, 400))
    assert changed_between(before, larger, Rect(200, 150, 50, 50)) == 1.0
    (tmp_path / "b.png").unlink()
    assert changed_between(before, moved, Rect(200, 150, 50, 50)) == 1.0

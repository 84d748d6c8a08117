"""A marked picture is copied and saved at its own pixels, and what goes wrong is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtGui import QColor, QGuiApplication, QImage
from pytestqt.qtbot import QtBot

from app.domain.conversation import Attachment
from app.jobs import Jobs
from app.look import load_look
from app.marking.marked_pictures import MarkedPictures
from app.marking.picture import marked_picture
from engine.protocol import Box, Mark

LOOK = load_look("light", Path(__file__).parents[3] / "resources" / "look")
MARK = Mark(1, "a" * 64, "Save", Box(0.4, 0.4, 0.6, 0.6), confirmed=True)


@pytest.fixture
def jobs(qtbot: QtBot) -> Iterator[Jobs]:
    made = Jobs()
    yield made
    made.close()


def attachment(folder: Path, size: tuple[int, int] = (1000, 600)) -> Attachment:
    path = folder / "shot.png"
    Image.new("RGB", size, "white").save(path)
    return Attachment("a" * 64, path, "image/png", *size, "screen", "Writer")


def is_marked(image: QImage) -> bool:
    """Orange above and below the marked area, and the ground inside."""
    width, height = image.width(), image.height()
    column = [image.pixelColor(width // 2, y) for y in range(height)]
    orange = [y for y, colour in enumerate(column) if colour.name() == LOOK.palette.mark]
    inside = column[height // 2].name() == "#ffffff"
    return inside and bool(orange) and abs(orange[0] - 0.4 * height) < 15 and abs(orange[-1] - 0.6 * height) < 15


@pytest.mark.parametrize(("width", "line"), [(800, 3), (1440, 3), (5760, 12)])
def test_lines_are_as_wide_as_the_picture_is_large(qtbot: QtBot, width: int, line: int) -> None:
    image = QImage(width, width // 2, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    marked = marked_picture(LOOK, image, [MARK])
    assert (marked.width(), marked.height()) == (width, width // 2)
    assert image.pixelColor(width // 2, round(0.2 * width) - 3).name() == "#ffffff", "the original is not painted on"
    column = [marked.pixelColor(width // 2, y).name() for y in range(width // 4)]
    assert abs(column.count(LOOK.palette.mark) - line) <= 1


def test_the_picture_is_on_the_clipboard(qtbot: QtBot, jobs: Jobs, tmp_path: Path) -> None:
    pictures = MarkedPictures(jobs, LOOK)
    with qtbot.waitSignal(pictures.told) as told:
        pictures.copy(attachment(tmp_path), [MARK])
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (1000, 600)
    assert is_marked(image)
    assert told.args == ["Copied the picture with its marks."]


def test_the_picture_is_saved_as_png(qtbot: QtBot, jobs: Jobs, tmp_path: Path) -> None:
    pictures = MarkedPictures(jobs, LOOK)
    to = tmp_path / "marked.png"
    with qtbot.waitSignal(pictures.told) as told:
        pictures.save(attachment(tmp_path), [MARK], to)
    assert to.read_bytes().startswith(b"\x89PNG")
    assert is_marked(QImage(str(to)))
    assert told.args == ["Saved as marked.png."]


def test_what_can_not_be_written_or_read_is_told(qtbot: QtBot, jobs: Jobs, tmp_path: Path) -> None:
    pictures = MarkedPictures(jobs, LOOK)
    shot = attachment(tmp_path)
    with qtbot.waitSignal(pictures.failed) as failed:
        pictures.save(shot, [MARK], tmp_path / "nowhere" / "marked.png")
    assert failed.args[0].startswith("marked.png could not be saved.")
    shot.path.write_bytes(b"not a picture")
    with qtbot.waitSignal(pictures.failed) as failed:
        pictures.copy(shot, [MARK])
    assert "nothing was copied" in failed.args[0]

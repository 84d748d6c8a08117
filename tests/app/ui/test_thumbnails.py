"""Pictures that are shown: right way up, whatever the file, and never more of them than fit."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from PySide6.QtCore import QSize
from pytestqt.qtbot import QtBot

from app.domain.conversation import Attachment
from app.jobs import Jobs
from app.ui.thumbnails import Thumbnails, cover
from tests.app.ui import samples


def _wait_for(qtbot: QtBot, thumbnails: Thumbnails, picture: Attachment, size: QSize) -> None:
    with qtbot.waitSignal(thumbnails.changed, timeout=10_000):
        assert thumbnails.image(picture, size) is None


def test_it_is_scaled_down_and_never_up(qtbot: QtBot, thumbnails: Thumbnails, tmp_path: Path) -> None:
    Image.new("RGB", (200, 100), (10, 200, 30)).save(tmp_path / "a.png")
    picture = samples.attachment(tmp_path / "a.png", size=(200, 100))
    for asked, given in (((50, 50), (50, 25)), ((900, 900), (200, 100))):
        _wait_for(qtbot, thumbnails, picture, QSize(*asked))
        image = thumbnails.image(picture, QSize(*asked))
        assert image is not None
        assert (image.width(), image.height()) == given
        assert image.pixelColor(5, 5).getRgb()[:3] == (10, 200, 30)


def test_a_turned_photograph_and_sixteen_bits_of_grey_are_shown_right(
    qtbot: QtBot, thumbnails: Thumbnails, tmp_path: Path
) -> None:
    turned = Image.new("RGB", (80, 40))
    turned.paste((255, 0, 0), (0, 0, 40, 40))
    exif = Image.Exif()
    exif[0x0112] = 6
    turned.save(tmp_path / "turned.jpg", exif=exif, quality=95)
    photograph = samples.attachment(tmp_path / "turned.jpg", "b" * 64, size=(40, 80))
    _wait_for(qtbot, thumbnails, photograph, QSize(40, 80))
    image = thumbnails.image(photograph, QSize(40, 80))
    assert image is not None
    assert (image.width(), image.height()) == (40, 80)
    assert image.pixelColor(20, 10).red() > 200
    assert image.pixelColor(20, 70).red() < 50

    Image.new("I;16", (10, 10), 0x8000).save(tmp_path / "grey.png")
    grey = samples.attachment(tmp_path / "grey.png", "c" * 64, size=(10, 10))
    _wait_for(qtbot, thumbnails, grey, QSize(10, 10))
    image = thumbnails.image(grey, QSize(10, 10))
    assert image is not None
    assert abs(image.pixelColor(5, 5).red() - 128) <= 1


def test_a_file_that_is_gone_is_asked_for_once(qtbot: QtBot, thumbnails: Thumbnails, tmp_path: Path) -> None:
    picture = samples.attachment(tmp_path / "gone.png")
    _wait_for(qtbot, thumbnails, picture, QSize(10, 10))
    assert thumbnails.is_missing(picture)
    assert thumbnails.image(picture, QSize(20, 20)) is None


def test_the_memory_is_bounded(qtbot: QtBot, jobs: Jobs, tmp_path: Path) -> None:
    thumbnails = Thumbnails(jobs, kept_bytes=3 * 100 * 100 * 4)
    size = QSize(100, 100)
    pictures = []
    for number in range(5):
        Image.new("RGB", (100, 100)).save(tmp_path / f"{number}.png")
        pictures.append(samples.attachment(tmp_path / f"{number}.png", str(number) * 64, size=(100, 100)))
        _wait_for(qtbot, thumbnails, pictures[-1], size)
    assert [thumbnails.image(each, size) is not None for each in pictures] == [False, False, True, True, True]


def test_a_tile_is_covered_whatever_the_shape() -> None:
    wide, long = samples.attachment(Path("w"), size=(1920, 1080)), samples.attachment(Path("l"), size=(20, 4000))
    assert cover(wide, 40, 28) == QSize(50, 28)
    assert cover(long, 40, 28) == QSize(40, 112)

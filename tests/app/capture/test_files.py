from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtTest import QSignalSpy

from app.capture.arrivals import Arrivals
from app.capture.errors import CaptureError, NotAPicture
from app.capture.files import picture_from, read_picture
from app.jobs import Jobs

FORMATS = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "WEBP": "image/webp",
    "BMP": "image/bmp",
    "GIF": "image/gif",
    "TIFF": "image/tiff",
}


def encoded(kind: str, size: tuple[int, int] = (40, 30)) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, "teal").save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("kind", FORMATS)
def test_each_format_is_told_by_its_content_and_kept_byte_for_byte(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "holiday.txt"
    path.write_bytes(encoded(kind))
    picture = read_picture(path, "file")
    assert picture.data == path.read_bytes()
    assert (picture.media_type, picture.width, picture.height) == (FORMATS[kind], 40, 30)
    assert (picture.title, picture.source, picture.place) == ("holiday.txt", "file", None)


def test_a_photo_taken_upright_has_the_size_it_is_seen_with() -> None:
    out = BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (400, 300)).save(out, "JPEG", exif=exif)
    picture = picture_from(out.getvalue(), "file", "photo.jpg")
    assert (picture.width, picture.height) == (300, 400)


def test_only_the_first_picture_of_an_animation_counts() -> None:
    out = BytesIO()
    frames = [Image.new("P", (20, 10), colour) for colour in (1, 2, 3)]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    assert picture_from(out.getvalue(), "file", "a.gif").width == 20


def test_what_is_no_picture_is_refused_by_name_with_a_way_on(tmp_path: Path) -> None:
    (tmp_path / "Holidays").mkdir()
    (tmp_path / "empty.png").touch()
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7 ...")
    (tmp_path / "BMW.bmp").write_bytes(b"BMW is a car maker, and this is a text about it.")
    (tmp_path / "half.png").write_bytes(encoded("PNG", (300, 300))[:200])
    (tmp_path / "half.jpg").write_bytes(encoded("JPEG", (300, 300))[:-400])
    with (tmp_path / "huge.png").open("wb") as huge:
        huge.truncate(200_000_001)
    os.mkfifo(tmp_path / "pipe.png")
    expected = {
        "Holidays": "“Holidays” is a folder. Choose the pictures in it instead.",
        "gone.png": "“gone.png” is not there any more. Choose it again.",
        "empty.png": "“empty.png” is empty. Save or download it again.",
        "a.pdf": "“a.pdf” is not a picture that Fingerpost reads. Save it as PNG, JPEG, WebP, BMP, GIF or TIFF.",
        "BMW.bmp": "“BMW.bmp” is not a picture that Fingerpost reads. Save it as PNG, JPEG, WebP, BMP, GIF or TIFF.",
        "half.png": "“half.png” is damaged and can not be read. Save or download it again.",
        "half.jpg": "“half.jpg” is damaged and can not be read. Save or download it again.",
        "huge.png": "“huge.png” has 200 MB, and 200 MB is the most that can be read. Save it smaller and add it again.",
        "pipe.png": "“pipe.png” is not a file. Choose a picture file instead.",
    }
    for name, sentence in expected.items():
        with pytest.raises(CaptureError) as refusal:
            read_picture(tmp_path / name, "file")
        assert str(refusal.value) == sentence


def test_a_picture_of_more_than_a_hundred_megapixels_is_refused_before_it_is_decoded() -> None:
    header = bytearray(encoded("BMP"))
    header[18:26] = (20_000).to_bytes(4, "little") + (6_000).to_bytes(4, "little")
    with pytest.raises(CaptureError, match=r"“map.bmp” has 120 megapixels, and 100 is the most"):
        picture_from(bytes(header), "file", "map.bmp")


def test_a_scan_of_several_pages_is_a_document(tmp_path: Path) -> None:
    pages = [Image.new("L", (20, 10), shade) for shade in (0, 255)]
    pages[0].save(tmp_path / "scan.tif", save_all=True, append_images=pages[1:])
    pages[0].save(tmp_path / "one.tif")
    with pytest.raises(NotAPicture):
        read_picture(tmp_path / "scan.tif", "file")
    assert read_picture(tmp_path / "one.tif", "file").width == 20


def test_several_files_keep_their_order_and_those_that_are_no_pictures_come_at_the_end(qtbot, tmp_path: Path) -> None:
    names = ["large.png", "notes.txt", "small.png", "gone.png", "more.txt", "lost.png", "last.png"]
    for name in names:
        if name.endswith("txt"):
            (tmp_path / name).write_text("not a picture")
        elif name not in ("gone.png", "lost.png"):
            (tmp_path / name).write_bytes(encoded("PNG", (900, 900) if name == "large.png" else (9, 9)))
    jobs = Jobs()
    arrivals = Arrivals(jobs)
    picked, problem = QSignalSpy(arrivals.picked), QSignalSpy(arrivals.problem)
    with qtbot.waitSignal(arrivals.others, timeout=20_000) as others:
        arrivals.files([tmp_path / name for name in names], "drop")
    jobs.close()
    assert [picked.at(at)[0].title for at in range(picked.count())] == ["large.png", "small.png", "last.png"]
    assert others.args[0] == (tmp_path / "notes.txt", tmp_path / "more.txt")
    assert problem.at(0)[0].startswith("“gone.png” is not there any more")
    assert problem.at(0)[0].endswith("1 more was left out as well.")

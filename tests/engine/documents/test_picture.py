"""Pictures as documents: pages with a size, damage and bombs said in a sentence before memory is spent."""

from __future__ import annotations

import contextlib
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from engine.documents.document import Document, DocumentError
from engine.documents.job import Job
from engine.documents.readers.picture import read


def _read(path: Path) -> Document:
    return read(path, path.name, Job())


def bomb(path: Path, side: int) -> Path:
    """A PNG of side x side white pixels in a few kilobytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(1 + side // 8)) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))
    return path


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tiff", "gif", "bmp"])
def test_each_format_is_one_scanned_page(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"größe.{suffix}"
    Image.new("RGB", (300, 150), "white").save(path)
    document = _read(path)
    (page,) = document.pages
    assert (document.kind, document.title, page.scanned, page.spans) == ("picture", "größe", True, ())
    assert page.width / page.height == pytest.approx(2)


def test_the_size_goes_by_the_dots_and_the_turn_of_the_camera(tmp_path: Path) -> None:
    picture = Image.new("RGB", (600, 300), "white")
    picture.save(tmp_path / "a.png", dpi=(300, 300))
    assert _read(tmp_path / "a.png").pages[0].width == pytest.approx(144, abs=0.1)
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(tmp_path / "b.jpg", exif=exif, dpi=(300, 300))
    page = _read(tmp_path / "b.jpg").pages[0]
    assert (page.width, page.height) == (pytest.approx(72), pytest.approx(144))


def test_a_tiff_has_pages_and_a_gif_moves(tmp_path: Path) -> None:
    frames = [Image.new("L", (100, 100 + 10 * number), 10 * number) for number in range(5)]
    frames[0].save(tmp_path / "scan.tiff", save_all=True, append_images=frames[1:])
    pages = _read(tmp_path / "scan.tiff").pages
    assert [page.number for page in pages] == [1, 2, 3, 4, 5]
    assert [round(page.height / page.width * 10) for page in pages] == [10, 11, 12, 13, 14]
    frames[0].save(tmp_path / "cat.gif", save_all=True, append_images=[frame.resize((100, 100)) for frame in frames])
    moving = _read(tmp_path / "cat.gif")
    assert len(moving.pages) == 1
    assert "moving" in moving.notes[0]


def test_deep_and_transparent_pictures_are_read(tmp_path: Path) -> None:
    Image.new("I;16", (40, 40), 40_000).save(tmp_path / "deep.png")
    Image.new("LA", (40, 40), (0, 0)).save(tmp_path / "clear.png")
    Image.new("CMYK", (40, 40)).save(tmp_path / "print.jpg")
    assert all(_read(path).pages[0].scanned for path in tmp_path.iterdir())


def test_a_bomb_is_refused_by_its_size(tmp_path: Path) -> None:
    path = bomb(tmp_path / "bomb.png", 20_000)
    assert path.stat().st_size < 60_000
    with pytest.raises(DocumentError, match="megapixels") as refused:
        _read(path)
    assert refused.value.code == "image_too_large"
    with pytest.raises(DocumentError, match="11200 x 11200"):
        _read(bomb(tmp_path / "b.png", 11_200))


def test_damage_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Image.effect_noise((300, 300), 50).save(path)
    path.write_bytes(path.read_bytes()[:4000])
    with pytest.raises(DocumentError, match="cut short"):
        _read(path)
    path.write_bytes(b"no picture")
    with pytest.raises(DocumentError, match="not a picture"):
        _read(path)
    with pytest.raises(DocumentError, match="not there"):
        _read(tmp_path / "gone.png")


def test_every_part_of_a_file_may_be_missing(tmp_path: Path) -> None:
    """A decoder has errors of its own for each; all of them are one sentence."""
    for suffix in ("png", "jpg", "webp", "gif", "bmp", "avif", "tiff"):
        path = tmp_path / f"a.{suffix}"
        Image.effect_noise((40, 40), 80).convert("RGB").save(path)
        whole = path.read_bytes()
        for at in range(0, len(whole), max(len(whole) // 25, 1)):
            path.write_bytes(whole[:at] + bytes(8) + whole[at + 8 :])
            with contextlib.suppress(DocumentError):
                _read(path)


def test_a_damaged_frame_leaves_the_others(tmp_path: Path) -> None:
    path = tmp_path / "scan.tiff"
    frames = [Image.effect_noise((64, 64), 50) for _ in range(3)]
    frames[0].save(path, save_all=True, append_images=frames[1:], compression="tiff_deflate")
    data = bytearray(path.read_bytes())
    second = data.index(frames[0].tobytes()[:0] + b"\x78", len(data) // 3)
    data[second : second + 40] = bytes(40)
    path.write_bytes(data)
    pages = _read(path).pages
    assert len(pages) == 3
    assert [page.scanned for page in pages].count(True) == 2
    assert sum("damaged" in page.problem for page in pages) == 1

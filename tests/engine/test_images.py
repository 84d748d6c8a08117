"""A picture file becomes exactly the patches the model was trained on, or one clear sentence."""

from __future__ import annotations

import json
import struct
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from engine.images import (
    MAX_PIXELS,
    MIN_PIXELS,
    Limits,
    PictureError,
    open_picture,
    prepare,
    read_limits,
    target_size,
)
from engine.spec import ModelError

SMALL = Limits(4 * 1024, 64 * 1024)
"""4 to 64 tokens: the same arithmetic as the published limits, on pictures that are quick to make."""


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(values)


def reference(picture: Image.Image, limits: Limits) -> tuple[np.ndarray, tuple[int, int]]:
    """What transformers' Pillow processor of this family makes of it."""
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    processor = Qwen2VLImageProcessorPil(
        patch_size=16,
        temporal_patch_size=2,
        merge_size=2,
        image_mean=[0.5] * 3,
        image_std=[0.5] * 3,
        size={"shortest_edge": limits.min_pixels, "longest_edge": limits.max_pixels},
    )
    made = processor(picture, return_tensors="np")
    _, height, width = made["image_grid_thw"][0].tolist()
    return made["pixel_values"], (height, width)


@pytest.mark.parametrize(
    "size",
    [(64, 64), (96, 32), (250, 190), (190, 250), (1, 1), (5, 30), (33, 47), (900, 12), (12, 900), (700, 500), (48, 80)],
)
def test_patches_equal_the_published_processor(size: tuple[int, int]) -> None:
    picture = noise(*size)
    ours = prepare(picture, SMALL)
    theirs, grid = reference(picture, SMALL)
    assert ours.grid == grid
    assert ours.pixels.dtype == np.float32
    assert ours.tokens == grid[0] * grid[1] // 4
    np.testing.assert_allclose(ours.pixels, theirs, atol=1 / 255, rtol=0)


def test_a_patch_holds_channel_copy_row_column_and_merge_groups_stand_together() -> None:
    """Said once more without the reference: a mistake here leaves a model that sees a scrambled picture."""
    picture = noise(96, 64)
    values = np.asarray(picture).astype(np.float32) / 127.5 - 1
    patches = prepare(picture, Limits(1024, 96 * 64)).pixels.reshape(-1, 3, 2, 16, 16)
    places = [
        (row + down, column + across) for row in (0, 2) for column in (0, 2, 4) for down in (0, 1) for across in (0, 1)
    ]
    for patch, (row, column) in zip(patches, places, strict=True):
        expected = values[row * 16 : row * 16 + 16, column * 16 : column * 16 + 16].transpose(2, 0, 1)
        np.testing.assert_allclose(patch[:, 0], expected, atol=1e-6)
        np.testing.assert_array_equal(patch[:, 0], patch[:, 1])


@pytest.mark.parametrize(
    ("size", "tokens"),
    [
        *(((640, 360), 220), ((1366, 768), 1032), ((1512, 982), 1457), ((1920, 1080), 2040)),
        *(((3840, 2160), 8160), ((10, 10), 64), ((9000, 9000), 16384)),
    ],
)
def test_published_token_counts(size: tuple[int, int], tokens: int) -> None:
    width, height = target_size(*size, Limits(MIN_PIXELS, MAX_PIXELS))
    assert width * height // 1024 == tokens


@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_target_size_equals_the_published_formula(width: int, height: int) -> None:
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import smart_resize

    if max(width, height) > 200 * min(width, height):
        with pytest.raises(PictureError) as refused:
            target_size(width, height, Limits(MIN_PIXELS, MAX_PIXELS))
        assert refused.value.code == "image_bad_shape"
        return
    theirs = smart_resize(height, width, 32, MIN_PIXELS, MAX_PIXELS)
    assert target_size(width, height, Limits(MIN_PIXELS, MAX_PIXELS)) == theirs[::-1]


def test_detail_is_what_the_guide_promises(tmp_path: Path) -> None:
    tokens = []
    for budget in ("fast", "balanced", "full"):
        width, height = target_size(1920, 1080, read_limits(tmp_path, budget))
        tokens.append(width * height // 1024)
    assert tokens == [480, 1222, 2040]


def test_limits_come_from_the_model_and_detail_never_raises_them(tmp_path: Path) -> None:
    file = tmp_path / "preprocessor_config.json"
    file.write_text(json.dumps({"size": {"shortest_edge": 4096, "longest_edge": 300_000}}))
    assert read_limits(tmp_path, "full") == read_limits(tmp_path, "fast") == Limits(4096, 300_000)
    file.write_text(json.dumps({"patch_size": 16}))
    assert read_limits(tmp_path, "full") == Limits(MIN_PIXELS, MAX_PIXELS)
    for broken in (
        "{",
        "[]",
        '{"size": {"longest_edge": null}}',
        '{"size": {"longest_edge": 1e999}}',
        '{"size": {"longest_edge": 3}}',
    ):
        file.write_text(broken)
        with pytest.raises(ModelError, match=r"preprocessor_config\.json in .* Fetch it again\."):
            read_limits(tmp_path, "full")


# --- Kinds of pictures ----------------------------------------------------------------------------------------------


def corner(path: Path) -> tuple[int, ...]:
    picture = open_picture(path)
    assert picture.mode == "RGB"
    value = picture.getpixel((0, 0))
    assert isinstance(value, tuple)
    return value


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "bmp", "gif", "tif"])
def test_every_promised_format_opens_and_can_be_prepared(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"picture.{suffix}"
    Image.new("RGB", (80, 48), (250, 10, 30)).save(path)
    picture = open_picture(path)
    assert picture.size == (80, 48)
    assert np.abs(np.asarray(picture).astype(int) - (250, 10, 30)).max() <= 6
    assert prepare(picture, SMALL).tokens == 4
    unnamed = tmp_path / "3f9c"
    path.rename(unnamed)
    assert open_picture(unnamed).size == (80, 48)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_a_photograph_is_turned_upright(tmp_path: Path, orientation: int, suffix: str) -> None:
    upright = Image.new("RGB", (64, 32), "white")
    upright.paste((0, 0, 0), (0, 0, 16, 16))
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = upright.transpose(Image.Transpose(undo[orientation])) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"photo.{suffix}"
    stored.save(path, exif=exif)
    picture = open_picture(path)
    assert picture.size == (64, 32)
    assert sum(picture.getpixel((4, 4))) < 60
    assert sum(picture.getpixel((60, 28))) > 700


def test_damaged_exif_data_does_not_cost_the_picture(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (40, 40), "white").save(path, exif=b"Exif\x00\x00II*\x00\xff\xff\xff\x7f")
    assert corner(path) == (255, 255, 255)


def test_transparency_lies_on_white(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    for picture in (
        Image.new("RGBA", (8, 8), (0, 0, 0, 0)),
        Image.new("LA", (8, 8), (0, 0)),
        Image.new("P", (8, 8), 0),
        Image.new("L", (8, 8), 0),
        Image.new("RGB", (8, 8), (0, 0, 0)),
        Image.new("I;16", (8, 8), 7),
    ):
        hidden = {"P": 0, "L": 0, "RGB": (0, 0, 0), "I;16": 7}.get(picture.mode)
        picture.save(path, **({} if hidden is None else {"transparency": hidden}))
        assert corner(path) == (255, 255, 255), picture.mode
    Image.new("RGBA", (8, 8), (255, 0, 0, 51)).save(path)
    assert corner(path) == (255, 204, 204)


def test_palette_grey_print_and_one_bit_pictures(tmp_path: Path) -> None:
    png, tif = tmp_path / "a.png", tmp_path / "a.tif"
    Image.new("RGB", (8, 8), (10, 200, 30)).convert("P", palette=Image.Palette.ADAPTIVE).save(png)
    assert corner(png) == (10, 200, 30)
    Image.new("1", (8, 8), 1).save(png)
    assert corner(png) == (255, 255, 255)
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tif)
    assert corner(tif) == (255, 0, 0)
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "a.jpg")
    assert corner(tmp_path / "a.jpg")[0] > 240


@pytest.mark.parametrize(
    ("dtype", "grey", "seen"),
    [("uint16", 0x8080, 128), ("uint16", 200, 1), ("int32", 0x8080, 128), ("int32", 2**24, 255), ("float32", 0.5, 128)],
)
def test_deep_grey_is_scaled_and_not_clipped(tmp_path: Path, dtype: str, grey: float, seen: int) -> None:
    path = tmp_path / "scan.tif"
    Image.fromarray(np.full((8, 8), grey, dtype)).save(path)
    assert corner(path) == (seen, seen, seen)


def test_16_bit_png(tmp_path: Path) -> None:
    path = tmp_path / "scan.png"
    Image.fromarray(np.full((8, 8), 0xFFFF, np.uint16)).save(path)
    assert corner(path) == (255, 255, 255)


def test_of_a_moving_picture_the_first_one(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue", "lime")]
    for suffix in ("gif", "webp", "png", "tif"):
        path = tmp_path / f"moving.{suffix}"
        frames[0].save(path, save_all=True, append_images=frames[1:])
        red, green, blue = corner(path)
        assert red > 240, suffix
        assert max(green, blue) < 15, suffix


# --- Refusals -------------------------------------------------------------------------------------------------------


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of(width: int, height: int) -> bytes:
    """A few bytes that claim to be a large picture, and would take long to be proved wrong."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def refusal(path: Path) -> PictureError:
    with pytest.raises(PictureError) as refused:
        open_picture(path)
    assert path.name in str(refused.value)
    assert str(refused.value).endswith(".")
    return refused.value


@pytest.mark.parametrize("side", [10_001, 20_000, 60_000])
def test_too_large_is_found_without_decoding(tmp_path: Path, side: int) -> None:
    """Above, between and far above Pillow's own two limits: the same answer, and no warning."""
    path = tmp_path / "bomb.png"
    path.write_bytes(png_of(side, 10_000))
    refused = refusal(path)
    assert refused.code == "image_too_large"
    assert "100 megapixels" in str(refused)


def test_pillows_own_limit_does_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 40 * 30)
    path = tmp_path / "picture.gif"
    Image.new("RGB", (40, 40), "white").save(path)
    assert corner(path) == (255, 255, 255)


def test_what_is_no_picture_is_refused_in_one_sentence(tmp_path: Path) -> None:
    empty, text, svg = tmp_path / "empty.png", tmp_path / "notes.png", tmp_path / "drawing.svg"
    empty.touch()
    text.write_text("not a picture " * 50)
    svg.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (tmp_path / "folder.png").mkdir()
    for path in (empty, text, svg, tmp_path / "gone.png", tmp_path / "folder.png"):
        assert refusal(path).code == "image_unreadable"


def test_a_format_that_was_not_promised_is_refused(tmp_path: Path) -> None:
    """Pillow reads some fifty formats; each is code that a stranger's file would run through."""
    path = tmp_path / "picture.ppm"
    Image.new("RGB", (8, 8)).save(path)
    assert refusal(path).code == "image_unreadable"


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "bmp", "gif", "tif"])
def test_a_file_cut_short_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"picture.{suffix}"
    noise(64, 64).save(path)
    whole = path.read_bytes()
    for share in (0.02, 0.3, 0.6, 0.9):
        path.write_bytes(whole[: int(len(whole) * share)])
        assert refusal(path).code == "image_unreadable"


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "bmp", "gif", "tif"])
def test_damage_ends_in_a_picture_or_a_sentence(tmp_path: Path, suffix: str, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / f"picture.{suffix}"
    noise(24, 24).save(path)
    whole, random = path.read_bytes(), np.random.default_rng(1)
    for _ in range(150):
        damaged = bytearray(whole)
        for place in random.integers(0, min(len(whole), 300), 4):
            damaged[place] = int(random.integers(0, 256))
        path.write_bytes(damaged)
        with suppress(PictureError):
            assert open_picture(path).mode == "RGB"
    caplog.clear()  # Pillow logs some flaws of a TIFF file.


def test_a_thread_of_a_picture_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "line.png"
    Image.new("1", (2010, 10)).save(path)
    assert refusal(path).code == "image_bad_shape"
    Image.new("1", (2000, 10)).save(path)
    assert open_picture(path).size == (2000, 10)

"""Looking closer: what the model may ask for, and what is cut out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pictures

from engine.images import Limits, PictureError, target_size
from engine.protocol import (
    Image,
)
from engine.zoom import LEAST_SIDE, Region, crop, frame, read_call

BOX = [100, 200, 400, 600]


# --- What the model asks for ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        {"image": 2, "box": [100, 200, 400, 600]},
        {"image": "2", "box": "[100, 200, 400, 600]"},
        {"image": 2.0, "box": ["100", "200.0", "400", "600"]},
        {"image": "Picture 2", "box": "(400, 600), (100, 200)", "label": "the date"},
        {"image": 2, "bbox_2d": [[100, 200], [400, 600]]},
        {"image": 2, "box": {"x1": 400, "y1": 200, "x2": 100, "y2": 600}},
    ],
)
def test_a_call_is_understood_however_the_model_writes_it(arguments: dict[str, Any]) -> None:
    assert read_call(arguments, 3) == Region(1, 100, 200, 400, 600)


def test_a_box_that_overshoots_is_cut_at_the_border() -> None:
    assert read_call({"image": 1, "box": [-20, 0, 1008, 1001.5]}, 1) == Region(0, 0, 0, 1000, 1000)


def test_the_only_picture_needs_no_number() -> None:
    assert read_call({"box": BOX}, 1) == Region(0, *BOX)
    assert "pictures 1 to 2" in str(read_call({"box": BOX}, 2))


@pytest.mark.parametrize("image", [0, -1, 3, 1.5, "two", None, True, [], [1, 2], 10**400, "9" * 400])
def test_an_unknown_picture_is_refused_with_the_known_ones(image: Any) -> None:
    told = read_call({"image": image, "box": BOX}, 2)
    assert told == "There is no such picture: there are pictures 1 to 2. Give its number as image."


@pytest.mark.parametrize(
    ("box", "told"),
    [
        (None, "four numbers"),
        ("the title", "four numbers"),
        ([100, 200, 300], "four numbers"),
        ([1200, 640, 1500, 700], "does not count pixels"),
        ([10**400, 0, 0, 0], "does not count pixels"),
        ([-500, 0, 100, 100], "does not count pixels"),
        ([500, 500, 500, 500], "empty"),
        ([100, 300, 900, 300.5], "empty"),
        ([1010, 0, 1020, 500], "empty"),
    ],
)
def test_a_box_that_can_not_be_meant_is_refused_with_what_to_do(box: Any, told: str) -> None:
    assert told in str(read_call({"image": 1, "box": box}, 1))


# --- What is cut out ------------------------------------------------------------------------------------------------


def noise(path: Path, width: int = 1600, height: int = 1200, **options: Any) -> np.ndarray[Any, Any]:
    pixels = np.random.default_rng(1).integers(0, 255, (height, width, 3), dtype=np.uint8)
    Pictures.fromarray(pixels).save(path, **options)
    return pixels


def pixels_of(image: Image) -> np.ndarray[Any, Any]:
    return np.asarray(Pictures.open(image.path))


def test_the_original_pixels_are_cut_out_with_a_margin(tmp_path: Path) -> None:
    pixels = noise(tmp_path / "a.png")
    cut = crop(tmp_path / "a.png", Region(0, *BOX), tmp_path)
    left, top, right, bottom = frame(Region(0, *BOX), 1600, 1200)
    assert (left, top, right, bottom) == (160 - 24, 240 - 24, 640 + 24, 720 + 24)
    assert np.array_equal(pixels_of(cut), pixels[top:bottom, left:right])


def test_a_turned_photo_is_cut_as_it_is_seen(tmp_path: Path) -> None:
    exif = Pictures.Exif()
    exif[0x0112] = 6
    pixels = noise(tmp_path / "a.png", exif=exif)
    upright = np.rot90(pixels, -1)
    left, top, right, bottom = frame(Region(0, *BOX), 1200, 1600)
    cut = crop(tmp_path / "a.png", Region(0, *BOX), tmp_path)
    assert np.array_equal(pixels_of(cut), upright[top:bottom, left:right])


def test_the_same_region_twice_is_the_same_file_and_another_is_not(tmp_path: Path) -> None:
    noise(tmp_path / "a.png")
    kept = tmp_path / "kept"
    kept.mkdir()
    first = crop(tmp_path / "a.png", Region(0, *BOX), kept)
    assert crop(tmp_path / "a.png", Region(0, *BOX), kept) == first
    assert crop(tmp_path / "a.png", Region(0, 500, *BOX[1:]), kept) != first
    assert len(list(kept.iterdir())) == 2
    assert Path(first.path).stem == first.attachment


@pytest.mark.parametrize("region", [(0, 0, 1, 1), (999, 999, 1000, 1000), (500, 499, 501, 500), (0, 0, 1, 1000)])
def test_a_small_region_is_widened_within_the_picture(region: tuple[float, float, float, float]) -> None:
    left, top, right, bottom = frame(Region(0, *region), 3000, 2000)
    assert right - left >= LEAST_SIDE
    assert bottom - top >= LEAST_SIDE
    assert 0 <= left <= region[0] * 3 < region[2] * 3 <= right <= 3000
    assert 0 <= top <= region[1] * 2 < region[3] * 2 <= bottom <= 2000


@pytest.mark.parametrize("size", [(20, 10), (4000, 20), (3000, 30_000), (150, 30_000), (30_000, 150), (1, 200)])
@pytest.mark.parametrize("region", [(0, 0, 1000, 1000), (400, 0, 401, 1000), (0, 998, 1000, 999), (3, 3, 5, 5)])
def test_every_region_of_every_picture_that_can_be_read_can_be_read(
    size: tuple[int, int], region: tuple[float, float, float, float]
) -> None:
    left, top, right, bottom = frame(Region(0, *region), *size)
    assert 0 <= left < right <= size[0]
    assert 0 <= top < bottom <= size[1]
    target_size(right - left, bottom - top, Limits(65_536, 16_777_216))


def test_a_picture_that_is_gone_says_so(tmp_path: Path) -> None:
    with pytest.raises(PictureError):
        crop(tmp_path / "gone.png", Region(0, *BOX), tmp_path)

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from engine.protocol import (
    Box,
    Cancel,
    CheckMarks,
    Element,
    Failed,
    FindOnScreen,
    FoundOnScreen,
    Grounded,
    MarksChecked,
)
from tests.worker.child import Child

FONT = Path(__file__).parents[2] / "resources" / "fonts"
SAVE = Box(0.1, 0.2, 0.25, 0.3)
ELEMENTS = (
    Element("button", "Save", SAVE),
    Element("password_field", "Password", Box(0.1, 0.6, 0.5, 0.7)),
)


@pytest.fixture
def reader() -> Iterator[Child]:
    with Child("reader") as child:
        yield child


@pytest.fixture
def picture(tmp_path: Path) -> tuple[str, Path]:
    """A button that says Save, and a label that says Cancel, as a program paints them."""
    image = Image.new("RGB", (800, 400), "#eeeeee")
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(str(next(FONT.rglob("*.ttf"))), 16)
    draw.rectangle((80, 80, 200, 120), fill="white", outline="grey")
    draw.text((120, 90), "Save", font=font, fill="black")
    draw.text((400, 90), "Cancel", font=font, fill="black")
    path = tmp_path / "screen.png"
    image.save(path)
    return hashlib.sha256(path.read_bytes()).hexdigest(), path


def test_things_are_found_by_elements_and_text_and_marks_are_weighed(
    reader: Child, picture: tuple[str, Path], tmp_path: Path
) -> None:
    id_, path = picture
    reader.send(FindOnScreen("ahead", id_, str(path), ELEMENTS))
    reader.send(FindOnScreen("find", id_, str(path), ELEMENTS, ("the Save button", "cancel", "Frobnicate"), 3))
    save, cancel, nothing = reader.wait_for(FoundOnScreen, lambda event: event.request_id == "find").found
    assert save.marks[0].confirmed
    assert {proof.kind for proof in save.marks[0].proofs} == {"ocr", "tree"}
    assert save.marks[0].box == SAVE
    assert abs(cancel.marks[0].box.x0 - 0.5) < 0.01
    assert not cancel.marks[0].confirmed
    assert nothing.marks == ()

    marks = (
        Grounded("answer", id_, 1, "Save", Box(0.11, 0.22, 0.24, 0.29)),
        Grounded("answer", id_, 2, "Cancel", Box(0.8, 0.8, 0.9, 0.9)),
    )
    reader.send(CheckMarks("check", id_, str(path), marks, ELEMENTS))
    first, second = reader.wait_for(MarksChecked).marks
    assert (first.confirmed, first.box) == (True, SAVE)
    assert (second.number, second.confirmed) == (2, False)
    assert "pointed elsewhere" in second.note


def test_a_picture_that_is_gone_is_said_and_a_search_can_be_stopped(
    reader: Child, picture: tuple[str, Path], tmp_path: Path
) -> None:
    id_, path = picture
    reader.send(FindOnScreen("gone", "0" * 64, str(tmp_path / "gone.png"), (), ("Save",)))
    failed = reader.wait_for(Failed)
    assert (failed.request_id, failed.code) == ("gone", "image_unreadable")
    reader.send(FindOnScreen("find", id_, str(path), (), ("Save",)), Cancel("find"))
    assert reader.wait_for(Failed).request_id == "find"
    reader.send(FindOnScreen("again", id_, str(path), (), ("Save",)))
    assert reader.wait_for(FoundOnScreen).found[0].marks

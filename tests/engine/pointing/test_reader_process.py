"""The reader process finds things on real pictures, and ends each request in one event."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from engine.models.places import HOME_VARIABLE
from engine.protocol import (
    Box,
    CheckMarks,
    Element,
    Event,
    Failed,
    FindOnScreen,
    FoundOnScreen,
    Grounded,
    Hello,
    MarksChecked,
    request_id_of,
)
from tests.worker.child import Child

FONTS = Path(__file__).parents[3] / "resources" / "fonts"
SAVE = Element("button", "Save", Box(0.68, 0.88, 0.78, 0.95))


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Child]:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    with Child("reader") as child:
        assert child.event() == Hello("reader", child.process.pid)
        yield child


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    image = Image.new("RGB", (800, 450), "white")
    font = ImageFont.truetype(str(next(FONTS.rglob("*.ttf"))), 18)
    draw = ImageDraw.Draw(image)
    draw.text((560, 400), "Save", fill="black", font=font)
    draw.text((100, 100), "Cancel", fill="black", font=font)
    path = tmp_path / "screen.png"
    image.save(path)
    return path


def end_of(child: Child, request_id: str) -> Event:
    return child.wait_for(Event, lambda event: request_id_of(event) == request_id)  # type: ignore[arg-type]


def test_find_and_check(child: Child, picture: Path) -> None:
    attachment = hashlib.sha256(picture.read_bytes()).hexdigest()
    child.send(FindOnScreen("ahead", attachment, str(picture)))
    assert end_of(child, "ahead") == FoundOnScreen("ahead", ())
    child.send(FindOnScreen("find", attachment, str(picture), (SAVE,), ("where is Save?", "Quit", "Cancel")))
    found = end_of(child, "find")
    assert isinstance(found, FoundOnScreen)
    save, quit_, cancel = found.found
    assert save.marks[0].confirmed
    assert save.marks[0].box == SAVE.box
    assert not quit_.marks
    assert cancel.marks[0].confidence > 0.9
    child.send(
        CheckMarks("check", attachment, str(picture), (Grounded("m", attachment, 1, "Save", SAVE.box),), (SAVE,))
    )
    checked = end_of(child, "check")
    assert isinstance(checked, MarksChecked)
    assert checked.marks[0].confirmed


def test_a_picture_that_is_gone_is_told_in_a_sentence(child: Child, tmp_path: Path) -> None:
    child.send(FindOnScreen("gone", "b" * 64, str(tmp_path / "gone.png"), (), ("Save",)))
    failed = end_of(child, "gone")
    assert isinstance(failed, Failed)
    assert "gone.png" in failed.message

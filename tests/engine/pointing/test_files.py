"""Elements in a file, and the frames of fields on a picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from engine.pointing.frames import frame_near
from engine.pointing.tree_file import TreeFileError, read_tree, tree_text
from engine.protocol import Box
from tests.engine.pointing.screens import element


def test_elements_come_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "tree.json"
    elements = (
        element("button", "Größe", 0.1, 0.2, states=("disabled",)),
        element("menu", "Datei", 0.0, 0.0, parent=0),
    )
    path.write_text(tree_text(elements), encoding="utf-8")
    assert read_tree(path) == elements


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"elements": [1]}', '{"elements": [{"role": "cat"}]}'])
def test_another_file_is_told_in_a_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "tree.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TreeFileError, match=r"fingerpost capture --tree\.$"):
        read_tree(path)
    with pytest.raises(TreeFileError, match="no file"):
        read_tree(tmp_path / "none.json")


def test_a_field_is_seen_right_of_its_label_and_below_it() -> None:
    image = Image.new("L", (1000, 500), 240)
    draw = ImageDraw.Draw(image)
    draw.rectangle((200, 95, 400, 125), fill=255, outline=120)
    draw.rectangle((100, 230, 400, 262), fill=255, outline=120)
    grey = np.asarray(image, np.int16)
    beside = frame_near(grey, Box(0.1, 0.2, 0.16, 0.24))
    below = frame_near(grey, Box(0.1, 0.41, 0.16, 0.45))
    assert beside is not None
    assert below is not None
    assert beside.x0 == pytest.approx(0.2, abs=0.01)
    assert beside.x1 == pytest.approx(0.4, abs=0.01)
    assert (below.y0, below.y1) == pytest.approx((0.46, 0.524), abs=0.01)
    assert frame_near(grey, Box(0.6, 0.2, 0.66, 0.24)) is None

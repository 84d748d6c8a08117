"""`fingerpost point` as a person and as a script meet it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from app.__main__ import main as run_product
from engine.cli import main
from engine.pointing.tree_file import tree_text
from engine.protocol import Box, Element
from tests.scripted import answer, make_scripted, say

FONT = Path(__file__).parents[2] / "resources" / "fonts"
SAVE = Box(0.1, 0.2, 0.25, 0.3)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINGERPOST_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("FINGERPOST_MODEL", raising=False)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A button that says Save, and a label that says Cancel, as a program paints them."""
    image = Image.new("RGB", (800, 400), "#eeeeee")
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(str(next(FONT.rglob("*.ttf"))), 16)
    draw.rectangle((80, 80, 200, 120), fill="white", outline="grey")
    draw.text((120, 90), "Save", font=font, fill="black")
    draw.text((400, 90), "Cancel", font=font, fill="black")
    path = tmp_path / "Größe.png"
    image.save(path)
    return path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    path = tmp_path / "tree.json"
    path.write_text(tree_text([Element("button", "Save", SAVE)]), encoding="utf-8")
    return path


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run(*arguments: str | Path) -> tuple[int, str, str]:
        code = main(["point", *(str(argument) for argument in arguments)])
        return code, *capsys.readouterr()

    return run


def test_json_has_a_line_for_each_label_in_its_order(
    run: Callable[..., tuple[int, str, str]], picture: Path, tree: Path
) -> None:
    code, out, errors = run("--json", "--image", picture, "--tree", tree, "the Save button", "Frobnicate", "cancel")
    save, nothing, cancel = map(json.loads, out.splitlines())
    assert (code, errors) == (1, "")
    assert [line["query"] for line in (save, nothing, cancel)] == ["the Save button", "Frobnicate", "cancel"]
    assert list(save["marks"][0]) == ["box", "label", "confidence", "confirmed", "evidence"]
    assert save["marks"][0]["box"] == [0.1, 0.2, 0.25, 0.3]
    assert save["marks"][0]["confirmed"]
    assert sorted(save["marks"][0]["evidence"]) == ["ocr", "tree"]
    assert nothing["marks"] == []
    assert cancel["marks"][0]["evidence"] == ["ocr"]
    assert not cancel["marks"][0]["confirmed"]
    assert 0.5 < cancel["marks"][0]["confidence"] <= 1


def test_a_person_reads_where_it_is_and_how_sure_that_is(
    picture: Path, tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run_product(["point", "--image", str(picture), "--tree", str(tree), "--top", "1", "Save"])
    assert code == 0
    assert capsys.readouterr().out == (
        "Save:\n  “Save”, top left, pixels 80, 80, 200, 120: confirmed, by its text and the window's own parts\n"
    )


def test_a_model_is_asked_and_weighed(run: Callable[..., tuple[int, str, str]], picture: Path, tmp_path: Path) -> None:
    folder = make_scripted(
        tmp_path / "model",
        [
            answer(say("I see none.")),
            answer(say('{"bbox_2d": [110, 210, 240, 290], "label": "Save"}'), when="Save"),
            answer(say('{"bbox_2d": [800, 800, 900, 900], "label": "Cancel"}'), when="Cancel"),
            answer(say('{"bbox_2d": [700, 100, 800, 200], "label": "the green leaf"}'), when="leaf"),
        ],
    )
    labels = ("Save", "Cancel", "the green leaf", "Frobnicate")
    code, out, errors = run("--json", "--image", picture, "--model", folder, *labels)
    save, cancel, leaf, nothing = (json.loads(line)["marks"] for line in out.splitlines())
    assert (code, errors) == (1, "")
    assert (save[0]["confirmed"], sorted(save[0]["evidence"])) == (True, ["model", "ocr"])
    assert len(save) == 1
    # What is written there counts for more than where the model points.
    assert abs(cancel[0]["box"][0] - 0.5) < 0.01
    assert (leaf[0]["confirmed"], leaf[0]["evidence"]) == (False, ["model"])
    assert nothing == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--image", "gone.png", "Save"), "gone.png"),
        (("--image", "{picture}", "--tree", "gone.json", "Save"), "There is no file gone.json. Check its name."),
        (("--image", "{picture}", "--tree", "{picture}", "Save"), "Write it again with fingerpost capture --tree."),
        (("--image", "{picture}", " "), "A label is empty."),
        (("--image", "{picture}"), "See fingerpost point --help."),
    ],
)
def test_what_went_wrong_is_one_sentence(
    run: Callable[..., tuple[int, str, str]], picture: Path, arguments: tuple[str, ...], says: str
) -> None:
    code, out, errors = run(*(argument.format(picture=picture) for argument in arguments))
    assert (code, out) == (2, "")
    assert says in errors
    assert errors.count("\n") == 1

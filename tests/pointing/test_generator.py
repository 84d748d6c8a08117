"""The labelled set is what it says: the same each time, its boxes on what they name, and its score right."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from engine.protocol import Box, Mark
from tests.pointing.browser import find_browser
from tests.pointing.items import SPLITS, WORDINGS, Item, Sheet, read_set
from tests.pointing.phrases import held_phrases, intents, phrases, wordings
from tests.pointing.score import Result, judge, run, tables

GENERATE = Path(__file__).with_name("generate.py")


def rendered(split: str, folder: Path, *options: str) -> Path:
    """A few pictures of a split, made in a process of its own: it changes the style of the whole program."""
    command = [sys.executable, str(GENERATE), "--split", split, "--out", str(folder), *options]
    subprocess.run(command, check=True, capture_output=True, timeout=200)
    return folder / split


@pytest.fixture(scope="module")
def splits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("set")
    return {split: rendered(split, folder, "--pictures", "5", "--no-html") for split in SPLITS}


def test_the_same_split_is_the_same_set(splits: dict[str, Path], tmp_path: Path) -> None:
    again = rendered("dev", tmp_path, "--pictures", "5", "--no-html")
    for name in ("items.jsonl", "sheets.jsonl"):
        assert (again / name).read_bytes() == (splits["dev"] / name).read_bytes()


def test_every_split_asks_in_every_way_and_for_other_things(splits: dict[str, Path]) -> None:
    queries = {}
    for split, folder in splits.items():
        _, items = read_set(folder)
        assert {item.wording for item in items} == set(WORDINGS)
        assert all(bool(item.truth) == (item.wording != "absent") for item in items)
        queries[split] = {item.query for item in items}
    assert not queries["train"] == queries["dev"] == queries["held"]


def test_what_is_asked_for_lies_in_the_picture_and_is_painted_there(splits: dict[str, Path]) -> None:
    sheets, items = read_set(splits["dev"])
    pictures = {sheet.id: Image.open(splits["dev"] / sheet.picture).convert("L") for sheet in sheets.values()}
    assert len(items) > 60
    for item in items:
        picture = pictures[item.sheet]
        for box in item.truth:
            assert -0.01 <= box.x0 < box.x1 <= 1.01, item
            assert -0.01 <= box.y0 < box.y1 <= 1.01, item
        bounds = [
            (box.x0 * picture.width, box.y0 * picture.height, box.x1 * picture.width, box.y1 * picture.height)
            for box in item.truth
        ]
        darkest, lightest = [], []
        for bound in bounds:
            low, high = picture.crop(tuple(map(round, bound))).getextrema()
            darkest.append(low)
            lightest.append(high)
        if item.wording in ("direct", "role"):
            assert max(high - low for low, high in zip(darkest, lightest, strict=True)) > 30, item


def test_some_pictures_have_elements_and_some_have_none(splits: dict[str, Path]) -> None:
    sheets = [sheet for folder in splits.values() for sheet in read_set(folder)[0].values()]
    told = [sheet for sheet in sheets if sheet.elements]
    assert 0 < len(told) < len(sheets)
    for sheet in told:
        assert all(element.parent < at for at, element in enumerate(sheet.elements))


def test_the_words_are_there_in_every_language_and_the_wants_name_known_phrases() -> None:
    assert all(label for by_language in phrases().values() for label in by_language.values())
    assert held_phrases() < set(phrases())
    for intent in intents():
        assert intent.accepted <= set(phrases()), intent
        assert intent.language in wordings()


@pytest.mark.skipif(find_browser() is None, reason="no Chromium here")
def test_a_page_is_shown_with_its_parts(tmp_path: Path) -> None:
    sheets, items = read_set(rendered("train", tmp_path, "--pictures", "1"))
    pages = [sheet for sheet in sheets.values() if sheet.platform == "html"]
    assert len(pages) == 1
    assert sum(item.sheet == pages[0].id for item in items) >= 10
    with Image.open(tmp_path / "train" / pages[0].picture) as picture:
        assert picture.size == (pages[0].width, pages[0].height)


BOX = Box(0.2, 0.2, 0.4, 0.4)
SAVE = Item("1", "a", "Save", "direct", (BOX,))
GONE = Item("2", "a", "Print", "absent", ())
SHEET = Sheet("a", "a.png", 1920, 1080, (0, 0), 1.0, "plain", "qt", "en", ())


def mark(x: float, *, confirmed: bool = False, confidence: float = 0.9) -> Mark:
    return Mark(1, "", "", Box(x, 0.25, x + 0.1, 0.35), confidence=confidence, confirmed=confirmed)


@pytest.mark.parametrize(
    ("item", "marks", "verdict", "points"),
    [
        (SAVE, [mark(0.25), mark(0.7)], (True, False, False), 1),
        (SAVE, [mark(0.7), mark(0.25)], (False, True, False), -1),
        (SAVE, [mark(0.7, confirmed=True)], (False, True, True), -2),
        (SAVE, [], (False, False, False), 0),
        (GONE, [], (True, False, False), 1),
        (GONE, [mark(0.2, confidence=0.3)], (True, False, False), 1),
        (GONE, [mark(0.2, confirmed=True)], (False, True, True), -2),
    ],
)
def test_the_first_mark_counts_and_a_sure_mistake_counts_double(
    item: Item, marks: list[Mark], verdict: tuple[bool, bool, bool], points: int
) -> None:
    assert judge(item, marks) == verdict
    assert Result(item, SHEET, *verdict, 0.1).points == points


def test_tables_say_how_many_of_what_were_right() -> None:
    results = run(lambda path, elements, query: [mark(0.25)], Path(), {"a": SHEET}, [SAVE, GONE])
    shown = tables(results)
    assert "| all | 2 | 50.0% | 50.0% | 0.0% | 0.0% | 0.0% |" in shown
    assert "| absent | 1 | 0.0% | 100.0% | 0.0% | 0.0% | -100.0% |" in shown
    assert "first look, no elements | 1 |" in shown

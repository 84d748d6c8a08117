"""Render a split of the labelled set for pointing.

    python tests/pointing/generate.py --split dev --out DIR [--pictures N] [--limit N] [--no-html]

Real Qt windows, and pages in Chromium where it is installed, painted into screenshots, with a question about something
on them in every item. The same split is the same set on a machine with the same fonts.
"""

from __future__ import annotations

import argparse
import collections
import os
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_LOGGING_RULES", "*=false")

from PySide6.QtWidgets import QApplication

from tests.pointing.browser import find_browser, shown
from tests.pointing.items import SPLITS, Item, Sheet, Split, write_set
from tests.pointing.kit import Kit
from tests.pointing.looks import choose, load_fonts, put_on
from tests.pointing.pages import page
from tests.pointing.phrases import LANGUAGES, Voice
from tests.pointing.questions import Asker, absent_names
from tests.pointing.scenes import build, choose_desk
from tests.pointing.trees import tell

PICTURES = {"train": 66, "dev": 50, "held": 50}
"""Pictures of Qt windows in a split; each has about 18 items."""
PAGES = {"train": 20, "dev": 15, "held": 15}
"""Pictures of pages."""
SEEDS = {"train": 1000, "dev": 2000, "held": 3000}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=SPLITS, default="dev")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the pictures go into DIR/SPLIT")
    parser.add_argument("--pictures", type=int, metavar="N", help="so many pictures of windows and of pages at most")
    parser.add_argument("--limit", type=int, metavar="N", help="stop after so many items")
    parser.add_argument("--no-html", action="store_true", help="leave the pages out")
    options = parser.parse_args()
    begun = time.monotonic()
    sheets, items = generate(options.split, options.out, options.pictures, options.limit, html=not options.no_html)
    took = time.monotonic() - begun
    print(
        f"{options.split}: {len(sheets)} pictures, {len(items)} items in {took:.0f} s, at {options.out / options.split}"
    )
    for wording, count in collections.Counter(item.wording for item in items).most_common():
        print(f"  {wording:12} {count}")
    return 0


def generate(
    split: Split, out: Path, pictures: int | None = None, limit: int | None = None, *, html: bool = True
) -> tuple[list[Sheet], list[Item]]:
    """Render into ``out / split``; at most `pictures` of Qt windows and as many pages, and `limit` items."""
    folder = out / split
    folder.mkdir(parents=True, exist_ok=True)
    app = QApplication.instance() or QApplication([])
    load_fonts()
    sheets: list[Sheet] = []
    items: list[Item] = []
    for number in range(pictures if pictures is not None else PICTURES[split]):
        if limit is not None and len(items) >= limit:
            break
        sheet, asked = picture(app, split, number, folder)
        sheets.append(sheet)
        items += asked
    browser = find_browser() if html else None
    for number in range(min(PAGES[split], pictures) if pictures is not None else PAGES[split]):
        if browser is None or (limit is not None and len(items) >= limit):
            break
        sheet, asked = page_picture(browser, split, number, folder)
        sheets.append(sheet)
        items += asked
    if limit is not None:
        items = items[:limit]
    write_set(folder, sheets, items)
    return sheets, items


def picture(app: QApplication, split: Split, number: int, folder: Path) -> tuple[Sheet, list[Item]]:
    """Picture `number` of a split, painted into `folder`, and its items."""
    chance = random.Random(SEEDS[split] + number)
    held = split == "held"
    language = chance.choice((*LANGUAGES, *["en"] * 6, "de", "fr"))
    dress = choose(chance, held)
    put_on(app, dress)
    desk = choose_desk(chance)
    scene = build(Kit(Voice(language, chance, held), dress), desk)
    sheet_id = f"{split}-qt-{number:03}"
    scene.image.save(str(folder / f"{sheet_id}.png"), "PNG", 60)
    size = (scene.image.width(), scene.image.height())
    told = tell(chance, scene.parts, scene.front, size, absent_names(scene.parts, language, held))
    origin = (scene.desk.area.x(), scene.desk.area.y())
    sheet = Sheet(
        sheet_id, f"{sheet_id}.png", *size, origin, desk.scale, dress.skin.name, "qt", language, told.elements
    )
    return sheet, Asker(chance, scene.parts, told, language, size, held).items(sheet_id)


def page_picture(browser: str, split: Split, number: int, folder: Path) -> tuple[Sheet, list[Item]]:
    """Page `number` of a split, as `picture`."""
    chance = random.Random(SEEDS[split] + 500 + number)
    held = split == "held"
    language = chance.choice((*LANGUAGES, *["en"] * 6, "de", "fr"))
    made = page(chance, Voice(language, chance, held))
    image, parts = shown(browser, made)
    sheet_id = f"{split}-html-{number:03}"
    image.save(str(folder / f"{sheet_id}.png"), "PNG", 60)
    size = (image.width(), image.height())
    told = tell(chance, parts, 0, size, absent_names(parts, language, held))
    sheet = Sheet(sheet_id, f"{sheet_id}.png", *size, (0, 0), made.scale, made.style, "html", language, told.elements)
    return sheet, Asker(chance, parts, told, language, size, held).items(sheet_id)


if __name__ == "__main__":
    sys.exit(main())

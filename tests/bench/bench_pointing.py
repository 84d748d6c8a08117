"""How well and how fast things are found on our own labelled set, without a model.

    python tests/bench/bench_pointing.py [--split dev] [--limit N] [--set DIR] [--wrong N]

Renders the split when it is not in DIR yet. Tune on ``train`` and ``dev`` alone: ``held`` is for the figures that are
published. Each picture is looked at cold the first time; what was read of it is known the times after, as in the
product.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PIL import Image

from engine.pointing.find import Picture, Search
from engine.pointing.screen_text import ScreenReader
from engine.protocol import Element, Mark
from tests.pointing.items import SPLITS, read_set
from tests.pointing.score import Result, run, tables

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=SPLITS, default="dev")
    parser.add_argument("--limit", type=int, metavar="N", help="stop after so many items")
    parser.add_argument("--set", type=Path, default=Path(tempfile.gettempdir()) / "fingerpost-pointing", metavar="DIR")
    parser.add_argument("--wrong", type=int, default=0, metavar="N", help="show so many items that went wrong")
    options = parser.parse_args()
    if not (options.set / options.split / "items.jsonl").exists():
        generate = ROOT / "tests" / "pointing" / "generate.py"
        subprocess.run([sys.executable, str(generate), "--split", options.split, "--out", str(options.set)], check=True)
    folder = options.set / options.split
    sheets, items = read_set(folder)
    # The models are loaded once a process, and that is no part of a look.
    reader = ScreenReader()
    reader.lines("warm", lambda: Image.new("RGB", (400, 100), "white"), lambda: None)
    results = run(finder(reader), folder, sheets, items[: options.limit])
    print(tables(results))
    print(usual(results))
    for result in [result for result in results if not result.right][: options.wrong]:
        item = result.item
        state = "CONFIRMED" if result.wrong and result.confirmed else "wrong" if result.wrong else "nothing"
        print(f"{state:9} {item.wording:10} {result.sheet.picture:24} {item.query!r}")
    return 0


def finder(reader: ScreenReader) -> Callable[[Path, tuple[Element, ...], str], Sequence[Mark]]:
    """The product's finder, as the reader process uses it."""

    def find(path: Path, elements: tuple[Element, ...], query: str) -> Sequence[Mark]:
        name = hashlib.sha256(str(path).encode()).hexdigest()

        def picture() -> Image.Image:
            with Image.open(path) as image:
                return image.convert("RGB")

        return Search(Picture(name, picture), elements, reader, lambda: None).find(query, 5).marks

    return find


def usual(results: Sequence[Result]) -> str:
    """What is asked of it: direct wording on screens of 1920 x 1080."""
    chosen = [
        result
        for result in results
        if result.item.wording == "direct" and (result.sheet.width, result.sheet.height) == (1920, 1080)
    ]
    if not chosen:
        return "No direct wording at 1920 x 1080 among these items."
    right = sum(result.right for result in chosen) / len(chosen)
    sure = sum(result.wrong and result.confirmed for result in chosen) / len(chosen)
    seconds = statistics.median(result.seconds for result in chosen if result.first or not result.sheet.elements)
    return (
        f"Direct wording at 1920 x 1080: {len(chosen)} items, {right:.1%} right, {sure:.1%} wrong and confirmed, "
        f"{seconds:.2f} s a look at the median."
    )


if __name__ == "__main__":
    sys.exit(main())

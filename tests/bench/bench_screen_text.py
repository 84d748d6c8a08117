"""Reading a window of 1920 x 1080 with more than a hundred texts: how fast beside RapidOCR as it comes, and how right.

python tests/bench/bench_screen_text.py [--runs 5] [--dark]
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image, ImageDraw

from engine.documents.ocr import Recogniser
from engine.pointing.screen_text import ScreenLine, ScreenReader
from engine.pointing.screen_text_plain import lines_plain
from engine.protocol.documents import Box
from tests.screen_scenes import Scene, window


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--dark", action="store_true", help="a dark window")
    options = parser.parse_args()
    scene = window(dark=options.dark)
    small = Image.new("RGB", (320, 64), "white")
    ImageDraw.Draw(small).text((10, 20), "Warm", fill=0, font_size=16)
    plain = Recogniser()
    lines_plain(plain, small)
    stock = measured(lambda: lambda: lines_plain(plain, scene.picture), options.runs)
    print(f"{len(scene.written)} texts; medians of {options.runs}, wall and processor seconds")
    print(f"  RapidOCR as it comes   {stock[0]:6.2f} {stock[1]:6.2f}")
    for name, work in kinds(scene, small).items():
        wall, spent = measured(work, options.runs)
        print(f"  {name:<22} {wall:6.2f} {spent:6.2f}   {stock[0] / wall:6.1f} x, processor {stock[1] / spent:.1f} x")
    for name, lines in (
        ("fast", fresh(small).lines("all", lambda: scene.picture, proceed)),
        ("RapidOCR", lines_plain(plain, scene.picture)),
    ):
        print(f"  {name}: {right(lines, scene):.1%} of the texts are exactly right but for case")
    return 0


def kinds(scene: Scene, small: Image.Image) -> dict[str, Callable[[], Callable[[], object]]]:
    """What is measured: each makes a reader ready, and gives the work that counts."""
    width, height = scene.picture.size
    x0, y0, x1, y1 = scene.written[30].area
    area = Box(x0 / width, y0 / height, x1 / width, y1 / height)
    changed = scene.picture.copy()
    ImageDraw.Draw(changed).text((1_650, 980), "Saved just now", fill="#808080", font_size=14)

    def cold(read: Callable[[ScreenReader], object]) -> Callable[[], Callable[[], object]]:
        return lambda: partial(read, fresh(small))

    def warm(name: str, picture: Image.Image) -> Callable[[], object]:
        reader = fresh(small)
        reader.lines("first", lambda: scene.picture, proceed)
        return lambda: reader.lines(name, lambda: picture, proceed)

    label = "Network Format Zürich"
    return {
        "everything": cold(lambda reader: reader.lines("first", lambda: scene.picture, proceed)),
        "near one control": cold(lambda reader: reader.lines_near("first", lambda: scene.picture, [area], proceed)),
        "like one label": cold(lambda reader: reader.lines_like("first", lambda: scene.picture, [label], proceed)),
        "after a small change": partial(warm, "second", changed),
        "the same picture": partial(warm, "first", scene.picture),
    }


def fresh(small: Image.Image) -> ScreenReader:
    """A reader that has loaded its models and read nothing of the window."""
    reader = ScreenReader()
    reader.lines("small", lambda: small, proceed)
    return reader


def measured(prepare: Callable[[], Callable[[], object]], runs: int) -> tuple[float, float]:
    """The medians of wall and processor seconds."""
    walls, spent = [], []
    for _ in range(runs):
        work = prepare()
        wall, used = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        spent.append(time.process_time() - used)
    return statistics.median(walls), statistics.median(spent)


def right(lines: tuple[ScreenLine, ...], scene: Scene) -> float:
    """The share of texts that a line at their place says."""
    width, height = scene.picture.size
    good = 0
    for written in scene.written:
        x0, y0, x1, y1 = written.area
        good += any(
            line.text.casefold() == written.text.casefold()
            and x0 - 2 <= (line.box.x0 + line.box.x1) / 2 * width <= x1 + 2
            and y0 - 2 <= (line.box.y0 + line.box.y1) / 2 * height <= y1 + 2
            for line in lines
        )
    return good / len(scene.written)


def proceed() -> None:
    """Nothing ends the work."""


if __name__ == "__main__":
    sys.exit(main())

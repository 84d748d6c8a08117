"""How well a finder points: the first mark's middle has to lie in a box that is right."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.protocol import Box, Element, Mark
from tests.pointing.items import Item, Sheet

Find = Callable[[Path, tuple[Element, ...], str], Sequence[Mark]]
"""From a picture, the elements that are known of it and a query to marks, best first."""
SURE = 0.5
"""Marks less sure than this do not count as pointing at something that is not there."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an item. `wrong`: it was pointed at something else; neither `right` nor `wrong`: at nothing.
    `confirmed`: the first mark said that it is sure. `first`: it is the first look at the picture."""

    item: Item
    sheet: Sheet
    right: bool
    wrong: bool
    confirmed: bool
    seconds: float
    first: bool = False

    @property
    def points(self) -> int:
        """1 for a right one, 0 for nothing, -1 for a wrong one and -2 for a wrong one that said it is sure."""
        return 1 if self.right else -(1 + self.confirmed) if self.wrong else 0


def judge(item: Item, marks: Sequence[Mark]) -> tuple[bool, bool, bool]:
    """Right, wrong and confirmed."""
    if not item.truth:
        sure = [mark for mark in marks if mark.confidence >= SURE]
        return not sure, bool(sure), bool(sure and sure[0].confirmed)
    if not marks:
        return False, False, False
    box = marks[0].box
    right = any(inside(truth, (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2) for truth in item.truth)
    return right, not right, marks[0].confirmed


def inside(box: Box, x: float, y: float) -> bool:
    """Whether a point lies in a box, its edges included."""
    return box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1


def run(find: Find, folder: Path, sheets: dict[str, Sheet], items: Iterable[Item]) -> list[Result]:
    """Ask `find` for every item, one after the other."""
    seen: set[str] = set()
    results = []
    for item in items:
        sheet = sheets[item.sheet]
        begun = time.perf_counter()
        marks = find(folder / sheet.picture, sheet.elements, item.query)
        took = time.perf_counter() - begun
        results.append(Result(item, sheet, *judge(item, marks), took, sheet.id not in seen))
        seen.add(sheet.id)
    return results


GROUPS: dict[str, Callable[[Result], str]] = {
    "Wording": lambda result: result.item.wording,
    "Scale": lambda result: f"{result.sheet.scale:g}",
    "Size": lambda result: (
        f"{result.sheet.width} × {result.sheet.height}" if result.sheet.width >= 1920 else "a window"
    ),
    "Style": lambda result: result.sheet.style,
    "Platform": lambda result: result.sheet.platform,
    "Language": lambda result: result.item.language,
    "Elements": lambda result: "known" if result.sheet.elements else "none",
    "Role": lambda result: result.item.role or "(absent)",
}


def tables(results: Sequence[Result]) -> str:
    """Everything as Markdown: all, by each of `GROUPS`, and seconds a look."""
    made = [_table("All", {"all": list(results)})]
    for title, key in GROUPS.items():
        groups: dict[str, list[Result]] = defaultdict(list)
        for result in results:
            groups[key(result)].append(result)
        made.append(_table(title, dict(sorted(groups.items()))))
    made.append(_seconds(results))
    return "\n\n".join(made) + "\n"


def _table(title: str, groups: dict[str, list[Result]]) -> str:
    rows = [
        f"| {title} | items | right | wrong | wrong and confirmed | nothing | score |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name, group in groups.items():
        right, wrong = (sum(getattr(result, which) for result in group) for which in ("right", "wrong"))
        sure = sum(result.wrong and result.confirmed for result in group)
        score = sum(result.points for result in group)
        shares = " | ".join(
            f"{count / len(group):.1%}" for count in (right, wrong, sure, len(group) - right - wrong, score)
        )
        rows.append(f"| {name} | {len(group)} | {shares} |")
    return "\n".join(rows)


def _seconds(results: Sequence[Result]) -> str:
    rows = ["| Seconds | looks | median | 90 % |", "|---|---:|---:|---:|"]
    kinds: dict[str, Callable[[Result], bool]] = {
        "first look, no elements": lambda result: result.first and not result.sheet.elements,
        "first look, with elements": lambda result: result.first and bool(result.sheet.elements),
        "later look, no elements": lambda result: not result.first and not result.sheet.elements,
        "later look, with elements": lambda result: not result.first and bool(result.sheet.elements),
    }
    for name, fits in kinds.items():
        times = sorted(result.seconds for result in results if fits(result))
        if times:
            ninety = times[min(len(times) - 1, int(0.9 * len(times)))]
            rows.append(f"| {name} | {len(times)} | {statistics.median(times):.3f} | {ninety:.3f} |")
    return "\n".join(rows)

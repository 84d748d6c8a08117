"""What can be pointed at on a screen: the elements of its window, and what is written on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from engine.pointing.matching import likeness
from engine.pointing.places import (
    WHOLE,
    across_shared,
    area,
    around,
    centre,
    clipped,
    down_shared,
    height,
    holds,
    share_within,
    shared,
)
from engine.pointing.screen_text_line import ScreenLine
from engine.pointing.words import Folded, fold, is_elided, spoken
from engine.protocol import Box, Element, ElementRole

FIELDS = frozenset({"text_field", "password_field", "combo_box", "spin_box", "slider"})
"""What is named by a label beside it, and shows a value."""
INTERACTIVE = FIELDS | frozenset(
    {
        "menu", "menu_item", "button", "toggle_button", "check_box", "radio_button", "switch", "link", "list_item",
        "row", "cell", "column_header", "tree_item", "tab",
    }
)  # fmt: skip
"""What something happens with when it is clicked."""
CONTAINERS = frozenset(
    {
        "window", "dialog", "menu_bar", "tool_bar", "list", "table", "tree", "tab_list", "group", "document",
        "status_bar", "scroll_bar",
    }
)  # fmt: skip
_LEAST_SIDE = 1e-4
_RUN_BEFORE_LINE = 0.01
"""By how much words that were asked for come before the line that begins with them."""
_APART = 0.75
"""Line heights between two words that belong to different things."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that can be pointed at: `names` with how much each counts, where it is, and what it is (``""`` where
    only its text is known). `element` is its place among the elements, -1 for text alone; `words` is where its text
    stands, where that was read."""

    text: str
    names: tuple[tuple[Folded, float, bool], ...]
    box: Box
    role: ElementRole | str = ""
    states: tuple[str, ...] = ()
    element: int = -1
    words: Box | None = None
    whole: float = 1.0

    def likeness(self, label: Folded) -> float:
        """How well it is called `label`, 0 to 1."""
        return self.whole * max(
            (weight * likeness(label, name, elided=elided) for name, weight, elided in self.names), default=0.0
        )


def from_elements(elements: Sequence[Element]) -> list[Candidate]:
    """The elements that lie on the picture, each with the names it goes by."""
    labels = [element for element in elements if element.role in ("label", "heading") and element.name.strip()]
    found = []
    for index, element in enumerate(elements):
        box = clipped(element.box)
        if "offscreen" in element.states or min(box.x1 - box.x0, height(box)) < _LEAST_SIDE:
            continue
        names = [(element.name, 1.0)]
        if element.role in FIELDS and (label := label_of(element, labels)):
            names.append((label, 0.97))
        names.append((element.description, 0.9))
        if element.role in FIELDS - {"password_field"} or not element.name:
            names.append((element.value, 0.85))
        told = tuple((fold(spoken(name)), weight, is_elided(name)) for name, weight in names if name.strip())
        text = next((spoken(name) for name, _ in names if name.strip()), "")
        found.append(Candidate(text, told, box, element.role, element.states, index))
    return found


def label_of(field: Element, labels: Iterable[Element]) -> str:
    """The name of the label that stands left of a field or right above it, ``""`` for none."""
    best, nearest = "", 0.0
    for label in labels:
        gap = _gap_to_field(label.box, field.box)
        if gap is not None and (not best or gap < nearest):
            best, nearest = spoken(label.name), gap
    return best


def _gap_to_field(label: Box, field: Box) -> float | None:
    line = max(height(label), 0.008)
    if down_shared(label, field) > 0.5 and -line < field.x0 - label.x1 < 0.2:
        return field.x0 - label.x1
    if across_shared(label, field) > 0.5 and -line / 2 < field.y0 - label.y1 < 1.5 * line:
        return field.y0 - label.y1 + 0.01
    return None


def from_lines(lines: Sequence[ScreenLine], label: Folded) -> Iterator[Candidate]:
    """What is written that may be called `label`: whole lines, the words of a line that stand for themselves, and two
    lines that belong together."""
    for line in lines:
        whole = _written(line.text, line.box)
        yield whole
        if len(line.words) > 1 or len(label.compact) < len(whole.names[0][0].compact):
            # Two menus may be one line: what was asked for is meant, and not the line that begins with it.
            least = whole.likeness(label) + _RUN_BEFORE_LINE
            for run in _run(line, label):
                yield replace(run, whole=max(run.whole, min(least, 0.9)))
    if len(label.words) > 1:
        yield from _two_lines(lines, label)


def _written(text: str, box: Box, whole: float = 1.0) -> Candidate:
    return Candidate(text, ((fold(spoken(text)), 1.0, is_elided(text)),), box, words=box, whole=whole)


def _run(line: ScreenLine, label: Folded) -> Iterator[Candidate]:
    """The words within a line that say `label`; how much they stand apart from the others says how much they count."""
    texts = [fold(word).compact for word, _ in line.words]
    for first in range(len(texts)):
        joined = ""
        for last in range(first, len(texts)):
            joined += texts[last]
            if len(joined) > len(label.compact) + 2:
                break
            text = " ".join(word for word, _ in line.words[first : last + 1])
            if joined == label.compact or fold(text).lookalike == label.lookalike:
                box = around(box for _, box in line.words[first : last + 1])
                if (first, last) != (0, len(texts) - 1):
                    yield _written(text, box, _standing(line, first, last))


def pieces(line: ScreenLine) -> Iterator[tuple[str, Box]]:
    """The parts of a line that stand apart, as the words of a menu bar do."""
    wide = _wide(line)
    start = 0
    for end in range(1, len(line.words) + 1):
        if end == len(line.words) or line.words[end][1].x0 - line.words[end - 1][1].x1 > wide:
            part = line.words[start:end]
            yield " ".join(word for word, _ in part), around(box for _, box in part)
            start = end


def _wide(line: ScreenLine) -> float:
    # Shares of the width and of the height differ: a picture is about 16 to 10.
    return _APART * height(line.box) * 0.6


def _standing(line: ScreenLine, first: int, last: int) -> float:
    """1 for words with wide gaps on both sides, as in a menu bar; little for those in a sentence."""
    boxes = [box for _, box in line.words]
    sides = 0
    wide = _wide(line)
    for one, other in ((first - 1, first), (last, last + 1)):
        apart = one < 0 or other >= len(boxes) or boxes[other].x0 - boxes[one].x1 > wide
        sides += apart
    return (0.5, 0.66, 0.97)[sides]


def _two_lines(lines: Sequence[ScreenLine], label: Folded) -> Iterator[Candidate]:
    starts = [line for line in lines if _begins(fold(line.text), label)]
    for first in starts:
        for second in lines:
            gap = second.box.y0 - first.box.y1
            if -0.3 * height(first.box) < gap < 0.9 * height(first.box) and across_shared(first.box, second.box) > 0.3:
                text = f"{first.text} {second.text}"
                if fold(text).compact == label.compact:
                    yield _written(text, around((first.box, second.box)), 0.98)


def _begins(line: Folded, label: Folded) -> bool:
    return bool(line.compact) and line.compact != label.compact and label.compact.startswith(line.compact)


def target_of(written: Candidate, elements: Sequence[Candidate]) -> Candidate | None:
    """The smallest element that something happens with around a text, None where there is none."""
    best: Candidate | None = None
    for one in elements:
        if one.role not in INTERACTIVE or share_within(written.box, one.box) < 0.7:
            continue
        # A text is not its whole list: what holds it is not much higher than it is.
        if height(one.box) > 8 * height(written.box):
            continue
        if best is None or area(one.box) < area(best.box):
            best = one
    return best


def text_at(candidate: Candidate, lines: Sequence[ScreenLine]) -> list[ScreenLine]:
    """The lines that stand in a candidate's box."""
    return [
        line
        for line in lines
        if holds(candidate.box, *centre(line.box)) or shared(line.box, candidate.box) > 0.5 * area(candidate.box) > 0
    ]


def on_picture(box: Box) -> bool:
    """Whether some of it can be seen."""
    return shared(box, WHOLE) > 0

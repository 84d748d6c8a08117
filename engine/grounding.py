"""What a model writes of places, as it streams: boxes and points become marks, and the text holds their signs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from engine.grounding_places import CERTAIN_KEYS, Area, areas_of, is_place, label_of, picture_of
from engine.json_scanner import Found, JsonScanner
from engine.prompt import pictures_in
from engine.protocol import MOST_MARKS, Box, Event, Generate, Grounded, Image, mark_sign, number_of_sign
from engine.retelling import Retelling
from engine.tool_loop import Answering

SAME = 0.02
"""Borders of two places that are one differ by no more than this share of the picture."""
REMEMBERED = 240
"""Characters of what was said last, in which a name is looked for."""
MOST_INDENT = 3
"""Spaces before a list item; with more it could be code."""

_RUN = re.compile(r"\s+|\S+")
_BOLD = re.compile(r"\*\*([^*\n]{1,80})\*\*\W{0,3}$")
_ITEM = re.compile(r"(?:^|\n)[ \t]*(?:[-*+]|\d{1,3}[.)])$")
_SIGN = re.compile(f"[{mark_sign(1)}-{mark_sign(MOST_MARKS)}]")


@dataclass(frozen=True, slots=True)
class _Marked:
    label: str
    attachment: str
    area: Area


def pointing(request: Generate, answer: Answering) -> Answering:
    """`answer` with `Grounded` events, and signs in the text, wherever the model sees pictures."""
    marks = Marks()
    own = frozenset(picture.attachment for picture in pictures_in(request))
    last = next(reversed(pictures_in(request)), None)

    def read(asked: Generate) -> GroundingText | None:
        pictures = pictures_in(asked)

        def picture_at(number: int | None) -> Image | None:
            # What the engine has shown itself, a part of a picture or a page, is nothing that could be drawn on.
            named = pictures[number - 1] if number is not None and number <= len(pictures) else last
            return named if named is not None and named.attachment in own else None

        return GroundingText(request.request_id, marks, picture_at) if pictures and not request.raw else None

    return Retelling(answer, read, marks.clear).events


class Marks:
    """The marks of one answer. The same thing at the same place is one mark, however often it is named."""

    def __init__(self) -> None:
        self._marked: list[_Marked] = []

    def __len__(self) -> int:
        return len(self._marked)

    def number(self, label: str, attachment: str, area: Area) -> tuple[int, bool]:
        """The number of a mark and whether it is new; 0 when there are `MOST_MARKS` already."""
        marked = _Marked(label.casefold(), attachment, area)
        for number, known in enumerate(self._marked, 1):
            if _same(known, marked):
                return number, False
        if len(self._marked) == MOST_MARKS:
            return 0, False
        self._marked.append(marked)
        return len(self._marked), True

    def clear(self) -> None:
        """What was said is void: numbers begin again."""
        self._marked.clear()


@dataclass(frozen=True, slots=True)
class _Pending:
    """What stands at the beginning of a line: what follows it tells whether it has the line for itself."""

    gap: str
    signs: str
    label: str
    item: bool


class GroundingText:
    """The answer's text of one go. `picture_at` gives the picture that a number, or None, stands for.

    A place inside a sentence becomes its sign; one that stands by itself becomes a list item with its sign and label.
    What can not be drawn, because it lies outside the picture or there are too many, is named all the same.
    """

    def __init__(self, request_id: str, marks: Marks, picture_at: Callable[[int | None], Image | None]) -> None:
        self._request_id, self._marks, self._picture_at = request_id, marks, picture_at
        self._scanner = JsonScanner(is_place, CERTAIN_KEYS)
        self._out: list[str | Event] = []
        self._tail = self._gap = ""
        self._pending: _Pending | None = None
        self._behind_sign = self._behind_items = self._comma_allowed = False

    def push(self, text: str) -> list[str | Event]:
        """What can be told now, in order."""
        return self._told(self._scanner.push(text))

    def finish(self) -> list[str | Event]:
        """The end of the text: what was kept back."""
        out = self._told(self._scanner.finish())
        if self._pending is not None:
            self._settle(alone=True)
        if not self._behind_items:
            self._emit(self._gap)
        self._gap = ""
        return [*out, *self._told([])]

    def _told(self, items: list[str | Found]) -> list[str | Event]:
        for item in items:
            if isinstance(item, Found):
                self._point(item)
            else:
                for run in _RUN.findall(item):
                    self._write(run)
        out, self._out = self._out, []
        return out

    # --- Places ------------------------------------------------------------------------------------------------------

    def _point(self, found: Found) -> None:
        if self._pending is not None:
            self._settle(alone="\n" in self._gap or not self._gap)
        label = label_of(found.value) or self._name_before()
        image = self._picture_at(picture_of(found.value))
        numbers = []
        for area in areas_of(found.value) if image is not None else ():
            assert image is not None
            number, new = self._marks.number(label, image.attachment, area)
            if new:
                self._out.append(Grounded(self._request_id, image.attachment, number, label, area.box, area.shape))
            if number:
                numbers.append(number)
        signs = " ".join(map(mark_sign, dict.fromkeys(numbers)))
        gap, self._gap = self._gap, ""
        item = "\n" not in gap and _ITEM.search(self._tail) is not None
        if found.standing:
            self._put_item(_Pending(gap, signs, label, item))
        elif "\n" not in gap and self._tail and not item and not self._behind_items:
            self._put_sign(gap, signs, label)
        elif signs and self._tail and gap.count("\n") == 1 and not self._behind_items and self._is_named(label):
            # On a line of its own below the one that it belongs to.
            self._put_sign(" ", signs, label)
        else:
            self._pending = _Pending(gap, signs, label, item)

    def _settle(self, *, alone: bool) -> None:
        pending, self._pending = self._pending, None
        assert pending is not None
        if alone:
            self._put_item(pending)
        else:
            words = pending.signs or pending.label
            self._emit(self._gap_before_text(pending.gap, words) + words)
            self._behind_sign = True

    def _put_sign(self, gap: str, signs: str, label: str) -> None:
        words = signs or ("" if self._is_named(label) else label)
        if not words or (signs and self._tail.endswith(signs)):
            return
        opens = not gap and self._tail.endswith(("(", "[", "“", "„", "«", "「", "（"))
        self._emit(words if opens else " " + words)
        self._behind_sign = True

    def _put_item(self, pending: _Pending) -> None:
        words = f"{pending.signs} {pending.label}".strip()
        if not words:
            return
        breaks, _, indent = pending.gap.rpartition("\n")
        if pending.item:
            self._emit(f"{pending.gap or ' '}{words}")
        else:
            lead = "" if not self._tail else "\n" if self._behind_items else breaks + "\n"
            self._emit(f"{lead}{indent[:MOST_INDENT] if lead and not indent.strip(' ') else ''}- {words}")
        self._behind_sign, self._behind_items, self._comma_allowed = False, True, True

    # --- Text --------------------------------------------------------------------------------------------------------

    def _write(self, run: str) -> None:
        """White space, or what has none. White space is kept until what follows it is known."""
        if run.isspace():
            self._gap += run
            return
        if self._pending is not None:
            self._settle(alone="\n" in self._gap or run[0] == ",")
        if self._comma_allowed and run[0] == ",":
            self._comma_allowed, run = False, run[1:]
            if not run:
                return
        gap, self._gap = self._gap_before_text(self._gap, run[0]), ""
        if self._behind_sign and not gap and run[0].isalnum():
            gap = " "
        self._behind_sign = False
        self._emit(gap + _SIGN.sub(self._own_sign, run))

    def _gap_before_text(self, gap: str, follows: str) -> str:
        """A line right below a list would belong to its last item, unless it is the next one."""
        if self._behind_items and gap.count("\n") < (1 if follows.startswith(("-", "+")) else 2):
            gap = "\n\n" + gap.rpartition("\n")[2].lstrip(" ")
        self._behind_items = self._comma_allowed = False
        return gap

    def _own_sign(self, match: re.Match[str]) -> str:
        """The model's own digits in circles are no marks, unless they refer to one."""
        number = number_of_sign(match[0])
        return match[0] if number <= len(self._marks) else f"({number})"

    def _emit(self, text: str) -> None:
        self._tail = (self._tail + text)[-REMEMBERED:]
        if self._out and isinstance(self._out[-1], str):
            self._out[-1] += text
        elif text:
            self._out.append(text)

    def _name_before(self) -> str:
        """What was written in bold right before a place that has no name."""
        match = _BOLD.search(self._tail)
        return match[1].strip() if match else ""

    def _is_named(self, label: str) -> bool:
        """Whether the last line says `label` already."""
        line = self._tail.rpartition("\n")[2].replace("*", "").replace("`", "")
        return bool(label) and label.casefold() in line.casefold()


def _same(one: _Marked, other: _Marked) -> bool:
    alike = (one.label, one.attachment, one.area.shape) == (other.label, other.attachment, other.area.shape)
    return alike and _is_near(one.area.box, other.area.box)


def _is_near(one: Box, other: Box) -> bool:
    gaps = (one.x0 - other.x0, one.y0 - other.y0, one.x1 - other.x1, one.y1 - other.y1)
    return all(abs(gap) <= SAME for gap in gaps)

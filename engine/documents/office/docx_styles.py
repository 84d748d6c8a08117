"""Word's styles and numbering: which paragraphs are headings, and what stands before those of a list."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from engine.documents.office.counting import counted
from engine.documents.office.ooxml import attribute, child, children, local, number

LEVELS = 9
_MOST_BASES = 20


@dataclass(frozen=True, slots=True)
class _Style:
    name: str
    base: str
    outline: int | None
    list_id: str
    list_level: int | None


class Styles:
    """Paragraph styles by id."""

    def __init__(self, root: Any = None) -> None:
        self._styles: dict[str, _Style] = {}
        for element in () if root is None else children(root, "style"):
            properties = child(element, "pPr")
            list_id, list_level = list_of(properties)
            self._styles[attribute(element, "styleId")] = _Style(
                _value(child(element, "name")).lower(),
                _value(child(element, "basedOn")),
                outline_of(properties),
                list_id,
                list_level,
            )

    def heading_level(self, style: str, properties: Any) -> int:
        """1 to 9 for a paragraph that is a heading, else 0. A title counts as one of level 1."""
        outline = outline_of(properties)
        if outline is not None:
            return outline + 1 if outline < LEVELS else 0
        for one in self._chain(style):
            if one.outline is not None:
                return one.outline + 1 if one.outline < LEVELS else 0
            found = re.fullmatch(r"heading ([1-9])", one.name)
            if found or one.name == "title":
                return int(found.group(1)) if found else 1
        return 0

    def is_title(self, style: str) -> bool:
        """Whether it is that of the title of the whole."""
        return any(one.name == "title" for one in self._chain(style))

    def is_code(self, style: str) -> bool:
        """Whether its name says that what is in it is code."""
        return any("code" in one.name or one.name == "html preformatted" for one in self._chain(style))

    def list_of(self, style: str) -> tuple[str, int | None]:
        """The list that the style itself puts a paragraph in."""
        for one in self._chain(style):
            if one.list_id:
                return one.list_id, one.list_level
        return "", None

    def _chain(self, style: str) -> Iterable[_Style]:
        for _ in range(_MOST_BASES):
            found = self._styles.get(style)
            if found is None:
                return
            yield found
            style = found.base


@dataclass(frozen=True, slots=True)
class _Level:
    format: str
    text: str
    start: int


class Numbering:
    """The counters of all lists, as they stand after the paragraphs that were asked for."""

    def __init__(self, root: Any = None) -> None:
        abstract: dict[str, dict[int, _Level]] = {}
        self._lists: dict[str, str] = {}
        self._starts: dict[str, dict[int, int]] = {}
        self._counts: dict[str, list[int]] = {}
        for element in () if root is None else root:
            match local(element):
                case "abstractNum":
                    abstract[attribute(element, "abstractNumId")] = _levels(element)
                case "num":
                    identity = attribute(element, "numId")
                    self._lists[identity] = _value(child(element, "abstractNumId"))
                    self._starts[identity] = {
                        number(attribute(one, "ilvl")): number(_value(child(one, "startOverride")), 1)
                        for one in children(element, "lvlOverride")
                        if child(one, "startOverride") is not None
                    }
        self._levels = abstract

    def mark(self, list_id: str, level: int) -> str:
        """What stands before the next paragraph of this list and level (from 0): "2.1", "•", or nothing."""
        shared = self._lists.get(list_id, "")
        levels = self._levels.get(shared, {})
        found = levels.get(level)
        if found is None or not 0 <= level < LEVELS:
            return ""
        if found.format == "bullet":
            return "•"
        starts = self._starts.pop(list_id, {})
        counts = self._counts.setdefault(shared, [_start(levels, one) - 1 for one in range(LEVELS)])
        for one, start in starts.items():
            if 0 <= one < LEVELS:
                counts[one] = start - 1
        counts[level] += 1
        for deeper in range(level + 1, LEVELS):
            counts[deeper] = _start(levels, deeper) - 1
        return re.sub(
            r"%([1-9])",
            lambda place: _counted(levels, counts, int(place.group(1)) - 1),
            found.text,
        ).strip()


def list_of(properties: Any) -> tuple[str, int | None]:
    """The list and the level (from 0) that a paragraph's properties name; ``""`` for none."""
    element = child(properties, "numPr") if properties is not None else None
    if element is None:
        return "", None
    level = _value(child(element, "ilvl"))
    return _value(child(element, "numId")), number(level) if level else None


def outline_of(properties: Any) -> int | None:
    """The outline level from 0 that a paragraph's properties name, 9 for running text."""
    element = child(properties, "outlineLvl") if properties is not None else None
    return None if element is None else number(_value(element), LEVELS)


def _value(element: Any) -> str:
    return "" if element is None else attribute(element, "val")


def _levels(element: Any) -> dict[int, _Level]:
    return {
        number(attribute(one, "ilvl")): _Level(
            _value(child(one, "numFmt")) or "decimal",
            _value(child(one, "lvlText")),
            number(_value(child(one, "start")), 1),
        )
        for one in children(element, "lvl")
    }


def _start(levels: dict[int, _Level], level: int) -> int:
    return levels[level].start if level in levels else 1


def _counted(levels: dict[int, _Level], counts: list[int], level: int) -> str:
    count = max(counts[level], _start(levels, level))
    match levels[level].format if level in levels else "decimal":
        case "decimalZero":
            return f"{count:02d}"
        case "none":
            return ""
        case form:
            return counted(count, _FORMS.get(form, "1"))


_FORMS = {"lowerLetter": "a", "upperLetter": "A", "lowerRoman": "i", "upperRoman": "I"}

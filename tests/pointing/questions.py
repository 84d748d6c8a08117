"""Items of a picture: a target, the words that ask for it, and every box that is right."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF

from tests.pointing.items import Item, Wording
from tests.pointing.parts import CONTROLS, Part
from tests.pointing.phrases import held_phrases, intents, phrases, wordings
from tests.pointing.trees import Told, share

FIELDS = frozenset({"text_field", "password_field", "combo_box", "spin_box", "slider"})
LIKE = {"password_field": "text_field", "spin_box": "text_field", "toggle_button": "button"}
"""Roles that people do not tell apart."""
OFTEN = {"cell": 0.75, "tree_item": 0.4, "list_item": 0.3}
"""There are so many of them that they are asked for less than buttons and menus are."""
COUNTS: tuple[tuple[Wording, int], ...] = (
    ("direct", 5), ("role", 3), ("functional", 2), ("relational", 3), ("position", 2), ("question", 2), ("absent", 2),
)  # fmt: skip
"""At most so many items of a wording for one picture."""


def same(words: str) -> str:
    """Words without what is not said: case, ellipsis, arrows, colon."""
    return words.casefold().strip(" …:<>.?¿").strip()


@dataclass(frozen=True, slots=True)
class Asked:
    query: str
    wording: Wording
    rects: tuple[QRectF, ...]
    role: str = ""


class Asker:
    """Makes the items of one picture. What is asked for can be seen whole; what can mostly be seen counts too."""

    def __init__(
        self, chance: random.Random, parts: Sequence[Part], told: Told, language: str, size: tuple[int, int], held: bool
    ) -> None:
        self._chance = chance
        self._told = told
        self._language = language
        self._size = size
        self._held = held
        self._words = wordings()[language]
        self._parts = parts
        self._seen = [part for part in parts if part.clear >= 0.5]
        known = bool(told.elements)
        self._targets = [
            part for at, part in enumerate(parts)
            if part.clear > 0.97 and part.role in CONTROLS and part.name and same(part.name)
            and part.rect.width() >= 6 and part.rect.height() >= 6
            and (part.text or part.label or (known and at not in told.unnamed and self._is_told(part)))
        ]  # fmt: skip

    def items(self, sheet: str) -> list[Item]:
        """All items of the picture with the id `sheet`, in a fixed order."""
        made: list[Item] = []
        for wording, count in COUNTS:
            asked = list(self._ask(wording))
            asked.sort(key=lambda one: self._chance.random() + OFTEN.get(one.role, 0.0))
            for one in _different(asked)[:count]:
                truth = tuple(share(rect, *self._size) for rect in one.rects)
                made.append(Item(f"{sheet}-{len(made):02}", sheet, one.query, wording, truth, one.role, self._language))
        return made

    def _ask(self, wording: Wording) -> Iterator[Asked]:
        yield from {
            "direct": self._direct, "role": self._role, "functional": self._functional, "relational": self._relational,
            "position": self._position, "question": self._question, "absent": self._absent,
        }[wording]()  # fmt: skip

    def _is_told(self, part: Part) -> bool:
        box = share(part.rect, *self._size)
        return any(element.box == box and element.name == part.name for element in self._told.elements)

    def _called(self, name: str, roles: frozenset[str] | None = None) -> tuple[QRectF, ...]:
        """Where everything that can be seen and has that name stands; a field's label counts for it unless roles are
        asked for."""
        rects = []
        for part in self._seen:
            if same(name) not in (same(part.name), same(part.text)):
                continue
            if roles is not None and LIKE.get(part.role, part.role) not in roles:
                continue
            rects.append(part.rect)
            if part.label is not None and roles is None:
                rects.append(part.label)
        return tuple(rects)

    def _say(self, part: Part) -> str:
        """A control's words as a person writes them."""
        words = part.name.strip("<> ").rstrip(":")
        if self._chance.random() < 0.7:
            words = words.rstrip("…").rstrip()
        return words.lower() if self._chance.random() < 0.2 else words

    def _direct(self) -> Iterator[Asked]:
        for part in self._targets:
            yield Asked(self._say(part), "direct", self._called(part.name), part.role)

    def _role(self) -> Iterator[Asked]:
        for part in self._targets:
            role = LIKE.get(part.role, part.role)
            if shapes := self._words["roles"].get(part.role) or self._words["roles"].get(role):
                query = self._chance.choice(shapes).format(self._say(part))
                yield Asked(query, "role", self._called(part.name, frozenset({role})), part.role)

    def _functional(self) -> Iterator[Asked]:
        for intent in intents():
            if intent.language != self._language and not (intent.language == "en" and self._chance.random() < 0.1):
                continue
            fit = [part for part in self._targets if part.phrase in intent.accepted]
            every = tuple(part.rect for part in self._seen if part.phrase in intent.accepted)
            labels = tuple(part.label for part in self._seen if part.phrase in intent.accepted and part.label)
            if fit:
                yield Asked(intent.wording, "functional", every + labels, fit[0].role)

    def _relational(self) -> Iterator[Asked]:
        nouns, relations, near = self._words["nouns"], self._words.get("relations", {}), self._words.get("near", {})
        for anchor in self._targets:
            if len(self._called(anchor.name, None)) != 1 + (anchor.label is not None) or not anchor.text:
                continue
            for way in relations:
                for role, noun in nouns.items():
                    found = self._next(anchor, way, role)
                    if found is not None:
                        yield Asked(
                            relations[way].format(noun, self._say(anchor)), "relational", (found.rect,), found.role
                        )
                        same_name = self._called(found.name)
                        if way in near and found.text and len(same_name) > 1:
                            query = near[way].format(self._say(found), self._say(anchor))
                            yield Asked(query, "relational", (found.rect,), found.role)
        yield from self._ordinal()

    def _next(self, anchor: Part, way: str, role: str) -> Part | None:
        """The nearest control of a role on that side of the anchor and in line with it, close enough to be meant."""
        best: tuple[float, Part] | None = None
        base = anchor.label if anchor.label is not None and way == "below" else anchor.rect
        for part in self._seen:
            if part is anchor or part.window != anchor.window or LIKE.get(part.role, part.role) != role:
                continue
            gap, over = _gap(base, part.rect, way)
            limit = 3 * max(anchor.rect.height(), 20)
            if over > 0.5 and -2 <= gap < limit and (best is None or gap < best[0]):
                best = (gap, part)
        return best[1] if best and best[1] in self._targets else None

    def _ordinal(self) -> Iterator[Asked]:
        shapes = self._words.get("ordinals")
        front = max((part.window for part in self._seen), default=0)
        for role, key in (("cell", "row"), ("tab", "tab"), ("list_item", "list_item"), ("menu_item", "menu_item")):
            like = [part for part in self._seen if part.role == role]
            views = {(part.window, part.parent) for part in like}
            if not shapes or key not in shapes or len(views) != 1 or like[0].window != front:
                continue
            for line in range(5):
                rects = tuple(part.rect for part in like if part.line == line)
                if rects and any(part.line == 0 for part in like):
                    whole = rects[0]
                    for rect in rects:
                        whole = whole.united(rect)
                    query = self._chance.choice(shapes[key]).format(shapes["words"][line], line + 1)
                    yield Asked(query, "relational", (whole,), role)

    def _position(self) -> Iterator[Asked]:
        """Things that are there more than once, told apart by the corner or side of the picture they are in."""
        shapes = self._words["positions"]
        for part in self._targets:
            rects = self._called(part.name)
            for where, shape in shapes.items():
                scores = [_towards(rect, where, self._size) for rect in rects]
                mine = _towards(part.rect, where, self._size)
                others = [
                    score for score, rect in zip(scores, rects, strict=True) if rect not in (part.rect, part.label)
                ]
                if mine > 0.55 and (others or len(where.split()) == 2) and all(mine - score > 0.2 for score in others):
                    right = (part.rect, part.label) if part.label else (part.rect,)
                    yield Asked(shape.format(self._say(part)), "position", right, part.role)

    def _question(self) -> Iterator[Asked]:
        for part in self._targets:
            query = self._chance.choice(self._words["frames"]).format(self._say(part))
            yield Asked(query, "question", self._called(part.name), part.role)

    def _absent(self) -> Iterator[Asked]:
        for name in (*self._told.gone, *absent_names(self._parts, self._language, self._held)):
            shape = self._chance.choice(("{0}", "{0}", *self._words["frames"]))
            yield Asked(shape.format(name), "absent", ())


def absent_names(parts: Sequence[Part], language: str, held: bool) -> list[str]:
    """Phrases of which no word stands on any part, covered ones included: a piece of those may show."""
    shown = {
        word
        for part in parts
        for words in (part.name, part.text, part.value, part.description)
        for word in same(words).split()
    }
    made = []
    for phrase, by_language in phrases().items():
        words = by_language[language].rstrip("…").strip(" <>")
        if (held or phrase not in held_phrases()) and not any(_close(word, shown) for word in same(words).split()):
            made.append(words)
    return made


def _close(word: str, shown: set[str]) -> bool:
    return any(other.startswith(word[:5]) for other in shown)


def _gap(base: QRectF, other: QRectF, way: str) -> tuple[float, float]:
    """How far `other` is away on that side, and the share of the smaller one in line with the other."""
    if way in ("left", "right"):
        gap = base.left() - other.right() if way == "left" else other.left() - base.right()
        over = min(base.bottom(), other.bottom()) - max(base.top(), other.top())
        return gap, over / min(base.height(), other.height())
    gap = base.top() - other.bottom() if way == "above" else other.top() - base.bottom()
    over = min(base.right(), other.right()) - max(base.left(), other.left())
    return gap, over / min(base.width(), other.width())


def _towards(rect: QRectF, where: str, size: tuple[int, int]) -> float:
    """0 to 1: how far the middle lies towards that side or corner."""
    x, y = rect.center().x() / size[0], rect.center().y() / size[1]
    sides = {"left": 1 - x, "right": x, "top": 1 - y, "bottom": y}
    return min(sides[side] for side in where.split())


def _different(asked: list[Asked]) -> list[Asked]:
    """At most one item for each query, and things that are not asked for yet first."""
    kept: dict[str, Asked] = {}
    for one in asked:
        if one.query in kept or (one.wording != "absent" and not one.rects):
            continue
        kept[one.query] = one
    return list(kept.values())

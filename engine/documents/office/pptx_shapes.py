"""The shapes of a slide: what they say, and where they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from engine.documents.document import Span, Table
from engine.documents.office.charts import chart_table
from engine.documents.office.ooxml import Package, attribute, child, children, local, number
from engine.documents.text.flow import Block
from engine.protocol import Box, SpanKind

_TITLES = ("title", "ctrTitle")
_APART = ("dt", "ftr", "hdr")


@dataclass(frozen=True, slots=True)
class Frame:
    """How the coordinates of a group become those of the slide: times `scale`, plus `offset`, in EMU."""

    scale_x: float = 1.0
    scale_y: float = 1.0
    offset_x: float = 0.0
    offset_y: float = 0.0


class Layouts:
    """Layouts and masters, each read once: hundreds of slides share them."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._trees: dict[str, Any] = {}

    def of(self, slide: str) -> list[Any]:
        """The shape trees of the layout of a slide and of its master, where placeholders have their places from."""
        found, part = [], slide
        for kind in ("slideLayout", "slideMaster"):
            related = self._package.related(part, kind)
            if not related:
                break
            part = related[0]
            if part not in self._trees:
                self._trees[part] = child(self._package.root(part), "cSld", "spTree")
            if self._trees[part] is not None:
                found.append(self._trees[part])
        return found


def text_of(body: Any) -> Iterator[tuple[str, int]]:
    """The paragraphs of a text body that say anything, with their levels from 0."""
    for paragraph in children(body, "p"):
        text = "".join(_runs(paragraph)).strip()
        if text:
            properties = child(paragraph, "pPr")
            yield text, 0 if properties is None else number(attribute(properties, "lvl"))


class Shapes:
    """Reads the shapes of one slide. `pictures`: how many of them are pictures."""

    def __init__(self, package: Package, slide: str, size: tuple[int, int], layouts: Sequence[Any]) -> None:
        self._package, self._slide, self._layouts = package, slide, layouts
        self._width, self._height = size
        self.pictures = 0

    def read(self, tree: Any, frame: Frame = Frame()) -> list[Block]:
        """The blocks of all shapes below `tree`, in the order in which they were drawn."""
        blocks: list[Block] = []
        for shape in tree:
            match local(shape):
                case "sp" | "cxnSp":
                    blocks += self._shape(shape, frame)
                case "grpSp":
                    blocks += self.read(shape, _inner(shape, frame))
                case "graphicFrame":
                    blocks += self._graphic(shape, frame)
                case "pic":
                    self.pictures += 1
                    blocks += self._described(shape, self._box(shape, frame))
                case "AlternateContent":
                    chosen = child(shape, "Choice")
                    chosen = child(shape, "Fallback") if chosen is None else chosen
                    blocks += [] if chosen is None else self.read(chosen, frame)
        return blocks

    def _shape(self, shape: Any, frame: Frame) -> list[Block]:
        place = child(shape, "nvSpPr", "nvPr", "ph")
        role = "" if place is None else attribute(place, "type", "body")
        box = self._box(shape, frame)
        body = child(shape, "txBody")
        if body is None or role == "sldNum":
            return self._described(shape, box)
        paragraphs = list(text_of(body))
        if role in _TITLES and paragraphs:
            return [Span(" ".join(" ".join(text.split()) for text, _ in paragraphs), "heading", 1, box)]
        kind: SpanKind = "note" if role in _APART else "text"
        bullets = role == "body" or (place is not None and role == "obj")
        found: list[Block] = [
            Span(f"{'  ' * min(level, 8)}• {text}" if bullets and len(paragraphs) > 1 else text, kind, 0, box)
            for text, level in paragraphs
        ]
        return found + self._described(shape, box)

    def _graphic(self, shape: Any, frame: Frame) -> list[Block]:
        box = self._box(shape, frame)
        blocks: list[Block] = []
        for element in shape.iter():
            match local(element):
                case "tbl":
                    table = _table(element, box)
                    blocks += [table] if table else []
                case "chart":
                    blocks += self._chart(_relation(element), box)
                case "relIds":
                    blocks += self._diagram(attribute(element, "dm"), box)
        return blocks + self._described(shape, box)

    def _chart(self, identity: str, box: Box | None) -> list[Block]:
        relation = self._package.relations(self._slide).get(identity)
        if relation is None or relation.target not in self._package:
            return []
        table = chart_table(self._package.root(relation.target), box)
        return [table] if table else []

    def _diagram(self, identity: str, box: Box | None) -> list[Block]:
        relation = self._package.relations(self._slide).get(identity)
        if relation is None or relation.target not in self._package:
            return []
        return [
            Span(text, "text", 0, box)
            for element in self._package.root(relation.target).iter()
            if local(element) == "t" and local(element.getparent()) == "pt"
            for text, _ in text_of(element)
        ]

    def _described(self, shape: Any, box: Box | None) -> list[Block]:
        """What is said of a shape for those who can not see it."""
        for element in shape:
            properties = child(element, "cNvPr") if local(element).startswith("nv") else None
            if properties is not None:
                text = " ".join(attribute(properties, "descr").split())
                return [Span(text, "caption", 0, box)] if text else []
        return []

    def _box(self, shape: Any, frame: Frame) -> Box | None:
        place = _transform(shape)
        if place is None:
            place = self._inherited(child(shape, "nvSpPr", "nvPr", "ph"))
        if place is None:
            return None
        x, y, width, height = place
        left, top = x * frame.scale_x + frame.offset_x, y * frame.scale_y + frame.offset_y
        right, bottom = left + width * frame.scale_x, top + height * frame.scale_y
        box = Box(
            _within(left / self._width), _within(top / self._height),
            _within(right / self._width), _within(bottom / self._height),
        )  # fmt: skip
        return box if box.x1 > box.x0 and box.y1 > box.y0 else None

    def _inherited(self, place: Any) -> tuple[int, int, int, int] | None:
        """The place that the layout, or else the master, gives a placeholder."""
        if place is None:
            return None
        kind, index = attribute(place, "type", "body"), attribute(place, "idx")
        for tree in self._layouts:
            for shape in children(tree, "sp"):
                other = child(shape, "nvSpPr", "nvPr", "ph")
                if other is None:
                    continue
                same = attribute(other, "idx") == index if index else False
                if same or _kin(attribute(other, "type", "body")) == _kin(kind):
                    found = _transform(shape)
                    if found is not None:
                        return found
        return None


def _kin(kind: str) -> str:
    return {"ctrTitle": "title", "subTitle": "body", "obj": "body"}.get(kind, kind)


def _transform(shape: Any) -> tuple[int, int, int, int] | None:
    """Left, top, width, height in EMU as the shape itself says them."""
    element = child(shape, "xfrm")
    if element is None:
        element = child(shape, "spPr", "xfrm")
    if element is None:
        element = child(shape, "grpSpPr", "xfrm")
    return None if element is None else _place(element, "off", "ext")


def _place(transform: Any, offset: str, extent: str) -> tuple[int, int, int, int] | None:
    at, size = child(transform, offset), child(transform, extent)
    if at is None or size is None:
        return None
    return (
        number(attribute(at, "x")), number(attribute(at, "y")),
        number(attribute(size, "cx")), number(attribute(size, "cy")),
    )  # fmt: skip


def _inner(group: Any, frame: Frame) -> Frame:
    """The frame of what is inside of a group."""
    element = child(group, "grpSpPr", "xfrm")
    outer = None if element is None else _place(element, "off", "ext")
    inner = None if element is None else _place(element, "chOff", "chExt")
    if outer is None or inner is None or inner[2] <= 0 or inner[3] <= 0:
        return frame
    scale_x, scale_y = outer[2] / inner[2], outer[3] / inner[3]
    return Frame(
        frame.scale_x * scale_x,
        frame.scale_y * scale_y,
        frame.offset_x + frame.scale_x * (outer[0] - inner[0] * scale_x),
        frame.offset_y + frame.scale_y * (outer[1] - inner[1] * scale_y),
    )


def _within(share: float) -> float:
    return min(max(share, 0.0), 1.0)


def _relation(element: Any) -> str:
    return next((str(value) for key, value in element.attrib.items() if key.endswith("}id")), "")


def _runs(paragraph: Any) -> Iterator[str]:
    for element in paragraph.iter():
        match local(element):
            case "t":
                yield element.text or ""
            case "br":
                yield "\n"
            case "tab":
                yield "\t" if local(element.getparent()) != "tabLst" else ""


def _table(element: Any, box: Box | None) -> Table | None:
    rows = []
    for row in children(element, "tr"):
        cells = []
        for cell in children(row, "tc"):
            body = child(cell, "txBody")
            cells.append("" if body is None else "\n".join(text for text, _ in text_of(body)))
        rows.append(cells)
    width = max(map(len, rows), default=0)
    if not width:
        return None
    return Table(tuple(tuple(row) + ("",) * (width - len(row)) for row in rows), box)

"""What a part of a Word document says, in order: paragraphs, tables, notes where they are referred to, text boxes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.documents.document import Span, Table
from engine.documents.office.docx_styles import Numbering, Styles, list_of
from engine.documents.office.ooxml import attribute, child, local, number
from engine.documents.text.flow import Block

_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_MATHS = "/math}"
_MOST_COLUMNS = 1_000
_LEFT_OUT = frozenset((
    "pPr", "rPr", "tblPr", "trPr", "tcPr", "sdtPr", "sdtEndPr", "sectPr", "instrText", "delInstrText", "delText",
    "fldData", "rt", "oMathParaPr", "fPr", "sSupPr", "sSubPr", "ctrlPr",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Notes:
    """What is told apart from the running text, by id: foot- and endnotes, and comments with their authors."""

    footnotes: Mapping[str, Any] = field(default_factory=dict)
    endnotes: Mapping[str, Any] = field(default_factory=dict)
    comments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Line:
    """A paragraph that is being read, and what follows it."""

    text: list[str] = field(default_factory=list)
    after: list[Block] = field(default_factory=list)


class Body:
    """Reads parts of one document. `changed`: changes were tracked in it; `pictures`: how many it has."""

    def __init__(self, styles: Styles, numbering: Numbering, notes: Notes) -> None:
        self._styles, self._numbering, self._notes = styles, numbering, notes
        self._footnotes = self._endnotes = 0
        self.changed = False
        self.pictures = 0
        self.title = ""

    def blocks(self, container: Any) -> Iterator[Block]:
        """The blocks below `container`: a body, a cell, a note, a text box."""
        for element in container:
            match local(element):
                case "p":
                    yield from self._paragraph(element)
                case "tbl":
                    yield from self._table(element)
                case "del" | "moveFrom":
                    self.changed = True
                case "ins" | "moveTo":
                    self.changed = True
                    yield from self.blocks(element)
                case "sdt" | "sdtContent" | "customXml" | "smartTag" | "oMathPara":
                    yield from self.blocks(element)
                case "AlternateContent":
                    yield from self.blocks(_chosen(element))

    def text_of(self, container: Any) -> str:
        """All of it in one line, tables included."""
        return " ".join(" ".join(_plain(block).split()) for block in self.blocks(container))

    def _paragraph(self, element: Any) -> Iterator[Block]:
        properties = child(element, "pPr")
        style = ""
        if properties is not None:
            named = child(properties, "pStyle")
            style = "" if named is None else attribute(named, "val")
        line = _Line()
        self._inline(element, line)
        text = "".join(line.text).strip("\n").rstrip()
        if text.strip():
            yield self._span(text, style, properties)
        yield from line.after

    def _span(self, text: str, style: str, properties: Any) -> Span:
        level = self._styles.heading_level(style, properties)
        list_id, list_level = list_of(properties)
        if not list_id:
            list_id, from_style = self._styles.list_of(style)
            list_level = from_style if list_level is None else list_level
        depth = list_level or 0
        mark = self._numbering.mark(list_id, depth) if list_id not in ("", "0") else ""
        if level:
            text = " ".join(text.split())
            if self._styles.is_title(style) and not self.title:
                self.title = text
            return Span(f"{mark} {text}" if mark and mark != "•" else text, "heading", level)
        if mark:
            return Span(f"{'  ' * min(depth, 8)}{mark} {text.strip()}")
        return Span(text, "code" if self._styles.is_code(style) else "text")

    def _inline(self, element: Any, line: _Line) -> None:
        for one in element:
            name = local(one)
            if name in _LEFT_OUT:
                continue
            match name:
                case "t":
                    line.text.append(one.text or "")
                case "tab" | "ptab":
                    line.text.append("\t")
                case "br" | "cr":
                    line.text.append("\n")
                case "noBreakHyphen":
                    line.text.append("-")
                case "sym":
                    line.text.append(_symbol(one))
                case "del" | "moveFrom":
                    self.changed = True
                case "ins" | "moveTo":
                    self.changed = True
                    self._inline(one, line)
                case "AlternateContent":
                    self._inline(_chosen(one), line)
                case "txbxContent":
                    line.after += self.blocks(one)
                case "footnoteReference" | "endnoteReference":
                    self._note(one, name, line)
                case "commentReference":
                    self._comment(one, line)
                case "docPr":
                    described = attribute(one, "descr").strip()
                    if described:
                        line.after.append(Span(" ".join(described.split()), "caption"))
                case "blip" | "imagedata":
                    self.pictures += 1
                case "f" | "sup" | "sub" | "deg" if _MATHS in one.tag:
                    self._formula(one, name, line)
                case _:
                    self._inline(one, line)

    def _formula(self, element: Any, name: str, line: _Line) -> None:
        """Fractions, powers and indices, in one line."""
        inner = []
        for one in element if name == "f" else (element,):
            if local(one) in ("num", "den", "sup", "sub", "deg"):
                part = _Line()
                self._inline(one, part)
                text = "".join(part.text)
                inner.append(f"({text})" if len(text) > 1 else text)
                line.after += part.after
        line.text.append({"sup": "^", "sub": "_"}.get(name, "") + "/".join(inner))

    def _note(self, reference: Any, name: str, line: _Line) -> None:
        if name == "footnoteReference":
            self._footnotes += 1
            count, notes = self._footnotes, self._notes.footnotes
        else:
            self._endnotes += 1
            count, notes = self._endnotes, self._notes.endnotes
        mark = str(count).translate(_SUPERSCRIPT)
        line.text.append(mark)
        note = notes.get(attribute(reference, "id"))
        if note is not None and (text := self._inner(note)):
            line.after.append(Span(f"{mark} {text}", "note"))

    def _comment(self, reference: Any, line: _Line) -> None:
        comment = self._notes.comments.get(attribute(reference, "id"))
        if comment is not None and (text := self._inner(comment)):
            author = attribute(comment, "author").strip()
            line.after.append(Span(f"Comment by {author}: {text}" if author else f"Comment: {text}", "note"))

    def _inner(self, note: Any) -> str:
        """The text of a note, in which references to notes lead nowhere: one that refers to itself has no end."""
        return Body(self._styles, Numbering(), Notes()).text_of(note)

    def _table(self, element: Any) -> Iterator[Block]:
        rows = [list(_cells(row)) for row in _rows(element) if not self._is_deleted(row)]
        if sum(map(len, rows)) == 1:
            # A frame around text.
            yield from (block for row in rows for cell in row for block in self.blocks(cell))
            return
        filled: list[list[str]] = []
        after: list[Block] = []
        for row in rows:
            filled.append([])
            for cell in row:
                self._cell(cell, filled[-1], after)
        width = max(map(len, filled), default=0)
        if width:
            yield Table(tuple(tuple(texts) + ("",) * (width - len(texts)) for texts in filled))
        yield from after

    def _is_deleted(self, row: Any) -> bool:
        properties = child(row, "trPr")
        deleted = properties is not None and child(properties, "del") is not None
        self.changed |= deleted
        return deleted

    def _cell(self, cell: Any, texts: list[str], after: list[Block]) -> None:
        properties = child(cell, "tcPr")
        across, continued = 1, False
        if properties is not None:
            span, merged = child(properties, "gridSpan"), child(properties, "vMerge")
            across = 1 if span is None else number(attribute(span, "val"), 1)
            continued = merged is not None and attribute(merged, "val") != "restart"
        inner = list(self.blocks(cell))
        texts.append("" if continued else "\n".join(_plain(one) for one in inner if _in_cell(one)))
        after += [one for one in inner if not _in_cell(one)]
        texts += [""] * min(across - 1, _MOST_COLUMNS)


def _rows(element: Any) -> Iterator[Any]:
    for one in element:
        match local(one):
            case "tr":
                yield one
            case "sdt" | "sdtContent" | "customXml" | "ins":
                yield from _rows(one)


def _cells(row: Any) -> Iterator[Any]:
    for one in row:
        match local(one):
            case "tc":
                yield one
            case "sdt" | "sdtContent" | "customXml" | "ins":
                yield from _cells(one)


def _in_cell(block: Block) -> bool:
    return isinstance(block, Table) or block.kind not in ("note", "caption")


def _plain(block: Block) -> str:
    """Text in a cell; a table in it becomes lines."""
    if isinstance(block, Table):
        return "\n".join(", ".join(cell for cell in row if cell) for row in block.rows)
    return block.text


def _chosen(alternatives: Any) -> Any:
    """The same content twice, for new programs and for old ones: the first that is there."""
    found = child(alternatives, "Choice")
    if found is None:
        found = child(alternatives, "Fallback")
    return () if found is None else found


def _symbol(element: Any) -> str:
    try:
        code = int(attribute(element, "char"), 16)
    except ValueError:
        return ""
    # The private area: pictures of a font, which mean nothing without it.
    return "" if 0xE000 <= code <= 0xF8FF or not 32 <= code < 0xD800 else chr(code)

"""The text of OpenDocument files: paragraphs, headings, lists, tables, notes and frames, in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from engine.documents.document import DocumentError, Span, Table
from engine.documents.limits import SafeZip, parse_xml
from engine.documents.office.counting import counted
from engine.documents.office.ooxml import attribute, child, children, local, number
from engine.documents.text.flow import Block

_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_MOST_REPEATED = 1_000
_MOST_SPACES = 1_000
_GROUPS = frozenset((
    "section", "index-body", "index-title", "table-of-content", "alphabetical-index", "bibliography", "text-box",
    "user-index", "illustration-index", "table-index", "object-index", "numbered-paragraph", "note-body",
))  # fmt: skip
_LEFT_OUT = frozenset(("tracked-changes", "ruby-text", "sequence-decls", "forms", "variable-decls", "user-field-decls"))


def open_content(file: SafeZip, name: str) -> Any:
    """The root of ``content.xml``. Raises DocumentError where it is locked or damaged."""
    refuse_locked(file, name)
    return parse_xml(file.read("content.xml"), name)


def refuse_locked(file: SafeZip, name: str) -> None:
    """Raises DocumentError for a file with a password."""
    manifest = "META-INF/manifest.xml"
    if manifest in file and b"encryption-data" in file.read(manifest):
        raise DocumentError(
            "document_unreadable",
            f"{name} is locked with a password. Open it in LibreOffice, save it without the password and add it again.",
        )


def title_in(file: SafeZip, name: str) -> str:
    """The title that the properties of the file give, else ``""``."""
    if "meta.xml" not in file:
        return ""
    root = parse_xml(file.read("meta.xml"), name)
    return next((" ".join((one.text or "").split()) for one in root.iter() if local(one) == "title"), "")


@dataclass(slots=True)
class _Line:
    text: list[str] = field(default_factory=list)
    after: list[Block] = field(default_factory=list)


class Styles:
    """What styles of paragraphs and lists are derived from."""

    def __init__(self, *roots: Any) -> None:
        self._parents: dict[str, str] = {}
        self._lists: dict[str, dict[int, tuple[str, int]]] = {}
        for root in roots:
            for element in root.iter():
                match local(element):
                    case "style":
                        self._parents[attribute(element, "name")] = attribute(element, "parent-style-name")
                    case "list-style":
                        self._lists[attribute(element, "name")] = _list_levels(element)

    def is_a(self, style: str, *names: str) -> bool:
        """Whether `style` is one of `names` or derived from one."""
        for _ in range(20):
            if style in names:
                return True
            style = self._parents.get(style, "")
        return False

    def list_level(self, style: str, level: int) -> tuple[str, int]:
        """The form of the numbers of a list ("•" for bullets) and the first one; `level` counts from 1."""
        return self._lists.get(style, {}).get(level, ("•", 1))


class Text:
    """Reads the text of one document. `pictures`: how many it has; `changed`: changes were tracked in it."""

    def __init__(self, file: SafeZip, name: str, styles: Styles) -> None:
        self._file, self._name, self._styles = file, name, styles
        self._counts: dict[str, int] = {}
        self.pictures = 0
        self.changed = False
        self.title = ""

    def blocks(self, container: Any) -> Iterator[Block]:
        """The blocks below `container`."""
        for element in container:
            name = local(element)
            if name == "tracked-changes":
                self.changed |= len(element) > 0
            elif name in ("p", "h"):
                yield from self._paragraph(element, name)
            elif name == "list":
                yield from self._list(element, "", 1)
            elif name == "table":
                yield from self.table(element)
            elif name in _GROUPS:
                yield from self.blocks(element)
            elif name in ("frame", "custom-shape", "g", "rect", "ellipse", "a", "text-box", "annotation"):
                line = _Line()
                self._one(element, name, line)
                yield from line.after

    def text_of(self, container: Any) -> str:
        """All of it in one line."""
        return " ".join(" ".join(_plain(block).split()) for block in self.blocks(container))

    def table(self, element: Any) -> Iterator[Block]:
        """The table, and after it what its cells hold apart from text. Repeated rows of nothing are left out."""
        rows: list[list[str]] = []
        after: list[Block] = []
        for row in _rows(element):
            texts: list[str] = []
            for cell in row:
                if local(cell) in ("table-cell", "covered-table-cell"):
                    inner = list(self.blocks(cell))
                    after += [one for one in inner if not _in_cell(one)]
                    text = "\n".join(_plain(one) for one in inner if _in_cell(one))
                    repeated = number(attribute(cell, "number-columns-repeated"), 1)
                    texts += [text] * max(1, min(repeated, _MOST_REPEATED))
            repeated = number(attribute(row, "number-rows-repeated"), 1)
            rows += [texts] * (max(1, min(repeated, _MOST_REPEATED)) if any(texts) else 1)
        width = max((len(row) for row in rows), default=0)
        if sum(map(len, rows)) == 1:
            yield from ([Span(rows[0][0])] if rows[0][0].strip() else [])
        elif width:
            yield Table(tuple(tuple(row) + ("",) * (width - len(row)) for row in rows))
        yield from after

    def _paragraph(self, element: Any, name: str) -> Iterator[Block]:
        line = _Line()
        self._inline(element, line)
        text = "".join(line.text).strip("\n").rstrip()
        style = attribute(element, "style-name")
        if text.strip():
            if name == "h":
                level = min(max(number(attribute(element, "outline-level"), 1), 1), 9)
                yield Span(" ".join(text.split()), "heading", level)
            elif self._styles.is_a(style, "Title"):
                self.title = self.title or " ".join(text.split())
                yield Span(" ".join(text.split()), "heading", 1)
            else:
                yield Span(text, "code" if self._styles.is_a(style, "Preformatted_20_Text") else "text")
        yield from line.after

    def _list(self, element: Any, style: str, level: int) -> Iterator[Block]:
        style = attribute(element, "style-name") or style
        form, start = self._styles.list_level(style, level)
        count = (
            self._counts.get(f"{style}/{level}", start) if attribute(element, "continue-numbering") == "true" else start
        )
        for item in element:
            if local(item) not in ("list-item", "list-header"):
                continue
            mark = "• " if form == "•" else f"{counted(count, form)}. "
            marked = local(item) == "list-header"
            for one in item:
                blocks = self._list(one, style, level + 1) if local(one) == "list" else self.blocks((one,))
                for block in blocks:
                    if isinstance(block, Span) and block.kind == "text" and not marked and local(one) != "list":
                        marked = True
                        yield Span("  " * min(level - 1, 8) + mark + block.text)
                    else:
                        yield block
            count += local(item) == "list-item"
        self._counts[f"{style}/{level}"] = count

    def _inline(self, element: Any, line: _Line) -> None:
        line.text.append(_spaced(element.text))
        for one in element:
            name = local(one)
            if name not in _LEFT_OUT:
                self._one(one, name, line)
            line.text.append(_spaced(one.tail))

    def _one(self, one: Any, name: str, line: _Line) -> None:
        match name:
            case "s":
                line.text.append(" " * min(number(attribute(one, "c"), 1), _MOST_SPACES))
            case "tab":
                line.text.append("\t")
            case "line-break":
                line.text.append("\n")
            case "note":
                self._note(one, line)
            case "annotation":
                self._annotation(one, line)
            case "frame":
                self._frame(one, line)
            case "custom-shape" | "rect" | "ellipse" | "text-box":
                line.after += self.blocks(one)
            case "g":
                for inner in one:
                    self._one(inner, local(inner), line)
            case "p":
                line.after += self._paragraph(one, name)
            case "":
                pass
            case _:
                self._inline(one, line)

    def _note(self, note: Any, line: _Line) -> None:
        citation, body = child(note, "note-citation"), child(note, "note-body")
        mark = ("" if citation is None else "".join(citation.itertext())).strip().translate(_SUPERSCRIPT)
        line.text.append(mark)
        text = "" if body is None else self.text_of(body)
        if text:
            line.after.append(Span(f"{mark} {text}", "note"))

    def _annotation(self, annotation: Any, line: _Line) -> None:
        creator = child(annotation, "creator")
        author = "" if creator is None else (creator.text or "").strip()
        text = self.text_of(annotation)
        if text:
            line.after.append(Span(f"Comment by {author}: {text}" if author else f"Comment: {text}", "note"))

    def _frame(self, frame: Any, line: _Line) -> None:
        for one in frame:
            match local(one):
                case "text-box":
                    line.after += self.blocks(one)
                case "table":
                    line.after += self.table(one)
                case "image":
                    # The picture of a chart or a table is one only for programs that can not draw those.
                    self.pictures += child(frame, "object") is None and child(frame, "table") is None
                case "object":
                    line.after += self.object_tables(one)
        for name in ("desc", "title"):
            described = child(frame, name)
            if described is not None and (described.text or "").strip():
                line.after.append(Span(" ".join(described.text.split()), "caption"))
                break

    def object_tables(self, element: Any) -> Iterator[Block]:
        """The numbers behind a chart that lies in the document."""
        place = attribute(element, "href").removeprefix("./").strip("/") + "/content.xml"
        if place not in self._file:
            return
        root = parse_xml(self._file.read(place), self._name)
        for chart in root.iter():
            if local(chart) == "chart":
                for table in children(chart, "table"):
                    yield from (block for block in self.table(table) if isinstance(block, Table))


def _rows(element: Any) -> Iterator[Any]:
    for one in element:
        match local(one):
            case "table-row":
                yield one
            case "table-header-rows" | "table-rows" | "table-row-group":
                yield from _rows(one)


def _list_levels(element: Any) -> dict[int, tuple[str, int]]:
    found = {}
    for one in element:
        if local(one) == "list-level-style-number":
            form = attribute(one, "num-format")
            start = number(attribute(one, "start-value"), 1)
            found[number(attribute(one, "level"))] = (form if form in ("1", "a", "A", "i", "I") else "1", start)
    return found


def _in_cell(block: Block) -> bool:
    return isinstance(block, Table) or block.kind not in ("note", "caption")


def _plain(block: Block) -> str:
    if isinstance(block, Table):
        return "\n".join(", ".join(cell for cell in row if cell) for row in block.rows)
    return block.text


def _spaced(text: str | None) -> str:
    """Blanks count once, and line ends are blanks, as in XML written by hand."""
    if not text:
        return ""
    joined = " ".join(text.split())
    return (" " if text[0].isspace() else "") + joined + (" " if text[-1].isspace() and joined else "")

"""The cells of Excel's workbooks, streamed: what they show, and the formulas behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from operator import attrgetter
from typing import Any
from xml.parsers.expat import ExpatError, ParserCreate

from lxml import etree

from engine.documents.document import DocumentError
from engine.documents.office.formulas import column_number, moved
from engine.documents.office.number_formats import code_of, plain, shown
from engine.documents.office.ooxml import Package, attribute, child, children, local, number
from engine.documents.office.sheet_pages import Cell, Row

_LAST_ROW = 1_048_576
_CHUNK = 1 << 18
_DIGITS = "0123456789"
_TEXTS = frozenset(("v", "f", "t"))


@dataclass(frozen=True, slots=True)
class Book:
    """What the cells of all sheets share: texts, the codes of formats by style as cells name it, and the first day."""

    strings: list[str]
    codes: dict[str, str]
    since_1904: bool


def open_book(package: Package, main: str, root: Any) -> Book:
    """Of the workbook `main`. Raises DocumentError."""
    shared = package.related(main, "sharedStrings")
    styles = package.related(main, "styles")
    properties = child(root, "workbookPr")
    return Book(
        _strings(package.read(shared[0])) if shared else [],
        _codes(package.root(styles[0])) if styles else {},
        properties is not None and attribute(properties, "date1904") in ("1", "true"),
    )


def rows_of(data: bytes, book: Book, name: str) -> Iterator[Row]:
    """The rows of a sheet as its XML `data` holds them. Raises DocumentError where it is damaged."""
    reader = _Reader(book)
    try:
        for start in range(0, len(data), _CHUNK):
            reader.feed(data[start : start + _CHUNK], start + _CHUNK >= len(data))
            yield from reader.taken()
    except (ExpatError, LookupError, ValueError) as error:
        raise DocumentError(
            "document_unreadable",
            f"{name} is damaged: one of its sheets can not be read. Open it in the program it comes from and save it "
            "again.",
        ) from error


class _Reader:
    """Called with each tag, since a tree of millions of cells takes ten times the time and the memory."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._parser = ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._data
        self._parser.StartDoctypeDeclHandler = _refuse
        self._shared: dict[str, tuple[int, int, str]] = {}
        self._rows: list[Row] = []
        self._cells: list[Cell] = []
        self._row = self._column = 0
        self._style = self._kind = self._name = ""
        self._formula: dict[str, str] | None = None
        self._value: list[str] = []
        self._formula_text: list[str] = []
        self._into: list[str] | None = None

    def feed(self, data: bytes, final: bool) -> None:
        self._parser.Parse(data, final)

    def taken(self) -> list[Row]:
        """The rows that are complete since the last call."""
        rows, self._rows = self._rows, []
        return rows

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        match tag.rpartition(":")[2]:
            case "c":
                letters = attributes.get("r", "").rstrip(_DIGITS)
                self._column = column_number(letters) if letters else self._column + 1
                self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
                self._value, self._formula_text, self._formula = [], [], None
            case "v" | "t":
                self._into = self._value
            case "f":
                self._formula, self._into = attributes, self._formula_text
            case "row":
                self._row = min(number(attributes.get("r", ""), self._row + 1), _LAST_ROW)
                self._column, self._cells = 0, []
            case "rPh":
                # How a text is pronounced.
                self._value = []

    def _data(self, text: str) -> None:
        if self._into is not None:
            self._into.append(text)

    def _end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name in _TEXTS:
            self._into = None
        elif name == "c":
            text = _text("".join(self._value), self._kind, self._style, self._book)
            formula = "" if self._formula is None else self._formula_of(self._formula)
            if text or formula:
                # A program that does not compute leaves the value out.
                self._cells.append(Cell(self._column, text or formula, formula))
        elif name == "row":
            self._cells.sort(key=_column_of)
            self._rows.append((self._row, self._cells))

    def _formula_of(self, attributes: dict[str, str]) -> str:
        text = "".join(self._formula_text).strip()
        if attributes.get("t") == "shared":
            identity = attributes.get("si", "")
            if text:
                self._shared[identity] = (self._row, self._column, text)
            elif identity in self._shared:
                # Written once, for the first cell.
                row, column, text = self._shared[identity]
                text = moved(text, self._row - row, self._column - column)
        return f"={text}" if text else ""


def _refuse(*_: object) -> None:
    """No Office file declares entities of its own: the standard forbids it, and they can blow up."""
    raise ValueError("a document type")


_column_of = attrgetter("column")


def _elements(data: bytes, *tags: str) -> Iterator[Any]:
    """Each of `tags` once it is complete; what was seen is let go of."""
    context = etree.iterparse(
        BytesIO(data), tag=tags, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    for _, element in context:
        yield element
        previous = element.getprevious()
        if previous is not None:
            element.getparent().remove(previous)


def _strings(data: bytes) -> list[str]:
    found = []
    for element in _elements(data, "{*}si"):
        found.append(_rich(element))
        element.clear()
    return found


def _rich(element: Any) -> str:
    """Text in runs; how it is pronounced is left out."""
    pieces = []
    for one in element:
        match local(one):
            case "t":
                pieces.append(one.text or "")
            case "r":
                pieces += [text.text or "" for text in children(one, "t")]
    return _unescaped("".join(pieces))


def _unescaped(text: str) -> str:
    """_x000D_ and the like are characters that XML has no place for."""
    return _ESCAPE.sub(lambda found: chr(int(found.group(1), 16)), text) if "_x" in text else text


_ESCAPE = re.compile(r"_x(000[9AaDd]|00[2-7][0-9A-Fa-f])_")


def _codes(root: Any) -> dict[str, str]:
    own = {}
    formats = child(root, "numFmts")
    for element in () if formats is None else children(formats, "numFmt"):
        own[number(attribute(element, "numFmtId"))] = attribute(element, "formatCode")
    styles = child(root, "cellXfs")
    listed = () if styles is None else children(styles, "xf")
    return {str(index): code_of(number(attribute(one, "numFmtId")), own) for index, one in enumerate(listed)}


def _text(value: str, kind: str, style: str, book: Book) -> str:
    if not value:
        return ""
    match kind:
        case "n":
            return _number(value, book.codes.get(style, "General"), book)
        case "s":
            index = number(value, -1)
            return book.strings[index] if 0 <= index < len(book.strings) else ""
        case "b":
            return "TRUE" if value.strip() == "1" else "FALSE"
        case "d":
            return value.removesuffix("T00:00:00")
        case _:
            return _unescaped(value)


def _number(value: str, code: str, book: Book) -> str:
    try:
        amount = float(value)
        return plain(amount) if code == "General" else shown(amount, code, book.since_1904)
    except (ValueError, OverflowError):
        return value

"""The cells of Excel's workbooks, streamed: what they show, and the formulas behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from lxml import etree

from engine.documents.formulas import column_number, moved
from engine.documents.number_formats import code_of, plain, shown
from engine.documents.ooxml import Package, attribute, child, children, local, number
from engine.documents.sheet_pages import Cell, Row

_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})\Z")
_LAST_ROW = 1_048_576


@dataclass(frozen=True, slots=True)
class Book:
    """What the cells of all sheets share: texts, the codes of formats by style, and the first day."""

    strings: list[str]
    codes: list[str]
    since_1904: bool


def open_book(package: Package, main: str, root: Any) -> Book:
    """Of the workbook `main`. Raises DocumentError."""
    shared = package.related(main, "sharedStrings")
    styles = package.related(main, "styles")
    properties = child(root, "workbookPr")
    return Book(
        _strings(package.read(shared[0])) if shared else [],
        _codes(package.root(styles[0])) if styles else [],
        properties is not None and attribute(properties, "date1904") in ("1", "true"),
    )


def rows_of(data: bytes, book: Book) -> Iterator[Row]:
    """The rows of a sheet as its XML `data` holds them. Raises lxml's XMLSyntaxError where it is damaged."""
    shared: dict[str, tuple[int, int, str]] = {}
    last = 0
    for element in _elements(data, "{*}row"):
        last = min(number(attribute(element, "r"), last + 1), _LAST_ROW)
        cells: list[Cell] = []
        column = 0
        for one in element:
            if local(one) != "c":
                continue
            place = _REFERENCE.match(one.get("r", ""))
            column = column_number(place.group(1)) if place else column + 1
            text, formula = _text(one, book), _formula(one, last, column, shared)
            if text or formula:
                # A program that does not compute leaves the value out.
                cells.append(Cell(column, text or formula, formula))
        cells.sort(key=lambda cell: cell.column)
        yield last, cells
        element.clear()


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


def _codes(root: Any) -> list[str]:
    own = {}
    formats = child(root, "numFmts")
    for element in () if formats is None else children(formats, "numFmt"):
        own[number(attribute(element, "numFmtId"))] = attribute(element, "formatCode")
    styles = child(root, "cellXfs")
    return (
        [] if styles is None else [code_of(number(attribute(one, "numFmtId")), own) for one in children(styles, "xf")]
    )


def _text(cell: Any, book: Book) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        inline = child(cell, "is")
        return "" if inline is None else _rich(inline)
    value = next((one.text for one in cell if local(one) == "v"), None)
    if value is None:
        return ""
    match kind:
        case "s":
            index = number(value, -1)
            return book.strings[index] if 0 <= index < len(book.strings) else ""
        case "b":
            return "TRUE" if value.strip() == "1" else "FALSE"
        case "n":
            return _number(value, cell.get("s", ""), book)
        case "d":
            return str(value).removesuffix("T00:00:00")
        case _:
            return _unescaped(str(value))


def _number(value: str, style: str, book: Book) -> str:
    try:
        amount = float(value)
        index = number(style, -1)
        code = book.codes[index] if 0 <= index < len(book.codes) else "General"
        return plain(amount) if code == "General" else shown(amount, code, book.since_1904)
    except (ValueError, OverflowError):
        return value


def _formula(cell: Any, row: int, column: int, shared: dict[str, tuple[int, int, str]]) -> str:
    element = next((one for one in cell if local(one) == "f"), None)
    if element is None:
        return ""
    text = (element.text or "").strip()
    if element.get("t") == "shared":
        identity = element.get("si", "")
        if text:
            shared[identity] = (row, column, text)
        elif identity in shared:
            # Written once, for the first cell.
            first_row, first_column, text = shared[identity]
            text = moved(text, row - first_row, column - first_column)
    return f"={text}" if text else ""

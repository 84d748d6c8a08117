"""The sheets of an OpenDocument spreadsheet, streamed: all of them are in one XML file, one after the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

from lxml import etree

from engine.documents.document import DocumentError, Page, Span
from engine.documents.limits import SafeZip
from engine.documents.office.odf_text import refuse_locked, title_in
from engine.documents.office.ooxml import attribute, children, local, number
from engine.documents.office.sheet_pages import Cell, Row, Sheets
from engine.documents.text.flow import Block

_LAST_ROW = 1_048_576
_MOST_REPEATED = 1_024
_PLACE = re.compile(r"\[([^\]]*)\]")


def open_sheets(file: SafeZip, name: str) -> tuple[list[str], Callable[[Sheets, int], Page], str, list[str]]:
    """The names of the sheets, a function that reads one of them (in their order), the title, and notes. Raises
    DocumentError."""
    refuse_locked(file, name)
    data = file.read("content.xml")
    try:
        names, hidden = _overview(data)
        reader = _Reader(data)
    except etree.XMLSyntaxError as error:
        raise _damaged(name) from error

    def read_sheet(made: Sheets, number: int) -> Page:
        comments: list[Block] = []
        try:
            title = names[number - 1]
            # A list that fills while the rows are read, and is looked at after that.
            return made.page(number, title, number - 1 in hidden, reader.rows(number, comments), comments)
        except etree.XMLSyntaxError as error:
            raise _damaged(name) from error

    return names, read_sheet, title_in(file, name), []


def _overview(data: bytes) -> tuple[list[str], set[int]]:
    """The names of the sheets, and which of them (from 0) are hidden."""
    names: list[str] = []
    hidden: set[int] = set()
    unseen: set[str] = set()
    depth = 0
    for event, element in _events(data, "{*}table", "{*}table-row", "{*}style"):
        match local(element):
            case "style" if event == "end":
                for properties in children(element, "table-properties"):
                    if attribute(properties, "display") == "false":
                        unseen.add(attribute(element, "name"))
            case "table" if event == "start":
                if depth == 0 and local(element.getparent()) == "spreadsheet":
                    if attribute(element, "style-name") in unseen:
                        hidden.add(len(names))
                    names.append(attribute(element, "name"))
                depth += 1
            case "table":
                depth -= 1
            case "table-row" if event == "end":
                element.clear()
    return names, hidden


def _events(data: bytes, *tags: str) -> Iterator[tuple[str, Any]]:
    context = etree.iterparse(
        BytesIO(data),
        events=("start", "end"),
        tag=tags,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    return iter(context)


class _Reader:
    """Goes through the file once; the sheets can only be read in their order."""

    def __init__(self, data: bytes) -> None:
        self._events = _events(data, "{*}table", "{*}table-row")
        self._sheet = 0
        self._depth = 0

    def rows(self, sheet: int, comments: list[Block]) -> Iterator[Row]:
        """The rows of sheet `sheet` (from 1); `comments` is given what is said about its cells."""
        last = 0
        for event, element in self._events:
            if local(element) == "table":
                ended = self._table(event, element)
                if ended and self._sheet == sheet:
                    return
            elif event == "end" and self._depth == 1:
                if self._sheet == sheet:
                    repeated = max(1, number(attribute(element, "number-rows-repeated"), 1))
                    cells = list(_cells(element, last + 1, comments))
                    for _ in range(repeated if cells else 0):
                        last += 1
                        if last > _LAST_ROW:
                            break
                        yield last, cells
                    last += 0 if cells else repeated
                element.clear()
                previous = element.getprevious()
                if previous is not None:
                    element.getparent().remove(previous)

    def _table(self, event: str, element: Any) -> bool:
        """Counts; whether a sheet has ended."""
        if event == "start":
            if self._depth == 0 and local(element.getparent()) == "spreadsheet":
                self._sheet += 1
                self._depth = 1
            elif self._depth:
                self._depth += 1
            return False
        self._depth = max(0, self._depth - 1)
        return self._depth == 0


def _cells(row: Any, place: int, comments: list[Block]) -> Iterator[Cell]:
    column = 1
    for cell in row:
        if local(cell) not in ("table-cell", "covered-table-cell"):
            continue
        repeated = max(1, number(attribute(cell, "number-columns-repeated"), 1))
        text, formula = _text(cell), _formula(attribute(cell, "formula"))
        if text or formula:
            for offset in range(min(repeated, _MOST_REPEATED)):
                yield Cell(column + offset, text, formula)
        for annotation in children(cell, "annotation"):
            said = " ".join(" ".join(_words(one)) for one in children(annotation, "p")).strip()
            if said:
                comments.append(Span(f"Comment in row {place}: {said}", "note"))
        column += repeated


def _text(cell: Any) -> str:
    """As it is shown; the value where nothing is."""
    shown = "\n".join("".join(_pieces(one)) for one in children(cell, "p"))
    return shown or attribute(cell, "date-value") or attribute(cell, "value")


def _pieces(paragraph: Any) -> Iterator[str]:
    yield paragraph.text or ""
    for one in paragraph:
        match local(one):
            case "s":
                yield " " * min(number(attribute(one, "c"), 1), _MOST_REPEATED)
            case "tab":
                yield "\t"
            case "line-break":
                yield "\n"
            case "":
                pass
            case _:
                yield from _pieces(one)
        yield one.tail or ""


def _words(paragraph: Any) -> list[str]:
    return "".join(_pieces(paragraph)).split()


def _formula(text: str) -> str:
    """=SUM(A1:A3) for of:=SUM([.A1:.A3])."""
    if not text:
        return ""
    _, sign, formula = text.partition("=")
    return sign + _PLACE.sub(
        lambda found: found.group(1).replace(":.", ":").removeprefix(".").replace("$.", "$"), formula
    )


def _damaged(name: str) -> DocumentError:
    return DocumentError(
        "document_unreadable", f"{name} is damaged. Open it in the program it comes from and save it again."
    )

"""The sheets of an Excel workbook, with what lies over their cells: comments, text boxes, charts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.documents.document import Page, Span
from engine.documents.limits import SafeZip
from engine.documents.office.charts import chart_table
from engine.documents.office.ooxml import Package, attribute, child, children, local
from engine.documents.office.pptx_shapes import text_of
from engine.documents.office.sheet_pages import Sheets
from engine.documents.office.xlsx_cells import open_book, rows_of
from engine.documents.sniff import is_macro_file
from engine.documents.text.flow import Block


def open_workbook(file: SafeZip, name: str) -> tuple[list[str], Callable[[Sheets, int], Page], str, list[str]]:
    """The names of the sheets, a function that reads one of them, the title, and notes. Raises DocumentError."""
    package = Package(file, name)
    main = package.main
    root = package.root(main)
    book = open_book(package, main, root)
    relations = package.relations(main)
    listed = child(root, "sheets")
    sheets = [] if listed is None else list(children(listed, "sheet"))

    def read_sheet(made: Sheets, number: int) -> Page:
        sheet = sheets[number - 1]
        title, hidden = sheet.get("name", ""), sheet.get("state", "visible") != "visible"
        identity = next((value for key, value in sheet.attrib.items() if key.endswith("}id")), "")
        relation = relations.get(identity)
        if relation is None or relation.target not in package:
            return Page(number, (), label=title, problem=f"The sheet {title} is missing in the file.")
        extra = _over_cells(package, relation.target, relation.kind == "chartsheet")
        rows = rows_of(package.read(relation.target), book, name) if relation.kind != "chartsheet" else iter(())
        return made.page(number, title, hidden, rows, extra)

    notes = ["It has macros, which were not run."] if is_macro_file(file.names) else []
    return [sheet.get("name", "") for sheet in sheets], read_sheet, package.title(), notes


def _over_cells(package: Package, part: str, with_charts: bool) -> list[Block]:
    """Comments and what is drawn. Charts show what is in cells, save on sheets that are nothing but a chart."""
    blocks: list[Block] = []
    for comments in package.related(part, "comments"):
        blocks += _comments(package.root(comments))
    for drawing in package.related(part, "drawing"):
        for element in package.root(drawing).iter():
            if local(element) == "txBody":
                blocks += [Span(text) for text, _ in text_of(element)]
            elif local(element) == "cNvPr" and attribute(element, "descr").strip():
                blocks.append(Span(" ".join(attribute(element, "descr").split()), "caption"))
        if with_charts:
            for chart in package.related(drawing, "chart"):
                table = chart_table(package.root(chart))
                blocks += [table] if table else []
    return blocks


def _comments(root: Any) -> list[Block]:
    found: list[Block] = []
    for element in root.iter():
        if local(element) == "comment":
            text = " ".join("".join(one.text or "" for one in element.iter() if local(one) == "t").split())
            if text:
                found.append(Span(f"Comment on {attribute(element, 'ref')}: {text}", "note"))
    return found

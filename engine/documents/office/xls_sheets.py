"""The sheets of the binary workbooks of Excel (.xls, .xlsb), through calamine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import python_calamine as calamine

from engine.documents.document import DocumentError, Page
from engine.documents.office.number_formats import plain
from engine.documents.office.sheet_pages import Cell, Row, Sheets

_NOTE = "Formulas are not read from this old format, only the values that were last computed."


def open_binary(path: Path, name: str) -> tuple[list[str], Callable[[Sheets, int], Page], str, list[str]]:
    """The names of the sheets, a function that reads one of them, no title, and notes. Raises DocumentError."""
    with _sentences(name):
        book = calamine.CalamineWorkbook.from_path(str(path))
    listed = [one for one in book.sheets_metadata if one.typ != calamine.SheetTypeEnum.Vba]

    def read_sheet(made: Sheets, number: int) -> Page:
        sheet = listed[number - 1]
        hidden = sheet.visible != calamine.SheetVisibleEnum.Visible
        if sheet.typ != calamine.SheetTypeEnum.WorkSheet:
            return made.page(number, sheet.name, hidden, ())
        with _sentences(name):
            return made.page(number, sheet.name, hidden, _rows(book.get_sheet_by_name(sheet.name)))

    return [sheet.name for sheet in listed], read_sheet, "", [_NOTE]


def _rows(sheet: calamine.CalamineSheet) -> Iterator[Row]:
    top, left = sheet.start or (0, 0)
    for row, values in enumerate(sheet.to_python(skip_empty_area=True), start=top + 1):
        yield row, [Cell(column, text) for column, value in enumerate(values, start=left + 1) if (text := _text(value))]


def _text(value: object) -> str:
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case int() | float():
            return plain(value)
        case dt.datetime():
            return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "seconds")
        case dt.time():
            return value.isoformat("seconds")
        case _:
            return str(value)


@contextmanager
def _sentences(name: str) -> Iterator[None]:
    """What calamine raises as sentences: also when it panics over bytes that it did not expect, which is no Exception
    in Python."""
    try:
        yield
    except calamine.PasswordError as error:
        raise DocumentError(
            "document_unreadable",
            f"{name} is locked with a password. Open it in Excel, save it without the password and add it again.",
        ) from error
    except BaseException as error:
        if not isinstance(error, calamine.CalamineError) and type(error).__name__ != "PanicException":
            raise
        raise DocumentError(
            "document_unreadable",
            f"{name} is damaged. Open it in the program it comes from and save it again as .xlsx.",
        ) from error

"""Cells are read as Excel shows them, formulas with them, and what is left out is said."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from pathlib import Path

import openpyxl
import pytest
import xlwt
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.comments import Comment

from engine.documents.document import DocumentError, Page
from engine.documents.job import Job
from engine.documents.limits import Limits
from engine.documents.office.formulas import moved
from engine.documents.office.number_formats import shown
from engine.documents.readers.sheets import read
from tests.documents.office import LAUGHS, changed, odf

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Sales"
    sheet.append(["Region", "Sum", "Share", "Paid", "Twice", "Code"])
    for row in range(2, 5):
        sheet.append([f"R{row}", row * 1000.5, row / 10, dt.datetime(2024, 3, row), f"=B{row}*2", row])
        for column, code in ((2, "#,##0.00"), (3, "0.0%"), (4, "dd/mm/yyyy"), (6, "00000")):
            sheet.cell(row, column).number_format = code
    sheet["A7"], sheet["B7"] = "Total", "=SUM(B2:B4)"
    sheet["A2"].comment = Comment("Check this", "Anna")
    secret = book.create_sheet("Wages")
    secret.sheet_state = "hidden"
    secret["B2"] = "only this"
    path = tmp_path / "sales.xlsx"
    book.save(path)
    return path


def test_a_sheet_is_a_page_and_its_cells_are_shown_as_in_excel(sales: Path) -> None:
    document = read(sales, "sales.xlsx", Job())
    assert document.page_word == "sheet"
    assert [page.label for page in document.pages] == ["Sales", "Wages (hidden)"]
    first = document.pages[0].tables[0]
    assert first.rows[:2] == (
        ("Region", "Sum", "Share", "Paid", "Twice", "Code"),
        ("R2", "2,001.00", "20.0%", "02/03/2024", "=B2*2", "00002"),
    )
    assert first.formulas[1] == ("", "", "", "", "=B2*2", "")
    texts = [span.text for span in document.pages[0].spans]
    assert "R3 | 3,001.50 | 30.0% | 03/03/2024 | =B3*2 | 00003" in texts
    assert "Formulas\nE2:E4: =B2*2\nB7: =SUM(B2:B4)" in texts
    assert "Comment on A2: Check this" in texts
    assert document.pages[1].spans[0].text == "only this"


def test_values_that_were_computed_are_shown_and_shared_formulas_are_told_of_each_cell(sales: Path) -> None:
    rows = "".join(
        f'<row r="{row}"><c r="A{row}"><v>{row}</v></c><c r="B{row}"><f t="shared" si="0"{ref}>{text}</f>'
        f"<v>{row * 2}</v></c></row>"
        for row, ref, text in ((1, ' ref="B1:B2"', "A1*2+$A$1"), (2, "", ""))
    )
    sheet = f"<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>"
    path = changed(sales, "xl/worksheets/sheet1.xml", lambda old: sheet)
    table = read(path, "sales.xlsx", Job()).pages[0].tables[0]
    assert table.rows == (("1", "2"), ("2", "4"))
    assert table.formulas == (("", "=A1*2+$A$1"), ("", "=A2*2+$A$1"))


def test_what_lies_over_the_limits_is_left_out_and_said(sales: Path) -> None:
    document = read(sales, "sales.xlsx", Job(limits=Limits(rows=2, columns=3)))
    assert document.pages[0].tables[0].rows == (("Region", "Sum", "Share"), ("R2", "2,001.00", "20.0%"))
    assert "Only the first 2 rows of the sheet Sales were read." in document.notes
    assert "Only the first 3 columns of the sheet Sales were read." in document.notes


def test_reading_can_begin_at_a_later_sheet_and_hand_pages_on(sales: Path) -> None:
    pages: list[Page] = []
    totals: list[int] = []
    document = read(sales, "sales.xlsx", Job(first=2, opened=totals.append, emit=pages.append))
    assert totals == [2]
    assert [page.label for page in pages] == ["Wages (hidden)"]
    assert document.pages == ()


def test_an_entity_bomb_in_the_texts_of_a_workbook_does_not_grow(sales: Path) -> None:
    bomb = f"{LAUGHS}<sst {MAIN}><si><t>&h;&s;</t></si></sst>"
    path = changed(sales, "xl/sharedStrings.xml", lambda old: bomb)
    try:
        document = read(path, "sales.xlsx", Job())
    except DocumentError:
        return
    text = document.pages[0].text
    assert len(text) < 2_000
    assert "root:" not in text


def test_old_workbooks_are_read(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Früher")
    for column, value in enumerate(("Größe", 3.5, dt.date(2024, 1, 2))):
        sheet.write(
            1, column, value, xlwt.easyxf(num_format_str="yyyy-mm-dd") if column == 2 else xlwt.Style.default_style
        )
    sheet.write(2, 0, "x")
    book.save(str(tmp_path / "old.xls"))
    document = read(tmp_path / "old.xls", "old.xls", Job())
    assert document.kind == "xls"
    assert document.pages[0].label == "Früher"
    assert document.pages[0].tables[0].rows == (("Größe", "3.5", "2024-01-02"), ("x", "", ""))


def test_a_damaged_old_workbook_ends_in_a_sentence(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    book.add_sheet("x").write(0, 0, "y")
    path = tmp_path / "old.xls"
    book.save(str(path))
    path.write_bytes(path.read_bytes()[:2_000])
    with pytest.raises(DocumentError, match=r"old\.xls is damaged or cut short"):
        read(path, "old.xls", Job())


def test_sheets_of_opendocument_are_read_with_repeats_and_formulas(tmp_path: Path) -> None:
    cell = '<table:table-cell office:value="{0}"><text:p>{0}</text:p></table:table-cell>'
    body = (
        '<table:table table:name="One"><table:table-row>' + cell.format("a") + cell.format("b") + "</table:table-row>"
        '<table:table-row table:number-rows-repeated="2">' + cell.format("1")
        + '<table:table-cell table:formula="of:=SUM([.A1:.A2])*[$Two.B1]"><text:p>2,00</text:p></table:table-cell>'
        "</table:table-row>"
        '<table:table-row table:number-rows-repeated="1048000">'
        '<table:table-cell table:number-columns-repeated="16384"/>'
        '</table:table-row></table:table><table:table table:name="Two" table:style-name="ta2"><table:table-row>'
        + cell.format("last") + "</table:table-row></table:table>"
    )  # fmt: skip
    unseen = '<style:style style:name="ta2"><style:table-properties table:display="false"/></style:style>'
    path = odf(tmp_path / "a.ods", "spreadsheet", body, automatic=unseen)
    document = read(path, "a.ods", Job())
    assert [page.label for page in document.pages] == ["One", "Two (hidden)"]
    assert document.pages[0].tables[0].rows == (("a", "b"), ("1", "2,00"), ("1", "2,00"))
    assert document.pages[0].tables[0].formulas[1] == ("", "=SUM(A1:A2)*$Two.B1")
    assert document.pages[1].spans[0].text == "last"
    again: list[Page] = []
    read(path, "a.ods", Job(first=2, emit=again.append))
    assert again == [document.pages[1]]


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (1234.5, "General", "1234.5"), (0.1 + 0.2, "General", "0.3"), (1e12, "General", "1000000000000"),
        (1234.567, "#,##0.00", "1,234.57"), (-5, "0;(0)", "(5)"), (-0.256, "0%", "-26%"), (0.5, "0.00%", "50.00%"),
        (1234, '#,##0 "kg"', "1,234 kg"), (12.5, "[$€-407] #,##0.00", "€ 12.50"), (7, "0000", "0007"),
        (12345, "0.00E+00", "1.23E+04"), (1500000, "#,##0,", "1,500"),
        (45355.604166667, "yyyy-mm-dd hh:mm", "2024-03-04 14:30"),
        (45355, "d mmmm yyyy", "4 March 2024"), (0.75, "h:mm AM/PM", "6:00 PM"), (1.5, "[h]:mm", "36:00"),
        (0.0007, "mm:ss", "01:00"), (0.5, ".00", ".50"), (3, "#.##", "3"), (5, "@", "5"), (0, "0;-0;-", "-"),
        (0, '_-* #,##0_-;-* #,##0_-;_-* "-"??_-;_-@_-', "-"), (0, "#", ""),
    ],
)  # fmt: skip
def test_numbers_are_shown_as_their_format_says(value: float, code: str, text: str) -> None:
    assert shown(value, code) == text


@given(st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=20))
def test_no_format_breaks_the_reader(value: float, code: str) -> None:
    with suppress(ValueError, OverflowError):  # What the reader of cells expects.
        assert isinstance(shown(value, code), str)


def test_formulas_move_as_they_do_when_they_are_copied() -> None:
    assert moved("SUM(A1:$B$2)+'A1 x'!C3&\"D4\"+LOG10(E5)", 2, 1) == "SUM(B3:$B$2)+'A1 x'!D5&\"D4\"+LOG10(F7)"
    assert moved("A1", 0, -1) == "#REF!"

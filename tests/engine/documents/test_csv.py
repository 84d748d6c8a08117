"""Tables as text are read whatever separates their cells, and however many rows they have."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.documents.document import Document
from engine.documents.job import Job
from engine.documents.limits import Limits
from engine.documents.readers.csv import read


def _read(folder: Path, data: str | bytes, job: Job | None = None) -> Document:
    path = folder / "a.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read(path, "a.csv", job or Job())


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(tmp_path: Path, separator: str) -> None:
    lines = (("Name", "Stadt", "Summe"), ("Müller", '"a, b; c"', "1"), ("Ümit", '"zwei\nZeilen"', "2"))
    document = _read(tmp_path, "\n".join(separator.join(line) for line in lines))
    assert document.pages[0].tables[0].rows == (
        ("Name", "Stadt", "Summe"), ("Müller", "a, b; c", "1"), ("Ümit", "zwei\nZeilen", "2"),
    )  # fmt: skip
    assert document.pages[0].spans[2].text == "Ümit | zwei Zeilen | 2"


def test_decimal_commas_do_not_separate(tmp_path: Path) -> None:
    document = _read(tmp_path, "a;b\n1,5;2,5\n3,25;4\n")
    assert document.pages[0].tables[0].rows[1] == ("1,5", "2,5")


def test_excels_own_line_and_encoding_are_understood(tmp_path: Path) -> None:
    document = _read(tmp_path, "sep=;\r\nGröße;x\r\n1;2\r\n".encode("utf-16"))
    assert document.pages[0].tables[0].rows == (("Größe", "x"), ("1", "2"))


def test_each_part_has_the_names_of_the_columns(tmp_path: Path) -> None:
    document = _read(tmp_path, "id,name\n" + "".join(f"{number},n{number}\n" for number in range(1_200)))
    assert [page.label for page in document.pages] == ["rows 2–501", "rows 502–1001", "rows 1002–1201"]
    assert all(page.tables[0].rows[0] == ("id", "name") for page in document.pages)
    assert document.pages[1].tables[0].rows[1] == ("500", "n500")


def test_a_file_of_more_rows_than_are_read_says_so(tmp_path: Path) -> None:
    document = _read(tmp_path, "a,b\n" + "1,2\n" * 5_000, Job(limits=Limits(rows=100)))
    assert sum(len(page.spans) for page in document.pages) == 100
    assert document.notes == ("It has about 5,001 rows; only the first 100 were read.",)


def test_a_quote_that_never_closes_loses_nothing(tmp_path: Path) -> None:
    document = _read(tmp_path, 'a,b\n"open,1\n' + "x,2\n" * 50_000)
    assert sum(len(page.tables[0].rows) - 1 for page in document.pages) == 50_001


@given(st.binary(max_size=2_000))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert _read(Path(folder), data).pages

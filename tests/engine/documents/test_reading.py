"""Whatever file is dropped becomes a document or a sentence."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.documents.document import Document, DocumentError
from engine.documents.job import Job, Stopped
from engine.documents.limits import Limits
from engine.documents.reading import read
from tests.documents.office import changed, odf, report, zip_of


def test_a_wrong_ending_is_said_but_no_reason_not_to_read(tmp_path: Path) -> None:
    document = read(report(tmp_path / "a.pdf"), "a.pdf", Job())
    assert document.kind == "docx"
    assert document.notes[-1] == "The name ends in .pdf, but it is a Word document, and was read as that."
    assert read(report(tmp_path / "a.docx"), "a.docx", Job()).notes == ()


def test_macros_are_not_run_and_that_is_said(tmp_path: Path) -> None:
    path = changed(report(tmp_path / "a.docm"), "word/vbaProject.bin", lambda old: b"\0\1\2")
    assert "It has macros, which were not run." in read(path, "a.docm", Job()).notes


@pytest.mark.parametrize("member", ["word/document.xml", "_rels/.rels", "word/styles.xml"])
def test_parts_that_are_missing_or_damaged_end_in_a_sentence(tmp_path: Path, member: str) -> None:
    path = changed(report(tmp_path / "a.docx"), member, lambda old: old[: len(old) // 2])
    with pytest.raises(DocumentError, match=r"a\.docx is damaged"):
        read(path, "a.docx", Job())


def test_an_office_file_without_its_main_part_says_so(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.docx", {"[Content_Types].xml": "wordprocessingml.document.main"})
    with pytest.raises(DocumentError, match="part with its text is missing"):
        read(path, "a.docx", Job())


def test_bombs_paths_that_lead_out_and_cut_files_are_refused(tmp_path: Path) -> None:
    bomb = changed(report(tmp_path / "bomb.docx"), "word/document.xml", lambda old: old + " " * (40 << 20))
    with pytest.raises(DocumentError, match="would grow"):
        read(bomb, "bomb.docx", Job())
    with pytest.raises(DocumentError, match="other places"):
        read(changed(report(tmp_path / "out.docx"), "../../x", lambda old: b"x"), "out.docx", Job())
    cut = report(tmp_path / "cut.docx")
    cut.write_bytes(cut.read_bytes()[:-500])
    with pytest.raises(DocumentError, match="cut short"):
        read(cut, "cut.docx", Job())


def test_a_file_that_is_too_large_or_gone_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 3_000_000)
    with pytest.raises(DocumentError, match=r"a\.txt has 3 MB, and 1 MB is the most"):
        read(path, "a.txt", Job(limits=Limits(file_bytes=1_000_000)))
    with pytest.raises(DocumentError, match="not there any more"):
        read(tmp_path / "gone", "gone", Job())


def test_nobody_waits_for_it_any_more(tmp_path: Path) -> None:
    def stop() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        read(report(tmp_path / "a.docx"), "a.docx", Job(checkpoint=stop))


def test_a_file_without_text_is_a_document_that_says_so(tmp_path: Path) -> None:
    document = read(odf(tmp_path / "a.odt", "text", ""), "a.odt", Job())
    assert len(document.pages) == 1
    assert document.notes == ("No text was found in it.",)


@given(st.binary(max_size=3_000), st.sampled_from(["a", "a.txt", "a.py", "a.md", "a.csv", "a.json", "a.eml", "a.html"]))
def test_any_bytes_are_a_document_or_a_sentence(data: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _document_or_sentence(Path(folder) / "file", data, name)


def _sheet(path: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.append(["a", 1, "=B1"])
    book.save(path)
    return path


def _open_text(path: Path) -> Path:
    return odf(path, "text", '<text:h text:outline-level="1">A</text:h><text:p>b</text:p>')


@pytest.mark.parametrize("make", [report, _sheet, _open_text])
def test_changed_bytes_of_real_files_end_in_a_document_or_a_sentence(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    original = make(tmp_path / "original").read_bytes()
    chance = random.Random(7)
    for _ in range(60):
        data = bytearray(original)
        for _ in range(chance.randint(1, 8)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        _document_or_sentence(tmp_path / "file", bytes(data), "file")


def _document_or_sentence(path: Path, data: bytes, name: str) -> None:
    path.write_bytes(data)
    try:
        assert isinstance(read(path, name, Job()), Document)
    except DocumentError as error:
        _assert_sentence(str(error), name)


def _assert_sentence(message: str, name: str) -> None:
    assert message.startswith(name)
    assert message.endswith(".")

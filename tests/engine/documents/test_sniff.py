"""A file is what is in it, whatever its name ends in; what can not be read says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.documents.document import DocumentError
from engine.documents.sniff import kind_of
from engine.protocol import DocumentKind
from tests.documents.office import ole, zip_of

MAIL = "Received: from x\nFrom: a@b\nTo: c@d\nSubject: Hi\nMIME-Version: 1.0\n\nText\n"


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.txt", b"%PDF-1.7\n...", "pdf"), ("a.pdf", b"\x89PNG\r\n\x1a\n" + bytes(20), "picture"),
        ("a", b"RIFF\0\0\0\0WEBPVP8 ", "picture"), ("a", b"\0\0\0\x18ftypheic\0\0\0\0", "picture"),
        ("a.docx", b"Just text in a file of another name.", "text"), ("a.txt", b"a,b,c\n1,2,3\n4,5,6\n", "text"),
        ("a.csv", b"no comma at all", "csv"), ("a.dat", b"a,b,c\n1,2,3\n4,5,6\n", "csv"),
        ("a.md", b"plain", "markdown"),
        ("a", b"# Title\n\n- [ ] task\n\n```\ncode\n```\n", "markdown"), ("a.py", b"x = 1\n", "code"),
        ("a", b"#!/bin/sh\n", "code"), ("a.xyz", b"<?xml version='1.0'?><a/>", "code"),
        ("a.txt", b"<!DOCTYPE html><html>", "html"), ("a.bin", b'{"a": [1]}', "json"), ("a.json", b"oops", "json"),
        ("a", b"[section]\nkey=1\n", "text"), ("a.txt", MAIL.encode(), "email"), ("a.eml", b"text", "email"),
        ("a.txt", "Größe und Text".encode("utf-16"), "text"), ("a.txt", "文本文件内容".encode("utf-16"), "text"),
        ("a.txt", "Größe für Käse".encode("latin-1"), "text"), ("a.txt", "日本語テキスト".encode("shift_jis"), "text"),
        ("BM report.txt", b"BM is the name of a firm that sells things.", "text"),
    ],
)  # fmt: skip
def test_kinds_by_content(tmp_path: Path, name: str, data: bytes, kind: DocumentKind) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    assert kind_of(path, name) == kind


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        (
            {"[Content_Types].xml": "application/vnd.ms-excel.sheet.macroEnabled.main+xml", "xl/workbook.xml": ""},
            "xlsx",
        ),
        ({"[Content_Types].xml": "nothing known", "word/document.xml": ""}, "docx"),
        ({"[Content_Types].xml": "vnd.openxmlformats-officedocument.presentationml.slideshow.main+xml"}, "pptx"),
        ({"mimetype": "application/epub+zip"}, "epub"),
        ({"mimetype": "application/vnd.oasis.opendocument.text-template"}, "odt"),
        ({"content.xml": "<office:spreadsheet>"}, "ods"),
    ],
)
def test_kinds_of_zip_files(tmp_path: Path, members: dict[str, str], kind: DocumentKind) -> None:
    assert kind_of(zip_of(tmp_path / "a.bin", members)) == kind


@pytest.mark.parametrize(
    ("streams", "said"),
    [
        (("EncryptionInfo", "EncryptedPackage"), "locked with a password.*without the password"),
        (("WordDocument", "1Table"), r"Word 97 to 2003.*\.docx"),
        (("PowerPoint Document",), r"PowerPoint 97 to 2003.*\.pptx"),
        (("__properties_version1.0",), r"Outlook.*\.eml"),
        (("Contents",), "old Office format"),
        ((), "damaged or cut short"),
    ],
)
def test_old_and_locked_office_files_say_what_to_do(tmp_path: Path, streams: tuple[str, ...], said: str) -> None:
    with pytest.raises(DocumentError, match=said):
        kind_of(ole(tmp_path / "old.doc", *streams))


def test_an_old_workbook_is_known_by_its_own_stream(tmp_path: Path) -> None:
    assert kind_of(ole(tmp_path / "a.doc", "Workbook", "x", "y", "z", "more")) == "xls"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"), (b"{\\rtf1 text}", r"Rich Text.*\.docx"),
        (b"\x7fELF" + bytes(range(256)), "can be read here"),
        (bytes(1_000), "can be read here"), (b"PK\x03\x04 cut short", "damaged or cut short"),
    ],
)  # fmt: skip
def test_what_can_not_be_read_says_what_to_do(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "Bericht größe.xyz"
    path.write_bytes(data)
    with pytest.raises(DocumentError, match=said) as caught:
        kind_of(path, "Bericht größe.xyz")
    assert caught.value.code == "document_unreadable"
    assert str(caught.value).startswith("Bericht größe.xyz ")


def test_folders_archives_and_files_that_are_gone(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="is a folder"):
        kind_of(tmp_path, "Docs")
    with pytest.raises(DocumentError, match="not there any more"):
        kind_of(tmp_path / "gone.txt")
    with pytest.raises(DocumentError, match="archive of other files"):
        kind_of(zip_of(tmp_path / "a.zip", {"photo.jpg": "x"}))

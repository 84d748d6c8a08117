"""Files that are built to blow up, or to write elsewhere, are refused with a sentence; honest ones are read."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from engine.documents.document import DocumentError
from engine.documents.limits import Limits, open_zip, parse_xml

LIMITS = Limits()


def _zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return path


def test_members_of_an_honest_file_are_read(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.docx", {"word/document.xml": b"<w/>", "bericht/größe.xml": "Größe".encode()})
    with open_zip(path, LIMITS) as file:
        assert file.names == ("word/document.xml", "bericht/größe.xml")
        assert file.read("bericht/größe.xml").decode() == "Größe"
        assert "word/document.xml" in file
        assert "absent" not in file
        with pytest.raises(DocumentError, match="xml is missing"):
            file.read("styles.xml")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = _zip(tmp_path / "bomb.docx", {"word/document.xml": bytes(32 << 20)})
    assert path.stat().st_size < 100_000
    with pytest.raises(DocumentError, match="would grow"), open_zip(path, LIMITS):
        pass


def test_many_small_bombs_are_refused_too(tmp_path: Path) -> None:
    path = _zip(tmp_path / "many.docx", {f"{number}.xml": bytes(2 << 20) for number in range(10)})
    with pytest.raises(DocumentError, match="would grow"), open_zip(path, Limits(zip_bytes=10 << 20)):
        pass


def test_a_bomb_that_is_read_twice_is_counted_twice(tmp_path: Path) -> None:
    path = _zip(tmp_path / "twice.docx", {"a.xml": bytes(6 << 20)})
    with open_zip(path, Limits(zip_bytes=10 << 20)) as file:
        file.read("a.xml")
        with pytest.raises(DocumentError, match="would grow"):
            file.read("a.xml")


@pytest.mark.parametrize("member", ["../../.bashrc", "/etc/passwd", "C:\\x.dll", "a\\..\\..\\b", "\\\\host\\share"])
def test_names_that_lead_out_are_refused(tmp_path: Path, member: str) -> None:
    path = _zip(tmp_path / "out.docx", {member: b"x"})
    with pytest.raises(DocumentError, match="other places"), open_zip(path, LIMITS):
        pass


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    path = _zip(tmp_path / "many.epub", {str(number): b"" for number in range(6)})
    with pytest.raises(DocumentError, match="6 files, and 5"), open_zip(path, Limits(zip_members=5)):
        pass


def test_a_damaged_member_and_a_damaged_file_say_so(tmp_path: Path) -> None:
    path = tmp_path / "bad.docx"
    with zipfile.ZipFile(path, "w") as stored:
        stored.writestr("a.xml", b"known text" * 10)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"known text", b"other text", 1))
    with open_zip(path, LIMITS) as file, pytest.raises(DocumentError, match="damaged"):
        file.read("a.xml")
    path.write_bytes(data[:40])
    with pytest.raises(DocumentError, match="docx is damaged"), open_zip(path, LIMITS):
        pass
    with pytest.raises(DocumentError, match="not there"), open_zip(tmp_path / "gone.docx", LIMITS):
        pass


def test_entities_are_not_expanded_and_nothing_is_fetched(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    outer = f'<!DOCTYPE a [<!ENTITY f SYSTEM "{secret.as_uri()}">]><a>&f;</a>'
    assert "secret" not in "".join(parse_xml(outer.encode()).itertext(tag="a"))
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE a [<!ENTITY e0 "ha">{levels}]><a b="&e11;">&e11;</a>'
    with pytest.raises(DocumentError):
        parse_xml(bomb.encode())


def test_what_is_not_xml_says_which_file(tmp_path: Path) -> None:
    assert parse_xml(b"<a><!-- no --><b>text</b></a>")[0].text == "text"
    for data in (b"", b"<a>", b"plain", b"<a>" * 5000 + b"</a>" * 5000):
        with pytest.raises(DocumentError, match=r"^x\.docx is damaged"):
            parse_xml(data, "x.docx")

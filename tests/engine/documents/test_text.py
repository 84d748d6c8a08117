"""All text of a text file is read, in any encoding, and code as it stands."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.documents.job import Job
from engine.documents.limits import Limits
from engine.documents.readers.text import read
from engine.documents.text.encodings import clean, decode


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _read(tmp_path: Path, name: str, data: bytes, job: Job | None = None) -> str:
    path = tmp_path / name
    path.write_bytes(data)
    return "\n".join(page.text for page in read(path, name, job or Job()).pages)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t "), max_size=9_000))
def test_nothing_of_a_text_is_lost(text: str) -> None:
    if not text.encode():
        return
    with tempfile.TemporaryDirectory() as folder:
        for name in ("a.txt", "a.py"):
            assert _squeezed(_read(Path(folder), name, text.encode("utf-8-sig"))) == _squeezed(clean(text))


@pytest.mark.parametrize(
    ("text", "encodings"),
    [
        ("Größe über Straße: Müller zahlt für Käse.", ("latin-1", "cp1252", "utf-8", "utf-16", "utf-16-le", "utf-32")),
        ("Le café était fermé à cause de la grève générale, hélas.", ("latin-1",)),
        ("これは日本語のテキストです。会議は東京で行われます。", ("shift_jis", "euc_jp", "iso2022_jp", "utf-16")),
        ("这是一个中文文本。会议将于三月十四日在北京举行。", ("gb18030",)),
        ("這是一個中文文本。會議將於三月十四日在台北舉行。", ("big5",)),
        ("Привет, это русский текст о погоде и встрече в Москве.", ("cp1251", "koi8-r")),
        ("Příliš žluťoučký kůň úpěl ďábelské ódy.", ("cp1250",)),
        ("안녕하세요 이것은 한국어 텍스트입니다.", ("cp949",)),
    ],
)
def test_encodings_are_recognised(text: str, encodings: tuple[str, ...]) -> None:
    for encoding in encodings:
        assert decode((text + "\n").encode(encoding)) == text + "\n", encoding


def test_an_odd_byte_far_down_is_noticed(tmp_path: Path) -> None:
    text = _read(tmp_path, "a.log", b"plain ascii line\n" * 20_000 + "Größe für Käse\n".encode("latin-1"))
    assert text.endswith("Größe für Käse")


def test_long_texts_come_in_parts_that_end_with_paragraphs(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\n\n".join(f"Paragraph {number}. " + "word " * 100 for number in range(40)), encoding="utf-8")
    document = read(path, "a.txt", Job())
    assert document.page_word == "part"
    assert all(page.spans[0].text.startswith("Paragraph") for page in document.pages)
    assert 5 <= len(document.pages) <= 10


def test_a_line_without_end_is_cut_between_words(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("word " * 100_000, encoding="utf-8")
    spans = [span.text for page in read(path, "a.txt", Job()).pages for span in page.spans]
    assert max(map(len, spans)) <= 3_000
    assert {word for span in spans for word in span.split()} == {"word"}


def test_code_keeps_its_indentation_and_says_its_lines(tmp_path: Path) -> None:
    source = "\n".join(f"def f{number}():\n    return {number}\n" for number in range(300))
    path = tmp_path / "a.py"
    path.write_text(source, encoding="utf-8")
    document = read(path, "a.py", Job())
    assert document.kind == "code"
    assert document.pages[0].label.startswith("lines 1–")
    assert document.pages[0].spans[0].kind == "code"
    assert document.pages[0].spans[0].text.startswith("def f0():\n    return 0\n\ndef f1")
    # Parts end between functions.
    assert all(page.spans[0].text.startswith("def ") for page in document.pages)


def test_what_lies_over_the_limit_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("abcdefghij" * 10, encoding="utf-8")
    document = read(path, "a.txt", Job(limits=Limits(characters=25)))
    assert document.pages[0].text == "abcdefghij" * 2 + "abcde"
    assert document.notes == ("Only the first 25 characters were read.",)

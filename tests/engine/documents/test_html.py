"""Web pages and Markdown are read as they are seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.documents.document import Document, Span, Table
from engine.documents.job import Job
from engine.documents.readers import html, markdown
from engine.documents.text.markup import parse_html, parse_markup


def _html(tmp_path: Path, text: str | bytes) -> Document:
    path = tmp_path / "a.html"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return html.read(path, "a.html", Job())


def test_a_page_reads_as_it_is_seen(tmp_path: Path) -> None:
    document = _html(
        tmp_path,
        "<!doctype html><html><head><title>My &amp; page</title><style>p{}</style><script>alert('no')</script></head>"
        "<body><h1>Top</h1><p>One <b>bold</b>\n word<br>next line, <a href='http://x'>a link</a></p>"
        "<p hidden>unseen</p><p style='display: none'>unseen</p><noscript>unseen</noscript>"
        "<ul><li>a<ul><li>b</ul><li><p>c</p></ul><ol start=3><li>three<li>four</ol><pre>x = 1\n  y</pre>"
        "<img src='file:///etc/passwd' alt='A  cat'><h2>Second</h2><table><caption>T</caption>"
        "<tr><th>H<th colspan=2>W</tr>"
        "<tr><td rowspan=2>1<td>2<td>3<tr><td>4<td>5</table><p>end",
    )
    assert document.title == "My & page"
    assert [(span.kind, span.text) for page in document.pages for span in page.spans] == [
        ("heading", "Top"), ("text", "One bold word\nnext line, a link"), ("text", "• a"), ("text", "  • b"),
        ("text", "• c"), ("text", "3. three"), ("text", "4. four"), ("code", "x = 1\n  y"), ("caption", "A cat"),
        ("heading", "Second"), ("caption", "T"), ("table", "H | W | "), ("table", "1 | 2 | 3"), ("table", " | 4 | 5"),
        ("text", "end"),
    ]  # fmt: skip
    assert document.pages[-1].tables[0].rows == (("H", "W", ""), ("1", "2", "3"), ("", "4", "5"))


def test_tables_that_only_place_things_are_no_tables() -> None:
    blocks = parse_markup(
        "<table><tr><td>Menu</td><td><table><tr><td>A<td>B<tr><td>1<td>2</table><p>After</p></td></tr></table>"
    ).blocks
    assert blocks == [Span("Menu"), Table((("A", "B"), ("1", "2"))), Span("After")]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("<meta charset=shift_jis><p>日本語", "shift_jis"), ("<p>Größe", "utf-16"),
     ("<meta http-equiv=x content='text/html; charset=iso-8859-1'><p>“é”", "cp1252"),
      ("<?xml version='1.0' encoding='koi8-r'?><p>Привет", "koi8-r"),
     ("<p>Größe über Käse", "latin-1")],
)  # fmt: skip
def test_pages_are_read_in_the_encoding_that_they_say_or_have(text: str, encoding: str) -> None:
    assert parse_html(text.encode(encoding)).blocks == [Span(text.rpartition(">")[2])]


def test_the_deepest_nesting_is_read() -> None:
    assert parse_markup("<div>" * 50_000 + "deep" + "</div>" * 50_000).blocks == [Span("deep")]


@given(st.text(alphabet=st.sampled_from("<>/ab \n&;tdrhp1ul\"'=!-"), max_size=200))
def test_no_page_breaks_the_reader(text: str) -> None:
    tags = text.replace("t", "<table>").replace("d", "<td>").replace("r", "</tr>").replace("u", "</ul><li>")
    assert isinstance(parse_html(tags.encode()).blocks, list)


def test_markdown_is_read_with_its_structure(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text(
        "---\ntag: x\n---\n# Title *here*\n\nText with `code` and [a link](http://x)\nsame line.\n\n- a\n  - b\n"
        "1. one\n2. two\n\n```py\ndef f():\n\n    pass\n```\n\n## Next\n\n| A | B |\n|---|---|\n| 1 | 2 |\n\n"
        "<b>html</b> &amp; <div>more</div>\n\n> quoted\n\n![A cat](cat.png)\n",
        encoding="utf-8",
    )
    document = markdown.read(path, "a.md", Job())
    assert document.title == "Title here"
    assert [(span.kind, span.text) for page in document.pages for span in page.spans] == [
        ("code", "tag: x"), ("heading", "Title here"), ("text", "Text with code and a link same line."),
        ("text", "• a"), ("text", "  • b"), ("text", "1. one"), ("text", "2. two"),
        ("code", "def f():\n\n    pass"), ("heading", "Next"),
        ("table", "A | B"), ("table", "1 | 2"), ("text", "html & more"), ("text", "quoted"), ("text", "A cat"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["> " * 500 + "deep", "- " * 500 + "deep", "[" * 5_000 + "deep", "*" * 5_000 + "deep"])
def test_markdown_that_is_nested_too_deep_is_still_read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.md"
    path.write_text(text, encoding="utf-8")
    assert "deep" in markdown.read(path, "a.md", Job()).pages[-1].text

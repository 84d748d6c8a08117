"""What a Word document says is read in its order, and nothing that it would do to the reader is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.documents.document import DocumentError
from engine.documents.job import Job
from engine.documents.readers.docx import read
from tests.documents.office import LAUGHS, WORD, changed, report, word, zip_of


def _texts(path: Path) -> list[tuple[str, str]]:
    return [(span.kind, span.text) for page in read(path, path.name, Job()).pages for span in page.spans]


def test_chapters_tables_lists_comments_and_margins_come_in_order(tmp_path: Path) -> None:
    document = read(report(tmp_path / "report.docx"), "report.docx", Job())
    assert document.title == "Annual report"
    assert document.page_word == "section"
    assert [page.label for page in document.pages] == ["Annual report", "Sales", "Costs"]
    assert [(entry.title, entry.level, entry.page) for entry in document.outline] == [
        ("Annual report", 1, 1), ("Sales", 1, 2), ("Costs", 1, 3), ("Staff", 2, 3),
    ]  # fmt: skip
    assert [span.text for span in document.pages[1].spans] == [
        "Sales", "Sales grew by 12 per cent in Zürich.", "Region | Sum", "North | 1,200", "South | 900",
        "After the table.",
    ]  # fmt: skip
    assert document.pages[1].tables[0].rows == (("Region", "Sum"), ("North", "1,200"), ("South", "900"))
    assert [(span.kind, span.text) for span in document.pages[2].spans][2:] == [
        ("text", "• First point"), ("text", "• Second point"), ("text", "1. Step one"), ("text", "2. Step two"),
        ("text", "Staff cost is 40."), ("note", "Comment by Anna: Is that so?"), ("note", "Header: Confidential"),
        ("note", "Footer: Page 1"),
    ]  # fmt: skip


def test_tracked_changes_read_as_if_they_were_accepted(tmp_path: Path) -> None:
    path = word(
        tmp_path / "tracked.docx",
        '<w:p><w:r><w:t xml:space="preserve">We pay </w:t></w:r><w:del w:id="1"><w:r><w:delText>10</w:delText></w:r>'
        '</w:del><w:ins w:id="2"><w:r><w:t>20</w:t></w:r></w:ins><w:r><w:t xml:space="preserve"> euro.</w:t></w:r>'
        "</w:p>",
    )
    document = read(path, "tracked.docx", Job())
    assert document.pages[0].spans[0].text == "We pay 20 euro."
    assert any("tracked changes" in note for note in document.notes)


def test_text_in_links_boxes_fields_and_formulas_is_text(tmp_path: Path) -> None:
    path = word(
        tmp_path / "mixed.docx",
        "<w:p><w:r><w:t xml:space='preserve'>See </w:t></w:r><w:hyperlink><w:r><w:t>the site</w:t></w:r></w:hyperlink>"
        "<w:r><w:instrText>PAGEREF _x</w:instrText></w:r><w:r><w:tab/><w:t>7</w:t></w:r></w:p>",
        "<w:p><w:r><w:pict><w:txbxContent><w:p><w:r><w:t>In a box</w:t></w:r></w:p></w:txbxContent></w:pict></w:r>"
        "</w:p>",
        "<w:p><m:oMath><m:f><m:num><m:r><m:t>a+b</m:t></m:r></m:num>"
        "<m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath></w:p>",
        "<w:p><w:r><w:drawing><wp:inline><wp:docPr id='1' name='x' descr='A red cat'/></wp:inline></w:drawing></w:r>"
        "</w:p>",
    )
    assert _texts(path) == [
        ("text", "See the site\t7"), ("text", "In a box"), ("text", "(a+b)/2"), ("caption", "A red cat"),
    ]  # fmt: skip


def test_merged_cells_keep_columns_in_line_and_a_frame_is_no_table(tmp_path: Path) -> None:
    cell = "<w:tc><w:tcPr>{}</w:tcPr><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc>"
    path = word(
        tmp_path / "merged.docx",
        "<w:tbl><w:tr>"
        + cell.format('<w:gridSpan w:val="2"/>', "Head") + cell.format('<w:vMerge w:val="restart"/>', "R")
        + "</w:tr><w:tr>"
        + cell.format("", "1") + cell.format("", "2") + cell.format("<w:vMerge/>", "")
        + "</w:tr></w:tbl>",
        "<w:tbl><w:tr>" + cell.format("", "Framed") + "</w:tr></w:tbl>",
    )  # fmt: skip
    page = read(path, "merged.docx", Job()).pages[0]
    assert [table.rows for table in page.tables] == [(("Head", "", "R"), ("1", "2", ""))]
    assert page.spans[-1].text == "Framed"
    assert page.spans[-1].kind == "text"


def test_footnotes_stand_with_the_paragraph_that_refers_to_them(tmp_path: Path) -> None:
    relations = '<Relationships><Relationship Id="1" Type="x/{}" Target="{}"/></Relationships>'
    path = zip_of(
        tmp_path / "notes.docx",
        {
            "_rels/.rels": relations.format("officeDocument", "/word/document2.xml"),
            "word/_rels/document2.xml.rels": relations.format("footnotes", "footnotes.xml"),
            "word/footnotes.xml": f'<w:footnotes {WORD}><w:footnote w:id="2"><w:p><w:r><w:t>Source: archive</w:t></w:r>'
            "</w:p></w:footnote></w:footnotes>",
            "word/document2.xml": f"<w:document {WORD}><w:body><w:p><w:r><w:t>Old</w:t></w:r><w:r>"
            '<w:footnoteReference w:id="2"/></w:r></w:p><w:p><w:r><w:t>Next</w:t></w:r></w:p></w:body></w:document>',
        },
    )
    assert _texts(path) == [("text", "Old¹"), ("note", "¹ Source: archive"), ("text", "Next")]


def test_an_entity_bomb_neither_grows_nor_brings_files_in(tmp_path: Path) -> None:
    body = f"{LAUGHS}<w:document {WORD}><w:body><w:p><w:r><w:t>safe &h; &s;</w:t></w:r></w:p></w:body></w:document>"
    path = changed(report(tmp_path / "bomb.docx"), "word/document.xml", lambda old: body)
    try:
        found = " ".join(text for _, text in _texts(path))
    except DocumentError:
        return
    assert len(found) < 1_000
    assert "root:" not in found


@pytest.mark.parametrize("depth", [100, 5_000])
def test_deep_nesting_is_read_or_refused(tmp_path: Path, depth: int) -> None:
    inner = "<w:p><w:r><w:t>deep</w:t></w:r></w:p>"
    body = "<w:sdt><w:sdtContent>" * depth + inner + "</w:sdtContent></w:sdt>" * depth
    path = changed(
        report(tmp_path / "deep.docx"),
        "word/document.xml",
        lambda old: f"<w:document {WORD}><w:body>{body}</w:body></w:document>",
    )
    if depth < 200:
        assert ("text", "deep") in _texts(path)
    else:
        with pytest.raises(DocumentError, match=r"deep\.docx is damaged"):
            read(path, "deep.docx", Job())


def test_a_note_that_refers_to_itself_ends(tmp_path: Path) -> None:
    def loop(_: str) -> str:
        return (
            f'<w:comments {WORD}><w:comment w:id="0" w:author="A"><w:p><w:r><w:t>x</w:t><w:commentReference w:id="0"/>'
            "</w:r></w:p></w:comment></w:comments>"
        )

    path = changed(report(tmp_path / "loop.docx"), "word/comments.xml", loop)
    assert ("note", "Comment by A: x") in _texts(path)
